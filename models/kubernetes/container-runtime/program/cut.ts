/** `cut`, `paste`, `fold`, `expand`, `unexpand`, `nl`, `rev`, `tac`: lines by their columns. */
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { complain, linesOf, options, print, readInputs } from './applet.ts';
import { closeInput, eachLine, LineReader, openInput } from './line-reader.ts';
import { unescape } from './printf.ts';
import { Regex } from '../regex/regex.ts';

export function* cut(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv.map((word) => (word === '--output-delimiter' ? '-O' : word.replace(/^--output-delimiter=/, '-O'))), 'dfcbOF');
  const list = flags.get('f') ?? flags.get('c') ?? flags.get('b') ?? flags.get('F');
  if (list === undefined) return complain(system, argv, 'expected a list of bytes, characters, or fields');
  const isFields = flags.has('f') || flags.has('F');
  if (flags.has('d') && !isFields) return complain(system, argv, '-d DELIM makes sense only with -f or -F');
  const ranges = rangesOf(list);
  if (typeof ranges === 'string') return complain(system, argv, ranges);
  const delimiter = flags.get('d') ?? (flags.has('F') ? ' ' : '\t');
  const joined = flags.get('O') ?? delimiter;
  const failed = yield* eachLine(system, argv, rest, function* (line) {
    const pieces = flags.has('F') && !flags.has('d') ? line.split(/\s+/) : isFields ? line.split(delimiter) : [...line];
    if (isFields && pieces.length === 1) {
      if (!flags.has('s')) yield* print(system, `${line}\n`);
      return;
    }
    // In the order of the line, each once, however the list says it.
    const kept = pieces.filter((_, index) => ranges.some(([from, to]) => index + 1 >= from && index + 1 <= to));
    yield* print(system, `${kept.join(isFields ? joined : flags.has('O') ? joined : '')}\n`);
  });
  return failed ? 1 : 0;
}

function rangesOf(list: string): [number, number][] | string {
  const ranges: [number, number][] = [];
  for (const part of list.split(',')) {
    const match = /^(\d*)(-?)(\d*)$/.exec(part);
    if (match === null || part === '' || part === '-') return `invalid number '${part}'`;
    const [, from = '', dash, to = ''] = match;
    const range: [number, number] = [Number(from === '' ? 1 : from), dash === '' ? Number(from) : Number(to === '' ? Infinity : to)];
    if (range[1] < range[0]) return `invalid range ${range[0]}-${range[1]}`;
    ranges.push(range);
  }
  return ranges;
}

export function* paste(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'd');
  const delimiters = flags.has('d') ? unescape(flags.get('d') ?? '') : '\t';
  const delimiter = (index: number): string => (delimiters === '' ? '' : (delimiters[index % delimiters.length] ?? ''));
  const readers: { reader: LineReader; close: () => void }[] = [];
  let shared: LineReader | undefined;
  for (const name of rest.length === 0 ? ['-'] : rest) {
    const input = openInput(system, argv, name);
    if (input === undefined) return 1;
    if (input.fd === 0) shared ??= new LineReader(system, 0);
    readers.push({ reader: input.fd === 0 ? (shared as LineReader) : new LineReader(system, input.fd), close: () => closeInput(system, input) });
  }
  if (flags.has('s')) {
    for (const { reader } of readers) {
      let text = '';
      let index = -1;
      for (let line = yield* reader.next(); line !== undefined; line = yield* reader.next()) text += index++ < 0 ? line : delimiter(index - 1) + line;
      yield* print(system, `${text}\n`);
    }
  } else {
    for (;;) {
      const lines: (string | undefined)[] = [];
      for (const { reader } of readers) lines.push(yield* reader.next());
      if (lines.every((line) => line === undefined)) break;
      yield* print(system, `${lines.map((line, index) => (index === 0 ? '' : delimiter(index - 1)) + (line ?? '')).join('')}\n`);
    }
  }
  for (const { close } of readers) close();
  return 0;
}

export function* fold(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv.map((word) => word.replace(/^-([0-9]+)$/, '-w$1')), 'w');
  const width = Number(flags.get('w') ?? 80);
  const failed = yield* eachLine(system, argv, rest, function* (line, isFinished) {
    const parts: string[] = [];
    let left = line;
    while (left.length > width) {
      const space = flags.has('s') ? left.slice(0, width).search(/\s[^\s]*$/) : -1;
      const at = space >= 0 ? space + 1 : width;
      parts.push(left.slice(0, at));
      left = left.slice(at);
    }
    yield* print(system, [...parts, left].join('\n') + (isFinished ? '\n' : ''));
  });
  return failed ? 1 : 0;
}

export function* expand(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 't');
  const stop = Number(flags.get('t') ?? 8);
  const failed = yield* eachLine(system, argv, rest, function* (line) {
    let text = '';
    for (const character of line) {
      if (character !== '\t' || (flags.has('i') && /\S/.test(text))) text += character;
      else text += ' '.repeat(stop - (text.length % stop));
    }
    yield* print(system, `${text}\n`);
  });
  return failed ? 1 : 0;
}

export function* unexpand(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 't');
  const stop = Number(flags.get('t') ?? 8);
  const failed = yield* eachLine(system, argv, rest, function* (line) {
    const [lead = ''] = /^ */.exec(line) ?? [];
    yield* print(system, `${'\t'.repeat(Math.floor(lead.length / stop))}${' '.repeat(lead.length % stop)}${line.slice(lead.length)}\n`);
  });
  return failed ? 1 : 0;
}

/** Numbers the lines: by default those that are not empty. */
export function* nl(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'bfhilnsvw');
  const style = flags.get('b') ?? 't';
  const pattern = style.startsWith('p') ? new Regex(style.slice(1)) : undefined;
  const width = Number(flags.get('w') ?? 6);
  let number = Number(flags.get('v') ?? 1);
  const failed = yield* eachLine(system, argv, rest, function* (line) {
    const counts = pattern === undefined ? style === 'a' || (style === 't' && line !== '') : pattern.test(line);
    const shown = counts ? String(number).padStart(width) + (flags.get('s') ?? '\t') : ' '.repeat(width + 1);
    if (counts) number += Number(flags.get('i') ?? 1);
    yield* print(system, `${shown}${line}\n`);
  });
  return failed ? 1 : 0;
}

export function* rev(system: System, argv: readonly string[]): Run {
  const failed = yield* eachLine(system, argv, options(argv).rest, (line, isFinished): Step<void> => print(system, [...line].reverse().join('') + (isFinished ? '\n' : '')));
  return failed ? 1 : 0;
}

export function* tac(system: System, argv: readonly string[]): Run {
  const { texts, failed } = yield* readInputs(system, argv, options(argv).rest);
  for (const text of texts.reverse()) {
    const lines = linesOf(text).reverse();
    yield* print(system, lines.map((line, index) => (index === 0 && !text.endsWith('\n') ? line : `${line}\n`)).join(''));
  }
  return failed ? 1 : 0;
}
