/**
 * Whole numbers in queries, and what Go says of texts that are none.
 * Source: strconv (`ParseInt`, `ParseUint`), apiserver/pkg/storage/api_object_versioner.go (`ParseResourceVersion`).
 */
import { goQuote } from '../status/go-format.ts';

const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

const numberError = (parser: string, text: string, why: string): string => `strconv.${parser}: parsing ${goQuote(text)}: ${why}`;

/** What is wrong with a text that is to be a number of 64 bits with a sign; undefined for nothing. */
export function parseIntError(text: string): string | undefined {
  if (!/^[+-]?\d+$/.test(text)) return numberError('ParseInt', text, 'invalid syntax');
  const value = BigInt(text.replace('+', ''));
  return value > INT64_MAX || value < -INT64_MAX - 1n ? numberError('ParseInt', text, 'value out of range') : undefined;
}

/** What is wrong with a resourceVersion that is sent; undefined for nothing. */
export function resourceVersionError(text: string): string | undefined {
  if (text === '') return undefined;
  const why = !/^\d+$/.test(text) ? 'invalid syntax' : BigInt(text) > UINT64_MAX ? 'value out of range' : undefined;
  return why === undefined ? undefined : `resourceVersion: Invalid value: ${goQuote(text)}: ${numberError('ParseUint', text, why)}`;
}
