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
import type { Host } from './host.ts';
import type { Process } from './process.ts';
import type { Disposition, Signal } from './signal.ts';
import type { Json } from '../../../../src/index.ts';
import { type Exchange, type ExchangeFailure, isOwnAddress, type Listener, listenerFor, listenerKey } from './socket.ts';
import { createPipe, type Descriptors, hold, type OpenFile, PIPE_CAPACITY, pipeEnd } from './stream.ts';
import type { Program, Run, Step, Wait } from './wait.ts';

/** Linux gives up a connection attempt after 127 s (tcp_syn_retries 6). */
const CONNECT_TIMEOUT_US = 127_000_000;

/** A blocking call was interrupted by this signal. */
export interface Interrupted {
  readonly interrupted: Signal;
}

export type SpawnRequest = {
  readonly argv: readonly string[];
  readonly environment?: ReadonlyMap<string, string>;
  /** Descriptors of the child; by default the parent's. */
  readonly descriptors?: Descriptors;
  /** Runs this instead of looking up `argv[0]`: how a shell makes a subshell. */
  readonly program?: Program;
};

export class System {
  readonly #host: Host;
  readonly #process: Process;

  constructor(host: Host, process: Process) {
    this.#host = host;
    this.#process = process;
  }

  get nowUs(): number {
    return this.#host.nowUs;
  }
  get epochMs(): number {
    return this.#process.scope.epochMs;
  }
  get pid(): number {
    return this.#process.pid;
  }
  get parentPid(): number {
    return this.#process.parent?.pid ?? 0;
  }
  get argv(): readonly string[] {
    return this.#process.argv;
  }
  /** Sets what `ps` shows of this process. */
  set title(text: string) {
    this.#process.title = text;
  }
  get environment(): Map<string, string> {
    return this.#process.environment;
  }
  get directory(): string {
    return this.#process.directory;
  }
  get hostname(): string {
    return this.#process.scope.hostname;
  }
  get addresses(): readonly string[] {
    return this.#process.scope.network.ips;
  }
  get credentials() {
    return this.#process.credentials;
  }
  get files(): FileTree {
    return this.#process.scope.tree;
  }
  get descriptors(): Descriptors {
    return this.#process.descriptors;
  }
  /** Live processes that this one can see, by pid. */
  get processes(): Process[] {
    return [...this.#process.scope.pids.processes.values()].sort((a, b) => a.pid - b.pid);
  }
  /** Whether set-user-ID programs run as who starts them. */
  get noNewPrivileges(): boolean {
    return this.#process.scope.noNewPrivileges === true;
  }
  /** Bytes that the container may use. */
  get memoryLimitBytes(): number | undefined {
    return this.#process.scope.memoryLimitBytes;
  }

  /** An absolute path, seen from the working directory. */
  path(path: string): string {
    return absolute(path, this.#process.directory);
  }

  changeDirectory(path: string): Errno | undefined {
    const target = this.path(path);
    const inode = this.files.lookup(target);
    if (typeof inode === 'string') return inode;
    if (inode.kind !== 'directory') return 'ENOTDIR';
    if (!permits(inode, this.credentials, 1)) return 'EACCES';
    this.#process.directory = target;
    return undefined;
  }

  // Descriptors.

  /** Whether a person types at this descriptor. */
  isTerminal(fd: number): boolean {
    const open = this.#process.descriptors.get(fd);
    return open?.kind === 'pipe' && open.isTerminal === true;
  }

  #lowest(from = 0): number {
    let fd = from;
    while (this.#process.descriptors.has(fd)) fd++;
    return fd;
  }

  /** Puts an open file at a descriptor, closing what was there. */
  place(fd: number, open: OpenFile): void {
    hold(open);
    this.#host.close(this.#process, fd);
    this.#process.descriptors.set(fd, open);
  }

  open(path: string, mode: 'read' | 'write' | 'append' | 'both'): number | Errno {
    const open = this.openFile(path, mode);
    if (typeof open === 'string') return open;
    const fd = this.#lowest(3);
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
      const inherited = standard === undefined ? undefined : this.#process.descriptors.get(standard);
      return inherited ?? { kind: 'device', device: inode.device, count: 0 };
    }
    if (inode.kind === 'directory') return 'EISDIR';
    if (inode.kind === 'link') return 'ELOOP';
    const access = mode === 'append' ? 'write' : mode;
    return { kind: 'file', inode, path, position: 0, append: mode === 'append', access, count: 0 };
  }

  close(fd: number): boolean {
    return this.#host.close(this.#process, fd);
  }

  /** Lets go of an open file that was taken with `hold`. */
  release(open: OpenFile): void {
    this.#host.release(open);
  }

  pipe(): [read: number, write: number] {
    const pipe = createPipe();
    const read = this.#lowest(3);
    this.place(read, pipeEnd(pipe, 'read'));
    const write = this.#lowest(3);
    this.place(write, pipeEnd(pipe, 'write'));
    return [read, write];
  }

  /** Reads what is there, at most `max` characters; waits if nothing is. `''` is the end of the file. */
  *read(fd: number, max = 65_536, atUs?: number): Step<string | Errno | Interrupted | 'timeout'> {
    for (;;) {
      const got = this.#tryRead(fd, max);
      if (got !== undefined) return got;
      const wake = yield atUs === undefined ? { wait: 'readable', fd } : { wait: 'readable', fd, atUs };
      if (wake.kind === 'signal') return { interrupted: wake.signal };
      if (wake.kind === 'timeout') return 'timeout';
    }
  }

  #tryRead(fd: number, max: number): string | Errno | undefined {
    const open = this.#process.descriptors.get(fd);
    switch (open?.kind) {
      case undefined:
        return 'EBADF';
      case 'file': {
        if (open.access === 'write') return 'EBADF';
        const text = open.inode.content.slice(open.position, open.position + max);
        open.position += text.length;
        return text;
      }
      case 'pipe': {
        const { pipe } = open;
        if (open.end === 'write') return 'EBADF';
        if (pipe.buffer === '') return pipe.writers === 0 ? '' : undefined;
        const text = pipe.buffer.slice(0, max);
        pipe.buffer = pipe.buffer.slice(max);
        this.#host.changed(pipe);
        return text;
      }
      case 'device':
        return open.device === 'zero' ? '\0'.repeat(max) : open.device === 'random' ? 'x'.repeat(max) : '';
      case 'sink':
        return '';
      case 'listener':
        return 'EINVAL';
    }
  }

  /** Writes all of a text; waits for room in a pipe. A pipe without readers answers EPIPE after SIGPIPE. */
  *write(fd: number, text: string): Step<Errno | undefined> {
    let rest = text;
    for (;;) {
      const done = this.writeNow(fd, rest);
      if (done !== 'full') return done;
      const open = this.#process.descriptors.get(fd);
      if (open?.kind === 'pipe') {
        const room = PIPE_CAPACITY - open.pipe.buffer.length;
        open.pipe.buffer += rest.slice(0, room);
        rest = rest.slice(room);
        this.#host.changed(open.pipe);
      }
      yield { wait: 'writable', fd };
    }
  }

  /** Writes without waiting; `full` if a pipe has no room for it. */
  writeNow(fd: number, text: string): Errno | undefined | 'full' {
    const open = this.#process.descriptors.get(fd);
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
        if (open.pipe.readers === 0) {
          this.#host.signal(this.#process, 'PIPE');
          return 'EPIPE';
        }
        if (open.pipe.buffer.length + text.length > PIPE_CAPACITY) return 'full';
        open.pipe.buffer += text;
        this.#host.changed(open.pipe);
        return undefined;
      case 'listener':
        return 'EINVAL';
    }
  }

  #writeFile(open: Extract<OpenFile, { kind: 'file' }>, text: string): Errno | undefined {
    if (open.access === 'read') return 'EBADF';
    if (!this.files.hasRoom(open.path, byteLength(text))) return 'ENOSPC';
    const { inode } = open;
    const at = open.append ? inode.content.length : open.position;
    if (at >= inode.content.length) inode.content += text;
    else inode.content = inode.content.slice(0, at) + text + inode.content.slice(at + text.length);
    open.position = at + text.length;
    inode.modifiedUs = this.nowUs;
    this.files.onGrowth?.();
    return undefined;
  }

  // Processes.

  /** Starts a child. The answer is its pid, or why `argv[0]` cannot be executed. */
  spawn(request: SpawnRequest): number | Errno {
    const environment = request.environment ?? this.#process.environment;
    const found = request.program ?? this.findProgram(request.argv, environment);
    if (typeof found === 'string') return found;
    const { program, argv } = typeof found === 'function' ? { program: found, argv: request.argv } : found;
    const child = this.#host.start({
      scope: this.#process.scope,
      program,
      argv,
      environment,
      directory: this.#process.directory,
      descriptors: request.descriptors ?? this.#process.descriptors,
      parent: this.#process,
    });
    return child.pid;
  }

  /** Replaces the running program: the caller has to return right after this. */
  exec(argv: readonly string[], environment: ReadonlyMap<string, string>): Errno | undefined {
    const found = this.findProgram(argv, environment);
    if (typeof found === 'string') return found;
    const process = this.#process;
    for (const [signal, disposition] of process.dispositions) {
      if (disposition === 'catch') process.dispositions.delete(signal);
    }
    process.argv = found.argv;
    process.title = undefined;
    const copy = new Map(environment);
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
    const found = findExecutable(this.files, argv, environment.get('PATH') ?? '', this.directory, this.credentials);
    if (typeof found === 'string') return found;
    const program = this.#process.scope.programs(found.program);
    return program === undefined ? 'ENOEXEC' : { program, argv: found.argv };
  }

  /** The exit status of a child (pid 0: of any), once it has ended. ESRCH if there is no such child. */
  *waitFor(pid: number): Step<{ pid: number; status: number } | Errno | Interrupted> {
    for (;;) {
      const ended = this.reap(pid);
      if (ended !== undefined) return ended;
      const wake = yield { wait: 'child', pid };
      if (wake.kind === 'signal') return { interrupted: wake.signal };
    }
  }

  /** Takes a child's exit status if it has ended; undefined while it lives. */
  reap(pid: number): { pid: number; status: number } | 'ESRCH' | undefined {
    let known = false;
    for (const child of this.#process.children) {
      if (pid !== 0 && child.pid !== pid) continue;
      known = true;
      if (child.exitStatus === undefined) continue;
      this.#process.children.delete(child);
      child.scope.pids.processes.delete(child.pid);
      return { pid: child.pid, status: child.exitStatus };
    }
    return known ? undefined : 'ESRCH';
  }

  onSignal(signal: Signal, disposition: Disposition): void {
    this.#process.dispositions.set(signal, disposition);
  }

  dispositionOf(signal: Signal): Disposition {
    return this.#process.dispositions.get(signal) ?? 'default';
  }

  kill(pid: number, signal: Signal | 0): Errno | undefined {
    const target = this.#process.scope.pids.processes.get(pid);
    if (target === undefined || target.exitStatus !== undefined) return 'ESRCH';
    const { uid } = this.credentials;
    if (uid !== 0 && uid !== target.credentials.uid) return 'EPERM';
    if (signal !== 0) this.#host.signal(target, signal);
    return undefined;
  }

  /** exit(2) of a whole program from one of its threads: ends the process with this status. */
  terminate(pid: number, status: number): void {
    const target = this.#process.scope.pids.processes.get(pid);
    if (target !== undefined) this.#host.exit(target, status);
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
    this.#process.memoryBytes = bytes;
    this.#process.scope.onMemory?.(this.#process);
  }

  useCpu(milli: number): void {
    this.#process.cpuMilli = milli;
  }

  // Network.

  listen(port: number, options: { address?: string; protocol?: 'TCP' | 'UDP' } = {}): number | Errno {
    const namespace = this.#process.scope.network;
    const { address = '0.0.0.0', protocol = 'TCP' } = options;
    const key = listenerKey(protocol, port);
    if (namespace.listeners.has(key)) return 'EADDRINUSE';
    const pid = this.#process.key;
    const listener: Listener = { namespace, port, protocol, address, queue: [], serving: new Set(), pid, waiters: new Set() };
    namespace.listeners.set(key, listener);
    const fd = this.#lowest(3);
    this.place(fd, { kind: 'listener', listener, count: 0 });
    this.#host.outside.listening(listener, true);
    return fd;
  }

  /** Waits for a client; answer it with `answer`. */
  *accept(fd: number): Step<Exchange | Interrupted | Errno> {
    for (;;) {
      const open = this.#process.descriptors.get(fd);
      if (open?.kind !== 'listener') return 'EBADF';
      const exchange = open.listener.queue.shift();
      if (exchange !== undefined) {
        open.listener.serving.add(exchange);
        return exchange;
      }
      const wake = yield { wait: 'readable', fd };
      if (wake.kind === 'signal') return { interrupted: wake.signal };
    }
  }

  /** Sends the response of an accepted exchange. */
  answer(exchange: Exchange, response: Json): void {
    for (const open of this.#process.descriptors.values()) {
      if (open.kind === 'listener') open.listener.serving.delete(exchange);
    }
    this.#host.finish(exchange, 'answered', response);
  }

  /**
   * Connects, sends a request and waits for the response. Null as request only connects. `timeoutUs` bounds the whole.
   */
  *exchange(
    ip: string,
    port: number,
    request: Json,
    options: { timeoutUs?: number; protocol?: 'TCP' | 'UDP' } = {},
  ): Step<{ readonly response: Json } | ExchangeFailure | Interrupted> {
    const { timeoutUs = CONNECT_TIMEOUT_US, protocol = 'TCP' } = options;
    const namespace = this.#process.scope.network;
    const isOwn = isOwnAddress(namespace, ip);
    const listener = isOwn ? listenerFor(namespace, protocol, ip, port) : undefined;
    // On the node's own addresses there are the ports of Services and pods beside those of programs.
    const isLocal = isOwn && (listener !== undefined || namespace.isHost !== true);
    const exchange: Exchange = {
      id: this.#host.takeNumber(),
      namespace,
      fromIp: isOwn ? ip : (namespace.ips[0] ?? '0.0.0.0'),
      toIp: ip,
      port,
      protocol,
      request,
      timeoutUs,
      state: 'open',
      response: null,
      isLocal,
      client: this.#process.key,
    };
    if (!isLocal) this.#host.outside.request(exchange);
    else if (!this.#host.deliver(exchange, listener)) return 'refused';
    const atUs = this.nowUs + timeoutUs;
    while (exchange.state === 'open') {
      const wake = yield { wait: 'exchange', exchange: exchange.id, atUs };
      if (wake.kind === 'signal') return { interrupted: wake.signal };
      if (wake.kind === 'timeout') {
        exchange.state = 'timeout';
        return 'timeout';
      }
    }
    return exchange.state === 'answered' ? { response: exchange.response } : exchange.state;
  }

  /** Asks the pod's name servers. An empty answer: no such name; undefined: nobody answered in time. */
  *resolve(name: string, servers: readonly string[], search: readonly string[], ndots: number, atUs: number): Step<readonly string[] | undefined> {
    const query = this.#host.takeNumber();
    this.#host.outside.resolve({ id: query, namespace: this.#process.scope.network, name, servers, search, ndots });
    const wait: Wait = { wait: 'answer', query, atUs };
    for (;;) {
      const wake = yield wait;
      if (wake.kind === 'timeout') return undefined;
      const answer = this.#host.answers.get(query);
      if (answer === undefined) continue;
      this.#host.answers.delete(query);
      return answer;
    }
  }
}

export type { Program, Run };
