/** `printf`: the format is used again while arguments are left (POSIX). */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, print } from './applet.ts';

export function* printf(system: System, argv: readonly string[]): Run {
  const [, format, ...given] = argv;
  if (format === undefined) return complain(system, argv, 'usage: printf FORMAT [ARG]...');
  const values = [...given];
  let output = '';
  do {
    const before = values.length;
    output += formatOnce(unescape(format), values);
    if (values.length === before) break;
  } while (values.length > 0);
  yield* print(system, output);
  return 0;
}

/** A format once through, with the values that it takes from the front. */
export function formatOnce(format: string, values: string[]): string {
  return format.replace(/%(?:%|([-+ 0#]*)(\*|[0-9]+)?(?:\.([0-9]+))?([a-zA-Z]))/g, (match, flags, width, precision, letter) => {
    if (match === '%%') return '%';
    const columns = width === '*' ? Number(values.shift() ?? 0) : Number(width ?? 0);
    const text = convert(letter as string, values.shift() ?? '', precision as string | undefined, flags as string);
    if ((flags as string).includes('-')) return text.padEnd(columns);
    return text.padStart(columns, (flags as string).includes('0') && letter !== 's' ? '0' : ' ');
  });
}

function convert(letter: string, value: string, precision: string | undefined, flags: string): string {
  const number = value.startsWith("'") ? value.charCodeAt(1) : Number(value === '' ? 0 : value);
  switch (letter) {
    case 'd':
    case 'i':
    case 'u': {
      const text = String(Math.trunc(Number.isNaN(number) ? 0 : number)).padStart(Number(precision ?? 0), '0');
      return flags.includes('+') && number >= 0 ? `+${text}` : text;
    }
    case 'f':
    case 'e':
    case 'g':
      return number.toFixed(Number(precision ?? 6));
    case 'x':
      return Math.trunc(number).toString(16);
    case 'X':
      return Math.trunc(number).toString(16).toUpperCase();
    case 'o':
      return Math.trunc(number).toString(8);
    case 'c':
      return value.slice(0, 1);
    case 'b':
      return unescape(value);
    default:
      return precision === undefined ? value : value.slice(0, Number(precision));
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"', e: '\x1b',
};

/** Backslash escapes of `echo -e` and `printf`. */
export function unescape(text: string): string {
  return text.replace(/\\(?:x([0-9a-fA-F]{1,2})|0?([0-7]{1,3})|(.))/gs, (match, hex, octal, letter) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex as string, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal as string, 8));
    return ESCAPES[letter as string] ?? (match as string);
  });
}
