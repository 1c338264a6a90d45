/** Values of awk: numbers, strings, and what came from outside, which is a number if it looks like one. */
import { formatOnce } from '../program/format.ts';

export interface Outside {
  readonly text: string;
}
export type Value = number | string | Outside;

const NUMERIC = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/;
const PREFIX = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/;

export const asText = (value: Value): string => (typeof value === 'string' ? value : typeof value === 'number' ? numberText(value) : value.text);

/** `CONVFMT` and `OFMT` are `%.6g`; whole numbers are printed as such. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return BigInt(value).toString();
  return formatOnce('%.6g', [String(value)], { number: Number });
}

export const asNumber = (value: Value): number => (typeof value === 'number' ? value : Number(PREFIX.exec(asText(value))?.[0] ?? 0));

const isNumeric = (value: Value): boolean => typeof value === 'number' || (typeof value === 'object' && (value.text === '' ? false : NUMERIC.test(value.text)));

export const isTrue = (value: Value): boolean => (isNumeric(value) ? asNumber(value) !== 0 : asText(value) !== '');

/** Below, equal or above zero: as numbers if both are, otherwise as texts. Variables without a value are both. */
export function compare(left: Value, right: Value): number {
  const either = (value: Value): boolean => isNumeric(value) || value === UNSET;
  if (either(left) && either(right)) return asNumber(left) - asNumber(right);
  const [a, b] = [asText(left), asText(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A variable that was never assigned: empty, and zero. */
export const UNSET: Outside = { text: '' };
