import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sortedByHash } from './go/by-hash.ts';
import { md5 } from './md5.ts';

describe('MD5', () => {
  it('gives the digests of RFC 1321', () => {
    expect(md5('')).toBe('d41d8cd98f00b204e9800998ecf8427e');
    expect(md5('abc')).toBe('900150983cd24fb0d6963f7d28e17f72');
  });

  it('agrees with another implementation at every length of a block, and beyond ASCII', () => {
    for (let length = 0; length < 200; length++) {
      const text = 'é'.repeat(length % 7) + 'x'.repeat(length);
      expect(md5(text)).toBe(createHash('md5').update(text).digest('hex'));
    }
  });
});

describe('ports in the order of their hashes', () => {
  const ports = [9376, 9377].map((port) => ({ name: port === 9376 ? 'http' : 'https', protocol: 'TCP', port }));

  it('are in a slice as a real controller recorded them', () => {
    expect(sortedByHash('discovery/v1.EndpointPort', ports).map(({ name }) => name)).toEqual(['https', 'http']);
  });

  it('are in an Endpoints object as a real controller recorded them', () => {
    expect(sortedByHash('v1.EndpointPort', ports).map(({ name }) => name)).toEqual(['http', 'https']);
  });
});
