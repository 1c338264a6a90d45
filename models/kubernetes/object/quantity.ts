/**
 * Amounts of a resource (`resource.Quantity`): parsing, exact arithmetic and the canonical text.
 *
 * The smallest amount the API can express is one nano, so every quantity is held as a whole number of nanos in a bigint;
 * sums and comparisons are therefore exact, and rounding happens only where upstream rounds (away from zero, when whole
 * or milli units are asked for). `text` is kept when upstream keeps the written form, because that is what it prints.
 *
 * Source: apimachinery/pkg/api/resource/{quantity,suffix,amount,math}.go.
 */
import { type Either, isRight, left, right } from 'fp-ts/lib/Either.js';

/** How a quantity is printed: `12e6`, `12Mi` or `12M`. */
export type QuantityFormat = 'DecimalExponent' | 'BinarySI' | 'DecimalSI';

export interface Quantity {
  /** The amount in units of 10^-9. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
  /** The text as it was written, when it counts as canonical already. */
  readonly text?: string;
}

export const QUANTITY_ERROR_FORMAT =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
export const QUANTITY_ERROR_NUMERIC = 'unable to parse numeric part of quantity';
export const QUANTITY_ERROR_SUFFIX = "unable to parse quantity's suffix";

const NANO = 1_000_000_000n;
const NANO_SCALE = -9;
/** Upstream caps binary quantities at the largest int64. */
const MAX_BINARY = 9_223_372_036_854_775_807n * NANO;
/** Digits that an int64 surely holds (resource/math.go, maxInt64Factors). */
const INT64_DIGITS = 18;
/** A written exponent beyond this could only be an attack on memory; it is refused like an unknown suffix. */
const EXPONENT_MAX = 1024;

export const ZERO: Quantity = { nanos: 0n, format: 'DecimalSI', text: '0' };

interface Suffix {
  readonly base: 2 | 10;
  readonly exponent: number;
  readonly format: QuantityFormat;
}

const decimalSuffix = (exponent: number): string | undefined => {
  switch (exponent) {
    case -9: return 'n';
    case -6: return 'u';
    case -3: return 'm';
    case 0: return '';
    case 3: return 'k';
    case 6: return 'M';
    case 9: return 'G';
    case 12: return 'T';
    case 15: return 'P';
    case 18: return 'E';
    default: return undefined;
  }
};

const readSuffix = (text: string): Suffix | undefined => {
  switch (text) {
    case '': return { base: 10, exponent: 0, format: 'DecimalSI' };
    case 'n': return { base: 10, exponent: -9, format: 'DecimalSI' };
    case 'u': return { base: 10, exponent: -6, format: 'DecimalSI' };
    case 'm': return { base: 10, exponent: -3, format: 'DecimalSI' };
    case 'k': return { base: 10, exponent: 3, format: 'DecimalSI' };
    case 'M': return { base: 10, exponent: 6, format: 'DecimalSI' };
    case 'G': return { base: 10, exponent: 9, format: 'DecimalSI' };
    case 'T': return { base: 10, exponent: 12, format: 'DecimalSI' };
    case 'P': return { base: 10, exponent: 15, format: 'DecimalSI' };
    case 'E': return { base: 10, exponent: 18, format: 'DecimalSI' };
    case 'Ki': return { base: 2, exponent: 10, format: 'BinarySI' };
    case 'Mi': return { base: 2, exponent: 20, format: 'BinarySI' };
    case 'Gi': return { base: 2, exponent: 30, format: 'BinarySI' };
    case 'Ti': return { base: 2, exponent: 40, format: 'BinarySI' };
    case 'Pi': return { base: 2, exponent: 50, format: 'BinarySI' };
    case 'Ei': return { base: 2, exponent: 60, format: 'BinarySI' };
    default:
  }
  if (!/^[eE][+-]?[0-9]+$/.test(text)) return undefined;
  const exponent = Number(text.slice(1));
  if (exponent > EXPONENT_MAX || exponent < -EXPONENT_MAX) return undefined;
  return { base: 10, exponent, format: 'DecimalExponent' };
};

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

/** Division that rounds away from zero, as upstream rounds when it loses precision. `divisor` > 0. */
const divideUp = (value: bigint, divisor: bigint): bigint => {
  const whole = value / divisor;
  if (whole * divisor === value) return whole;
  return value < 0n ? whole - 1n : whole + 1n;
};

/** Whether upstream's fast path applies, and the written form is already what it would print. */
const keepsText = (integer: string, fraction: string, suffix: Suffix): boolean => {
  const digits = integer + fraction;
  if (suffix.format === 'BinarySI') {
    const precision = 15 - integer.length - Math.trunc((suffix.exponent * 3) / 10) - 1;
    if (fraction !== '' || precision < 0) return false;
    return (Number(integer.slice(-3)) & 7) !== 0;
  }
  const scale = suffix.exponent - fraction.length;
  if (digits.length > INT64_DIGITS || scale < NANO_SCALE) return false;
  return scale % 3 === 0 && !digits.endsWith('000') && digits[0] !== '0';
};

/** What texts were read as: a cluster has few amounts, and each pod has some of them. */
const read = new Map<string, Either<string, Quantity>>();
const READ_MAX = 4096;

/**
 * Reads a quantity. Text with more precision than a nano is rounded away from zero, so that a wish for something never
 * becomes nothing. The error is upstream's text.
 */
export const parseQuantity = (text: string): Either<string, Quantity> => {
  let quantity = read.get(text);
  if (quantity !== undefined) return quantity;
  quantity = readQuantity(text);
  if (read.size >= READ_MAX) read.clear();
  read.set(text, quantity);
  return quantity;
};

const readQuantity = (text: string): Either<string, Quantity> => {
  if (text === '') return left(QUANTITY_ERROR_FORMAT);
  if (text === '0') return right(ZERO);
  const parts = /^([+-]?)0*([0-9]*)(\.?)([0-9]*)([eEinumkKMGTP]*[-+]?[0-9]*)$/.exec(text);
  if (parts === null) return left(QUANTITY_ERROR_FORMAT);
  const [, sign = '', digits = '', , fraction = '', suffixText = ''] = parts;
  const integer = digits === '' ? '0' : digits;
  const suffix = readSuffix(suffixText);
  if (suffix === undefined) return left(QUANTITY_ERROR_SUFFIX);
  let nanos = BigInt(integer + fraction);
  let shift = 9 - fraction.length;
  if (suffix.base === 2) nanos <<= BigInt(suffix.exponent);
  else shift += suffix.exponent;
  nanos = shift >= 0 ? nanos * 10n ** BigInt(shift) : divideUp(nanos, 10n ** BigInt(-shift));
  const kept = keepsText(integer, fraction, suffix);
  let format = suffix.format;
  if (format === 'BinarySI' && nanos > MAX_BINARY) nanos = MAX_BINARY;
  if (format === 'BinarySI' && nanos < NANO && nanos > 0n) format = 'DecimalSI';
  if (sign === '-') nanos = -nanos;
  return right(kept ? { nanos, format, text } : { nanos, format });
};

/** Reads a quantity that was validated before (everything that the API server stored is). Numbers count as text. */
export const quantityOf = (value: string | number): Quantity => {
  const parsed = parseQuantity(typeof value === 'number' ? String(value) : value);
  if (isRight(parsed)) return parsed.right;
  throw new Error(`not a quantity: ${String(value)}: ${parsed.left}`);
};

/** A quantity of `value` whole units. */
export const quantityFrom = (value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity => ({
  nanos: BigInt(value) * NANO,
  format,
});

/** A quantity of `value` thousandths. */
export const milliQuantityFrom = (value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity => ({
  nanos: BigInt(value) * 1_000_000n,
  format,
});

/** `a + b`; zero takes over the format of `b`, as upstream. */
export const addQuantity = (a: Quantity, b: Quantity): Quantity => ({
  nanos: a.nanos + b.nanos,
  format: a.nanos === 0n ? b.format : a.format,
});

/** `a - b`; zero takes over the format of `b`, as upstream. */
export const subQuantity = (a: Quantity, b: Quantity): Quantity => ({
  nanos: a.nanos - b.nanos,
  format: a.nanos === 0n ? b.format : a.format,
});

export const negateQuantity = (a: Quantity): Quantity => ({ nanos: -a.nanos, format: a.format });

/** -1, 0 or 1. */
export const compareQuantity = (a: Quantity, b: Quantity): -1 | 0 | 1 =>
  a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;

export const isZeroQuantity = (a: Quantity): boolean => a.nanos === 0n;

/** Whole units, rounded away from zero (`Value()`). Exact up to 2^53. */
export const quantityValue = (a: Quantity): number => Number(divideUp(a.nanos, NANO));

/** Thousandths, rounded away from zero (`MilliValue()`). Exact up to 2^53. */
export const quantityMilliValue = (a: Quantity): number => Number(divideUp(a.nanos, 1_000_000n));

/** The same amount rounded away from zero to whole milli units (what defaulting does to resource lists). */
export const roundUpToMilli = (a: Quantity): Quantity => {
  const rounded = divideUp(a.nanos, 1_000_000n) * 1_000_000n;
  return rounded === a.nanos ? a : { nanos: rounded, format: a.format };
};

const formatDecimal = (nanos: bigint, format: QuantityFormat): string => {
  let amount = nanos;
  let exponent = NANO_SCALE;
  while (amount % 1000n === 0n) {
    amount /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalExponent') return exponent === 0 ? `${amount}` : `${amount}e${exponent}`;
  return `${amount}${decimalSuffix(exponent) ?? ''}`;
};

const formatBinary = (units: bigint): string => {
  let amount = units;
  let power = 0;
  while (amount % 1024n === 0n) {
    amount /= 1024n;
    power += 1;
  }
  return `${amount}${['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'][power] ?? ''}`;
};

/**
 * The canonical text: no fractional digits, the largest suffix that loses nothing. Binary amounts below 1024 or with a
 * fraction are printed as decimals.
 */
export const formatQuantity = (a: Quantity): string => {
  if (a.text !== undefined) return a.text;
  if (a.nanos === 0n) return '0';
  if (a.format === 'BinarySI' && a.nanos % NANO === 0n && absolute(a.nanos) >= 1024n * NANO) {
    return formatBinary(a.nanos / NANO);
  }
  return formatDecimal(a.nanos, a.format === 'DecimalExponent' ? 'DecimalExponent' : 'DecimalSI');
};

/** The canonical text of a written quantity; text that does not parse is returned as it is. */
export const canonicalQuantity = (text: string | number): string => {
  const parsed = parseQuantity(String(text));
  return isRight(parsed) ? formatQuantity(parsed.right) : String(text);
};
