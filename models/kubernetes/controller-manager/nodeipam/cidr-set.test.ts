import { describe, expect, it } from 'vitest';
import { CidrSet } from './cidr-set.ts';

describe('CidrSet', () => {
  it('gives out pieces one after another and wraps around', () => {
    const set = new CidrSet('10.244.0.0/22', 24);
    expect([1, 2, 3].map(() => set.allocate())).toEqual(['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24']);
    set.release('10.244.0.0/24');
    expect([1, 2, 3].map(() => set.allocate())).toEqual(['10.244.3.0/24', '10.244.0.0/24', undefined]);
  });

  it('leaves out what is occupied, wider or narrower than a piece', () => {
    const set = new CidrSet('10.0.0.0/21', 24);
    expect(set.occupy('10.0.0.0/23')).toBe(true);
    expect(set.occupy('10.0.2.128/25')).toBe(true);
    expect(set.occupy('10.1.0.0/16')).toBe(false);
    expect(set.allocate()).toBe('10.0.3.0/24');
  });

  it('knows IPv6', () => {
    const set = new CidrSet('fd00:10::/56', 64);
    expect(set.size).toBe(256);
    expect([set.allocate(), set.allocate()]).toEqual(['fd00:10::/64', 'fd00:10:0:1::/64']);
    expect(() => new CidrSet('fd00::/40', 64)).toThrow('too big');
  });
});
