/**
 * Reads lines as they come, a block at a time, as stdio does: what reads only the first lines of an endless input ends.
 */
import type { System } from '../process/system.ts';
import type { Step } from '../process/wait.ts';
import { complain, errorText, isErrno } from './applet.ts';

/** What stdio reads at once. */
const BLOCK = 4_096;

export class LineReader {
  readonly #system: System;
  readonly #fd: number;
  readonly #end: string;
  #buffer = '';
  #at = 0;
  #isDone = false;
  /** Whether the last line had no newline at its end. */
  isUnfinished = false;

  constructor(system: System, fd: number, end = '\n') {
    this.#system = system;
    this.#fd = fd;
    this.#end = end;
  }

  /** The next line without its end; undefined after the last. */
  *next(): Step<string | undefined> {
    // A line of many blocks is put together once: its end is looked for in each block alone.
    let line = '';
    for (;;) {
      const cut = this.#buffer.indexOf(this.#end, this.#at);
      const end = cut < 0 ? this.#buffer.length : cut;
      line += this.#buffer.slice(this.#at, end);
      this.#at = end + 1;
      if (cut >= 0) return line;
      if (this.#isDone) return this.#last(line);
      if (line.length > BLOCK) yield* this.#system.holdMemory(line.length);
      this.#buffer = '';
      this.#at = 0;
      yield* this.#fill();
    }
  }

  *#fill(): Step<void> {
    const more = yield* this.#system.read(this.#fd, BLOCK);
    if (typeof more === 'object') return;
    if (more === '' || isErrno(more)) this.#isDone = true;
    else this.#buffer = more;
  }

  #last(line: string): string | undefined {
    if (line === '') return undefined;
    this.isUnfinished = true;
    return line;
  }
}

/** An open input of a command: a file, or standard input. */
export interface Input {
  /** As given; `-` for standard input. */
  readonly name: string;
  readonly fd: number;
}

/** Opens a named input; a missing one is complained about, in the way of most commands or in `cat`'s. */
export function openInput(system: System, argv: readonly string[], name: string, form: 'plain' | 'open' = 'plain'): Input | undefined {
  if (name === '-') return { name, fd: 0 };
  const fd = system.open(name, 'read');
  if (typeof fd !== 'string' && system.descriptors.get(fd)?.kind === 'directory') {
    system.close(fd);
    complain(system, argv, form === 'open' ? 'read error: Is a directory' : `${name}: Is a directory`);
    return undefined;
  }
  if (typeof fd !== 'string') return { name, fd };
  complain(system, argv, form === 'open' ? `can't open '${name}': ${errorText(fd)}` : `${name}: ${errorText(fd)}`);
  return undefined;
}

export function closeInput(system: System, input: Input): void {
  if (input.fd !== 0) system.close(input.fd);
}

/** Calls `take` with each line of all inputs, in order, until it answers false. Answers whether an input was missing. */
export function* eachLine(system: System, argv: readonly string[], names: readonly string[], take: (line: string, isFinished: boolean) => Step<boolean | void>, end = '\n'): Step<boolean> {
  let failed = false;
  for (const name of names.length === 0 ? ['-'] : names) {
    const input = openInput(system, argv, name);
    if (input === undefined) {
      failed = true;
      continue;
    }
    const reader = new LineReader(system, input.fd, end);
    for (let line = yield* reader.next(); line !== undefined; line = yield* reader.next()) {
      if ((yield* take(line, !reader.isUnfinished)) === false) return failed;
    }
    closeInput(system, input);
  }
  return failed;
}
