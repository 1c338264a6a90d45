/**
 * A process: what runs inside one actor of the Kubernetes model.
 *
 * Upstream's components are Go processes with many goroutines. Here a goroutine is a generator (a {@link Task}): it runs
 * until it has to wait, yields, and goes on in a later step of the same actor, when what it waits for has arrived. Only one
 * task runs at a time and switches happen at `yield*` only, so state that tasks share needs no locks. Everything in a
 * process is volatile: a crash loses it, and `main` runs again at the restart.
 */
import { assert, type Behavior, type Context, type Message, type PeerMessage } from '../../../src/index.ts';

/** What a task yields: a function that arranges for `resume` to be called later, at most once. */
export type Suspend = (resume: (value: never) => void) => void;

/** A goroutine. Use `yield*` to call other tasks. */
// `any`, since what a wait returns is known only where it waits (`suspend`), and so that TypeScript infers the type of a generator without annotation.
export type Task<T = void> = Generator<Suspend, T, any>;

/** Waits until `arrange` has called the function it is given; returns what it was called with. */
export function* suspend<T>(arrange: (resume: (value: T) => void) => void): Task<T> {
  return (yield arrange as unknown as Suspend) as T;
}

/** A timer that can be stopped. */
export interface TimerHandle {
  stop(): void;
}

/** Handles messages of one kind that arrive at the process. */
export type MessageHandler = (message: never, process: Process) => void;

/** What to do when an actor that is watched goes or comes back. */
export interface PeerWatcher {
  down(): void;
  up(): void;
}

interface TimerMessage extends Message {
  readonly timer: number;
}

export class Process {
  /** The actor's id. */
  readonly self: string;
  /** What `main` shows to those who look at the actor's state from outside (counters); never read by the process itself. */
  exposed: unknown = undefined;
  private context: Context;
  private readonly handlers = new Map<string, MessageHandler>();
  private readonly peers = new Map<string, PeerWatcher>();
  private readonly timers = new Map<number, { readonly key: string; readonly fire: () => void }>();
  private nextTimer = 0;
  private readonly freeTimers: number[] = [];
  /** The keys of timers that were set so far, by number and name: the kernel looks a text up faster that it has seen before. */
  private readonly timerKeys: Map<string, string>[] = [];
  private ready: (() => void)[] = [];
  private readonly main: ((process: Process, durable: unknown) => void) | undefined;

  constructor(context: Context, main?: (process: Process, durable: unknown) => void) {
    this.self = context.self;
    this.context = context;
    this.main = main;
  }

  /** This process's clock in whole µs since the run's start (virtual time plus clock skew). */
  get now(): number {
    return this.context.now;
  }

  /** Where ids of requests begin: they differ from those of an earlier life, whose answers may still be under way. */
  get firstId(): number {
    return this.context.now + 1;
  }

  /** Who sent the message that is being handled. Only valid until the handler's first wait. */
  get from(): string {
    const { from } = this.context;
    assert(from !== undefined, 'only messages have a sender');
    return from;
  }

  /** True when somebody keeps facts. */
  get recording(): boolean {
    return this.context.recording;
  }

  send(to: string, message: Message): void {
    this.context.send(to, message);
  }

  /** Records a state change in the log. */
  record(kind: string, data: Parameters<Context['record']>[1]): void {
    this.context.record(kind, data);
  }

  /** An integer in [0, n) from this actor's stream `kind`. */
  choose(kind: string, n: number, label?: string): number {
    return this.context.choose(kind, n, label);
  }

  monitor(id: string): void {
    this.context.monitor(id);
  }

  /** Watches one actor: `down` is called when it crashes, `up` when it is back. One watch an actor. */
  watch(actor: string, watcher: PeerWatcher): void {
    assert(!this.peers.has(actor), `${actor} is watched once`);
    this.peers.set(actor, watcher);
    this.context.monitor(actor);
  }

  /** Handles messages whose `kind` is `kind`. One handler a kind. */
  on<M extends Message>(kind: M['kind'], handler: (message: M, process: Process) => void): void {
    assert(!this.handlers.has(kind), `messages of kind ${kind} have one handler`);
    this.handlers.set(kind, handler as MessageHandler);
  }

  /** Starts a task; it runs until its first wait before `go` returns. */
  go(task: Task<unknown>): void {
    this.advance(task, undefined);
  }

  /**
   * Calls `work` in this step, after the handler that runs now has returned. Queues wake their workers this way, so that no
   * task runs in the middle of another one's work, and a chain of wake-ups does not nest.
   */
  soon(work: () => void): void {
    this.ready.push(work);
  }

  /** Runs tasks side by side (goroutines and a WaitGroup) and waits for all; results in the order of the tasks. */
  *join<T>(tasks: readonly Task<T>[]): Task<T[]> {
    if (tasks.length === 0) return [];
    if (tasks.length === 1) return [yield* tasks[0] as Task<T>];
    const results: T[] = new Array<T>(tasks.length);
    let left = tasks.length;
    yield* suspend<void>((resume) => {
      tasks.forEach((task, index) => this.go(collect(task, (result) => {
        results[index] = result;
        left -= 1;
        if (left === 0) this.soon(resume);
      })));
    });
    return results;
  }

  /** What a task says, or undefined when it has said nothing after `limit` µs: it then goes on, and nobody listens. `name` shows in the log. */
  *within<T>(name: string, limit: number, task: Task<T>): Task<T | undefined> {
    return yield* suspend<T | undefined>((resume) => {
      let isOver = false;
      const end = (result: T | undefined): void => {
        if (isOver) return;
        isOver = true;
        timer.stop();
        resume(result);
      };
      const timer = this.after(name, limit, () => end(undefined));
      this.go(collect(task, end));
    });
  }

  /**
   * The process ends and its supervisor starts it again after `delay` µs: all tasks, timers and handlers are gone, and
   * `main` runs as at the first start. What arrives in between finds nobody.
   */
  exit(delay: number): void {
    for (const { key } of this.timers.values()) this.context.cancelTimer(key);
    this.timers.clear();
    this.freeTimers.length = 0;
    this.nextTimer = 0;
    this.handlers.clear();
    this.peers.clear();
    this.ready = [];
    this.after('process.restart', delay, () => this.main?.(this, undefined));
  }

  /** Calls `fire` after `delay` µs. `name` shows in the log. */
  after(name: string, delay: number, fire: () => void): TimerHandle {
    // Numbers are used again, so that there are few keys in a run: the kernel remembers what it has computed for each.
    const timer = this.freeTimers.pop() ?? this.nextTimer++;
    const key = this.timerKey(name, timer);
    this.timers.set(timer, { key, fire });
    this.context.setTimer(key, Math.max(0, Math.round(delay)), { kind: name, timer } as TimerMessage);
    return {
      stop: () => {
        // The number may stand for another timer by now.
        const running = this.timers.get(timer);
        if (running?.key !== key || running.fire !== fire) return;
        this.release(timer);
        this.context.cancelTimer(key);
      },
    };
  }

  /** Whether a timer whose name begins so is set; for those who look at the process from outside. */
  awaits(name: string): boolean {
    for (const { key } of this.timers.values()) if (key.startsWith(name)) return true;
    return false;
  }

  private timerKey(name: string, timer: number): string {
    const keys = (this.timerKeys[timer] ??= new Map<string, string>());
    let key = keys.get(name);
    if (key === undefined) keys.set(name, (key = `${name}#${timer}`));
    return key;
  }

  private release(timer: number): void {
    if (this.timers.delete(timer)) this.freeTimers.push(timer);
  }

  /** Waits for `delay` µs. */
  sleep(name: string, delay: number): Task {
    return suspend<void>((resume) => this.after(name, delay, () => resume()));
  }

  /** @internal One step: hands a message to a timer or a handler. */
  receive(message: Message, context: Context): void {
    this.context = context;
    const timer = (message as Partial<TimerMessage>).timer;
    if (timer !== undefined) {
      const entry = this.timers.get(timer);
      this.release(timer);
      entry?.fire();
    } else if (!this.tellWatcher(message)) this.handlers.get(message.kind)?.(message as never, this);
    this.settle();
  }

  private tellWatcher(message: Message): boolean {
    const { kind } = message as PeerMessage;
    if (kind !== 'down' && kind !== 'up') return false;
    const watcher = this.peers.get((message as PeerMessage).actor);
    watcher?.[kind]();
    return watcher !== undefined;
  }

  /** @internal Runs what was put off to the end of the step. */
  settle(): void {
    while (this.ready.length > 0) {
      const batch = this.ready;
      this.ready = [];
      for (const work of batch) work();
    }
  }

  private advance(task: Task<unknown>, value: unknown): void {
    const { done, value: arrange } = task.next(value as never);
    if (done === true) return;
    let isResumed = false;
    (arrange as Suspend)((result: never) => {
      assert(!isResumed, 'a waiting task is resumed once');
      isResumed = true;
      this.advance(task, result);
    });
  }
}

/** Makes an actor's behaviour of a main function, which registers handlers and starts tasks. */
export function processBehavior(
  main: (process: Process, durable: unknown) => void,
  durable?: (process: Process) => unknown,
): Behavior<Process> {
  return {
    start(context, kept) {
      const process = new Process(context, main);
      main(process, kept);
      process.settle();
      return process;
    },
    step(process, message, context) {
      process.receive(message, context);
    },
    ...(durable === undefined ? {} : { durable }),
  };
}

function* collect<T>(task: Task<T>, done: (result: T) => void): Task {
  done(yield* task);
}
