/** `od`, `hexdump`, `xxd`, `strings`: bytes made visible. Source of the layouts: POSIX.1-2017 od, busybox util-linux/hexdump.c and xxd.c. */
import { bytesOfText, textOfBytes } from '../../object/text-bytes.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, options, parseSize, print, readInputs } from './applet.ts';

const LINE = 16;
const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');
const visible = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.');

const NAMES: Readonly<Record<number, string>> = { 0: '\\0', 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' };

interface Unit {
  readonly size: number;
  readonly width: number;
  readonly show: (bytes: Uint8Array) => string;
}

const wordOf = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** A column of `od -t`; octal, decimal and hexadecimal are as wide as their largest number. */
function unitOf(letter: string, size: number): Unit | undefined {
  if (letter === 'c') return { size: 1, width: 3, show: ([byte = 0]) => NAMES[byte] ?? (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : byte.toString(8).padStart(3, '0')) };
  if (letter === 'a') return { size: 1, width: 3, show: ([byte = 0]) => ASCII_NAMES[byte & 0x7f] ?? String.fromCharCode(byte & 0x7f) };
  const largest = 2n ** BigInt(8 * size) - 1n;
  switch (letter) {
    case 'o':
      return { size, width: largest.toString(8).length, show: (bytes) => wordOf(bytes).toString(8).padStart(largest.toString(8).length, '0') };
    case 'u':
      return { size, width: largest.toString().length, show: (bytes) => wordOf(bytes).toString() };
    case 'd':
      return { size, width: (largest / 2n).toString().length + 1, show: (bytes) => BigInt.asIntN(8 * size, wordOf(bytes)).toString() };
    case 'x':
      return { size, width: 2 * size, show: (bytes) => wordOf(bytes).toString(16).padStart(2 * size, '0') };
    default:
      return undefined;
  }
}

const ASCII_NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  ['nul', 'soh', 'stx', 'etx', 'eot', 'enq', 'ack', 'bel', 'bs', 'ht', 'nl', 'vt', 'ff', 'cr', 'so', 'si', 'dle', 'dc1', 'dc2', 'dc3', 'dc4', 'nak', 'syn', 'etb', 'can', 'em', 'sub', 'esc', 'fs', 'gs', 'rs', 'us', 'sp'].map((name, index) => [index, name]),
);
const SHORT: Readonly<Record<string, string>> = { a: 'a', b: 'o1', c: 'c', d: 'u2', o: 'o2', s: 'd2', x: 'x2', i: 'd4', l: 'd8', h: 'x2', D: 'u4', O: 'o4', X: 'x4', H: 'x4' };
const SIZES: Readonly<Record<string, number>> = { C: 1, S: 2, I: 4, L: 8, '': 4 };

export function* od(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'ANjSw', 't');
  const types: string[] = [];
  for (const word of argv.slice(1)) for (const letter of /^-[a-zA-Z]+$/.test(word) && !word.startsWith('-t') ? word.slice(1) : '') if (SHORT[letter] !== undefined && !(flags.has('A') && word.startsWith('-A'))) types.push(SHORT[letter] ?? '');
  for (const text of flags.has('t') ? (flags.get('t') ?? '').split('\0') : []) types.push(...(text.match(/[acdoux](?:\d+|[CSIL])?/g) ?? []));
  const units = (types.length === 0 ? ['o2'] : types).map((type) => unitOf(type[0] ?? '', /\d/.test(type) ? Number(type.slice(1)) : (SIZES[type.slice(1)] ?? 4)));
  if (units.includes(undefined)) return complain(system, argv, `invalid type string`);
  const { texts, failed } = yield* readInputs(system, argv, rest);
  const skip = parseSize(flags.get('j') ?? '0') ?? 0;
  const bytes = bytesOfText(texts.join('')).subarray(skip, flags.has('N') ? skip + (parseSize(flags.get('N') ?? '') ?? 0) : undefined);
  const width = flags.has('w') ? Number(flags.get('w') === '' ? 32 : flags.get('w')) : LINE;
  yield* print(system, dumpOf(bytes, units as Unit[], { width, skip, base: flags.get('A') ?? 'o', isFull: flags.has('v') }));
  return failed ? 1 : 0;
}

interface Layout {
  readonly width: number;
  readonly skip: number;
  readonly base: string;
  readonly isFull: boolean;
}

function dumpOf(bytes: Uint8Array, units: readonly Unit[], { width, skip, base, isFull }: Layout): string {
  const address = (at: number): string => (base === 'n' ? '' : base === 'x' ? hex(at + skip, 6) : base === 'd' ? String(at + skip).padStart(7, '0') : (at + skip).toString(8).padStart(7, '0'));
  const indent = ' '.repeat(base === 'n' ? 0 : address(0).length);
  // Columns of several types stand under each other: each byte gets the width that the widest needs.
  const perByte = Math.max(...units.map((unit) => (unit.width + 1) / unit.size));
  let text = '';
  let isRepeated = false;
  for (let at = 0; at < bytes.length; at += width) {
    const line = bytes.subarray(at, at + width);
    const isSame = !isFull && at > 0 && line.length === width && line.every((byte, index) => byte === bytes[at - width + index]);
    if (isSame && !isRepeated) text += '*\n';
    isRepeated = isSame;
    if (isSame) continue;
    for (const [index, unit] of units.entries()) {
      text += index === 0 ? address(at) : indent;
      for (let from = 0; from < line.length; from += unit.size) {
        const word = new Uint8Array(unit.size);
        word.set(line.subarray(from, from + unit.size));
        text += unit.show(word).padStart(Math.max(unit.width + 1, Math.round(perByte * unit.size)));
      }
      text += '\n';
    }
  }
  return base === 'n' ? text : `${text}${address(bytes.length)}\n`;
}

/** `hexdump -C`: offset, sixteen bytes in two groups, and the printable ones; `hexdump` alone: words in the machine's order. */
export function* hexdump(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'ns', 'e');
  const { texts, failed } = yield* readInputs(system, argv, rest);
  const skip = parseSize(flags.get('s') ?? '0') ?? 0;
  const bytes = bytesOfText(texts.join('')).subarray(skip, flags.has('n') ? skip + (parseSize(flags.get('n') ?? '') ?? 0) : undefined);
  if (flags.has('e')) {
    yield* print(system, formatted(bytes, flags.get('e') ?? ''));
    return failed ? 1 : 0;
  }
  const isCanonical = flags.has('C') || argv[0]?.endsWith('hd') === true;
  const digits = isCanonical ? 8 : 7;
  let text = '';
  let isRepeated = false;
  for (let at = 0; at < bytes.length; at += LINE) {
    const line = bytes.subarray(at, at + LINE);
    const isSame = !flags.has('v') && at > 0 && line.length === LINE && line.every((byte, index) => byte === bytes[at - LINE + index]);
    if (isSame && !isRepeated) text += '*\n';
    isRepeated = isSame;
    if (!isSame) text += `${hex(at + skip, digits)}${isCanonical ? canonical(line) : wordsOf(line)}\n`;
  }
  if (bytes.length > 0) text += `${hex(bytes.length + skip, digits)}\n`;
  yield* print(system, text);
  return failed ? 1 : 0;
}

function canonical(line: Uint8Array): string {
  const pairs = Array.from(line, (byte) => hex(byte, 2));
  const groups = `  ${pairs.slice(0, 8).join(' ').padEnd(23)}  ${pairs.slice(8).join(' ').padEnd(23)}`;
  return `${groups}  |${Array.from(line, visible).join('')}|`;
}

function wordsOf(line: Uint8Array): string {
  const words: string[] = [];
  for (let at = 0; at < line.length; at += 2) words.push(hex((line[at] ?? 0) | ((line[at + 1] ?? 0) << 8), 4));
  return ` ${words.join(' ').padEnd(39)}`;
}

/** `N/SIZE "%02x" "text"`: the forms that scripts use to print bytes in a row. */
function formatted(bytes: Uint8Array, format: string): string {
  let text = '';
  const parts = [...format.matchAll(/(?:(\d+)?\/(\d+)\s*)?"((?:[^"\\]|\\.)*)"/g)];
  const plain = (part: string): string => part.replace(/\\n/g, '\n').replace(/\\t/g, '\t');
  if (!parts.some(([, , , part = '']) => part.includes('%'))) return '';
  for (let at = 0; at < bytes.length; ) {
    for (const [, count = '1', size = '1', part = ''] of parts) {
      if (!part.includes('%')) {
        text += plain(part);
        continue;
      }
      for (let time = 0; time < Number(count) && at < bytes.length; time++, at += Number(size)) {
        const value = Number(wordOf(bytes.slice(at, at + Number(size))));
        text += plain(part).replace(/%_?0?(\d*)([xXudcop])/g, (_, width: string, letter: string) => (letter === 'c' || letter === 'p' ? visible(value) : value.toString(letter === 'o' ? 8 : letter.toLowerCase() === 'x' ? 16 : 10).padStart(Number(width), '0')));
      }
    }
  }
  return text;
}

export function* xxd(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'gclso');
  const { texts, failed } = yield* readInputs(system, argv, rest.slice(0, 1));
  if (failed) return 1;
  if (flags.has('r')) {
    const digits = texts.join('').split('\n').map((line) => (flags.has('p') ? line : line.replace(/^[0-9a-fA-F]+:/, '').replace(/ {2}.*$/, ''))).join('').replace(/[^0-9a-fA-F]/g, '');
    yield* print(system, textOfBytes((digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))));
    return 0;
  }
  const skip = Number(flags.get('s') ?? 0);
  const bytes = bytesOfText(texts.join('')).subarray(skip, flags.has('l') ? skip + Number(flags.get('l')) : undefined);
  const columns = Number(flags.get('c') ?? (flags.has('p') ? 30 : flags.has('i') ? 12 : LINE));
  let text = '';
  for (let at = 0; at < bytes.length; at += columns) {
    const line = bytes.subarray(at, at + columns);
    if (flags.has('p')) text += `${Array.from(line, (byte) => hex(byte, 2)).join('')}\n`;
    else if (flags.has('i')) text += `  ${Array.from(line, (byte) => `0x${hex(byte, 2)}`).join(', ')}${at + columns < bytes.length ? ',' : ''}\n`;
    else text += `${hex(at + skip, 8)}: ${grouped(line, columns, Number(flags.get('g') ?? 2))}  ${Array.from(line, visible).join('')}\n`;
  }
  yield* print(system, text);
  return 0;
}

function grouped(line: Uint8Array, columns: number, size: number): string {
  const whole = columns * 2 + Math.ceil(columns / size) - 1;
  const groups: string[] = [];
  for (let at = 0; at < line.length; at += size) groups.push(Array.from(line.subarray(at, at + size), (byte) => hex(byte, 2)).join(''));
  return groups.join(' ').padEnd(whole);
}

/** Runs of at least four printable characters. */
export function* strings(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'nto');
  const { texts, failed } = yield* readInputs(system, argv, rest);
  const least = Number(flags.get('n') ?? 4);
  for (const text of texts) for (const found of text.matchAll(new RegExp(`[\\t -~]{${least},}`, 'g'))) yield* print(system, `${found[0]}\n`);
  return failed ? 1 : 0;
}
