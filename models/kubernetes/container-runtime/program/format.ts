/**
 * The conversions of printf(3), for `printf` and awk: flags, width, precision, and `*` for either.
 */

/** What a conversion does with texts that are no numbers, and with letters that it does not know. */
export interface FormatRules {
  /** A number's value. */
  readonly number: (text: string) => number | bigint;
  /** `%c`; by default the first character. */
  readonly character?: (text: string) => string;
  /** `%b`, where there is one. */
  readonly escaped?: (text: string) => string;
}

/** The format ends in a conversion that there is not. */
export class FormatProblem extends Error {
  readonly before: string;

  constructor(message: string, before: string) {
    super(message);
    this.before = before;
  }
}

const CONVERSION = /%(?:%|([-+ 0#]*)(\*|[0-9]+)?(?:\.(\*|-?[0-9]*))?(?:hh|h|ll|l|L|j|z|t|q(?=[a-zA-Z]))?(.?))/gs;

/** A format once through, with the values that it takes from the front. */
export function formatOnce(format: string, values: string[], rules: FormatRules): string {
  let output = '';
  let at = 0;
  for (const match of format.matchAll(CONVERSION)) {
    output += format.slice(at, match.index);
    at = match.index + match[0].length;
    if (match[0] === '%%') {
      output += '%';
      continue;
    }
    const [whole, given = '', width, dot, letter = ''] = match;
    let flags = given;
    let columns = width === '*' ? Number(rules.number(values.shift() ?? '')) : Number(width ?? 0);
    if (columns < 0) {
      flags += '-';
      columns = -columns;
    }
    const precision = dot === undefined ? undefined : dot === '*' ? Number(rules.number(values.shift() ?? '')) : Number(dot);
    const isKnown = 'diouxXfFeEgGaAcs'.includes(letter) || (letter === 'b' && rules.escaped !== undefined);
    if (letter === '' || !isKnown) throw new FormatProblem(whole, output);
    const text = convert(letter, values.shift() ?? '', precision === undefined || precision < 0 ? undefined : precision, flags, rules);
    output += pad(text, columns, flags, 'csb'.includes(letter) || (precision !== undefined && 'diouxX'.includes(letter)));
  }
  return output + format.slice(at);
}

/** Zeros come between a sign or base and the digits. */
function pad(text: string, columns: number, flags: string, isPlain: boolean): string {
  if (text.length >= columns) return text;
  if (flags.includes('-')) return text.padEnd(columns);
  if (!flags.includes('0') || isPlain || !/\d/.test(text)) return text.padStart(columns);
  const sign = /^[-+ ]?(?:0[xX](?=[0-9a-fA-F]))?/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(columns - sign.length, '0');
}

function convert(letter: string, value: string, precision: number | undefined, flags: string, rules: FormatRules): string {
  if (letter === 's' || letter === 'b') {
    const text = letter === 'b' ? (rules.escaped?.(value) ?? value) : value;
    return precision === undefined ? text : text.slice(0, precision);
  }
  if (letter === 'c') return rules.character?.(value) ?? value.slice(0, 1);
  const number = rules.number(value);
  if ('diouxX'.includes(letter)) return integer(letter, number, precision, flags);
  const real = Number(number);
  const text = floating(letter, Math.abs(real), precision ?? 6, flags);
  return signed(real < 0 || Object.is(real, -0), flags) + (letter === letter.toUpperCase() ? text.toUpperCase() : text);
}

const signed = (isNegative: boolean, flags: string): string => (isNegative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '');

function integer(letter: string, number: number | bigint, precision: number | undefined, flags: string): string {
  const whole = typeof number === 'bigint' ? number : Number.isFinite(number) ? BigInt(Math.trunc(number)) : number > 0 ? 2n ** 63n - 1n : -(2n ** 63n);
  const isSigned = letter === 'd' || letter === 'i';
  const value = isSigned ? BigInt.asIntN(64, whole) : BigInt.asUintN(64, whole);
  const magnitude = value < 0n ? -value : value;
  const base = letter === 'o' ? 8 : letter === 'x' || letter === 'X' ? 16 : 10;
  let digits = precision === 0 && magnitude === 0n ? '' : magnitude.toString(base).padStart(precision ?? 0, '0');
  if (letter === 'X') digits = digits.toUpperCase();
  if (flags.includes('#') && base === 8 && !digits.startsWith('0')) digits = `0${digits}`;
  if (flags.includes('#') && base === 16 && magnitude !== 0n) digits = `0${letter}${digits}`;
  return (isSigned ? signed(value < 0n, flags) : '') + digits;
}

function floating(letter: string, value: number, precision: number, flags: string): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return 'inf';
  const places = Math.min(precision, 100);
  switch (letter.toLowerCase()) {
    case 'f':
      return fixed(value, places);
    case 'e':
      return exponential(value, places);
    case 'a':
      return value.toString(16);
    default: {
      const significant = Math.max(places, 1);
      const exponent = value === 0 ? 0 : Number(/e(.*)$/.exec(value.toExponential(significant - 1))?.[1] ?? 0);
      const text = exponent < -4 || exponent >= significant ? exponential(value, significant - 1) : fixed(value, significant - 1 - exponent);
      return flags.includes('#') || !text.includes('.') ? text : text.replace(/\.?0+(?=e|$)/, '');
    }
  }
}

/** Exact: what `toFixed` says of numbers below 10^21, and all digits of larger ones. */
function fixed(value: number, places: number): string {
  if (value < 1e21) return value.toFixed(places);
  return `${BigInt(value)}${places > 0 ? `.${'0'.repeat(places)}` : ''}`;
}

/** At least two digits in the exponent. */
function exponential(value: number, places: number): string {
  return value.toExponential(places).replace(/e([-+])(\d)$/, 'e$10$2');
}
