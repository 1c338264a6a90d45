/**
 * What the Job controller asks about Jobs and their pods.
 *
 * Source: pkg/controller/job/{job_controller,utils,tracking_utils}.go, pkg/controller/job/util/utils.go.
 */
import type { WallClock } from '../../client/wall-clock.ts';
import { getCondition, isConditionTrue, isTerminating } from '../../object/meta.ts';
import type { batch, Job, Pod } from '../../object/types.ts';
import { isPodTerminal, readyCondition } from '../pod/pod-state.ts';

export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';
export const INDEX_ANNOTATION = 'batch.kubernetes.io/job-completion-index';
export const INDEX_FAILURES = 'batch.kubernetes.io/job-index-failure-count';
export const INDEX_IGNORED_FAILURES = 'batch.kubernetes.io/job-index-ignored-failure-count';

export type JobCondition = batch.JobCondition;

export const isJobFinished = (job: Job): boolean => isConditionTrue(job.status?.conditions, 'Complete') || isConditionTrue(job.status?.conditions, 'Failed');

export const isSuspended = (job: Job): boolean => job.spec.suspend === true;

export const isIndexed = (job: Job): boolean => job.spec.completionMode === 'Indexed';

export const hasBackoffLimitPerIndex = (job: Job): boolean => isIndexed(job) && specOf(job).backoffLimitPerIndex !== undefined;

/** The fields of newer releases that the type package may lack. */
export interface JobSpecExtra {
  readonly backoffLimitPerIndex?: number;
  readonly maxFailedIndexes?: number;
  readonly podReplacementPolicy?: string;
  readonly managedBy?: string;
  readonly podFailurePolicy?: PodFailurePolicy;
  readonly successPolicy?: { readonly rules: readonly { readonly succeededIndexes?: string; readonly succeededCount?: number }[] };
}

export interface PodFailurePolicy {
  readonly rules: readonly {
    readonly action: 'Ignore' | 'Count' | 'FailJob' | 'FailIndex';
    readonly onExitCodes?: { readonly containerName?: string; readonly operator: string; readonly values: readonly number[] };
    readonly onPodConditions?: readonly { readonly type: string; readonly status?: string }[];
  }[];
}

export const specOf = (job: Job): JobSpecExtra => job.spec as unknown as JobSpecExtra;

/** Whether a pod is replaced only once it has failed, not already when it terminates. */
export const onlyReplaceFailed = (job: Job): boolean => specOf(job).podReplacementPolicy === 'Failed' || specOf(job).podFailurePolicy !== undefined;

export const hasTrackingFinalizer = (pod: Pod): boolean => pod.metadata.finalizers?.includes(TRACKING_FINALIZER) === true;

/** Whether the pod counts as failed: terminating ones count at once unless only failed pods are replaced. */
export function isPodFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true;
  if (onlyReplaceFailed(job)) return false;
  return isTerminating(pod) && pod.status?.phase !== 'Succeeded';
}

export const isPodTerminating = (pod: Pod): boolean => isTerminating(pod) && !isPodTerminal(pod);

/** The completion index of a pod; undefined when it has no valid one. */
export function completionIndex(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[INDEX_ANNOTATION];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Puts the condition in when it is missing or has another status; a False one is never added. Undefined when unchanged. */
export function ensureCondition(conditions: readonly JobCondition[] | undefined, type: string, status: string, reason: string, message: string, now: string): JobCondition[] | undefined {
  const list = conditions ?? [];
  const old = getCondition(list, type);
  const made = { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message } as unknown as JobCondition;
  if (old === undefined) return status === 'False' ? undefined : [...list, made];
  if (old.status === status && old.reason === reason && old.message === message) return undefined;
  return list.map((entry) => (entry === old ? made : entry));
}

/** When the pod ended, µs since 1970 (`getFinishedTime`). */
export function finishedTime(pod: Pod, clock: WallClock): number {
  const statuses = pod.status?.containerStatuses ?? [];
  let latest = 0;
  for (const { state } of statuses) {
    const at = clock.parse(state?.terminated?.finishedAt as string | undefined);
    if (at === 0) {
      latest = 0;
      break;
    }
    latest = Math.max(latest, at);
  }
  if (latest > 0) return latest;
  const ready = readyCondition(pod);
  if (ready?.status === 'False' && ready.lastTransitionTime !== undefined) return clock.parse(ready.lastTransitionTime as string | undefined);
  if (pod.metadata.deletionTimestamp !== undefined) {
    return clock.parse(pod.metadata.deletionTimestamp) - (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1_000_000;
  }
  return clock.parse(pod.metadata.creationTimestamp);
}
