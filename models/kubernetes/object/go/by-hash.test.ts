import { describe, expect, it } from 'vitest';
import { sortedByHash } from './by-hash.ts';

describe('ports in the order of their hashes', () => {
  const ports = [9376, 9377].map((port) => ({ name: port === 9376 ? 'http' : 'https', protocol: 'TCP', port }));

  it('are in a slice as a real controller recorded them', () => {
    expect(sortedByHash('discovery/v1.EndpointPort', ports).map(({ name }) => name)).toEqual(['https', 'http']);
  });

  it('are in an Endpoints object as a real controller recorded them', () => {
    expect(sortedByHash('v1.EndpointPort', ports).map(({ name }) => name)).toEqual(['http', 'https']);
  });
});
