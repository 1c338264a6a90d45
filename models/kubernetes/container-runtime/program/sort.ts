/** `sort` and `uniq`. Source of the options' meaning: busybox coreutils/sort.c, POSIX.1-2017. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, linesOf, options, print, readInputs } from './applet.ts';
import { eachLine } from './line-reader.ts';
import { unescape } from './printf.ts';

interface Key {
  readonly from: number;
  readonly fromCharacter: number;
  readonly to: number;
  readonly toCharacter: number;
  readonly flags: string;
}

function parseKey(text: string): Key | undefined {
  const match = /^(\d+)(?:\.(\d+))?([bdfghiMnrV]*)(?:,(\d+)(?:\.(\d+))?([bdfghiMnrV]*))?$/.exec(text);
  if (match === null) return undefined;
  const [, from = '1', fromCharacter = '0', first = '', to = '0', toCharacter = '0', second = ''] = match;
  return { from: Number(from), fromCharacter: Number(fromCharacter), to: Number(to), toCharacter: Number(toCharacter), flags: first + second };
}

export function* sort(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'toST', 'k');
  const keys: Key[] = [];
  for (const text of flags.has('k') ? (flags.get('k') ?? '').split('\0') : []) {
    const key = parseKey(text);
    if (key === undefined) return complain(system, argv, `invalid number '${text}'`) + 1;
    keys.push(key);
  }
  const separator = flags.has('t') ? unescape(flags.get('t') ?? '') : undefined;
  const { texts, failed } = yield* readInputs(system, argv, rest);
  if (failed) return 1;
  const end = flags.has('z') ? '\0' : '\n';
  const lines = texts.flatMap((text) => (end === '\n' ? linesOf(text) : text.split('\0').filter((line, index, all) => line !== '' || index < all.length - 1)));
  const global = [...flags.keys()].filter((letter) => 'bdfghiMnrV'.includes(letter)).join('');
  const isReversed = flags.has('r');
  const used = keys.length === 0 ? [{ from: 0, fromCharacter: 0, to: 0, toCharacter: 0, flags: '' }] : keys;
  const byKeys = (a: string, b: string): number => {
    for (const key of used) {
      const own = key.flags.replace('b', '') === '' ? global : key.flags;
      const result = compareBy(partOf(a, key, separator, own), partOf(b, key, separator, own), own);
      if (result !== 0) return own.includes('r') ? -result : result;
    }
    return 0;
  };
  const order = (a: string, b: string): number => {
    const result = byKeys(a, b);
    if (result !== 0 || flags.has('s') || flags.has('u')) return result;
    const last = a < b ? -1 : a > b ? 1 : 0;
    return isReversed ? -last : last;
  };
  if (flags.has('c') || flags.has('C')) {
    const bad = lines.findIndex((line, index) => index > 0 && (flags.has('u') ? order(lines[index - 1] ?? '', line) >= 0 : order(lines[index - 1] ?? '', line) > 0));
    if (bad > 0 && flags.has('c')) system.writeNow(2, `Check line ${bad}\n`);
    return bad > 0 ? 1 : 0;
  }
  // Ordering much takes time, as it does elsewhere; others get their turn first.
  if (lines.length > 10_000) yield { wait: 'turn' };
  const sorted = lines.sort(order);
  const kept = flags.has('u') ? sorted.filter((line, index) => index === 0 || byKeys(sorted[index - 1] ?? '', line) !== 0) : sorted;
  const output = kept.map((line) => line + end).join('');
  const file = flags.get('o');
  if (file === undefined) yield* print(system, output);
  else {
    const errno = system.files.write(system.path(file), output, system.nowUs, system.credentials);
    if (errno !== undefined) return complain(system, argv, `can't open '${file}'`);
  }
  return 0;
}

/** What of a line a key looks at. */
function partOf(line: string, key: Key, separator: string | undefined, flags: string): string {
  if (key.from === 0) return flags.includes('b') ? line.trimStart() : line;
  const start = fieldStart(line, key.from, separator);
  let from = start;
  if (flags.includes('b') || key.flags.includes('b')) while (/\s/.test(line[from] ?? '')) from++;
  if (key.fromCharacter > 0) from += key.fromCharacter - 1;
  const end = key.to === 0 ? line.length : key.toCharacter > 0 ? fieldStart(line, key.to, separator) + key.toCharacter : fieldEnd(line, key.to, separator);
  return line.slice(from, end);
}

/** Without a separator a field begins with the blanks in front of it. */
function fieldStart(line: string, field: number, separator: string | undefined): number {
  return field <= 1 ? 0 : Math.min(line.length, fieldEnd(line, field - 1, separator) + (separator === undefined ? 0 : 1));
}

function fieldEnd(line: string, field: number, separator: string | undefined): number {
  let at = 0;
  for (let number = 1; ; number++) {
    if (separator === undefined) {
      while (at < line.length && /\s/.test(line[at] ?? '')) at++;
      while (at < line.length && !/\s/.test(line[at] ?? '')) at++;
    } else {
      const cut = line.indexOf(separator, at);
      at = cut < 0 ? line.length : cut;
    }
    if (number === field || at >= line.length) return at;
    if (separator !== undefined) at += separator.length;
  }
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const UNITS = ['', 'K', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];

function compareBy(a: string, b: string, flags: string): number {
  if (flags.includes('n')) return number(a) - number(b);
  if (flags.includes('g')) return general(a) - general(b) || 0;
  if (flags.includes('h')) return human(a) - human(b);
  if (flags.includes('M')) return MONTHS.indexOf(a.trim().slice(0, 3).toUpperCase()) - MONTHS.indexOf(b.trim().slice(0, 3).toUpperCase());
  if (flags.includes('V')) return version(a, b);
  const [x, y] = [folded(a, flags), folded(b, flags)];
  return x < y ? -1 : x > y ? 1 : 0;
}

const number = (text: string): number => Number(/^\s*-?\d*\.?\d*/.exec(text)?.[0].trim() ?? 0) || 0;
const general = (text: string): number => Number(/^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/.exec(text)?.[0] ?? -Infinity);

function human(text: string): number {
  const unit = UNITS.indexOf((/^\s*-?[\d.]+\s*([KMGTPEZY])/i.exec(text)?.[1] ?? '').toUpperCase());
  return unit * 1e15 + number(text);
}

function folded(text: string, flags: string): string {
  const kept = flags.includes('d') ? text.replace(/[^\s\w]/g, '') : flags.includes('i') ? text.replace(/[^ -~]/g, '') : text;
  return flags.includes('f') ? kept.toUpperCase() : kept;
}

/** strverscmp(3), for what versions look like: runs of digits count as numbers. */
function version(a: string, b: string): number {
  const x: readonly string[] = a.match(/\d+|\D+/g) ?? [];
  const y: readonly string[] = b.match(/\d+|\D+/g) ?? [];
  for (let index = 0; index < Math.max(x.length, y.length); index++) {
    const [left = '', right = ''] = [x[index], y[index]];
    if (left === right) continue;
    const isNumber = /^\d/.test(left) && /^\d/.test(right);
    if (isNumber && Number(left) !== Number(right)) return Number(left) - Number(right);
    return left < right ? -1 : 1;
  }
  return 0;
}

export function* uniq(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'fsw');
  let last: { line: string; count: number } | undefined;
  const key = (line: string): string => {
    const fields = line.replace(new RegExp(`^(?:\\s*\\S+){0,${Number(flags.get('f') ?? 0)}}`), '');
    const cut = fields.slice(Number(flags.get('s') ?? 0), flags.has('w') ? Number(flags.get('s') ?? 0) + Number(flags.get('w')) : undefined);
    return flags.has('i') ? cut.toLowerCase() : cut;
  };
  let output = '';
  const tell = (group: typeof last): void => {
    if (group === undefined || (flags.has('d') && group.count < 2) || (flags.has('u') && group.count > 1)) return;
    output += `${flags.has('c') ? `${String(group.count).padStart(7)} ` : ''}${group.line}\n`;
  };
  const failed = yield* eachLine(system, argv, rest.slice(0, 1), function* (line) {
    if (last !== undefined && key(last.line) === key(line)) last.count++;
    else {
      tell(last);
      last = { line, count: 1 };
      if (output.length > 4_096 && rest[1] === undefined) {
        yield* print(system, output);
        output = '';
      }
    }
  });
  tell(last);
  if (rest[1] === undefined) yield* print(system, output);
  else system.files.write(system.path(rest[1]), output, system.nowUs, system.credentials);
  return failed ? 1 : 0;
}
