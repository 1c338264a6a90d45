/**
 * The usual frame of a controller: a queue, workers, a sync, and counters of what went on.
 *
 * A worker takes a key, syncs it, and puts it back rate-limited when the sync failed; success ends the key's history of failures.
 * A sync that made no API call counts as a no-op: on an unchanged cluster all syncs must be no-ops, which properties check.
 */
import type { Client } from './client.ts';
import type { Err } from './failure.ts';
import type { Process, Suspend, Task } from './process.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { RateLimitingQueue } from './workqueue.ts';

/** What a loop did so far; plain data. Times in virtual µs. */
export interface LoopCounters {
  readonly reconciles: number;
  readonly noopReconciles: number;
  readonly errors: number;
  readonly retries: number;
  readonly dropped: number;
  readonly queueDepthMax: number;
  readonly queueLatencySum: number;
  readonly queueLatencyMax: number;
  readonly conflicts: number;
  /** Calls by `verb resource`. */
  readonly calls: Readonly<Record<string, number>>;
}

export interface ControlLoopOptions {
  readonly name: string;
  readonly workers: number;
  readonly client: Client;
  readonly sync: (key: string) => Task<Err>;
  readonly limiter?: RateLimiter;
  /** A key that failed this often is dropped until its next event; default never. */
  readonly retriesMax?: number;
  /** Failures that are not worth a retry. */
  readonly isFinal?: (error: Err) => boolean;
  /** Replaces the usual handling: decides alone what happens to the key after a sync. */
  readonly settle?: (key: string, error: Err) => void;
}

export class ControlLoop {
  readonly queue: RateLimitingQueue;
  readonly name: string;
  private readonly process: Process;
  private readonly options: ControlLoopOptions;
  private reconciles = 0;
  private noopReconciles = 0;
  private errors = 0;
  private dropped = 0;

  constructor(process: Process, options: ControlLoopOptions) {
    this.process = process;
    this.options = options;
    this.name = options.name;
    this.queue = new RateLimitingQueue(process, options.name, options.limiter);
  }

  /** Starts the workers. */
  run(): void {
    for (let worker = 0; worker < this.options.workers; worker++) this.process.go(this.work());
  }

  counters(): LoopCounters {
    const { adds: _adds, retries, depthMax, latencySum, latencyMax } = this.queue.counters;
    const { calls, conflicts } = this.options.client.counters;
    return {
      reconciles: this.reconciles,
      noopReconciles: this.noopReconciles,
      errors: this.errors,
      retries,
      dropped: this.dropped,
      queueDepthMax: depthMax,
      queueLatencySum: latencySum,
      queueLatencyMax: latencyMax,
      conflicts,
      calls: Object.fromEntries([...calls].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  }

  private *work(): Task {
    for (;;) {
      const key = yield* this.queue.get();
      const error = yield* this.observed(this.options.sync(key));
      if (error !== undefined) this.failed(key, error);
      if (this.options.settle !== undefined) this.options.settle(key, error);
      else this.settle(key, error);
      this.queue.done(key);
    }
  }

  private settle(key: string, error: Err): void {
    const { retriesMax = Infinity, isFinal } = this.options;
    if (error === undefined || isFinal?.(error) === true) return this.queue.forget(key);
    if (this.queue.numRequeues(key) < retriesMax) return this.queue.addRateLimited(key);
    this.dropped++;
    this.queue.forget(key);
  }

  private failed(key: string, error: Err): void {
    this.errors++;
    if (this.process.recording) this.process.record('sync.failed', { loop: this.name, key, error: error?.message ?? '' });
  }

  /** Runs a sync and notices whether it called the API. */
  private *observed(task: Task<Err>): Task<Err> {
    const { counters } = this.options.client;
    let isNoop = true;
    let before = counters.total;
    let step = task.next(undefined as never);
    for (;;) {
      if (counters.total !== before) isNoop = false;
      if (step.done === true) break;
      const value = (yield step.value as Suspend) as never;
      before = counters.total;
      step = task.next(value);
    }
    this.reconciles++;
    if (isNoop) this.noopReconciles++;
    return step.value;
  }
}
