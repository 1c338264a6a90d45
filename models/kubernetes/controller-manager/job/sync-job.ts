/**
 * The steps of one Job sync: what the pods mean, whether the Job is to finish, pods made or removed, and the status.
 *
 * The first reason to finish wins; a Job that has SuccessCriteriaMet never gets FailureTarget and the other way round.
 * Source: pkg/controller/job/job_controller.go (syncJob).
 */
import type { Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import { getCondition, isTerminating } from '../../object/meta.ts';
import type { Job, Pod } from '../../object/types.ts';
import { isPodActive, isPodReady } from '../pod/pod-state.ts';
import { failedIndexes, failureCount, matchSuccessPolicy, succeededIndexes } from './indexes.ts';
import type { JobStatus, JobSync, JobTools } from './job-sync.ts';
import { completionIndex, ensureCondition, hasBackoffLimitPerIndex, hasTrackingFinalizer, isIndexed, isPodFailed, isPodTerminating, isSuspended, specOf, type JobCondition } from './job-util.ts';
import { manageJob } from './manage-job.ts';
import { matchPodFailurePolicy } from './pod-failure-policy.ts';
import { trackStatus } from './track-status.ts';

const SECOND = 1_000_000;
const NO_UIDS: ReadonlySet<string> = new Set<string>();

/** Syncs a Job that has not finished, with the pods it has claimed. */
export function* syncJob(tools: JobTools, key: string, job: Job, pods: readonly Pod[], isSatisfied: boolean): Task<Err> {
  const sync = newSync(tools, key, job, pods);
  let suspendChanged = false;
  let manageError: Err;
  sync.finished = finishingCondition(sync);
  if (sync.finished !== undefined) {
    const before = sync.active;
    manageError = yield* deleteActivePods(sync);
    const allDeleted = before === 0 || sync.active === 0;
    // While pods may be missing from the cache, or could not be deleted, the Job cannot be declared finished.
    if (!allDeleted || !isSatisfied) sync.finished = undefined;
  } else {
    const manages = isSatisfied && !isTerminating(job);
    if (manages) manageError = yield* manageJob(sync);
    if (isComplete(sync)) sync.finished = condition(sync, 'SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods');
    else if (manages) suspendChanged = updateSuspended(sync);
  }
  const { active, ready, terminating, status } = sync;
  const needsWrite = suspendChanged || active !== (status.active ?? 0) || ready !== status.ready || terminating !== status.terminating;
  sync.status = { ...status, active, ready, terminating };
  const error = yield* trackStatus(sync, needsWrite || !semanticEqual(status.startTime, job.status?.startTime));
  return error ?? manageError;
}

function newSync(tools: JobTools, key: string, job: Job, pods: readonly Pod[]): JobSync {
  const activePods = pods.filter(isPodActive);
  const expectedRemovals = tools.removals.get(key) ?? NO_UIDS;
  const status = startedStatus(tools, job);
  const succeededUncounted = status.uncountedTerminatedPods?.succeeded ?? [];
  const failedUncounted = status.uncountedTerminatedPods?.failed ?? [];
  const known = new Set([...succeededUncounted, ...failedUncounted]);
  const fresh = pods.filter((pod) => hasTrackingFinalizer(pod) && !known.has(pod.metadata.uid) && !expectedRemovals.has(pod.metadata.uid) && hasValidIndex(job, pod));
  const newSucceeded = fresh.filter((pod) => pod.status?.phase === 'Succeeded');
  const newFailed = fresh.filter((pod) => isPodFailed(pod, job));
  const counted = newFailed.filter((pod) => matchPodFailurePolicy(specOf(job).podFailurePolicy, pod).counts);
  const indexes = isIndexed(job) ? succeededIndexes(job, pods) : { recorded: NO_INDEXES, all: new Set<number>() };
  return {
    ...tools, key, job, status, pods, activePods, expectedRemovals,
    active: activePods.length,
    ready: activePods.filter(isPodReady).length,
    terminating: pods.filter(isPodTerminating).length,
    succeeded: isIndexed(job) ? indexes.all.size : (status.succeeded ?? 0) + newSucceeded.length + succeededUncounted.length,
    failed: (status.failed ?? 0) + counted.length + failedUncounted.length,
    backoffRecord: tools.backoff.next(key, newSucceeded, newFailed, tools.clock),
    recordedIndexes: indexes.recorded,
    succeededIndexes: indexes.all,
    failedIndexes: hasBackoffLimitPerIndex(job) ? failedIndexes(job, pods) : undefined,
    delayedDeletion: hasBackoffLimitPerIndex(job) ? delayedDeletion(job, pods, activePods, indexes.all) : NO_PODS,
    finished: undefined,
  };
}

const NO_INDEXES: ReadonlySet<number> = new Set<number>();
const NO_PODS: ReadonlyMap<number, Pod> = new Map<number, Pod>();

/** The start time is set when the Job first runs. */
function startedStatus({ clock }: JobTools, job: Job): JobStatus {
  const status = { uncountedTerminatedPods: {}, ...(job.status as unknown as JobStatus | undefined) };
  return status.startTime === undefined && !isSuspended(job) ? { ...status, startTime: clock.text } : status;
}

function hasValidIndex(job: Job, pod: Pod): boolean {
  if (!isIndexed(job)) return true;
  const index = completionIndex(pod);
  return index !== undefined && index < (job.spec.completions ?? 0);
}

/** For each index without a running or succeeded pod, its failed pod with most failures: the replacement counts on from it. */
function delayedDeletion(job: Job, pods: readonly Pod[], active: readonly Pod[], succeeded: ReadonlySet<number>): ReadonlyMap<number, Pod> {
  const running = new Set(active.map(completionIndex));
  const latest = new Map<number, Pod>();
  for (const pod of pods) {
    const index = completionIndex(pod);
    if (index === undefined || !hasTrackingFinalizer(pod) || !isPodFailed(pod, job) || running.has(index) || succeeded.has(index)) continue;
    const known = latest.get(index);
    if (known === undefined || failureCount(pod) > failureCount(known)) latest.set(index, pod);
  }
  return latest;
}

function condition({ clock }: JobSync, type: string, reason: string, message: string): JobCondition {
  return { type, status: 'True', lastProbeTime: clock.text, lastTransitionTime: clock.text, reason, message } as unknown as JobCondition;
}

function finishingCondition(sync: JobSync): JobCondition | undefined {
  const { job, status, pods } = sync;
  const existing = getCondition(status.conditions, 'SuccessCriteriaMet') ?? getCondition(status.conditions, 'FailureTarget');
  if (existing !== undefined) return existing;
  const fail = (reason: string, message: string): JobCondition => condition(sync, 'FailureTarget', reason, message);
  for (const pod of pods) {
    if (pod.status?.phase !== 'Failed') continue;
    const match = matchPodFailurePolicy(specOf(job).podFailurePolicy, pod);
    if (match.action === 'FailJob') return fail('PodFailurePolicy', match.message ?? '');
  }
  if (sync.failed > (job.spec.backoffLimit ?? 6) || isPastLimitOnFailure(job, pods)) {
    return fail('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  if (isPastDeadline(sync)) return fail('DeadlineExceeded', 'Job was active longer than specified deadline');
  if (!isIndexed(job)) return undefined;
  const indexFailure = indexCondition(sync, fail);
  if (indexFailure !== undefined) return indexFailure;
  const message = matchSuccessPolicy(job, sync.succeededIndexes);
  return message === undefined ? undefined : condition(sync, 'SuccessCriteriaMet', 'SuccessPolicy', message);
}

function indexCondition(sync: JobSync, fail: (reason: string, message: string) => JobCondition): JobCondition | undefined {
  const { failedIndexes: failed, succeededIndexes: succeeded, job } = sync;
  if (failed === undefined) return undefined;
  const most = specOf(job).maxFailedIndexes;
  if (most !== undefined && failed.size > most) return fail('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
  return failed.size > 0 && failed.size + succeeded.size >= (job.spec.completions ?? 0) ? fail('FailedIndexes', 'Job has failed indexes') : undefined;
}

/** With restartPolicy OnFailure the restarts of running pods count. */
function isPastLimitOnFailure(job: Job, pods: readonly Pod[]): boolean {
  if (job.spec.template.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
    for (const { restartCount } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) restarts += restartCount;
  }
  const limit = job.spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Whether the deadline has passed; otherwise looks again when it will have. */
function isPastDeadline({ job, status, clock, queue, key }: JobSync): boolean {
  const { activeDeadlineSeconds } = job.spec;
  if (activeDeadlineSeconds === undefined || status.startTime === undefined || isSuspended(job)) return false;
  const left = activeDeadlineSeconds * SECOND - clock.since(status.startTime);
  if (left <= 0) return true;
  queue.addAfter(key, left);
  return false;
}

function isComplete({ job, succeeded, active }: JobSync): boolean {
  if (active > 0) return false;
  const { completions } = job.spec;
  return completions === undefined ? succeeded > 0 : succeeded >= completions;
}

function* deleteActivePods(sync: JobSync): Task<Err> {
  const errors = yield* sync.process.join(sync.activePods.map((pod) => deleteActivePod(sync, pod)));
  return errors.find((error) => error !== undefined);
}

function* deleteActivePod(sync: JobSync, pod: Pod): Task<Err> {
  const error = yield* sync.podControl.delete(pod.metadata.namespace ?? '', pod.metadata.name, sync.job);
  if (error !== undefined && error.status?.reason !== 'NotFound') return error;
  sync.active -= 1;
  sync.terminating += 1;
  if (isPodReady(pod)) sync.ready -= 1;
  return undefined;
}

/** Says that the Job was suspended or resumed; resuming starts its time anew. */
function updateSuspended(sync: JobSync): boolean {
  const { job, clock, recorder } = sync;
  const suspended = isSuspended(job);
  const [status, reason, message, event] = suspended ? ['True', 'JobSuspended', 'Job suspended', 'Suspended'] : ['False', 'JobResumed', 'Job resumed', 'Resumed'];
  const conditions = ensureCondition(sync.status.conditions, 'Suspended', status as string, reason as string, message as string, clock.text);
  if (conditions === undefined) return false;
  sync.status = { ...sync.status, conditions, ...(suspended ? {} : { startTime: clock.text }) };
  recorder.event(job, 'Normal', event as string, message as string);
  return true;
}
