import { describe, expect, it } from 'vitest';
import { child, duplicate, index, invalidValue, notSupported, required, tooLong, tooMany } from './field-error.ts';
import { goFloat, goPlain, goQuote, goSyntax, goValue, literal } from './go-format.ts';
import * as status from './status.ts';

describe('Status constructors', () => {
  it('names a missing object by its resource and group', () => {
    expect(status.notFound({ group: 'apps', resource: 'deployments' }, 'x')).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'deployments.apps "x" not found',
      reason: 'NotFound',
      details: { name: 'x', group: 'apps', kind: 'deployments' },
      code: 404,
    });
  });

  it('folds all causes of an invalid object into one message without repetitions', () => {
    const path = index(child('spec', 'containers'), 0);
    const errors = [required(child(path, 'name')), required(child(path, 'name')), duplicate('a', 'b'), tooLong('c', 63)];
    const got = status.invalid({ group: '', kind: 'Pod' }, 'p', errors);
    expect(got.message).toBe(
      'Pod "p" is invalid: [spec.containers[0].name: Required value, a: Duplicate value: "b", ' +
        'c: Too long: may not be more than 63 bytes]',
    );
    expect(got.details?.causes).toHaveLength(4);
    expect(got.details?.causes?.[2]).toEqual({ reason: 'FieldValueDuplicate', message: 'Duplicate value: "b"', field: 'a' });
  });

  it('shortens a refusal that has neither name nor resource', () => {
    expect(status.forbidden({ group: '', resource: '' }, '', 'no').message).toBe('forbidden: no');
    expect(status.forbidden({ group: '', resource: 'pods' }, '', 'no').message).toBe('pods is forbidden: no');
  });

  it('prints supported values in the order given', () => {
    const got = status.invalid({ group: 'g', kind: 'K' }, 'n', [notSupported('f', 'x', ['B', 'A']), tooMany('l', 3, 1)]);
    expect(got.message).toBe(
      'K.g "n" is invalid: [f: Unsupported value: "x": supported values: "B", "A", l: Too many: 3: must have at most 1 item]',
    );
  });
});

describe('Go formatting', () => {
  it('quotes as strconv.Quote does', () => {
    expect(goQuote('a"b\\\n\u0000é\u200b')).toBe('"a\\"b\\\\\\n\\x00é\\u200b"');
  });

  it('prints composite values with Go types', () => {
    expect(goSyntax(['a', 'b'])).toBe('[]string{"a", "b"}');
    expect(goSyntax({ b: '1', a: '2' })).toBe('map[string]string{"a":"2", "b":"1"}');
    expect(goPlain({ b: [1, 'x'], a: null })).toBe('map[a:<nil> b:[1 x]]');
    expect(goValue(null)).toBe('"null"');
    expect(invalidValue('f', literal('0x0'), 'd')).toMatchObject({ value: { goText: '0x0' } });
  });

  it('switches to exponents where Go does', () => {
    expect([goFloat(1e21), goFloat(1.5e-7), goFloat(0.5), goFloat(12)]).toEqual(['1e+21', '1.5e-07', '0.5', '12']);
  });
});
