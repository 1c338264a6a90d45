/**
 * How long a Job waits after failures before it makes new pods. Lives in memory: a restart forgets it.
 *
 * Source: pkg/controller/job/backoff_utils.go.
 */
import type { WallClock } from '../../client/wall-clock.ts';
import type { Pod } from '../../object/types.ts';
import { finishedTime } from './job-util.ts';

/** job_controller.go: DefaultJobPodFailureBackOff, MaxJobPodFailureBackOff. */
export const POD_FAILURE_BACKOFF = 10_000_000;
export const POD_FAILURE_BACKOFF_MAX = 600_000_000;

export interface BackoffRecord {
  readonly failures: number;
  readonly lastFailure: number;
}

const NONE: BackoffRecord = Object.freeze({ failures: 0, lastFailure: 0 });

export class BackoffStore {
  private readonly records = new Map<string, BackoffRecord>();

  /** The record after these newly finished pods; it is kept only when {@link update} is called. */
  next(key: string, succeeded: readonly Pod[], failed: readonly Pod[], clock: WallClock): BackoffRecord {
    const old = this.records.get(key) ?? NONE;
    const failures = failed.map((pod) => finishedTime(pod, clock)).sort((a, b) => a - b);
    if (succeeded.length === 0) {
      return failures.length === 0 ? old : { failures: old.failures + failures.length, lastFailure: failures.at(-1) as number };
    }
    const lastSuccess = succeeded.reduce((latest, pod) => Math.max(latest, finishedTime(pod, clock)), 0);
    const after = failures.filter((time) => time > lastSuccess);
    return { failures: after.length, lastFailure: after.at(-1) ?? 0 };
  }

  update(key: string, record: BackoffRecord): void {
    this.records.set(key, record);
  }

  delete(key: string): void {
    this.records.delete(key);
  }
}

/** µs until pods may be made again. */
export function remainingBackoff({ failures, lastFailure }: BackoffRecord, clock: WallClock): number {
  if (failures === 0) return 0;
  const wait = failures > 7 ? POD_FAILURE_BACKOFF_MAX : Math.min(POD_FAILURE_BACKOFF_MAX, POD_FAILURE_BACKOFF * 2 ** (failures - 1));
  return Math.max(0, lastFailure + wait - clock.now);
}
