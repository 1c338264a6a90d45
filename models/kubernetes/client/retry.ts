/**
 * Retries of a call that failed for a passing reason.
 *
 * Source: client-go/util/retry/util.go (DefaultRetry, DefaultBackoff), apimachinery/pkg/util/wait.
 */
import { jittered } from './backoff.ts';
import { failedWith, type Err } from './failure.ts';
import type { Process, Task } from './process.ts';

export interface RetryOptions {
  readonly steps: number;
  /** µs. */
  readonly duration: number;
  readonly factor: number;
  readonly jitter: number;
}

/** For conflicts between writers that both want the same in the end. */
export const DEFAULT_RETRY: RetryOptions = Object.freeze({ steps: 5, duration: 10_000, factor: 1, jitter: 0.1 });
/** For conflicts with an unrelated writer. */
export const DEFAULT_BACKOFF: RetryOptions = Object.freeze({ steps: 4, duration: 10_000, factor: 5, jitter: 0.1 });

/** Calls `work` until it succeeds, fails in a way that is not retriable, or has been tried `steps` times. */
export function* retryOnError(process: Process, options: RetryOptions, isRetriable: (error: Err) => boolean, work: () => Task<Err>): Task<Err> {
  let delay = options.duration;
  for (let step = 1; ; step++) {
    const error = yield* work();
    if (error === undefined || !isRetriable(error) || step >= options.steps) return error;
    yield* process.sleep('retry', jittered(process, 'retry', delay, options.jitter));
    delay = Math.round(delay * options.factor);
  }
}

export const isConflictError = (error: Err): boolean => failedWith(error, 'Conflict');

export function* retryOnConflict(process: Process, options: RetryOptions, work: () => Task<Err>): Task<Err> {
  return yield* retryOnError(process, options, isConflictError, work);
}
