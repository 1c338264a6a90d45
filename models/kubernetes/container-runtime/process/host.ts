/**
 * Runs all processes of a node in virtual time: the node's kernel, as far as containers can tell.
 *
 * `run(now)` does everything that is due up to `now` and stops; `nextMs` says when there is something to do again, so the
 * owner needs a single timer however many containers sleep. Processes that can run take turns in the order in which they
 * became ready; nothing here draws randomness, so a node's containers are a function of what happens to it.
 */
import type { Credentials } from '../file-system/inode.ts';
import { ROOT } from '../file-system/inode.ts';
import { TimerHeap } from './heap.ts';
import type { ContainerScope, ExitReason, Process } from './process.ts';
import { defaultEffect, type Signal, statusOfSignal } from './signal.ts';
import type { Connection, Outside } from './socket.ts';
import { type Descriptors, hold, type OpenFile, type Waitable } from './stream.ts';
import { System } from './system.ts';
import type { Program, Run, Wait, Wake } from './wait.ts';

/**
 * Virtual time that a program is charged when it gives up its turn after a long computation (the shell does after each
 * few hundred commands). Without it a busy loop would hold time still for ever.
 */
const TURN_MS = 10;

/** Steps that may happen at one moment before the run is declared stuck: a bound, never reached by sane programs. */
const STEPS_PER_MOMENT_MAX = 5_000_000;

interface Due {
  readonly process: Process;
  readonly waitCount: number;
}

export interface StartOptions {
  readonly scope: ContainerScope;
  readonly program: Program;
  readonly argv: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  readonly directory: string;
  readonly credentials?: Credentials;
  readonly descriptors: Descriptors;
  readonly parent?: Process;
  readonly onExit?: (status: number, reason: ExitReason) => void;
}

export class Host {
  readonly outside: Outside;
  #nowMs: number;
  #nextKey = 1;
  #nextNumber = 1;
  readonly #ready: { process: Process; wake: Wake; waitCount: number }[] = [];
  readonly #timers = new TimerHeap<Due>((due) => due.process.waitCount !== due.waitCount);
  readonly #byKey = new Map<number, Process>();
  readonly answers = new Map<number, readonly string[]>();

  constructor(outside: Outside, nowMs = 0) {
    this.outside = outside;
    this.#nowMs = nowMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Number of live processes. */
  get size(): number {
    return this.#byKey.size;
  }

  /** A number that is unique on this host: connection and query ids. */
  takeNumber(): number {
    return this.#nextNumber++;
  }

  /** When the next process wakes by itself; undefined if all wait for something to happen to them. */
  nextMs(): number | undefined {
    if (this.#ready.length > 0) return this.#nowMs;
    return this.#timers.peek()?.atMs;
  }

  /** Starts a process; it takes its first step in the next `run`. */
  start(options: StartOptions): Process {
    const { scope, parent } = options;
    const pids = scope.pids;
    const pid = pids.nextPid++;
    for (const open of options.descriptors.values()) hold(open);
    const process: Process = {
      key: this.#nextKey++,
      pid,
      parent,
      scope,
      argv: options.argv,
      environment: new Map(options.environment),
      directory: options.directory,
      credentials: options.credentials ?? parent?.credentials ?? ROOT,
      descriptors: new Map(options.descriptors),
      dispositions: inheritedDispositions(parent),
      pendingSignals: [],
      startedMs: this.#nowMs,
      run: nothing(),
      waiting: undefined,
      waitCount: 0,
      stopped: false,
      next: undefined,
      exitStatus: undefined,
      children: new Set(),
      memoryBytes: 0,
      cpuMilli: 0,
      onExit: options.onExit,
    };
    process.run = options.program(new System(this, process));
    pids.processes.set(pid, process);
    scope.processes.add(process);
    parent?.children.add(process);
    this.#byKey.set(process.key, process);
    this.#ready.push({ process, wake: { kind: 'ready' }, waitCount: 0 });
    return process;
  }

  /** Lets everything happen that is due at or before `nowMs`. */
  run(nowMs: number): void {
    for (;;) {
      this.#drain();
      const due = this.#timers.peek();
      if (due === undefined || due.atMs > nowMs) break;
      this.#timers.pop();
      if (due.atMs > this.#nowMs) this.#nowMs = due.atMs;
      const { process } = due.item;
      const kind = process.waiting?.wait === 'time' || process.waiting?.wait === 'turn' ? 'ready' : 'timeout';
      this.#resume(process, { kind });
    }
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
  }

  #drain(): void {
    let steps = 0;
    for (let index = 0; index < this.#ready.length; index++) {
      const entry = this.#ready[index];
      if (entry === undefined || entry.process.waitCount !== entry.waitCount) continue;
      if (entry.process.exitStatus !== undefined) continue;
      if (++steps > STEPS_PER_MOMENT_MAX) throw new Error('processes exceed the number of steps at one moment');
      this.#step(entry.process, entry.wake);
    }
    this.#ready.length = 0;
  }

  #step(process: Process, wake: Wake): void {
    process.waiting = undefined;
    const result = process.run.next(wake);
    if (process.exitStatus !== undefined) return;
    if (result.done === true) {
      if (process.next === undefined) return this.#end(process, result.value & 0xff, { kind: 'exited' });
      process.run = process.next;
      process.next = undefined;
      this.#ready.push({ process, wake: { kind: 'ready' }, waitCount: ++process.waitCount });
      return;
    }
    this.#block(process, result.value);
  }

  #block(process: Process, wait: Wait): void {
    const waitCount = ++process.waitCount;
    process.waiting = wait;
    if (process.pendingSignals.length > 0 && wait.wait !== 'turn') {
      const signal = process.pendingSignals.shift() as Signal;
      this.#ready.push({ process, wake: { kind: 'signal', signal }, waitCount });
      return;
    }
    const target = waitableOf(process, wait);
    target?.waiters.add(process.key);
    const atMs = wait.wait === 'turn' ? this.#nowMs + TURN_MS : 'atMs' in wait ? wait.atMs : undefined;
    if (atMs !== undefined) this.#timers.push(atMs, { process, waitCount });
  }

  #resume(process: Process, wake: Wake): void {
    if (process.exitStatus !== undefined || process.stopped) return;
    this.#ready.push({ process, wake, waitCount: ++process.waitCount });
  }

  /** Wakes everybody who waits for a pipe, a connection or a listener. They look again for themselves. */
  changed(target: Waitable): void {
    if (target.waiters.size === 0) return;
    const keys = [...target.waiters];
    target.waiters.clear();
    for (const key of keys) {
      const process = this.#byKey.get(key);
      if (process?.waiting === undefined || waitableOf(process, process.waiting) !== target) continue;
      this.#resume(process, { kind: 'ready' });
    }
  }

  /** A name look-up came back; no addresses means that the name does not exist. */
  answerQuery(query: number, ips: readonly string[]): void {
    for (const process of this.#byKey.values()) {
      if (process.waiting?.wait !== 'answer' || process.waiting.query !== query) continue;
      this.answers.set(query, ips);
      this.#resume(process, { kind: 'ready' });
      return;
    }
  }

  /** kill(2). `fromOutside` marks the runtime's signals, which reach PID 1 with KILL even so. */
  signal(process: Process, signal: Signal, fromOutside = false): void {
    if (process.exitStatus !== undefined) return;
    const isInit = process.pid === 1 && process.scope.pids.hasInit;
    if (signal === 'KILL') {
      if (!isInit || fromOutside) this.#end(process, statusOfSignal('KILL'), { kind: 'signal', signal });
      return;
    }
    const disposition = process.dispositions.get(signal) ?? 'default';
    if (disposition === 'ignore') return;
    if (disposition === 'catch') return this.#deliver(process, signal);
    const effect = defaultEffect(signal);
    if (effect === 'terminate' && !isInit) this.#end(process, statusOfSignal(signal), { kind: 'signal', signal });
    if (effect === 'stop' && !isInit) process.stopped = true;
    if (effect === 'continue' && process.stopped) {
      process.stopped = false;
      this.#resume(process, { kind: 'ready' });
    }
  }

  #deliver(process: Process, signal: Signal): void {
    if (process.waiting === undefined || process.waiting.wait === 'turn') process.pendingSignals.push(signal);
    else this.#resume(process, { kind: 'signal', signal });
  }

  #end(process: Process, status: number, reason: ExitReason): void {
    if (process.exitStatus !== undefined) return;
    process.exitStatus = status;
    process.waiting = undefined;
    process.waitCount++;
    for (const fd of [...process.descriptors.keys()]) this.close(process, fd);
    for (const listener of [...process.scope.network.listeners.values()]) {
      if (listener.pid === process.key) process.scope.network.listeners.delete(listener.port);
    }
    this.#byKey.delete(process.key);
    process.scope.processes.delete(process);
    this.#adoptChildren(process);
    const parent = process.parent;
    if (parent === undefined || parent.exitStatus !== undefined) process.scope.pids.processes.delete(process.pid);
    else this.#childEnded(parent, process);
    if (process.pid === 1 && process.scope.pids.hasInit) this.#endNamespace(process);
    process.onExit?.(status, reason);
  }

  #adoptChildren(process: Process): void {
    const init = process.scope.pids.processes.get(1);
    for (const child of process.children) {
      if (child.exitStatus !== undefined) process.scope.pids.processes.delete(child.pid);
      child.parent = init === process ? undefined : init;
    }
    process.children.clear();
  }

  #childEnded(parent: Process, child: Process): void {
    const adopted = !parent.children.has(child);
    if (adopted) child.scope.pids.processes.delete(child.pid);
    const waiting = parent.waiting;
    if (waiting?.wait === 'child' && (waiting.pid === 0 || waiting.pid === child.pid)) {
      this.#resume(parent, { kind: 'ready' });
    }
    if (parent.dispositions.get('CHLD') === 'catch') this.signal(parent, 'CHLD');
  }

  /** The end of PID 1 is the end of all. */
  #endNamespace(init: Process): void {
    for (const other of [...init.scope.pids.processes.values()]) {
      if (other !== init) this.signal(other, 'KILL', true);
    }
    init.scope.pids.processes.clear();
  }

  /** Ends every process of a container at once: SIGKILL to its cgroup. */
  killAll(scope: ContainerScope): void {
    const [first, ...rest] = [...scope.processes];
    if (first !== undefined) this.signal(first, 'KILL', true);
    for (const process of rest) this.signal(process, 'KILL', true);
  }

  /** Lets go of a descriptor; the last holder of a stream's end closes it. */
  close(process: Process, fd: number): boolean {
    const open = process.descriptors.get(fd);
    if (open === undefined) return false;
    process.descriptors.delete(fd);
    this.release(open);
    return true;
  }

  release(open: OpenFile): void {
    open.count--;
    if (open.kind === 'pipe') {
      if (open.end === 'read') open.pipe.readers--;
      else open.pipe.writers--;
      this.changed(open.pipe);
    }
    if (open.count > 0) return;
    if (open.kind === 'socket') this.closeConnection(open.connection);
    if (open.kind === 'listener') {
      const { listener } = open;
      if (listener.namespace.listeners.get(listener.port) === listener) listener.namespace.listeners.delete(listener.port);
      for (const waiting of listener.queue) this.closeConnection(waiting);
    }
  }

  closeConnection(connection: Connection): void {
    if (connection.state === 'closed') return;
    const wasOpen = connection.state === 'open' || connection.state === 'connecting';
    connection.state = 'closed';
    if (connection.peer !== undefined) this.endOfStream(connection.peer);
    else if (wasOpen) this.outside.close(connection);
  }

  /** The other side of a connection sends no more. */
  endOfStream(connection: Connection): void {
    connection.ended = true;
    this.changed(connection);
  }

  /** Text arrived on a connection. */
  receive(connection: Connection, text: string): void {
    if (connection.state !== 'open') return;
    connection.incoming += text;
    this.changed(connection);
  }

  /** A connection to the outside was decided. */
  settle(connection: Connection, state: 'open' | 'refused' | 'timeout' | 'unreachable'): void {
    if (connection.state !== 'connecting') return;
    connection.state = state;
    this.changed(connection);
  }

  /** A connection from the outside: queued at the listener, or false for "connection refused". */
  accept(connection: Connection, port: number): boolean {
    const listener = connection.namespace.listeners.get(port);
    if (listener === undefined) return false;
    listener.queue.push(connection);
    this.changed(listener);
    return true;
  }

  byKey(key: number): Process | undefined {
    return this.#byKey.get(key);
  }
}

/** What a wait is about, if it is about something that others change. */
function waitableOf(process: Process, wait: Wait): Waitable | undefined {
  if (wait.wait !== 'readable' && wait.wait !== 'writable' && wait.wait !== 'connected') return undefined;
  const open = process.descriptors.get(wait.fd);
  switch (open?.kind) {
    case 'pipe':
      return open.pipe;
    case 'socket':
      return open.connection;
    case 'listener':
      return open.listener;
    default:
      return undefined;
  }
}

/** Ignored signals stay ignored in children; caught ones fall back to their default (execve(2)). */
function inheritedDispositions(parent: Process | undefined): Map<Signal, 'ignore' | 'default' | 'catch'> {
  const inherited = new Map<Signal, 'ignore' | 'default' | 'catch'>();
  for (const [signal, disposition] of parent?.dispositions ?? []) {
    if (disposition === 'ignore') inherited.set(signal, 'ignore');
  }
  return inherited;
}

function* nothing(): Run {
  return 0;
}
