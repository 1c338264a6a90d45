/**
 * The usual frame of a controller: a queue, workers, a sync, and counters of what went on.
 *
 * A worker takes a key, syncs it, and puts it back rate-limited when the sync failed; success ends the key's history of failures.
 * A sync that made no API call counts as a no-op: on an unchanged cluster all syncs must be no-ops, which properties check.
 */
import type { Client } from './client.ts';
import type { Err } from './failure.ts';
import type { Percentiles } from './latency-histogram.ts';
import type { Process, Suspend, Task } from './process.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { RateLimitingQueue } from './workqueue.ts';

/** What a loop did so far, in the present life of its process; plain data. Times in virtual µs. */
export interface LoopCounters {
  readonly reconciles: number;
  /** Reconciles that called no API. */
  readonly noopReconciles: number;
  readonly errors: number;
  /** Keys that were put back rate-limited. */
  readonly retries: number;
  /** Keys that were given up after too many failures. */
  readonly dropped: number;
  readonly queueAdds: number;
  readonly queueDepthMax: number;
  /** From a key's add to a worker's get. */
  readonly queueLatency: Percentiles;
  /** From a worker's get to its end. */
  readonly workDuration: Percentiles;
  /** Writes that were refused because somebody else had written. */
  readonly conflicts: number;
  /** API calls by verb, and by `verb resource`. Of loops that share a client only the first shows them. */
  readonly callsByVerb: Readonly<Record<string, number>>;
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

  /** The client that the loop calls the API with. */
  get client(): Client {
    return this.options.client;
  }

  /** `isFirst`: no other loop with this client has shown its calls. */
  counters(isFirst = true): LoopCounters {
    const { adds, retries, depthMax, latency, work } = this.queue.counters;
    const { calls, conflicts } = this.options.client.counters;
    return {
      reconciles: this.reconciles,
      noopReconciles: this.noopReconciles,
      errors: this.errors,
      retries,
      dropped: this.dropped,
      queueAdds: adds,
      queueDepthMax: depthMax,
      queueLatency: latency.percentiles(),
      workDuration: work.percentiles(),
      conflicts: isFirst ? conflicts : 0,
      callsByVerb: isFirst ? byVerb(calls) : {},
      calls: isFirst ? sorted(calls) : {},
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

const sorted = (counts: Iterable<readonly [string, number]>): Record<string, number> => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));

function byVerb(calls: ReadonlyMap<string, number>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const [call, count] of calls) {
    const verb = call.slice(0, call.indexOf(' '));
    counts.set(verb, (counts.get(verb) ?? 0) + count);
  }
  return sorted(counts);
}

/** The counters of several loops by name; the calls of a client that loops share stand with the first of them. */
export function countersOf(loops: readonly ControlLoop[]): Readonly<Record<string, LoopCounters>> {
  const shown = new Set<Client>();
  return Object.fromEntries(
    loops.map((loop) => {
      const isFirst = !shown.has(loop.client);
      shown.add(loop.client);
      return [loop.name, loop.counters(isFirst)];
    }),
  );
}
