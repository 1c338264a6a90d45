/** Where an awk program's records come from and its output goes: the inputs of the command line, files, and commands. */
import { createPipe, hold, type OpenFile, pipeEnd } from '../process/stream.ts';
import type { System } from '../process/system.ts';
import type { Step } from '../process/wait.ts';
import { Regex } from '../regex/regex.ts';
import { complain, print, readAll } from '../program/applet.ts';
import { type Input, LineReader, openInput } from '../program/line-reader.ts';

/** What a program reads from and writes to. */
export interface AwkStreams {
  /** The next record of the input. */
  record(separator: string): Step<string | undefined>;
  /** The rest of the present file is not wanted. */
  skipFile(): void;
  print(text: string, to?: { readonly operator: '>' | '>>' | '|'; readonly name: string }): Step<void>;
  /** The next record of a file or of what a command prints; undefined after the last, null if there is no such file. */
  getline(from: 'file' | 'command', name: string, separator: string): Step<string | undefined | null>;
  system(command: string): Step<number>;
  close(name: string): Step<number>;
  flush(): Step<void>;
  /** What the program's arrays and variables hold. */
  hold(bytes: number): Step<void>;
}

/** What stdio keeps before it writes. */
const BUFFER = 4_096;

interface Output {
  readonly fd: number;
  readonly pid: number | undefined;
}

export class SystemStreams implements AwkStreams {
  readonly #system: System;
  readonly #argv: readonly string[];
  readonly #operands: () => string | undefined;
  readonly #started: (name: string) => void;
  #input: Input | undefined;
  #reader: RecordReader | undefined;
  #isDone = false;
  #buffer = '';
  readonly #outputs = new Map<string, Output>();
  readonly #inputs = new Map<string, { readonly reader: RecordReader; readonly fd: number; readonly pid: number | undefined }>();
  failed = false;

  /** `operands` gives the next file, `-` for standard input; `started` is told each file that is begun. */
  constructor(system: System, argv: readonly string[], operands: () => string | undefined, started: (name: string) => void) {
    this.#system = system;
    this.#argv = argv;
    this.#operands = operands;
    this.#started = started;
  }

  *record(separator: string): Step<string | undefined> {
    while (!this.#isDone) {
      const record = this.#reader === undefined ? undefined : yield* this.#reader.next(separator);
      if (record !== undefined) return record;
      this.skipFile();
      const name = this.#operands();
      if (name === undefined) this.#isDone = true;
      else {
        this.#input = openInput(this.#system, this.#argv, name);
        if (this.#input === undefined) this.failed = true;
        else {
          this.#started(name);
          this.#reader = new RecordReader(this.#system, this.#input.fd);
        }
      }
    }
    return undefined;
  }

  skipFile(): void {
    if (this.#input !== undefined && this.#input.fd !== 0) this.#system.close(this.#input.fd);
    this.#input = undefined;
    this.#reader = undefined;
  }

  *print(text: string, to?: { readonly operator: '>' | '>>' | '|'; readonly name: string }): Step<void> {
    if (to === undefined || to.name === '/dev/stdout' || (to.name === '-' && to.operator !== '|')) {
      this.#buffer += text;
      if (this.#buffer.length >= BUFFER) yield* this.flush();
      return;
    }
    if (to.name === '/dev/stderr') {
      yield* this.flush();
      yield* this.#system.write(2, text);
      return;
    }
    let output = this.#outputs.get(to.name);
    if (output === undefined) {
      output = to.operator === '|' ? this.#startReader(to.name) : this.#openFile(to.name, to.operator);
      if (output === undefined) return;
      this.#outputs.set(to.name, output);
    }
    yield* this.#system.write(output.fd, text);
  }

  #openFile(name: string, operator: '>' | '>>'): Output | undefined {
    const fd = this.#system.open(name, operator === '>' ? 'write' : 'append');
    if (typeof fd === 'number') return { fd, pid: undefined };
    complain(this.#system, this.#argv, `can't open '${name}': No such file or directory`);
    return undefined;
  }

  /** A command that reads what is printed. */
  #startReader(command: string): Output | undefined {
    const pipe = createPipe();
    const descriptors = new Map<number, OpenFile>(this.#system.descriptors);
    descriptors.set(0, pipeEnd(pipe, 'read'));
    const pid = this.#system.spawn({ argv: ['/bin/sh', '-c', command], descriptors });
    if (typeof pid === 'string') return undefined;
    return { fd: this.#place(pipeEnd(pipe, 'write')), pid };
  }

  #place(open: OpenFile): number {
    let fd = 3;
    while (this.#system.descriptors.has(fd)) fd++;
    this.#system.place(fd, open);
    return fd;
  }

  *getline(from: 'file' | 'command', name: string, separator: string): Step<string | undefined | null> {
    let input = this.#inputs.get(name);
    if (input === undefined) {
      if (from === 'command') yield* this.flush();
      const fd = from === 'command' ? this.#startWriter(name) : name === '-' || name === '/dev/stdin' ? { fd: 0, pid: undefined } : this.#openRead(name);
      if (fd === undefined) return null;
      input = { ...fd, reader: new RecordReader(this.#system, fd.fd) };
      this.#inputs.set(name, input);
    }
    return yield* input.reader.next(separator);
  }

  #openRead(name: string): Output | undefined {
    const fd = this.#system.open(name, 'read');
    return typeof fd === 'number' ? { fd, pid: undefined } : undefined;
  }

  #startWriter(command: string): Output | undefined {
    const pipe = createPipe();
    const descriptors = new Map<number, OpenFile>(this.#system.descriptors);
    descriptors.set(1, pipeEnd(pipe, 'write'));
    const reader = hold(pipeEnd(pipe, 'read'));
    const pid = this.#system.spawn({ argv: ['/bin/sh', '-c', command], descriptors });
    const fd = this.#place(reader);
    this.#system.release(reader);
    return typeof pid === 'string' ? undefined : { fd, pid };
  }

  *system(command: string): Step<number> {
    yield* this.flush();
    const pid = this.#system.spawn({ argv: ['/bin/sh', '-c', command] });
    return typeof pid === 'string' ? 127 : yield* this.#waitFor(pid);
  }

  *#waitFor(pid: number): Step<number> {
    for (;;) {
      const ended = yield* this.#system.waitFor(pid);
      if (typeof ended === 'string') return 127;
      if ('status' in ended) return ended.status;
    }
  }

  *close(name: string): Step<number> {
    const stream = this.#outputs.get(name) ?? this.#inputs.get(name);
    if (stream === undefined) return -1;
    this.#outputs.delete(name);
    this.#inputs.delete(name);
    yield* this.flush();
    if (stream.fd !== 0) this.#system.close(stream.fd);
    return stream.pid === undefined ? 0 : yield* this.#waitFor(stream.pid);
  }

  *flush(): Step<void> {
    const text = this.#buffer;
    this.#buffer = '';
    if (text !== '') yield* print(this.#system, text);
  }

  hold(bytes: number): Step<void> {
    return this.#system.holdMemory(bytes);
  }

  /** At the end of the program commands get to the end of their input, and are waited for. */
  *closeAll(): Step<void> {
    yield* this.flush();
    for (const name of [...this.#outputs.keys(), ...this.#inputs.keys()]) yield* this.close(name);
  }
}

/** Records of one input. One character separates as it comes; paragraphs and expressions want the whole text. */
class RecordReader {
  readonly #system: System;
  readonly #fd: number;
  #lines: LineReader | undefined;
  #records: string[] | undefined;

  constructor(system: System, fd: number) {
    this.#system = system;
    this.#fd = fd;
  }

  *next(separator: string): Step<string | undefined> {
    if (separator.length === 1 && this.#records === undefined) {
      this.#lines ??= new LineReader(this.#system, this.#fd, separator);
      return yield* this.#lines.next();
    }
    this.#records ??= splitRecords(yield* readAll(this.#system, this.#fd), separator);
    return this.#records.shift();
  }
}

/** The records of a text. */
export function splitRecords(text: string, separator: string): string[] {
  const plain = separator === '' ? text.replace(/^\n+/, '').replace(/\n+$/, '') : text;
  const records: string[] = [];
  if (separator.length === 1) records.push(...plain.split(separator));
  else {
    const regex = new Regex(separator === '' ? '\n\n+' : separator, { extended: true });
    let at = 0;
    for (let match = regex.exec(plain, 0); match !== undefined && match.end > match.index; match = regex.exec(plain, at)) {
      records.push(plain.slice(at, match.index));
      at = match.end;
    }
    records.push(plain.slice(at).replace(separator === '' ? /\n+$/ : /\n$/, ''));
  }
  if (records.at(-1) === '') records.pop();
  return records;
}
