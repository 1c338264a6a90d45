/**
 * Makes the number of a Job's active pods what it should be.
 *
 * At creation active pods, plus terminating ones where only failed pods are replaced, never exceed the parallelism; a sync either
 * deletes or creates. Pods to delete lose their finalizer first, so they are not counted as failures.
 * Source: pkg/controller/job/job_controller.go (manageJob, activePodsForRemoval), indexed_job_utils.go.
 */
import { newControllerRef } from '../../client/controller-ref-manager.ts';
import { isNamespaceTerminating, type Err } from '../../client/failure.ts';
import { podFromTemplate, type PodDraft } from '../../client/pod-template.ts';
import type { Task } from '../../client/process.ts';
import { slowStartBatch } from '../../client/slow-start.ts';
import type { core, Job, Pod } from '../../object/types.ts';
import { sortActivePods } from '../pod/active-pods.ts';
import { isPodReady } from '../pod/pod-state.ts';
import { POD_FAILURE_BACKOFF, POD_FAILURE_BACKOFF_MAX, remainingBackoff } from './backoff-store.ts';
import { removeTrackingFinalizer } from './finalizers.ts';
import { failureCount, firstPendingIndexes, indexesOf } from './indexes.ts';
import type { JobSync } from './job-sync.ts';
import { completionIndex, finishedTime, hasBackoffLimitPerIndex, INDEX_ANNOTATION, INDEX_FAILURES, INDEX_IGNORED_FAILURES, isIndexed, isPodTerminating, isSuspended, onlyReplaceFailed, specOf, TRACKING_FINALIZER } from './job-util.ts';
import { matchPodFailurePolicy } from './pod-failure-policy.ts';

/** job_controller.go: MaxPodCreateDeletePerSync, DefaultJobApiBackOff. */
const PER_SYNC_MAX = 500;
const API_BACKOFF = 1_000_000;
export const JOB_KIND = Object.freeze({ apiVersion: 'batch/v1', kind: 'Job' });

/** Creates or deletes pods; updates the sync's counts. */
export function* manageJob(sync: JobSync): Task<Err> {
  const { job } = sync;
  if (isSuspended(job)) return yield* deletePods(sync, podsForRemoval(sync, sync.active));
  const wanted = wantedActive(sync);
  const surplus = podsForRemoval(sync, Math.max(0, sync.active - wanted)).slice(0, PER_SYNC_MAX);
  if (surplus.length > 0) return yield* deletePods(sync, surplus);
  const missing = Math.min(PER_SYNC_MAX, wanted - sync.active - (onlyReplaceFailed(job) ? sync.terminating : 0));
  return missing > 0 ? yield* createPods(sync, missing) : undefined;
}

function wantedActive({ job, succeeded, active }: JobSync): number {
  const { completions, parallelism = 1 } = job.spec;
  if (completions === undefined) return succeeded > 0 ? active : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}

/** At least `atLeast` pods to remove; of Indexed Jobs also those with a wrong or doubled index. */
function podsForRemoval({ job, activePods, clock }: JobSync, atLeast: number): Pod[] {
  const sorted = sortActivePods(activePods, clock);
  const remove: Pod[] = [];
  let rest = sorted;
  if (isIndexed(job)) {
    const seen = new Set<number>();
    const keep: Pod[] = [];
    for (const pod of [...sorted].reverse()) {
      const index = completionIndex(pod);
      if (index === undefined || index >= (job.spec.completions ?? 0) || seen.has(index)) remove.push(pod);
      else {
        seen.add(index);
        keep.unshift(pod);
      }
    }
    rest = keep;
  }
  return [...remove, ...rest.slice(0, Math.max(0, atLeast - remove.length))];
}

function* deletePods(sync: JobSync, pods: readonly Pod[]): Task<Err> {
  if (pods.length === 0) return undefined;
  const { expectations, key } = sync;
  expectations.expectDeletions(key, pods.length);
  const errors = yield* sync.process.join(pods.map((pod) => deletePod(sync, pod)));
  return errors.find((error) => error !== undefined);
}

function* deletePod(sync: JobSync, pod: Pod): Task<Err> {
  const { podControl, job, expectations, key } = sync;
  const error = (yield* removeTrackingFinalizer(sync, pod)) ?? (yield* podControl.delete(pod.metadata.namespace ?? '', pod.metadata.name, job));
  if (error !== undefined) {
    expectations.deletionObserved(key);
    if (error.status?.reason !== 'NotFound') return error;
  }
  sync.active -= 1;
  sync.terminating += 1;
  if (isPodReady(pod)) sync.ready -= 1;
  return undefined;
}

function* createPods(sync: JobSync, missing: number): Task<Err> {
  const { job, key, expectations } = sync;
  let indexes: readonly number[] | undefined;
  let wait = hasBackoffLimitPerIndex(job) ? 0 : remainingBackoff(sync.backoffRecord, sync.clock);
  if (wait === 0 && isIndexed(job)) {
    const pending = firstPendingIndexes(missing, job.spec.completions ?? 0, takenIndexes(sync));
    ({ indexes, wait } = hasBackoffLimitPerIndex(job) ? dueIndexes(sync, pending) : { indexes: pending, wait: 0 });
  }
  if (wait > 0) {
    sync.queue.addAfter(key, Math.max(API_BACKOFF, wait));
    sync.active = 0;
    return undefined;
  }
  const count = indexes?.length ?? missing;
  expectations.expectCreations(key, count);
  const { successes, error } = yield* slowStartBatch(sync.process, count, 1, (at) => createPod(sync, indexes?.[at]));
  sync.active += successes;
  for (let skipped = count - successes; skipped > 0; skipped--) expectations.creationObserved(key);
  return error;
}

function* createPod({ job, podControl, delayedDeletion }: JobSync, index: number | undefined): Task<Err> {
  const failed = yield* podControl.create(podDraft(job, index, index === undefined ? undefined : delayedDeletion.get(index)), job);
  return isNamespaceTerminating(failed) ? undefined : failed;
}

function takenIndexes(sync: JobSync): ReadonlySet<number>[] {
  const taken: ReadonlySet<number>[] = [sync.succeededIndexes, indexesOf(sync.activePods)];
  if (sync.failedIndexes !== undefined) taken.push(sync.failedIndexes);
  if (onlyReplaceFailed(sync.job)) taken.push(indexesOf(sync.pods.filter(isPodTerminating)));
  return taken;
}

/** With a limit per index each index waits by its own failures. */
function dueIndexes(sync: JobSync, pending: readonly number[]): { indexes: readonly number[]; wait: number } {
  const due: number[] = [];
  let least = Infinity;
  for (const index of pending) {
    const wait = indexBackoff(sync, index);
    if (wait === 0) due.push(index);
    else least = Math.min(least, wait);
  }
  return { indexes: due, wait: due.length === 0 && least < Infinity ? least : 0 };
}

function indexBackoff(sync: JobSync, index: number): number {
  const pod = sync.delayedDeletion.get(index);
  if (pod === undefined) return 0;
  const { counted, ignored } = failuresAfter(sync.job, pod);
  const failures = counted + ignored;
  const wait = failures === 0 ? 0 : Math.min(POD_FAILURE_BACKOFF_MAX, POD_FAILURE_BACKOFF * 2 ** Math.min(failures - 1, 7));
  return Math.max(0, finishedTime(pod, sync.clock) + wait - sync.clock.now);
}

/** The failures of an index once this pod is counted. */
function failuresAfter(job: Job, pod: Pod): { counted: number; ignored: number } {
  const { counts } = matchPodFailurePolicy(specOf(job).podFailurePolicy, pod);
  const ignored = Number(pod.metadata.annotations?.[INDEX_IGNORED_FAILURES] ?? 0) || 0;
  return { counted: failureCount(pod) + (counts ? 1 : 0), ignored: ignored + (counts ? 0 : 1) };
}

function podDraft(job: Job, index: number | undefined, replaced: Pod | undefined): PodDraft {
  const template = job.spec.template;
  const finalizers = [...new Set([...(template.metadata?.finalizers ?? []), TRACKING_FINALIZER])];
  const ref = newControllerRef(job, JOB_KIND);
  if (index === undefined) return podFromTemplate(template, job, ref, { finalizers });
  const text = String(index);
  const annotations: Record<string, string> = { ...template.metadata?.annotations, [INDEX_ANNOTATION]: text };
  if (hasBackoffLimitPerIndex(job)) {
    const { counted, ignored } = replaced === undefined ? { counted: 0, ignored: 0 } : failuresAfter(job, replaced);
    annotations[INDEX_FAILURES] = String(counted);
    if (ignored > 0) annotations[INDEX_IGNORED_FAILURES] = String(ignored);
  }
  const labels = { ...template.metadata?.labels, [INDEX_ANNOTATION]: text };
  // The server's suffix must still fit behind the index.
  const suffix = `-${index}-`;
  const generateName = `${job.metadata.name.slice(0, 58 - suffix.length)}${suffix}`;
  const draft = podFromTemplate(template, job, ref, { finalizers, annotations, labels, generateName });
  return { ...draft, spec: { ...withIndexEnvironment(draft.spec), hostname: `${job.metadata.name}-${index}` } };
}

function withIndexEnvironment(spec: core.PodSpec): core.PodSpec {
  const variable: core.EnvVar = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX_ANNOTATION}']` } } };
  const add = (container: core.Container): core.Container =>
    container.env?.some(({ name }) => name === variable.name) ? container : { ...container, env: [...(container.env ?? []), variable] };
  return { ...spec, containers: spec.containers.map(add), ...(spec.initContainers ? { initContainers: spec.initContainers.map(add) } : {}) };
}
