/**
 * Counts each finished pod exactly once, across crashes.
 *
 * A pod's UID goes into uncountedTerminatedPods, the status is written, then the finalizer is removed, and only then the UID moves
 * into the counters. So a crash at any point neither loses nor doubles a pod. The interim condition is written before finalizers go,
 * the terminal one after all pods are gone. Source: pkg/controller/job/job_controller.go (trackJobStatusAndRemoveFinalizers).
 */
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { JOBS } from '../../client/resources.ts';
import { getCondition, isTerminating } from '../../object/meta.ts';
import type { Job, Pod } from '../../object/types.ts';
import { removeTrackingFinalizers } from './finalizers.ts';
import { formatIndexes } from './indexes.ts';
import type { JobStatus, JobSync } from './job-sync.ts';
import { completionIndex, ensureCondition, hasTrackingFinalizer, isIndexed, isPodFailed, specOf, type JobCondition } from './job-util.ts';
import { matchPodFailurePolicy } from './pod-failure-policy.ts';

/** job_controller.go: MaxUncountedPods. */
const UNCOUNTED_MAX = 500;

/** Counts, writes, removes finalizers, and finishes the Job when nothing is left to count. */
export function* trackStatus(sync: JobSync, needsWrite: boolean): Task<Err> {
  let needsFlush = needsWrite;
  const pods = isIndexed(sync.job) ? [...sync.pods].sort((a, b) => (completionIndex(a) ?? -1) - (completionIndex(b) ?? -1)) : sync.pods;
  const withFinalizer = new Set(pods.filter((pod) => isTracked(sync, pod)).map(({ metadata }) => metadata.uid));
  needsFlush = countRemoved(sync, withFinalizer) || needsFlush;
  const { toRemove, isTruncated, changed } = collect(sync, pods);
  needsFlush ||= changed;
  const final = interimCondition(sync);
  needsFlush ||= final.changed;
  if (needsFlush) {
    const error = yield* write(sync);
    if (error !== undefined) return error;
    sync.backoff.update(sync.key, sync.backoffRecord);
    needsFlush = false;
  }
  if (toRemove.length > 0) {
    const { removed, error } = yield* removeTrackingFinalizers(sync, toRemove);
    for (const uid of removed) withFinalizer.delete(uid);
    needsFlush = countRemoved(sync, withFinalizer);
    if (error !== undefined) return needsFlush ? ((yield* write(sync)) ?? error) : error;
  }
  const isFinished = !isTruncated && finish(sync, final.terminal);
  if (!needsFlush && !isFinished) return undefined;
  const error = yield* write(sync);
  if (error === undefined && isFinished) recordFinished(sync, final.terminal as JobCondition);
  return error;
}

function isTracked(sync: JobSync, pod: Pod): boolean {
  return hasTrackingFinalizer(pod) && !sync.expectedRemovals.has(pod.metadata.uid);
}

/** Moves UIDs whose pods have lost the finalizer from uncounted into the counters. */
function countRemoved(sync: JobSync, withFinalizer: ReadonlySet<string>): boolean {
  const { succeeded = [], failed = [] } = sync.status.uncountedTerminatedPods ?? {};
  const stillSucceeded = succeeded.filter((uid) => withFinalizer.has(uid));
  const stillFailed = failed.filter((uid) => withFinalizer.has(uid));
  if (stillSucceeded.length === succeeded.length && stillFailed.length === failed.length) return false;
  sync.status = {
    ...sync.status,
    succeeded: (sync.status.succeeded ?? 0) + succeeded.length - stillSucceeded.length,
    failed: (sync.status.failed ?? 0) + failed.length - stillFailed.length,
    uncountedTerminatedPods: uncounted(stillSucceeded, stillFailed),
  };
  return true;
}

function uncounted(succeeded: readonly string[], failed: readonly string[]): NonNullable<JobStatus['uncountedTerminatedPods']> {
  return { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) };
}

/** Notes the pods to count, and those whose finalizer can go. */
function collect(sync: JobSync, pods: readonly Pod[]): { toRemove: Pod[]; isTruncated: boolean; changed: boolean } {
  const { job } = sync;
  const succeeded = [...(sync.status.uncountedTerminatedPods?.succeeded ?? [])];
  const failed = [...(sync.status.uncountedTerminatedPods?.failed ?? [])];
  const indexes = new Set(sync.recordedIndexes);
  const completions = job.spec.completions ?? 0;
  const toRemove: Pod[] = [];
  let [changed, isTruncated, fresh] = [false, false, 0];
  for (const pod of pods) {
    if (!isTracked(sync, pod)) continue;
    const hasFailed = isPodFailed(pod, job);
    if (!canRemoveFinalizer(sync, pod, hasFailed)) continue;
    toRemove.push(pod);
    const { uid } = pod.metadata;
    const index = completionIndex(pod);
    const isValid = !isIndexed(job) || (index !== undefined && index < completions);
    if (pod.status?.phase === 'Succeeded' && !failed.includes(uid)) {
      if (isIndexed(job)) {
        if (isValid && !indexes.has(index as number)) {
          indexes.add(index as number);
          [changed, fresh] = [true, fresh + 1];
        }
      } else if (!succeeded.includes(uid)) {
        succeeded.push(uid);
        changed = true;
      }
    } else if ((hasFailed || (sync.finished !== undefined && sync.finished.type !== 'SuccessCriteriaMet')) && !failed.includes(uid) && isValid) {
      if (matchPodFailurePolicy(specOf(job).podFailurePolicy, pod).counts) {
        failed.push(uid);
        changed = true;
      }
    }
    if (fresh + succeeded.length + failed.length >= UNCOUNTED_MAX) {
      isTruncated = true;
      break;
    }
  }
  sync.status = { ...sync.status, uncountedTerminatedPods: uncounted(succeeded, failed) };
  return { toRemove, isTruncated, changed: recordIndexes(sync, indexes) || changed };
}

function recordIndexes(sync: JobSync, indexes: ReadonlySet<number>): boolean {
  if (!isIndexed(sync.job)) return false;
  const completedIndexes = formatIndexes(indexes);
  const failedIndexes = sync.failedIndexes === undefined ? undefined : formatIndexes(sync.failedIndexes);
  const isChanged = completedIndexes !== (sync.status.completedIndexes ?? '') || failedIndexes !== sync.status.failedIndexes;
  sync.status = { ...sync.status, succeeded: indexes.size, completedIndexes, ...(failedIndexes === undefined ? {} : { failedIndexes }) };
  return isChanged;
}

function canRemoveFinalizer(sync: JobSync, pod: Pod, hasFailed: boolean): boolean {
  if (isTerminating(sync.job) || sync.finished !== undefined || pod.status?.phase === 'Succeeded') return true;
  if (!hasFailed) return false;
  const index = completionIndex(pod);
  return index === undefined || sync.delayedDeletion.get(index)?.metadata.uid !== pod.metadata.uid;
}

/** Puts FailureTarget or SuccessCriteriaMet into the status; the terminal condition follows from it. */
function interimCondition(sync: JobSync): { changed: boolean; terminal: JobCondition | undefined } {
  const { finished } = sync;
  if (finished === undefined) return { changed: false, terminal: undefined };
  const terminal = { ...finished, type: finished.type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed' } as JobCondition;
  if (getCondition(sync.status.conditions, finished.type) !== undefined) return { changed: false, terminal };
  sync.status = { ...sync.status, conditions: [...(sync.status.conditions ?? []), finished] };
  return { changed: true, terminal };
}

function finish(sync: JobSync, terminal: JobCondition | undefined): boolean {
  const { succeeded = [], failed = [] } = sync.status.uncountedTerminatedPods ?? {};
  if (terminal === undefined || succeeded.length > 0 || failed.length > 0 || (sync.status.terminating ?? 0) > 0) return false;
  const now = sync.clock.text;
  const conditions = ensureCondition(sync.status.conditions, terminal.type, 'True', terminal.reason ?? '', terminal.message ?? '', now);
  if (conditions === undefined) return false;
  sync.status = { ...sync.status, conditions, ...(terminal.type === 'Complete' ? { completionTime: now } : {}) };
  return true;
}

/** Writes the status; further writes of this sync go on from what the server returned. */
function* write(sync: JobSync): Task<Err> {
  const { active = 0, succeeded = 0, failed = 0, completedIndexes = '', ...rest } = sync.status;
  const status = {
    ...rest,
    ...(active > 0 ? { active } : {}),
    ...(succeeded > 0 ? { succeeded } : {}),
    ...(failed > 0 ? { failed } : {}),
    ...(completedIndexes === '' ? {} : { completedIndexes }),
  };
  const result = yield* sync.client.updateStatus<Job>(JOBS, { ...sync.job, status: status as never });
  if (!result.ok) return failureOf(result);
  sync.job = result.object;
  return undefined;
}

function recordFinished({ recorder, job, status }: JobSync, terminal: JobCondition): void {
  if (terminal.type !== 'Complete') {
    recorder.event(job, 'Warning', terminal.reason ?? '', terminal.message ?? '');
    return;
  }
  if (job.spec.completions !== undefined && (status.succeeded ?? 0) > job.spec.completions) {
    recorder.event(job, 'Warning', 'TooManySucceededPods', 'Too many succeeded pods running after completion count reached');
  }
  recorder.event(job, 'Normal', 'Completed', 'Job completed');
}
