/**
 * Slow start: many equal calls in batches of 1, 2, 4, …, each batch side by side, and no further batch after an error.
 *
 * So a quota that refuses the first pod is asked once, not five hundred times. Source: pkg/controller/replicaset/replica_set.go
 * (slowStartBatch).
 */
import type { Err } from './failure.ts';
import type { Process, Task } from './process.ts';

/** controller_utils.go: SlowStartInitialBatchSize. */
export const SLOW_START_INITIAL_BATCH_SIZE = 1;

/** Calls `work` `count` times; returns how many succeeded and the first failure. */
export function* slowStartBatch(process: Process, count: number, initialBatchSize: number, work: (index: number) => Task<Err>): Task<{ successes: number; error: Err }> {
  let remaining = count;
  let successes = 0;
  for (let batch = Math.min(remaining, initialBatchSize); batch > 0; batch = Math.min(2 * batch, remaining)) {
    const done = count - remaining;
    const errors = yield* process.join(Array.from({ length: batch }, (_, index) => work(done + index)));
    const failed = errors.filter((error) => error !== undefined);
    successes += batch - failed.length;
    if (failed.length > 0) return { successes, error: failed[0] };
    remaining -= batch;
  }
  return { successes, error: undefined };
}
