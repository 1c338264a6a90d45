/**
 * Operations on volumes that run beside the workers: one of a name at a time, and after a failure not again before its backoff is over.
 *
 * Whoever wants an operation that runs or backs off is simply turned away; the periodic resync asks again.
 * Source: pkg/util/goroutinemap/{goroutinemap,exponentialbackoff}.go.
 */
import type { Err } from '../../../client/failure.ts';
import type { Process, Task } from '../../../client/process.ts';

/** exponentialbackoff: initialDurationBeforeRetry, maxDurationBeforeRetry; µs. */
const FIRST_DELAY = 500_000;
const DELAY_MAX = 122_000_000;

interface Operation {
  isRunning: boolean;
  /** µs; 0 after a success. */
  delay: number;
  failedAt: number;
}

export class OperationMap {
  private readonly process: Process;
  private readonly operations = new Map<string, Operation>();

  constructor(process: Process) {
    this.process = process;
  }

  /** Starts the operation unless one of this name runs or backs off; says whether it did. */
  run(name: string, work: () => Task<Err>): boolean {
    const known = this.operations.get(name);
    if (known !== undefined && (known.isRunning || this.process.now < known.failedAt + known.delay)) return false;
    const operation = known ?? { isRunning: true, delay: 0, failedAt: 0 };
    operation.isRunning = true;
    this.operations.set(name, operation);
    this.process.go(this.perform(name, operation, work));
    return true;
  }

  private *perform(name: string, operation: Operation, work: () => Task<Err>): Task {
    const error = yield* work();
    operation.isRunning = false;
    if (error === undefined) {
      this.operations.delete(name);
      return;
    }
    operation.failedAt = this.process.now;
    operation.delay = operation.delay === 0 ? FIRST_DELAY : Math.min(DELAY_MAX, operation.delay * 2);
  }
}
