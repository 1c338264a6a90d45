/**
 * The system calls: what a program may ask of its container.
 *
 * Calls that cannot block answer at once. Those that can (`read`, `write`, `accept`, `exchange`, `waitFor`, `sleep`,
 * `resolve`) are generators to be used with `yield*`; a caught signal interrupts them and they say so.
 */
import type { Errno, Inode } from '../file-system/inode.ts';
import { byteLength, permits } from '../file-system/inode.ts';
import { absolute } from '../file-system/path.ts';
import type { FileTree } from '../file-system/tree.ts';
import { findExecutable } from './find-executable.ts';
import { PIDS_MAX } from './host.ts';
import type { Process } from './process.ts';
import type { Disposition, Signal } from './signal.ts';
import { type Interrupted, SocketCalls } from './socket-calls.ts';
import { createPipe, type Descriptors, type OpenFile, PIPE_CAPACITY, pipeEnd } from './stream.ts';
import type { Program, Run, Step } from './wait.ts';

/** Calls at one moment before the process gives up its turn; a kilobyte counts as one more. */
const CALLS_PER_TURN = 1_024;
const BYTES_PER_CALL = 1_024;
/** What a file can hold of text that somebody may read; what is written after it is only counted. */
const CONTENT_MAX = 2 ** 26;
/** How exactly the memory of a program that reads or computes texts is told. */
const MEMORY_STEP_BYTES = 1024 ** 2;
/** What a program can hold at most: the engine's texts end not far above. It has no memory then, whatever its limit. */
export const TEXT_MAX = 2 ** 27;

export type SpawnRequest = {
  readonly argv: readonly string[];
  readonly environment?: ReadonlyMap<string, string>;
  /** Descriptors of the child; by default the parent's. */
  readonly descriptors?: Descriptors;
  /** Runs this instead of looking up `argv[0]`: how a shell makes a subshell. */
  readonly program?: Program;
};

/** How a child ended; `signal` if one ended it. */
export interface Ended {
  readonly pid: number;
  readonly status: number;
  readonly signal: Signal | undefined;
}

export class System extends SocketCalls {
  get epochMs(): number {
    return this.process.scope.epochMs;
  }
  get pid(): number {
    return this.process.pid;
  }
  get parentPid(): number {
    return this.process.parent?.pid ?? 0;
  }
  get argv(): readonly string[] {
    return this.process.argv;
  }
  /** A number from 0 up to 1 that the host's own sequence gives: as good as random, and the same in every run. */
  random(): number {
    return this.host.random();
  }
  /** What the program is called that runs: for messages of what a shell runs without a process of its own. */
  get appletName(): string {
    return (this.process.argv[0] ?? '').replace(/^.*\/|^-/, '');
  }
  /** Sets what `ps` shows of this process. */
  set title(text: string) {
    this.process.title = text;
  }
  get environment(): Map<string, string> {
    return this.process.environment;
  }
  get directory(): string {
    return this.process.directory;
  }
  get hostname(): string {
    return this.process.scope.hostname;
  }
  get addresses(): readonly string[] {
    return this.process.scope.network.ips;
  }
  get credentials() {
    return this.process.credentials;
  }
  set umask(mask: number) {
    this.process.credentials = { ...this.process.credentials, umask: mask };
  }
  get files(): FileTree {
    return this.process.scope.tree;
  }
  get descriptors(): Descriptors {
    return this.process.descriptors;
  }
  /** Live processes that this one can see, by pid. */
  get processes(): Process[] {
    return [...this.process.scope.pids.processes.values()].sort((a, b) => a.pid - b.pid);
  }
  /** Whether set-user-ID programs run as who starts them. */
  get noNewPrivileges(): boolean {
    return this.process.scope.noNewPrivileges === true;
  }
  /** Bytes that the container may use. */
  get memoryLimitBytes(): number | undefined {
    return this.process.scope.memoryLimitBytes;
  }

  /** An absolute path, seen from the working directory. */
  path(path: string): string {
    return absolute(path, this.process.directory);
  }

  changeDirectory(path: string): Errno | undefined {
    const target = this.path(path);
    const inode = this.files.lookup(target);
    if (typeof inode === 'string') return inode;
    if (inode.kind !== 'directory') return 'ENOTDIR';
    if (!permits(inode, this.credentials, 1)) return 'EACCES';
    this.process.directory = target;
    return undefined;
  }

  // Descriptors.

  /** Whether a person types at this descriptor. */
  isTerminal(fd: number): boolean {
    const open = this.process.descriptors.get(fd);
    return open?.kind === 'pipe' && open.isTerminal === true;
  }

  open(path: string, mode: 'read' | 'write' | 'append' | 'both'): number | Errno {
    const open = this.openFile(path, mode);
    if (typeof open === 'string') return open;
    const fd = this.lowest(3);
    this.place(fd, open);
    return fd;
  }

  openFile(path: string, mode: 'read' | 'write' | 'append' | 'both'): OpenFile | Errno {
    const where = this.path(path);
    const inode =
      mode === 'read'
        ? this.files.openRead(where, this.credentials)
        : this.files.openWrite(where, mode === 'write', this.nowUs, this.credentials);
    if (typeof inode === 'string') return inode;
    return this.#openInode(where, inode, mode);
  }

  #openInode(path: string, inode: Inode, mode: 'read' | 'write' | 'append' | 'both'): OpenFile | Errno {
    if (inode.kind === 'device') {
      const standard = { stdin: 0, stdout: 1, stderr: 2 }[inode.device as string];
      const inherited = standard === undefined ? undefined : this.process.descriptors.get(standard);
      return inherited ?? { kind: 'device', device: inode.device, count: 0 };
    }
    if (inode.kind === 'fifo') return pipeEnd(inode.pipe, mode === 'read' ? 'read' : 'write');
    if (inode.kind === 'directory') return mode === 'read' ? { kind: 'directory', count: 0 } : 'EISDIR';
    if (inode.kind === 'link') return 'ELOOP';
    const access = mode === 'append' ? 'write' : mode;
    return { kind: 'file', inode, path, position: 0, append: mode === 'append', access, count: 0 };
  }

  close(fd: number): boolean {
    return this.host.close(this.process, fd);
  }

  /** Lets go of an open file that was taken with `hold`. */
  release(open: OpenFile): void {
    this.host.release(open);
  }

  pipe(): [read: number, write: number] {
    const pipe = createPipe();
    const read = this.lowest(3);
    this.place(read, pipeEnd(pipe, 'read'));
    const write = this.lowest(3);
    this.place(write, pipeEnd(pipe, 'write'));
    return [read, write];
  }

  /** Reads what is there, at most `max` characters; waits if nothing is. `''` is the end of the file. */
  *read(fd: number, max = 65_536, atUs?: number): Step<string | Errno | Interrupted | 'timeout'> {
    yield* this.takeTurns(max);
    for (;;) {
      const got = this.#tryRead(fd, max);
      if (got !== undefined) return got;
      const wake = yield atUs === undefined ? { wait: 'readable', fd } : { wait: 'readable', fd, atUs };
      if (wake.kind === 'signal') return { interrupted: wake.signal };
      if (wake.kind === 'timeout') return 'timeout';
    }
  }

  /** Gives up its turn now and then: for calls that may come one after the other without ever waiting. */
  *takeTurns(bytes = 0): Step<void> {
    const { process } = this;
    if (process.callsAtUs !== this.nowUs) process.calls = 0;
    process.callsAtUs = this.nowUs;
    process.calls += 1 + Math.floor(bytes / BYTES_PER_CALL);
    if (process.calls >= CALLS_PER_TURN) yield { wait: 'turn' };
  }

  /** A signal that is caught and came while the program computed. */
  takeSignal(): Signal | undefined {
    return this.process.pendingSignals.shift();
  }

  /** After something that may have ended the process itself: goes no further then. */
  *untilEnd(): Step<void> {
    while (this.process.exitStatus !== undefined) yield { wait: 'signal' };
  }

  #tryRead(fd: number, max: number): string | Errno | undefined {
    const open = this.process.descriptors.get(fd);
    switch (open?.kind) {
      case undefined:
        return 'EBADF';
      case 'file': {
        if (open.access === 'write') return 'EBADF';
        const { content, padding } = open.inode;
        const stored = content.slice(open.position, open.position + max);
        // Bytes that are only counted are zeros.
        const text = stored === '' && padding > 0 ? '\0'.repeat(Math.max(0, Math.min(max, content.length + padding - open.position))) : stored;
        open.position += text.length;
        return text;
      }
      case 'pipe': {
        const { pipe } = open;
        if (open.end === 'write') return 'EBADF';
        if (pipe.buffer === '') return pipe.writers === 0 && pipe.wasOpened?.write !== false ? '' : undefined;
        const text = pipe.buffer.slice(0, max);
        pipe.buffer = pipe.buffer.slice(max);
        this.host.changed(pipe);
        return text;
      }
      case 'device':
        return open.device === 'zero' || open.device === 'full' ? '\0'.repeat(max) : open.device === 'random' ? this.#randomText(max) : '';
      case 'directory':
        return 'EISDIR';
      case 'sink':
        return '';
      case 'listener':
        return 'EINVAL';
    }
  }

  #randomText(length: number): string {
    const bytes = Uint8Array.from({ length }, () => Math.floor(this.random() * 256));
    return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join('');
  }

  /** Writes all of a text; waits for room in a pipe. A pipe without readers answers EPIPE after SIGPIPE. */
  *write(fd: number, text: string): Step<Errno | undefined> {
    let rest = text;
    yield* this.takeTurns(text.length);
    for (;;) {
      const done = this.writeNow(fd, rest);
      if (done === 'EPIPE') yield* this.untilEnd();
      if (done !== 'full') return done;
      const open = this.process.descriptors.get(fd);
      if (open?.kind === 'pipe' && open.pipe.readers > 0) {
        const room = PIPE_CAPACITY - open.pipe.buffer.length;
        open.pipe.buffer += rest.slice(0, room);
        rest = rest.slice(room);
        this.host.changed(open.pipe);
      }
      yield { wait: 'writable', fd };
    }
  }

  /** Writes without waiting; `full` if a pipe has no room for it. */
  writeNow(fd: number, text: string): Errno | undefined | 'full' {
    const open = this.process.descriptors.get(fd);
    if (open === undefined) return 'EBADF';
    if (text === '') return undefined;
    switch (open.kind) {
      case 'file':
        return this.#writeFile(open, text);
      case 'sink':
        open.write(text);
        return undefined;
      case 'device':
        return open.device === 'full' ? 'ENOSPC' : undefined;
      case 'pipe':
        if (open.end === 'read') return 'EBADF';
        if (open.pipe.readers === 0 && open.pipe.wasOpened?.read === false) return 'full';
        if (open.pipe.readers === 0) {
          this.host.signal(this.process, 'PIPE');
          return 'EPIPE';
        }
        if (open.pipe.buffer.length + text.length > PIPE_CAPACITY) return 'full';
        open.pipe.buffer += text;
        this.host.changed(open.pipe);
        return undefined;
      case 'directory':
        return 'EBADF';
      case 'listener':
        return 'EINVAL';
    }
  }

  #writeFile(open: Extract<OpenFile, { kind: 'file' }>, text: string): Errno | undefined {
    if (open.access === 'read') return 'EBADF';
    if (!this.files.hasRoom(open.path, byteLength(text))) return 'ENOSPC';
    const { inode } = open;
    const at = open.append ? inode.content.length : open.position;
    if (at >= inode.content.length && at + text.length > CONTENT_MAX) inode.padding += byteLength(text);
    else if (at >= inode.content.length) inode.content += text;
    else inode.content = inode.content.slice(0, at) + text + inode.content.slice(at + text.length);
    open.position = at + text.length;
    inode.modifiedUs = this.nowUs;
    this.files.onGrowth?.();
    return undefined;
  }

  // Processes.

  /** Starts a child. The answer is its pid, or why `argv[0]` cannot be executed. */
  spawn(request: SpawnRequest): number | Errno {
    const environment = request.environment ?? this.process.environment;
    const found = request.program ?? this.findProgram(request.argv, environment);
    if (typeof found === 'string') return found;
    if (this.process.scope.pids.processes.size >= PIDS_MAX) return 'EAGAIN';
    const { program, argv } = typeof found === 'function' ? { program: found, argv: request.argv } : found;
    const child = this.host.start({
      scope: this.process.scope,
      program,
      argv,
      environment,
      directory: this.process.directory,
      descriptors: request.descriptors ?? this.process.descriptors,
      parent: this.process,
    });
    return child.pid;
  }

  /** Replaces the running program, which does not see the variables `without`: the caller has to return right after this. */
  exec(argv: readonly string[], environment: ReadonlyMap<string, string>, without: readonly string[] = []): Errno | undefined {
    const found = this.findProgram(argv, environment);
    if (typeof found === 'string') return found;
    const process = this.process;
    for (const [signal, disposition] of process.dispositions) {
      if (disposition === 'catch') process.dispositions.delete(signal);
    }
    process.argv = found.argv;
    process.title = undefined;
    const copy = new Map(environment);
    for (const name of without) copy.delete(name);
    process.environment.clear();
    for (const [name, value] of copy) process.environment.set(name, value);
    process.next = found.program(this);
    return undefined;
  }

  /** What would run for this command line. */
  findProgram(
    argv: readonly string[],
    environment: ReadonlyMap<string, string>,
  ): { program: Program; argv: readonly string[] } | Errno {
    const found = findExecutable(this.files, argv, environment.get('PATH'), this.directory, this.credentials);
    if (typeof found === 'string') return found;
    const program = this.process.scope.programs(found.program);
    return program === undefined ? 'ENOEXEC' : { program, argv: found.argv };
  }

  /** The exit status of a child (pid 0: of any), once it has ended. ESRCH if there is no such child. */
  *waitFor(pid: number): Step<Ended | Errno | Interrupted> {
    for (;;) {
      const ended = this.reap(pid);
      if (ended !== undefined) return ended;
      const wake = yield { wait: 'child', pid };
      if (wake.kind === 'signal') return { interrupted: wake.signal };
    }
  }

  /** Takes a child's exit status if it has ended; undefined while it lives. */
  reap(pid: number): Ended | 'ESRCH' | undefined {
    let known = false;
    const named = pid === 0 ? undefined : this.process.scope.pids.processes.get(pid);
    for (const child of pid === 0 ? this.process.children : named !== undefined && this.process.children.has(named) ? [named] : []) {
      known = true;
      if (child.exitStatus === undefined) continue;
      this.process.children.delete(child);
      child.scope.pids.processes.delete(child.pid);
      return { pid: child.pid, status: child.exitStatus, signal: child.exitSignal };
    }
    return known ? undefined : 'ESRCH';
  }

  onSignal(signal: Signal, disposition: Disposition): void {
    this.process.dispositions.set(signal, disposition);
  }

  dispositionOf(signal: Signal): Disposition {
    return this.process.dispositions.get(signal) ?? 'default';
  }

  kill(pid: number, signal: Signal | 0): Errno | undefined {
    const target = this.process.scope.pids.processes.get(pid);
    if (target === undefined) return 'ESRCH';
    // Until somebody waits for it a process that has ended is there, and nothing can be done to it.
    if (target.exitStatus !== undefined) return undefined;
    const { uid } = this.credentials;
    if (uid !== 0 && uid !== target.credentials.uid) return 'EPERM';
    if (signal !== 0) this.host.signal(target, signal);
    return undefined;
  }

  /** Ends itself as the kernel ends a process that does what it must not, PID 1 too. */
  *crash(signal: 'KILL' | 'SEGV'): Step<void> {
    this.host.kill(this.process, signal);
    yield* this.untilEnd();
  }

  /** exit(2) of a whole program from one of its threads: ends the process with this status. */
  terminate(pid: number, status: number): void {
    const target = this.process.scope.pids.processes.get(pid);
    if (target !== undefined) this.host.exit(target, status);
  }

  /** Sleeps; the answer is the signal that interrupted it, if one did. */
  *sleep(durationUs: number): Step<Interrupted | undefined> {
    const wake = yield { wait: 'time', atUs: this.nowUs + durationUs };
    return wake.kind === 'signal' ? { interrupted: wake.signal } : undefined;
  }

  /** Waits for a caught signal. */
  *pause(): Step<Signal> {
    for (;;) {
      const wake = yield { wait: 'signal' };
      if (wake.kind === 'signal') return wake.signal;
    }
  }

  /** Declares resident memory; crossing the container's limit wakes the out-of-memory killer. */
  useMemory(bytes: number): void {
    this.process.memoryBytes = bytes;
    this.process.scope.onMemory?.(this.process);
  }

  /** The same for a program that holds ever more: only what counts is told, and it goes no further when it is killed. */
  *holdMemory(bytes: number): Step<void> {
    if (bytes > TEXT_MAX) this.host.exhaust(this.process);
    else if (Math.abs(bytes - this.process.memoryBytes) >= MEMORY_STEP_BYTES) this.useMemory(bytes);
    yield* this.untilEnd();
  }

  useCpu(milli: number): void {
    this.process.cpuMilli = milli;
  }
}

export type { Interrupted, Program, Run };
