/**
 * The work queue of a controller: keys to be synced, each at most once in the queue and at most by one worker at a time.
 *
 * A key that is added while a worker has it is put back when the worker is done, so N adds during a sync yield exactly one
 * more. Delayed adds wait in a heap with one timer; rate-limited adds are delayed by the limiter. Workers are woken at the
 * end of the step. Source: client-go/util/workqueue/{queue,delaying_queue,rate_limiting_queue}.go.
 */
import { LatencyHistogram } from './latency-histogram.ts';
import { suspend, type Process, type Task, type TimerHandle } from './process.ts';
import { defaultControllerRateLimiter, type RateLimiter } from './rate-limiter.ts';

/** What a queue went through; virtual µs. */
export interface QueueCounters {
  adds: number;
  retries: number;
  depthMax: number;
  /** Time between a key's add and its get. */
  readonly latency: LatencyHistogram;
  /** Time between a key's get and the worker's being done with it. */
  readonly work: LatencyHistogram;
}

interface Delayed {
  readonly key: string;
  readyAt: number;
  readonly order: number;
  /** Its place in the heap. */
  at: number;
}

export class RateLimitingQueue {
  readonly name: string;
  readonly counters: QueueCounters = { adds: 0, retries: 0, depthMax: 0, latency: new LatencyHistogram(), work: new LatencyHistogram() };
  private readonly process: Process;
  private readonly limiter: RateLimiter;
  private queue: string[] = [];
  private head = 0;
  /** Keys that need a sync, with the time of their add. */
  private readonly dirty = new Map<string, number>();
  /** Keys that workers have, with the time of their get. */
  private readonly processing = new Map<string, number>();
  private waiters: (() => void)[] = [];
  private readonly delayed = new DelayHeap();
  private timer: TimerHandle | undefined;
  private timerAt = Infinity;

  /** `name` shows in the log as the name of the queue's timer. */
  constructor(process: Process, name: string, limiter: RateLimiter = defaultControllerRateLimiter(() => process.now)) {
    this.process = process;
    this.name = name;
    this.limiter = limiter;
  }

  /** How many keys wait for a worker. */
  get length(): number {
    return this.queue.length - this.head;
  }

  /** Whether nothing waits, runs or is due later. */
  get isIdle(): boolean {
    return this.length === 0 && this.processing.size === 0 && this.delayed.size === 0;
  }

  /** Marks a key as needing a sync. */
  add(key: string): void {
    if (this.dirty.has(key)) return;
    this.counters.adds++;
    this.dirty.set(key, this.process.now);
    if (!this.processing.has(key)) this.append(key);
  }

  /** Adds the key after `delay` µs. Of several delays of one key the earliest counts. */
  addAfter(key: string, delay: number): void {
    if (delay <= 0) return this.add(key);
    this.delayed.put(key, this.process.now + Math.round(delay));
    this.arm();
  }

  /** Adds the key when its rate limiter says so. */
  addRateLimited(key: string): void {
    this.counters.retries++;
    this.addAfter(key, this.limiter.when(key));
  }

  /** Ends the key's history of failures; does not take it out of the queue. */
  forget(key: string): void {
    this.limiter.forget(key);
  }

  numRequeues(key: string): number {
    return this.limiter.numRequeues(key);
  }

  /** The next key; waits for one. The worker must call {@link done} with it. */
  *get(): Task<string> {
    while (this.length === 0) yield* suspend<void>((resume) => this.waiters.push(resume));
    const key = this.queue[this.head++] as string;
    if (this.head > 1024 && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
    const { now } = this.process;
    this.counters.latency.add(Math.max(0, now - (this.dirty.get(key) ?? now)));
    this.dirty.delete(key);
    this.processing.set(key, now);
    return key;
  }

  /** The worker has finished with the key. */
  done(key: string): void {
    const { now } = this.process;
    this.counters.work.add(Math.max(0, now - (this.processing.get(key) ?? now)));
    this.processing.delete(key);
    if (this.dirty.has(key)) this.append(key);
  }

  private append(key: string): void {
    this.queue.push(key);
    if (this.length > this.counters.depthMax) this.counters.depthMax = this.length;
    const waiter = this.waiters.shift();
    if (waiter !== undefined) this.process.soon(waiter);
  }

  private arm(): void {
    const next = this.delayed.first;
    if (next === undefined || next.readyAt >= this.timerAt) return;
    this.timer?.stop();
    this.timerAt = next.readyAt;
    this.timer = this.process.after(`queue.${this.name}`, next.readyAt - this.process.now, () => this.due());
  }

  private due(): void {
    this.timer = undefined;
    this.timerAt = Infinity;
    while (this.delayed.first !== undefined && this.delayed.first.readyAt <= this.process.now) {
      this.add(this.delayed.take().key);
    }
    this.arm();
  }
}

/** A binary heap of keys by time, then by order of arrival; a key is in it once. */
class DelayHeap {
  private readonly heap: Delayed[] = [];
  private readonly byKey = new Map<string, Delayed>();
  private arrivals = 0;

  get size(): number {
    return this.byKey.size;
  }

  get first(): Delayed | undefined {
    return this.heap[0];
  }

  /** Puts a key in, or moves it to an earlier time. */
  put(key: string, readyAt: number): void {
    const known = this.byKey.get(key);
    if (known !== undefined) {
      if (readyAt >= known.readyAt) return;
      known.readyAt = readyAt;
      this.up(known.at);
      return;
    }
    const entry = { key, readyAt, order: this.arrivals++, at: this.heap.length };
    this.byKey.set(key, entry);
    this.heap.push(entry);
    this.up(this.heap.length - 1);
  }

  /** Takes the first out. */
  take(): Delayed {
    const first = this.heap[0] as Delayed;
    const last = this.heap.pop() as Delayed;
    if (last !== first) {
      last.at = 0;
      this.heap[0] = last;
      this.down(0);
    }
    this.byKey.delete(first.key);
    return first;
  }

  private isBefore(a: Delayed, b: Delayed): boolean {
    return a.readyAt < b.readyAt || (a.readyAt === b.readyAt && a.order < b.order);
  }

  private up(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(this.heap[at] as Delayed, this.heap[parent] as Delayed)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  private down(from: number): void {
    let at = from;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.heap.length && this.isBefore(this.heap[child] as Delayed, this.heap[least] as Delayed)) least = child;
      }
      if (least === at) return;
      this.swap(at, least);
      at = least;
    }
  }

  private swap(a: number, b: number): void {
    const kept = this.heap[a] as Delayed;
    const other = this.heap[b] as Delayed;
    this.heap[a] = other;
    this.heap[b] = kept;
    other.at = a;
    kept.at = b;
  }
}
