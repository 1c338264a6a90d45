import { describe, expect, it } from 'vitest';
import { semanticEqual } from './semantic-equal.ts';

describe('equality as Go\'s structs have it', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, true],
    [{ a: 1, b: '' }, { a: 1 }, true],
    [{ a: { b: 0, c: [] } }, {}, true],
    [{ a: null }, { a: false }, true],
    [[{ a: 1, b: null }], [{ a: 1 }], true],
    [undefined, [], true],
    [{ a: 1 }, { a: 2 }, false],
    [{ a: 1 }, {}, false],
    [[''], [], false],
    [[1, 2], [2, 1], false],
    [{ a: [] }, { a: 'x' }, false],
    ['1', 1, false],
  ])('%j and %j', (a, b, isEqual) => {
    expect([semanticEqual(a, b), semanticEqual(b, a)]).toEqual([isEqual, isEqual]);
  });
});
