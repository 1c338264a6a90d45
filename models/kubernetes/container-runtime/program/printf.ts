/** `printf`: the format is used again while arguments are left (POSIX). Source of the messages: busybox coreutils/printf.c. */
import { bytesOfText, textOfBytes } from '../../object/text-bytes.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, print } from './applet.ts';
import { FormatProblem, formatOnce, type FormatRules } from './format.ts';

/** `name` stands in the messages: the shell's if the shell runs it. */
export function* printf(system: System, argv: readonly string[], name?: string): Run {
  const called = name === undefined ? argv : [name];
  const words = argv.slice(argv[1] === '--' ? 2 : 1);
  const [format, ...given] = words;
  if (format === undefined) {
    if (name === undefined) system.writeNow(2, 'BusyBox v1.36.1 multi-call binary.\n\nUsage: printf FORMAT [ARG]...\n\nFormat and print ARG(s) according to FORMAT (a-la C printf)\n');
    else complain(system, called, 'usage: printf FORMAT [ARGUMENT...]');
    return name === undefined ? 1 : 2;
  }
  const values = [...given];
  let status = 0;
  let stops = false;
  const rules: FormatRules = {
    number: (text) => {
      const value = numberOf(text);
      if (value !== undefined) return value;
      status = complain(system, called, `invalid number '${text}'`);
      return numberOf(/^\s*[-+]?(?:0[xX][0-9a-fA-F]+|\d+)/.exec(text)?.[0] ?? '') ?? 0;
    },
    escaped: (text) => {
      const { text: plain, stops: stopsHere } = unescaped(text, true);
      stops ||= stopsHere;
      return plain;
    },
  };
  const { text: plain, stops: endsEarly } = unescaped(format, false);
  let output = '';
  try {
    do {
      const before = values.length;
      output += formatOnce(plain, values, rules);
      if (values.length === before || stops || endsEarly) break;
    } while (values.length > 0);
  } catch (problem) {
    if (!(problem instanceof FormatProblem)) throw problem;
    yield* print(system, asBytes(output + problem.before));
    return complain(system, called, `${problem.message}: invalid format`);
  }
  yield* print(system, asBytes(output));
  return status;
}

/** `'a` is the code of the character; 0x and 0 begin other bases. Undefined for what is no number. */
function numberOf(text: string): number | bigint | undefined {
  if (/^["']/.test(text)) return bytesOfText(text.slice(1))[0] ?? 0;
  const match = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.exec(text);
  if (match !== null) {
    const digits = match[2] ?? '0';
    const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
    return match[1] === '-' ? -value : value;
  }
  if (text === '') return 0n;
  return /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) && /[.eE]/.test(text) ? Number(text) : undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"', e: '\x1b',
};

/** A byte as text: see object/text-bytes.ts for those above ASCII. */
const byte = (code: number): string => String.fromCharCode((code & 0xff) < 0x80 ? code & 0xff : 0xdc00 + (code & 0xff));

/** Bytes that were written one by one and make characters together. */
export const asBytes = (text: string): string => (/[\udc80-\udcff]/.test(text) ? textOfBytes(bytesOfText(text)) : text);

/** Backslash escapes; `\0123` has its zero besides three digits in `echo -e` and `%b`. `\c` ends the text. */
function unescaped(text: string, hasZero: boolean): { text: string; stops: boolean } {
  let stops = false;
  const pattern = hasZero ? /\\(?:x([0-9a-fA-F]{1,2})|(0[0-7]{1,3}|[0-7]{1,3})|(.))/gs : /\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))/gs;
  let result = '';
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    result += text.slice(at, match.index);
    at = match.index + match[0].length;
    const [whole, hex, octal, letter] = match;
    if (hex !== undefined) result += byte(Number.parseInt(hex, 16));
    else if (octal !== undefined) result += byte(Number.parseInt(octal, 8));
    else if (letter === 'c') {
      stops = true;
      at = text.length;
      break;
    } else result += ESCAPES[letter ?? ''] ?? whole;
  }
  return { text: result + text.slice(at), stops };
}

/** The escapes of `echo -e`, `tr` and others. */
export function unescape(text: string): string {
  return text.includes('\\') ? asBytes(unescaped(text, true).text) : text;
}

/** The escapes of `echo -e`, which ends at `\c`. */
export function unescapeUntil(text: string): { text: string; stops: boolean } {
  const result = unescaped(text, true);
  return { ...result, text: asBytes(result.text) };
}
