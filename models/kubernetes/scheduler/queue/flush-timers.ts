/**
 * The two periodic looks at the queue, without polling: a timer is set only when there is something to find.
 *
 * Upstream looks every second (backoffs) and every thirty seconds (pods that stayed too long), counted from the start
 * of
 * the process. Here the next such moment at which something will be due is computed, so an idle queue costs nothing and
 * what happens is the same.
 */
import type { Process, TimerHandle } from '../../client/process.ts';
import { BACKOFF_FLUSH_PERIOD, type SchedulingQueue, UNSCHEDULABLE_FLUSH_PERIOD } from './scheduling-queue.ts';

interface Timer {
  readonly at: number;
  readonly handle: TimerHandle;
}

export class FlushTimers {
  readonly #process: Process;
  readonly #queue: SchedulingQueue;
  readonly #start: number;
  #backoff: Timer | undefined = undefined;
  #timeout: Timer | undefined = undefined;

  constructor(process: Process, queue: SchedulingQueue) {
    this.#process = process;
    this.#queue = queue;
    this.#start = process.now;
  }

  /** Sets the timers that are needed now. Call after anything changed the queue. */
  arm(): void {
    const backoffEnd = this.#queue.nextBackoffEnd();
    if (backoffEnd !== undefined) this.#armBackoff(this.#tick(backoffEnd, BACKOFF_FLUSH_PERIOD));
    if (this.#timeout !== undefined) return;
    const timeout = this.#queue.nextTimeout();
    if (timeout !== undefined) this.#armTimeout(this.#tick(timeout, UNSCHEDULABLE_FLUSH_PERIOD));
  }

  /** The first look at or after `time`, and after now. */
  #tick(time: number, period: number): number {
    const due = Math.max(time, this.#process.now + 1) - this.#start;
    return this.#start + Math.ceil(due / period) * period;
  }

  #armBackoff(at: number): void {
    if (this.#backoff !== undefined && this.#backoff.at <= at) return;
    this.#backoff?.handle.stop();
    const handle = this.#process.after('scheduler.backoff', at - this.#process.now, () => {
      this.#backoff = undefined;
      this.#queue.flushBackoff();
      this.arm();
    });
    this.#backoff = { at, handle };
  }

  /** Pods come in later and later, so the timer that is set stays right, or is early and set again. */
  #armTimeout(at: number): void {
    const handle = this.#process.after('scheduler.timeout', at - this.#process.now, () => {
      this.#timeout = undefined;
      this.#queue.flushUnschedulable();
      this.arm();
    });
    this.#timeout = { at, handle };
  }
}
