/** Commands on lines of text: head, wc, sort, uniq, cut, tr, tee, rev, tac, nl. They read all of their input first. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { byteLength } from '../file-system/inode.ts';
import { inClass } from '../shell/pattern.ts';
import { linesOf, options, print, readAll, readInputs } from './applet.ts';
import { unescape } from './printf.ts';

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

export function* head(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv.map((word) => word.replace(/^-([0-9]+)$/, '-n$1')), 'nc');
  const { texts, failed } = yield* readInputs(system, argv, rest);
  for (const text of texts) {
    if (flags.has('c')) yield* print(system, text.slice(0, Number(flags.get('c'))));
    else yield* print(system, joinLines(linesOf(text).slice(0, Number(flags.get('n') ?? 10))));
  }
  return failed ? 1 : 0;
}

export function* wc(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const { texts, failed } = yield* readInputs(system, argv, rest);
  for (const [index, text] of texts.entries()) {
    const counts: string[] = [];
    const all = flags.size === 0;
    if (all || flags.has('l')) counts.push(String(text.split('\n').length - 1));
    if (all || flags.has('w')) counts.push(String(text.split(/\s+/).filter((word) => word !== '').length));
    if (all || flags.has('c')) counts.push(String(byteLength(text)));
    if (flags.has('m')) counts.push(String(text.length));
    const columns = counts.length === 1 && rest.length === 0 ? counts : counts.map((count) => count.padStart(rest.length === 0 ? 9 : 1));
    yield* print(system, `${columns.join(' ')}${rest[index] === undefined ? '' : ` ${rest[index]}`}\n`);
  }
  return failed ? 1 : 0;
}

export function* sort(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'kto');
  const { texts, failed } = yield* readInputs(system, argv, rest);
  const separator = flags.get('t');
  const column = Number.parseInt(flags.get('k') ?? '0', 10);
  const key = (line: string): string => (column > 0 ? ((separator === undefined ? line.trim().split(/\s+/) : line.split(separator))[column - 1] ?? '') : line);
  const numeric = flags.has('n') || (flags.get('k') ?? '').includes('n');
  const order = (a: string, b: string): number => {
    const [x, y] = [key(a), key(b)];
    if (numeric && Number.parseFloat(x) !== Number.parseFloat(y)) return (Number.parseFloat(x) || 0) - (Number.parseFloat(y) || 0);
    return x < y ? -1 : x > y ? 1 : a < b ? -1 : a > b ? 1 : 0;
  };
  let lines = texts.flatMap(linesOf).sort(order);
  if (flags.has('r')) lines = lines.reverse();
  if (flags.has('u')) lines = lines.filter((line, index) => index === 0 || key(line) !== key(lines[index - 1] ?? ''));
  yield* print(system, joinLines(lines));
  return failed ? 1 : 0;
}

export function* uniq(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const { texts } = yield* readInputs(system, argv, rest.slice(0, 1));
  const groups: { line: string; count: number }[] = [];
  for (const line of texts.flatMap(linesOf)) {
    const last = groups.at(-1);
    if (last?.line === line) last.count++;
    else groups.push({ line, count: 1 });
  }
  const shown = groups.filter(({ count }) => (flags.has('d') ? count > 1 : flags.has('u') ? count === 1 : true));
  yield* print(system, joinLines(shown.map(({ line, count }) => (flags.has('c') ? `${String(count).padStart(7)} ${line}` : line))));
  return 0;
}

export function* cut(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'dfcb');
  const { texts, failed } = yield* readInputs(system, argv, rest);
  const wanted = ranges(flags.get('f') ?? flags.get('c') ?? flags.get('b') ?? '1');
  const delimiter = flags.get('d') ?? '\t';
  const lines = texts.flatMap(linesOf).flatMap((line) => {
    const pieces = flags.has('f') ? line.split(delimiter) : [...line];
    if (flags.has('f') && pieces.length === 1) return flags.has('s') ? [] : [line];
    return [pieces.filter((_, index) => wanted(index + 1)).join(flags.has('f') ? delimiter : '')];
  });
  yield* print(system, joinLines(lines));
  return failed ? 1 : 0;
}

function ranges(text: string): (position: number) => boolean {
  const parts = text.split(',').map((part) => {
    const [from = '', to] = part.split('-', 2);
    return { from: Number(from === '' ? 1 : from), to: to === undefined ? Number(from) : Number(to === '' ? Infinity : to) };
  });
  return (position) => parts.some(({ from, to }) => position >= from && position <= to);
}

export function* tr(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const text = yield* readAll(system, 0);
  const from = unescape(rest[0] ?? '');
  const complement = flags.has('c') || flags.has('C');
  const isMember = (character: string): boolean => inClass(from, character) !== complement;
  let result = '';
  const source = expandSet(from);
  const target = expandSet(unescape(rest[1] ?? ''));
  for (const character of text) {
    if (flags.has('d')) {
      if (!isMember(character)) result += character;
      continue;
    }
    const index = complement ? (isMember(character) ? target.length - 1 : -1) : source.indexOf(character);
    const mapped = index < 0 || target === '' ? character : (target[Math.min(index, target.length - 1)] ?? '');
    if (flags.has('s') && result.endsWith(mapped) && (index >= 0 || isMember(character))) continue;
    result += mapped;
  }
  yield* print(system, result);
  return 0;
}

function expandSet(set: string): string {
  const named = set
    .replaceAll('[:lower:]', 'a-z')
    .replaceAll('[:upper:]', 'A-Z')
    .replaceAll('[:digit:]', '0-9')
    .replaceAll('[:space:]', ' \t\n\r\f\v')
    .replaceAll('[:alpha:]', 'A-Za-z')
    .replaceAll('[:alnum:]', '0-9A-Za-z');
  return named.replace(/(.)-(.)/gs, (_, from: string, to: string) => {
    let range = '';
    for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) range += String.fromCharCode(code);
    return range;
  });
}

export function* tee(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const fds = rest.map((name) => system.open(name, flags.has('a') ? 'append' : 'write'));
  for (;;) {
    const text = yield* system.read(0);
    if (typeof text === 'object') continue;
    if (text === '' || text === 'EBADF') return 0;
    yield* print(system, text);
    for (const fd of fds) if (typeof fd === 'number') yield* system.write(fd, text);
  }
}

export function* tac(system: System, argv: readonly string[]): Run {
  const { texts } = yield* readInputs(system, argv, options(argv).rest);
  yield* print(system, joinLines(texts.flatMap(linesOf).reverse()));
  return 0;
}
