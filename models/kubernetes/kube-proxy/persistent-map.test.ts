import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PersistentMap } from './persistent-map.ts';

describe('PersistentMap', () => {
  it('behaves as a Map whose old versions stay', () => {
    const key = fc.oneof(fc.nat(40).map(String), fc.constantFrom('costarring', 'liquid', 'declinate', 'macallums'));
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.boolean(), fc.nat())), (steps) => {
        let map = PersistentMap.empty<number>();
        const model = new Map<string, number>();
        const versions: [PersistentMap<number>, Map<string, number>][] = [];
        for (const [name, add, value] of steps) {
          map = add ? map.with(name, value) : map.without(name);
          if (add) model.set(name, value);
          else model.delete(name);
          versions.push([map, new Map(model)]);
        }
        for (const [version, expected] of versions) {
          const entries = new Map<string, number>();
          version.forEach((name, value) => entries.set(name, value));
          expect(version.size).toBe(expected.size);
          expect(new Map([...entries].sort())).toEqual(new Map([...expected].sort()));
          for (const [name, value] of expected) expect(version.get(name)).toBe(value);
          expect(version.get('absent')).toBeUndefined();
        }
      }),
    );
  });
});
