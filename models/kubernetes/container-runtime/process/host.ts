/**
 * Runs all processes of a node in virtual time: the node's kernel, as far as containers can tell.
 *
 * `run(now)` does everything that is due up to `now` and stops; `nextUs` says when there is something to do again, so the
 * owner needs a single timer however many containers sleep. Processes that can run take turns in the order in which they
 * became ready; nothing here draws randomness, so a node's containers are a function of what happens to it.
 */
import type { Credentials } from '../file-system/inode.ts';
import { ROOT } from '../file-system/inode.ts';
import { TimerHeap } from './heap.ts';
import type { ContainerScope, ExitReason, Process } from './process.ts';
import { defaultEffect, type Signal, statusOfSignal } from './signal.ts';
import { type Exchange, type ExchangeFailure, type Listener, listenerKey, type Outside } from './socket.ts';
import { type Descriptors, hold, type OpenFile, type Waitable } from './stream.ts';
import { System } from './system.ts';
import type { Program, Run, Wait, Wake } from './wait.ts';

/**
 * Virtual time that a program is charged when it gives up its turn after a long computation (the shell does after each few
 * hundred commands, `read` and `write` after as many calls that did not wait). Without it a busy loop would hold time still for
 * ever. A process that takes turn after turn without waiting is charged more for each, so that an endless loop costs the
 * simulation little and a computation that ends is hardly slowed: the first bound is a second of work, the next ten, then a hundred.
 */
const TURN_US = 5_000;
const TURNS_PER_RATE = 200;
const RATES = [1, 10, 100, 1_000] as const;

/**
 * Steps of all processes that may happen at one moment. What could run after them runs a turn later: a machine is busy then,
 * with processes that start each other or write to each other without end.
 */
const STEPS_PER_MOMENT_MAX = 20_000;

/** Processes of one PID namespace: pids.max of the pod's cgroup, as far as a node can carry it. fork(2) fails beyond. */
export const PIDS_MAX = 4_096;

interface Due {
  readonly process: Process;
  readonly waitCount: number;
  /** What it is told then, if that does not follow from what it waits for. */
  readonly wake?: Wake;
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
  #nowUs: number;
  #nextKey = 1;
  #nextNumber = 1;
  #random = 0x2545_f491;
  readonly #ready: { process: Process; wake: Wake; waitCount: number }[] = [];
  readonly #timers = new TimerHeap<Due>((due) => due.process.waitCount !== due.waitCount);
  readonly #byKey = new Map<number, Process>();
  readonly answers = new Map<number, readonly string[]>();

  constructor(outside: Outside, nowUs = 0) {
    this.outside = outside;
    this.#nowUs = nowUs;
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  /** Number of live processes. */
  get size(): number {
    return this.#byKey.size;
  }

  /** A number that is unique on this host: connection and query ids. */
  takeNumber(): number {
    return this.#nextNumber++;
  }

  /** The next number from 0 up to 1 of a xorshift generator: what /dev/urandom is made of. */
  random(): number {
    let word = this.#random;
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    this.#random = word;
    return (word >>> 0) / 2 ** 32;
  }

  /** When the next process wakes by itself; undefined if all wait for something to happen to them. */
  nextUs(): number | undefined {
    if (this.#ready.length > 0) return this.#nowUs;
    return this.#timers.peek()?.atUs;
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
      title: undefined,
      environment: new Map(options.environment),
      directory: options.directory,
      credentials: options.credentials ?? parent?.credentials ?? ROOT,
      descriptors: new Map(options.descriptors),
      dispositions: inheritedDispositions(parent),
      pendingSignals: [],
      startedUs: this.#nowUs,
      run: nothing(),
      waiting: undefined,
      waitCount: 0,
      stopped: false,
      next: undefined,
      exitStatus: undefined,
      exitSignal: undefined,
      turns: 0,
      turnEndUs: -1,
      calls: 0,
      callsAtUs: -1,
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

  /** Lets everything happen that is due at or before `nowUs`. */
  run(nowUs: number): void {
    for (;;) {
      this.#drain();
      const due = this.#timers.peek();
      if (due === undefined || due.atUs > nowUs) break;
      this.#timers.pop();
      if (due.atUs > this.#nowUs) this.#nowUs = due.atUs;
      const { process, wake } = due.item;
      if (wake !== undefined) {
        this.#ready.push({ process, wake, waitCount: process.waitCount });
        continue;
      }
      const kind = process.waiting?.wait === 'time' || process.waiting?.wait === 'turn' ? 'ready' : 'timeout';
      this.#resume(process, { kind });
    }
    if (nowUs > this.#nowUs) this.#nowUs = nowUs;
  }

  #drain(): void {
    let steps = 0;
    for (let index = 0; index < this.#ready.length; index++) {
      const entry = this.#ready[index];
      if (entry === undefined || entry.process.waitCount !== entry.waitCount) continue;
      if (entry.process.exitStatus !== undefined) continue;
      if (++steps <= STEPS_PER_MOMENT_MAX) this.#step(entry.process, entry.wake);
      else this.#timers.push(this.#nowUs + TURN_US, entry);
    }
    this.#ready.length = 0;
  }

  #step(process: Process, wake: Wake): void {
    process.waiting = undefined;
    let result;
    try {
      result = process.run.next(wake);
    } catch (problem) {
      // A text that the engine cannot hold, or a nesting that it cannot: memory and stack of the process have run out.
      if (!(problem instanceof RangeError)) throw problem;
      return /call stack/i.test(problem.message) ? this.kill(process, 'SEGV') : this.exhaust(process);
    }
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
    const atUs = wait.wait === 'turn' ? this.#endOfTurn(process) : 'atUs' in wait ? wait.atUs : undefined;
    if (atUs !== undefined) this.#timers.push(atUs, { process, waitCount });
  }

  #endOfTurn(process: Process): number {
    const lengthOf = (turns: number): number => TURN_US * (RATES[Math.min(Math.floor(turns / TURNS_PER_RATE), RATES.length - 1)] ?? 1);
    // One that waits for another that is as busy (a pipeline without end) goes on with its work, as far as this counts.
    const isBusy = process.turnEndUs >= 0 && this.#nowUs - process.turnEndUs <= 2 * lengthOf(process.turns);
    process.turns = isBusy ? process.turns + 1 : 0;
    process.turnEndUs = this.#nowUs + lengthOf(process.turns);
    return process.turnEndUs;
  }

  #resume(process: Process, wake: Wake): void {
    if (process.exitStatus !== undefined || process.stopped) return;
    // What else happens before its step finds it on its way: a second wake would take the place of this one.
    process.waiting = undefined;
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
    if (process.waiting?.wait === 'turn') this.#resume(process, { kind: 'ready' });
    else if (process.waiting !== undefined) this.#resume(process, { kind: 'signal', signal });
  }

  #end(process: Process, status: number, reason: ExitReason): void {
    if (process.exitStatus !== undefined) return;
    process.exitStatus = status;
    process.exitSignal = reason.kind === 'signal' ? reason.signal : undefined;
    process.waiting = undefined;
    process.waitCount++;
    for (const fd of [...process.descriptors.keys()]) this.close(process, fd);
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

  /** Ends a process as if it had failed by itself, PID 1 or not: an abort, a segmentation fault. */
  kill(process: Process, signal: Signal): void {
    if (signal === 'TERM') this.signal(process, signal, true);
    else this.#end(process, statusOfSignal(signal), { kind: 'signal', signal });
  }

  /** A process wants more memory than there can be: its container's limit ends it, or the machine's, or nothing but the kernel. */
  exhaust(process: Process): void {
    process.memoryBytes = Number.MAX_SAFE_INTEGER;
    process.scope.onMemory?.(process);
    this.kill(process, 'KILL');
  }

  /** Ends a process with a status of its own. */
  exit(process: Process, status: number): void {
    this.#end(process, status & 0xff, { kind: 'exited' });
  }

  /** Takes the processor away from a container's processes, or gives it back (the freezer of its cgroup). */
  freeze(scope: ContainerScope, on: boolean): void {
    for (const process of scope.processes) {
      if (process.stopped === on) continue;
      process.stopped = on;
      if (!on) this.#resume(process, { kind: 'ready' });
    }
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
      // A named pipe that nobody has any more begins anew.
      if (open.pipe.wasOpened !== undefined && open.pipe.readers === 0 && open.pipe.writers === 0) {
        open.pipe.wasOpened = { read: false, write: false };
        open.pipe.buffer = '';
      }
      this.changed(open.pipe);
    }
    if (open.count > 0) return;
    if (open.kind === 'listener') this.#stopListening(open.listener);
  }

  #stopListening(listener: Listener): void {
    listener.namespace.listeners.delete(listenerKey(listener.protocol, listener.port));
    this.outside.listening(listener, false);
    for (const exchange of [...listener.queue, ...listener.serving]) this.finish(exchange, 'reset', null);
    listener.queue.length = 0;
    listener.serving.clear();
  }

  /** Hands a request to the listener of its port; false for "connection refused". */
  deliver(exchange: Exchange, listener: Listener | undefined): boolean {
    if (listener === undefined) return false;
    // A connection without content needs no program: the kernel accepts it.
    if (exchange.request === null) this.finish(exchange, 'answered', null);
    else {
      listener.queue.push(exchange);
      this.changed(listener);
    }
    return true;
  }

  /** Ends an exchange on the serving side and tells the client, wherever it is. */
  finish(exchange: Exchange, state: 'answered' | ExchangeFailure, response: Exchange['response']): void {
    if (exchange.state !== 'open') return;
    exchange.state = state;
    exchange.response = response;
    if (exchange.isLocal) this.#wakeClient(exchange);
    else this.outside.respond(exchange);
  }

  /** The outcome of a request that went outside. */
  settle(exchange: Exchange, state: 'answered' | ExchangeFailure, response: Exchange['response']): void {
    if (exchange.state !== 'open') return;
    exchange.state = state;
    exchange.response = response;
    this.#wakeClient(exchange);
  }

  #wakeClient(exchange: Exchange): void {
    const process = this.#byKey.get(exchange.client);
    if (process?.waiting?.wait !== 'exchange' || process.waiting.exchange !== exchange.id) return;
    this.#resume(process, { kind: 'ready' });
  }

  byKey(key: number): Process | undefined {
    return this.#byKey.get(key);
  }
}

/** What a wait is about, if it is about something that others change. */
function waitableOf(process: Process, wait: Wait): Waitable | undefined {
  if (wait.wait !== 'readable' && wait.wait !== 'writable') return undefined;
  const open = process.descriptors.get(wait.fd);
  switch (open?.kind) {
    case 'pipe':
      return open.pipe;
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
