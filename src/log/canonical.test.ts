import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, NotCanonical } from './canonical.ts';

/** The same value with the members of all objects inserted in another order. */
function shuffled(value: unknown, flip: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, flip));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, shuffled(member, !flip)] as const);
  return Object.fromEntries(flip ? entries.reverse() : [...entries.slice(1), ...entries.slice(0, 1)]);
}

/** Plain JSON, without the -0 that the log refuses. */
const plain = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

describe('canonical', () => {
  it('does not depend on the order of insertion', () => {
    fc.assert(fc.property(plain, (value) => canonical(shuffled(value, true)) === canonical(value)), { numRuns: 500 });
  });

  it('writes JSON that means the same', () => {
    fc.assert(fc.property(plain, (value) => void expect(JSON.parse(canonical(value))).toEqual(value)), { numRuns: 500 });
  });

  it('orders keys by code units, numbers among them', () => {
    expect(canonical({ b: 1, 10: 2, 2: 3, B: 4, ä: 5, a: 6 })).toBe('{"10":2,"2":3,"B":4,"a":6,"b":1,"ä":5}');
  });

  it('leaves absent members out and escapes what JSON escapes', () => {
    expect(canonical({ b: undefined, a: 'line\n"x" \u2028 \ud800' })).toBe('{"a":"line\\n\\"x\\" \u2028 \\ud800"}');
    expect(canonical({ b: '\ud800', a: undefined, A: 1 })).toBe('{"A":1,"b":"\\ud800"}');
  });

  const cycle: { self?: unknown } = {};
  cycle.self = { deeper: cycle };
  it.each<[string, unknown, string, string]>([
    ['undefined in an array', { a: [1, undefined] }, '/a/1', 'undefined'],
    ['NaN', { a: { b: Number.NaN } }, '/a/b', 'NaN'],
    ['Infinity', [Number.POSITIVE_INFINITY], '/0', 'Infinity'],
    ['-Infinity', { x: Number.NEGATIVE_INFINITY }, '/x', '-Infinity'],
    ['-0', { z: 1, 'a/b~': -0 }, '/a~1b~0', '-0'],
    ['a function', { z: { f: () => 1 } }, '/z/f', 'a function'],
    ['a date', { when: new Date(0) }, '/when', 'an instance of Date'],
    ['a map', [[new Map()]], '/0/0', 'an instance of Map'],
    ['a bigint', { n: 1n }, '/n', 'a bigint'],
    ['a symbol', Symbol('s'), '', 'a symbol'],
    ['a cycle', cycle, '/self/deeper', 'a cycle'],
  ])('refuses %s and says where', (_name, value, pointer, what) => {
    const refused = (): string => canonical(value);
    expect(refused).toThrow(NotCanonical);
    try {
      refused();
    } catch (error) {
      expect((error as NotCanonical).pointer).toBe(pointer);
      expect((error as NotCanonical).message).toContain(what);
    }
  });
});
