import { describe, expect, it } from 'vitest';
import { isLeft, isRight } from 'fp-ts/lib/Either.js';
import { fieldSelectorMatches, formatFieldSelector, parseFieldSelector } from './field-selector.ts';
import { formatSelector, parseSelector, selectorMatches, selectorOf } from './selector.ts';

const error = (text: string): string => {
  const parsed = parseSelector(text);
  return isLeft(parsed) ? parsed.left : '';
};

describe('label selector text', () => {
  it('reads, sorts and prints requirements', () => {
    const cases: [string, string][] = [
      ['b=2,a==1', 'a==1,b=2'], ['x in (b,a),!y', 'x in (a,b),!y'], ['z notin (a,,b)', 'z notin (,a,b)'], ['', ''],
      ['a', 'a'], ['a!=b', 'a!=b'], ['n>3,m<2', 'm<2,n>3'], ['in in (in)', 'in in (in)'], ['a=', 'a='],
      ['a in ()', 'a in ()'],
    ];
    for (const [text, printed] of cases) {
      const parsed = parseSelector(text);
      expect([text, isRight(parsed) ? formatSelector(parsed.right) : parsed.left]).toEqual([text, printed]);
    }
  });

  it('explains errors as upstream', () => {
    expect(error('a,')).toBe("found '', expected: identifier after ','");
    expect(error('a b')).toBe("unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt");
    expect(error('x in a')).toBe("unable to parse requirement: found 'a' expected: '('");
    expect(error('=a')).toBe("found '=', expected: !, identifier, or 'end of string'");
    expect(error('a=b=c')).toBe("found '=', expected: ',' or 'end of string'");
    expect(error('-a=b')).toContain('unable to parse requirement: <nil>: Invalid value: "-a": name part must consist');
    expect(error('a=-b')).toContain('unable to parse requirement: values[0][a]: Invalid value: "-b": a valid label');
  });
});

describe('label selector field', () => {
  it('distinguishes an absent selector from an empty one', () => {
    expect(selectorMatches(selectorOf(undefined), {})).toBe(false);
    expect(selectorMatches(selectorOf({}), undefined)).toBe(true);
  });

  it('matches expressions', () => {
    const selector = selectorOf({
      matchLabels: { app: 'a' },
      matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['x'] }],
    });
    expect(selectorMatches(selector, { app: 'a' })).toBe(true);
    expect(selectorMatches(selector, { app: 'a', tier: 'x' })).toBe(false);
    expect(selectorMatches(selectorOf({ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }), {})).toBe(false);
  });
});

describe('field selector', () => {
  it('parses and matches', () => {
    const parsed = parseFieldSelector('status.phase!=Failed,spec.nodeName==n1');
    if (isLeft(parsed)) throw new Error(parsed.left);
    const fields = (name: string): string => (name === 'spec.nodeName' ? 'n1' : '');
    expect(fieldSelectorMatches(parsed.right, fields)).toBe(true);
    expect(formatFieldSelector(parsed.right)).toBe('spec.nodeName=n1,status.phase!=Failed');
    expect(parseFieldSelector('abc')).toEqual({ _tag: 'Left', left: "invalid selector: 'abc'; can't understand 'abc'" });
  });
});
