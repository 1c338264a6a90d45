/**
 * One sync of one Job: its pods sorted into what they mean, and the status as it grows.
 */
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { ControllerExpectations } from '../../client/expectations.ts';
import type { PodControl } from '../../client/pod-template.ts';
import type { Process } from '../../client/process.ts';
import type { WallClock } from '../../client/wall-clock.ts';
import type { RateLimitingQueue } from '../../client/workqueue.ts';
import type { Job, Pod } from '../../object/types.ts';
import type { BackoffRecord, BackoffStore } from './backoff-store.ts';
import type { JobCondition } from './job-util.ts';

/** Job status with the fields of 1.32. Counts that are 0 may be absent. */
export interface JobStatus {
  readonly conditions?: readonly JobCondition[];
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly active?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly terminating?: number;
  readonly ready?: number;
  readonly completedIndexes?: string;
  readonly failedIndexes?: string;
  readonly uncountedTerminatedPods?: { readonly succeeded?: readonly string[]; readonly failed?: readonly string[] };
}

export interface JobTools {
  readonly process: Process;
  readonly client: Client;
  readonly clock: WallClock;
  readonly queue: RateLimitingQueue;
  readonly recorder: EventRecorder;
  readonly podControl: PodControl;
  readonly expectations: ControllerExpectations;
  readonly backoff: BackoffStore;
  /** UIDs of pods whose finalizer was removed and not yet seen to be gone, by Job key. */
  readonly removals: Map<string, Set<string>>;
}

export interface JobSync extends JobTools {
  readonly key: string;
  /** The Job as read, with the status of the last successful write of this sync. */
  job: Job;
  status: JobStatus;
  readonly pods: readonly Pod[];
  readonly activePods: readonly Pod[];
  active: number;
  ready: number;
  terminating: number;
  /** Succeeded and failed pods, counted or not. */
  succeeded: number;
  failed: number;
  readonly backoffRecord: BackoffRecord;
  readonly expectedRemovals: ReadonlySet<string>;
  /** Indexed Jobs: succeeded indexes as recorded and with new ones; failed indexes with a limit per index. */
  recordedIndexes: ReadonlySet<number>;
  succeededIndexes: Set<number>;
  failedIndexes: ReadonlySet<number> | undefined;
  /** The last failed pod of each index that still needs a replacement; its finalizer stays. */
  delayedDeletion: ReadonlyMap<number, Pod>;
  finished: JobCondition | undefined;
}
