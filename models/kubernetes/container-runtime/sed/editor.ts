/** Runs a sed script over lines: the cycle of POSIX.1-2017, sed. */
import type { System } from '../process/system.ts';
import type { Step } from '../process/wait.ts';
import type { Match, Regex } from '../regex/regex.ts';
import { type Address, type SedCommand, SedProblem, type Substitution } from './script.ts';

/** A line, and whether it ends with a newline. */
export interface Line {
  readonly text: string;
  readonly isFinished: boolean;
}

/** Jumps within one cycle, before others get their turn. */
const JUMPS_PER_TURN = 1_000;
/** So many characters count as one jump more. */
const CHARACTERS_PER_JUMP = 256;

export class Editor {
  readonly #system: System;
  readonly #commands: readonly SedCommand[];
  readonly #isQuiet: boolean;
  readonly #write: (text: string) => Step<void>;
  readonly #active = new Map<SedCommand, number>();
  readonly #files = new Map<string, number>();
  #lines: () => Step<Line | undefined>;
  #next: Line | undefined;
  #number = 0;
  #pattern = '';
  #isFinished = true;
  #hold = '';
  #lastRegex: Regex | undefined;
  #appended: ({ readonly text: string } | { readonly file: string })[] = [];
  /** What the script ended with, once it has. */
  status: number | undefined;

  constructor(system: System, commands: readonly SedCommand[], isQuiet: boolean, write: (text: string) => Step<void>) {
    this.#system = system;
    this.#commands = commands;
    this.#isQuiet = isQuiet;
    this.#write = write;
    this.#lines = function* () {
      return undefined;
    };
  }

  /** Edits what `lines` gives, to its end or that of the script. */
  *run(lines: () => Step<Line | undefined>): Step<void> {
    this.#lines = lines;
    this.#next = yield* lines();
    while (this.#next !== undefined && this.status === undefined) {
      yield* this.#take();
      for (let restarts = yield* this.#cycle(); restarts; restarts = yield* this.#cycle());
    }
  }

  *#take(): Step<void> {
    const line = this.#next as Line;
    this.#pattern = line.text;
    this.#isFinished = line.isFinished;
    this.#number++;
    this.#next = yield* this.#lines();
  }

  *#print(text: string): Step<void> {
    yield* this.#write(this.#next === undefined && !this.#isFinished ? text : `${text}\n`);
  }

  /** One cycle; true if it begins again without a new line. */
  *#cycle(): Step<boolean> {
    let replaced = false;
    let jumps = 0;
    for (let at = 0; at < this.#commands.length; at++) {
      const command = this.#commands[at] as SedCommand;
      if (!this.#selects(command)) {
        if (command.name === '{') at = command.end;
        continue;
      }
      switch (command.name) {
        case 's':
          if (yield* this.#substitute(command.substitution as Substitution)) replaced = true;
          break;
        case 'b':
        case 't':
        case 'T':
          if (command.name === 't' ? !replaced : command.name === 'T' && replaced) break;
          if (command.name !== 'b') replaced = false;
          at = this.#label(command.argument);
          jumps += 1 + Math.floor(this.#pattern.length / CHARACTERS_PER_JUMP);
          if (jumps >= JUMPS_PER_TURN) {
            jumps = 0;
            yield { wait: 'turn' };
            yield* this.#system.holdMemory(this.#pattern.length + this.#hold.length);
          }
          break;
        case 'd':
          yield* this.#flush();
          return false;
        case 'D':
          yield* this.#flush();
          if (!this.#pattern.includes('\n')) return false;
          this.#pattern = this.#pattern.slice(this.#pattern.indexOf('\n') + 1);
          return true;
        case 'n':
          if (this.#next === undefined) {
            if (!this.#isQuiet) yield* this.#print(this.#pattern);
            yield* this.#flush();
            this.status = 0;
            return false;
          }
          if (!this.#isQuiet) yield* this.#print(this.#pattern);
          yield* this.#flush();
          yield* this.#take();
          break;
        case 'N': {
          if (this.#next === undefined) {
            if (!this.#isQuiet) yield* this.#print(this.#pattern);
            this.status = 0;
            return false;
          }
          yield* this.#flush();
          const before = this.#pattern;
          yield* this.#take();
          this.#pattern = `${before}\n${this.#pattern}`;
          yield* this.#system.holdMemory(this.#pattern.length + this.#hold.length);
          break;
        }
        case 'q':
          this.status = 0;
          if (!this.#isQuiet) yield* this.#print(this.#pattern);
          yield* this.#flush();
          return false;
        case 'c':
          if (command.to === undefined || !this.#active.has(command)) yield* this.#write(`${command.argument}\n`);
          yield* this.#flush();
          return false;
        default:
          yield* this.#simple(command);
      }
    }
    if (!this.#isQuiet) yield* this.#print(this.#pattern);
    yield* this.#flush();
    return false;
  }

  *#simple({ name, argument }: SedCommand): Step<void> {
    switch (name) {
      case '=':
        return yield* this.#write(`${this.#number}\n`);
      case 'a':
        this.#appended.push({ text: argument });
        return;
      case 'r':
        this.#appended.push({ file: argument });
        return;
      case 'i':
        return yield* this.#write(`${argument}\n`);
      case 'p':
        return yield* this.#print(this.#pattern);
      case 'P':
        return yield* this.#write(`${this.#pattern.split('\n', 1)[0] ?? ''}\n`);
      case 'l':
        return yield* this.#write(`${visible(this.#pattern)}$\n`);
      case 'g':
        this.#pattern = this.#hold;
        return;
      case 'G':
        this.#pattern = `${this.#pattern}\n${this.#hold}`;
        return yield* this.#system.holdMemory(this.#pattern.length + this.#hold.length);
      case 'h':
        this.#hold = this.#pattern;
        return;
      case 'H':
        this.#hold = `${this.#hold}\n${this.#pattern}`;
        return yield* this.#system.holdMemory(this.#pattern.length + this.#hold.length);
      case 'x':
        [this.#pattern, this.#hold] = [this.#hold, this.#pattern];
        return;
      case 'z':
        this.#pattern = '';
        return;
      case 'w':
        return yield* this.#writeFile(argument, `${this.#pattern}\n`);
      case 'y': {
        const [from = '', to = ''] = argument.split('\0');
        this.#pattern = [...this.#pattern].map((character) => (from.includes(character) ? (to[from.indexOf(character)] ?? '') : character)).join('');
      }
    }
  }

  *#substitute(substitution: Substitution): Step<boolean> {
    const regex = substitution.pattern ?? this.#lastRegex;
    if (regex === undefined) throw new SedProblem('no previous regexp');
    this.#lastRegex = regex;
    let count = 0;
    const changed = regex.replace(this.#pattern, (match) => (count++, filled(substitution.replacement, match)), substitution.isGlobal, substitution.isGlobal ? 1 : substitution.from);
    if (count === 0) return false;
    this.#pattern = changed;
    if (substitution.prints) yield* this.#print(this.#pattern);
    if (substitution.file !== undefined) yield* this.#writeFile(substitution.file, `${this.#pattern}\n`);
    return true;
  }

  *#writeFile(name: string, text: string): Step<void> {
    if (name === '/dev/stdout') return yield* this.#write(text);
    let fd = this.#files.get(name);
    if (fd === undefined) {
      const opened = this.#system.open(name, 'write');
      if (typeof opened === 'string') return;
      this.#files.set(name, (fd = opened));
    }
    yield* this.#system.write(fd, text);
  }

  *#flush(): Step<void> {
    for (const item of this.#appended.splice(0)) {
      const text = 'text' in item ? `${item.text}\n` : (this.#system.files.read(this.#system.path(item.file), this.#system.credentials) ?? '');
      yield* this.#write(text);
    }
  }

  #label(name: string): number {
    if (name === '') return this.#commands.length;
    const found = this.#commands.findIndex((command) => command.name === ':' && command.argument === name);
    if (found < 0) throw new SedProblem(`can't find label for jump to '${name}'`);
    return found;
  }

  #selects(command: SedCommand): boolean {
    return this.#matches(command) !== command.negated;
  }

  #matches(command: SedCommand): boolean {
    const { from, to } = command;
    if (from === undefined) return true;
    if (to === undefined) return this.#meets(from);
    const end = this.#active.get(command);
    if (end !== undefined) {
      if (end !== Infinity) {
        if (this.#number >= end) this.#active.delete(command);
        return this.#number <= end || this.#meets(from);
      }
      if (this.#meets(to)) this.#active.delete(command);
      return true;
    }
    if (!this.#meets(from)) return false;
    const last = 'line' in to ? to.line : 'count' in to ? this.#number + to.count : 'multiple' in to ? Math.ceil(this.#number / to.multiple) * to.multiple : Infinity;
    if (last > this.#number && !('last' in to && this.#next === undefined)) this.#active.set(command, last);
    return true;
  }

  #meets(address: Address): boolean {
    if ('line' in address) return address.line === this.#number;
    if ('last' in address) return this.#next === undefined;
    if ('step' in address) return address.step === 0 ? this.#number === address.first : this.#number >= address.first && (this.#number - address.first) % address.step === 0;
    if (!('pattern' in address)) return false;
    const regex = address.pattern ?? this.#lastRegex;
    if (regex === undefined) throw new SedProblem('no previous regexp');
    this.#lastRegex = regex;
    return regex.test(this.#pattern);
  }
}

/** A replacement with what the match brought. */
function filled(replacement: string, match: Match): string {
  return replacement.replace(/\\([^])|&/g, (_, escaped: string | undefined) => {
    if (escaped === undefined) return match.groups[0] ?? '';
    if (escaped === 'n') return '\n';
    if (escaped === 't') return '\t';
    return /[0-9]/.test(escaped) ? (match.groups[Number(escaped)] ?? '') : escaped;
  });
}

function visible(text: string): string {
  const names: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r', '\b': '\\b', '\f': '\\f', '\v': '\\v', '\x07': '\\a' };
  return text.replace(/[\\\0-\x1f\x7f]/g, (character) => names[character] ?? `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
