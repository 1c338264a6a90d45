/**
 * `"%s is %d".format([...])`: the format clauses of CEL's strings extension.
 * Source: cel-go/ext/formatting.go.
 */
import { hex, utf8Bytes } from '../../object/hash.ts';
import { isObject } from '../patch/json-value.ts';
import { goFloat, goQuote } from '../status/go-format.ts';

type Fail = (text: string) => never;

/** A value as `%s` prints it. */
export function celText(value: unknown, isNested = false): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return isNested ? goQuote(value) : value;
  if (typeof value === 'number') return goFloat(value);
  if (Array.isArray(value)) return `[${value.map((item) => celText(item, true)).join(', ')}]`;
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (isObject(value) && Object.getPrototypeOf(value) === Object.prototype) {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${goQuote(name)}: ${celText(value[name], true)}`).join(', ')}}`;
  }
  return String(value);
}

const toInteger = (value: unknown, clause: string, fail: Fail): bigint =>
  typeof value === 'bigint' ? value : typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : fail(`error during formatting: decimal clause can only be used on integers, was given ${typeof value} for ${clause}`);

/** The formatted text. */
export function formatText(pattern: string, values: readonly unknown[], fail: Fail): string {
  let at = 0;
  const next = (): unknown => {
    if (at >= values.length) fail(`index ${at} out of range`);
    return values[at++];
  };
  return pattern.replace(/%(?:(%)|(?:\.(\d+))?([a-zA-Z]))/g, (clause: string, percent: string | undefined, precision: string | undefined, letter: string | undefined) => {
    if (percent !== undefined) return '%';
    const digits = precision === undefined ? 6 : Number(precision);
    switch (letter) {
      case 's':
        return celText(next());
      case 'd':
        return String(toInteger(next(), clause, fail));
      case 'f':
        return Number(next()).toFixed(digits);
      case 'e':
        return Number(next()).toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2');
      case 'b': {
        const value = next();
        return typeof value === 'boolean' ? (value ? '1' : '0') : toInteger(value, clause, fail).toString(2);
      }
      case 'o':
        return toInteger(next(), clause, fail).toString(8);
      case 'x':
      case 'X': {
        const value = next();
        const text = typeof value === 'string' ? hex(utf8Bytes(value)) : toInteger(value, clause, fail).toString(16);
        return letter === 'X' ? text.toUpperCase() : text;
      }
      default:
        return fail(`could not parse formatting clause: unrecognized formatting clause ${goQuote(letter ?? '')}`);
    }
  });
}
