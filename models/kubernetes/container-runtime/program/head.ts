/** `head`: the first lines or bytes, and no more is read than it takes. */
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { complain, isErrno, linesOf, options, parseSize, print, readAll } from './applet.ts';
import { closeInput, LineReader, openInput } from './line-reader.ts';

/** `-5` is `-n 5`. */
export function withCount(argv: readonly string[]): string[] {
  const expand = (word: string): string => word.replace(/^-([0-9]+)([a-zA-Z]?)$/, (_, count: string, letter: string) => (letter === 'c' || letter === 'n' ? `-${letter}${count}` : `-${letter}n${count}`));
  return argv.map((word, index) => (index > 0 && !/^-[a-z]*[nc]$/.test(argv[index - 1] ?? '') ? expand(word) : word));
}

export function* head(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(withCount(argv).map((word) => word.replace(/^--lines=/, '-n').replace(/^--bytes=/, '-c')), 'nc');
  const text = flags.get('c') ?? flags.get('n') ?? '10';
  const count = parseSize(text.replace(/^[-+]/, ''));
  if (count === undefined) return complain(system, argv, `invalid number '${text}'`);
  let status = 0;
  const names = rest.length === 0 ? ['-'] : rest;
  const hasTitles = (names.length > 1 && !flags.has('q')) || flags.has('v');
  for (const [index, name] of names.entries()) {
    const input = openInput(system, argv, name);
    if (input === undefined) {
      status = 1;
      continue;
    }
    if (hasTitles) yield* print(system, `${index > 0 ? '\n' : ''}==> ${name === '-' ? 'standard input' : name} <==\n`);
    if (text.startsWith('-')) yield* allBut(system, input.fd, count, flags.has('c'));
    else if (flags.has('c')) yield* firstBytes(system, input.fd, count);
    else yield* firstLines(system, input.fd, count);
    closeInput(system, input);
  }
  return status;
}

function* firstLines(system: System, fd: number, count: number): Step<void> {
  const reader = new LineReader(system, fd);
  for (let left = count; left > 0; left--) {
    const line = yield* reader.next();
    if (line === undefined) return;
    yield* print(system, reader.isUnfinished ? line : `${line}\n`);
  }
}

function* firstBytes(system: System, fd: number, count: number): Step<void> {
  for (let left = count; left > 0; ) {
    const text = yield* system.read(fd, Math.min(left, 4_096));
    if (typeof text === 'object') continue;
    if (text === '' || isErrno(text)) return;
    yield* print(system, text);
    left -= text.length;
  }
}

function* allBut(system: System, fd: number, count: number, isBytes: boolean): Step<void> {
  const text = yield* readAll(system, fd);
  if (isBytes) return yield* print(system, text.slice(0, Math.max(0, text.length - count)));
  const lines = linesOf(text);
  return yield* print(system, lines.slice(0, Math.max(0, lines.length - count)).map((line) => `${line}\n`).join(''));
}
