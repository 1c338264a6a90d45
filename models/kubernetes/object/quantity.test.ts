import { describe, expect, it } from 'vitest';
import { isLeft } from 'fp-ts/lib/Either.js';
import {
  addQuantity, canonicalQuantity, compareQuantity, formatQuantity, parseQuantity, quantityMilliValue, quantityOf,
  quantityValue, subQuantity, QUANTITY_ERROR_FORMAT, QUANTITY_ERROR_SUFFIX,
} from './quantity.ts';

describe('quantity', () => {
  it('prints the canonical form', () => {
    const cases: [string, string][] = [
      ['0', '0'], ['0.5', '500m'], ['1000m', '1'], ['1500m', '1500m'], ['1.5', '1500m'], ['1024Mi', '1Gi'],
      ['1536Mi', '1536Mi'], ['1.5Gi', '1536Mi'], ['0.5Gi', '512Mi'], ['100Ki', '100Ki'], ['1000', '1k'], ['1e3', '1e3'],
      ['12e6', '12e6'], ['1E', '1E'], ['0.1n', '1n'], ['-1.5', '-1500m'], ['1025Mi', '1025Mi'], ['512', '512'],
      ['1Ki', '1Ki'], ['0.5Ki', '512'], ['2000Mi', '2000Mi'], ['100000000', '100M'], ['1.500', '1.500'],
    ];
    for (const [text, expected] of cases) expect([text, canonicalQuantity(text)]).toEqual([text, expected]);
  });

  it('refuses what upstream refuses, in its words', () => {
    const errorOf = (text: string): string | undefined => {
      const parsed = parseQuantity(text);
      return isLeft(parsed) ? parsed.left : undefined;
    };
    expect(errorOf('')).toBe(QUANTITY_ERROR_FORMAT);
    expect(errorOf('abc')).toBe(QUANTITY_ERROR_FORMAT);
    expect(errorOf('1.2.3')).toBe(QUANTITY_ERROR_FORMAT);
    expect(errorOf('1mm')).toBe(QUANTITY_ERROR_SUFFIX);
    expect(errorOf('1Gi')).toBeUndefined();
  });

  it('rounds integers away from zero', () => {
    expect(quantityValue(quantityOf('1m'))).toBe(1);
    expect(quantityValue(quantityOf('-1m'))).toBe(-1);
    expect(quantityMilliValue(quantityOf('1u'))).toBe(1);
    expect(quantityMilliValue(quantityOf('0.1'))).toBe(100);
    expect(quantityValue(quantityOf('7121Mi'))).toBe(7121 * 1024 * 1024);
  });

  it('adds and compares exactly', () => {
    const sum = addQuantity(quantityOf('0.1'), quantityOf('0.2'));
    expect(compareQuantity(sum, quantityOf('0.3'))).toBe(0);
    expect(formatQuantity(sum)).toBe('300m');
    expect(formatQuantity(subQuantity(quantityOf('1Gi'), quantityOf('512Mi')))).toBe('512Mi');
  });
});
