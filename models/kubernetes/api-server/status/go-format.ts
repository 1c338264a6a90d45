/**
 * How Go prints values: the parts of `fmt` that are visible in API messages.
 *
 * Messages of the real server come out of `%q`, `%v` and `%#v`, so a client sees Go's quoting and Go's composite
 * literals. JavaScript values carry no Go type, therefore a caller whose value has a type that cannot be guessed (an
 * IntOrString, a uint64, a struct) passes a {@link Literal} with the text Go would print.
 */

/** A value whose printed form is already known; it is printed as it is. */
export interface Literal {
  readonly goText: string;
}

/** Wraps text so that {@link goValue} prints it unquoted: for Stringers (quantities, times, sets) and odd types. */
export const literal = (goText: string): Literal => ({ goText });

const isLiteral = (value: unknown): value is Literal =>
  typeof value === 'object' && value !== null && typeof (value as Literal).goText === 'string';

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

const hex = (code: number, width: number): string => code.toString(16).padStart(width, '0');

// Letters, marks, numbers, punctuation, symbols and the plain space: strconv.IsPrint.
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const PLAIN = /^[ !#-[\]-~]*$/;

/** `%q` of a string, as strconv.Quote writes it. */
export function goQuote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let out = '"';
  for (const char of text) {
    const short = SHORT_ESCAPES[char];
    const code = char.codePointAt(0) ?? 0;
    if (short !== undefined) out += short;
    else if (PRINTABLE.test(char)) out += char;
    else if (code < 0x20 || code === 0x7f) out += `\\x${hex(code, 2)}`;
    else if (code >= 0xd800 && code <= 0xdfff) out += '\\ufffd';
    else out += code <= 0xffff ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  }
  return `${out}"`;
}

/** A float64 as `%v` prints it: shortest form, exponent from 1e21 on and below 1e-4, with at least two exponent digits. */
export function goFloat(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  const [mantissa, exponent] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 21) return String(value);
  const digits = String(Math.abs(power)).padStart(2, '0');
  return `${mantissa ?? ''}e${power < 0 ? '-' : '+'}${digits}`;
}

const sortedKeys = (value: object): string[] => Object.keys(value).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** `%#v` of JSON-like data: typed slices and maps where all members are strings, `interface {}` otherwise. */
export function goSyntax(value: unknown): string {
  if (isLiteral(value)) return value.goText;
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (typeof value === 'string') return goQuote(value);
  if (typeof value === 'number') return goFloat(value);
  if (Array.isArray(value)) {
    const type = value.length > 0 && value.every((item) => typeof item === 'string') ? 'string' : 'interface {}';
    return `[]${type}{${value.map(goSyntax).join(', ')}}`;
  }
  if (typeof value === 'object') {
    const entries = sortedKeys(value).map((key) => [key, (value as Record<string, unknown>)[key]] as const);
    const type = entries.length > 0 && entries.every(([, item]) => typeof item === 'string') ? 'string' : 'interface {}';
    return `map[string]${type}{${entries.map(([key, item]) => `${goQuote(key)}:${goSyntax(item)}`).join(', ')}}`;
  }
  return String(value);
}

/** `%v` of JSON-like data: `map[a:1 b:[x y]]`, `<nil>`. */
export function goPlain(value: unknown): string {
  if (isLiteral(value)) return value.goText;
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return goFloat(value);
  if (Array.isArray(value)) return `[${value.map(goPlain).join(' ')}]`;
  if (typeof value === 'object') {
    const record = value as Record<string, unknown>;
    return `map[${sortedKeys(record)
      .map((key) => `${key}:${goPlain(record[key])}`)
      .join(' ')}]`;
  }
  return String(value);
}

/** A rejected value as field errors show it: strings quoted, plain scalars, `"null"`, otherwise Go syntax. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return '"null"';
  return goSyntax(value);
}
