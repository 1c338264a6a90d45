/**
 * The Job controller.
 *
 * Safety: every pod UID counts once, as succeeded or failed, across crashes; interim conditions precede terminal ones, and a
 * terminal condition means that nothing is active, terminating or uncounted, and is never undone; active pods stay within the
 * parallelism. Liveness: a Job ends by completion, backoff limit, deadline or policy if its pods end.
 * Source: pkg/controller/job/job_controller.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { claimObjects } from '../../client/controller-ref-manager.ts';
import { ControllerExpectations } from '../../client/expectations.ts';
import type { Err } from '../../client/failure.ts';
import { BY_CONTROLLER, claimable } from '../../client/owner-index.ts';
import { PodControl } from '../../client/pod-template.ts';
import type { Task } from '../../client/process.ts';
import { ItemExponentialFailureRateLimiter } from '../../client/rate-limiter.ts';
import { JOBS, PODS } from '../../client/resources.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { controllerOf, isTerminating, namespacedName, splitKey } from '../../object/meta.ts';
import { isEmptySelector, selectorMatches, selectorOf, type LabelSelector } from '../../object/selector.ts';
import type { Job, OwnerReference, Pod } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { BackoffStore } from './backoff-store.ts';
import { removeTrackingFinalizer } from './finalizers.ts';
import type { JobTools } from './job-sync.ts';
import { hasTrackingFinalizer, isJobFinished, specOf, TRACKING_FINALIZER } from './job-util.ts';
import { JOB_KIND } from './manage-job.ts';
import { syncJob } from './sync-job.ts';

const SECOND = 1_000_000;
/** job_controller.go: SyncJobBatchPeriod, DefaultJobApiBackOff, MaxJobApiBackOff. */
const BATCH_PERIOD = SECOND;
const BACKOFF = SECOND;
const BACKOFF_MAX = 60 * SECOND;
const MANAGER = 'kubernetes.io/job-controller';

export class JobController {
  readonly loop: ControlLoop;
  readonly orphanLoop: ControlLoop;
  private readonly client: Client;
  private readonly jobs: SharedInformer<Job>;
  private readonly pods: SharedInformer<Pod>;
  private readonly tools: JobTools;

  constructor(context: ControllerContext) {
    const { process, clock } = context;
    this.client = context.client('job-controller');
    this.jobs = context.factory.informer<Job>(JOBS);
    this.pods = context.factory.informer<Pod>(PODS);
    this.pods.addIndexers(BY_CONTROLLER);
    const informers = [this.jobs, this.pods];
    const limiter = (): ItemExponentialFailureRateLimiter => new ItemExponentialFailureRateLimiter(BACKOFF, BACKOFF_MAX);
    this.loop = context.loop({ name: 'job-controller', workers: 5, client: this.client, limiter: limiter(), sync: (key) => this.sync(key) }, informers);
    this.orphanLoop = context.loop({ name: 'job-controller.orphan-pods', workers: 5, client: this.client, limiter: limiter(), sync: (key) => this.syncOrphan(key) }, informers);
    const recorder = context.recorder(this.client, 'job-controller');
    this.tools = {
      process, clock, recorder, client: this.client, queue: this.loop.queue, podControl: new PodControl(this.client, recorder),
      expectations: new ControllerExpectations(process), backoff: new BackoffStore(), removals: new Map(),
    };
    this.jobs.addEventHandler({ add: (job) => this.now(job), update: (old, job) => this.jobUpdated(old, job), delete: (job) => this.jobDeleted(job) });
    this.pods.addEventHandler({ add: (pod) => this.podAdded(pod), update: (old, pod) => this.podUpdated(old, pod), delete: (pod) => this.podDeleted(pod, true) });
  }

  private now(job: Job): void {
    this.loop.queue.add(namespacedName(job));
  }

  /** Pod events are gathered for a second before the Job is synced. */
  private batched(job: Job): void {
    this.loop.queue.addAfter(namespacedName(job), BATCH_PERIOD);
  }

  private orphan(pod: Pod): void {
    if (hasTrackingFinalizer(pod)) this.orphanLoop.queue.add(namespacedName(pod));
  }

  private jobUpdated(old: Job, job: Job): void {
    if ((old.metadata.generation ?? 0) === (job.metadata.generation ?? 0)) this.batched(job);
    else this.now(job);
    if (isJobFinished(job)) for (const pod of claimable(this.pods.indexer, job)) if (controllerOf(pod)?.uid === job.metadata.uid) this.orphan(pod);
  }

  private jobDeleted(job: Job): void {
    this.now(job);
    for (const pod of claimable(this.pods.indexer, job)) if (controllerOf(pod)?.uid === job.metadata.uid) this.orphan(pod);
  }

  private resolve(namespace: string | undefined, ref: OwnerReference | undefined): Job | undefined {
    if (ref === undefined || ref.kind !== 'Job') return undefined;
    const job = this.jobs.lister.get(namespace, ref.name);
    return job?.metadata.uid === ref.uid ? job : undefined;
  }

  private podAdded(pod: Pod): void {
    if (isTerminating(pod)) return this.podDeleted(pod, false);
    const ref = controllerOf(pod);
    if (ref === undefined) {
      this.orphan(pod);
      return this.matching(pod);
    }
    const job = this.resolve(pod.metadata.namespace, ref);
    if (job === undefined) return;
    this.tools.expectations.creationObserved(namespacedName(job));
    this.batched(job);
  }

  private podUpdated(old: Pod, pod: Pod): void {
    if (old.metadata.resourceVersion === pod.metadata.resourceVersion) return;
    if (isTerminating(pod)) return this.podDeleted(pod, false);
    const [oldRef, ref] = [controllerOf(old), controllerOf(pod)];
    const isReowned = !semanticEqual(oldRef, ref);
    if (isReowned) {
      const oldJob = this.resolve(old.metadata.namespace, oldRef);
      if (oldJob !== undefined) this.observed(oldJob, pod);
    }
    if (ref !== undefined) {
      const job = this.resolve(pod.metadata.namespace, ref);
      if (job !== undefined) this.observed(job, pod);
      else if (ref.kind === 'Job') this.orphan(pod);
      return;
    }
    this.orphan(pod);
    if (isReowned || !semanticEqual(old.metadata.labels, pod.metadata.labels)) this.matching(pod);
  }

  private podDeleted(pod: Pod, isFinal: boolean): void {
    const ref = controllerOf(pod);
    const job = this.resolve(pod.metadata.namespace, ref);
    if (job === undefined || isJobFinished(job)) {
      if (!isFinal && (ref === undefined || ref.kind === 'Job')) this.orphan(pod);
      return;
    }
    this.tools.expectations.deletionObserved(namespacedName(job));
    if (isFinal) this.tools.removals.get(namespacedName(job))?.delete(pod.metadata.uid);
    this.observed(job, pod);
  }

  /** A pod of this Job has changed; perhaps its finalizer is gone. */
  private observed(job: Job, pod: Pod): void {
    if (!hasTrackingFinalizer(pod)) this.tools.removals.get(namespacedName(job))?.delete(pod.metadata.uid);
    this.batched(job);
  }

  private matching(pod: Pod): void {
    if (pod.metadata.labels === undefined) return;
    for (const job of this.jobs.lister.list(pod.metadata.namespace)) {
      const selector = selectorOf(job.spec.selector as LabelSelector);
      if (!isEmptySelector(selector) && selectorMatches(selector, pod.metadata.labels)) this.batched(job);
    }
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const job = this.jobs.lister.get(namespace, name);
    const { expectations, removals, backoff } = this.tools;
    if (job === undefined) {
      expectations.delete(key);
      removals.delete(key);
      backoff.delete(key);
      return undefined;
    }
    const { managedBy } = specOf(job);
    if (managedBy !== undefined && managedBy !== MANAGER) return undefined;
    if (isJobFinished(job)) {
      backoff.delete(key);
      return undefined;
    }
    const isSatisfied = expectations.satisfied(key);
    const { claimed, error } = yield* claimObjects<Pod>(
      {
        client: this.client, resource: PODS, controller: job, controllerKind: JOB_KIND, controllerResource: JOBS,
        selector: selectorOf(job.spec.selector as LabelSelector), finalizers: [TRACKING_FINALIZER],
      },
      claimable(this.pods.indexer, job),
    );
    if (error !== undefined) return error;
    return yield* syncJob(this.tools, key, job, claimed, isSatisfied);
  }

  /** Pods whose Job is gone or finished lose the finalizer, so that they can go. */
  private *syncOrphan(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const pod = this.pods.lister.get(namespace, name);
    if (pod === undefined || !hasTrackingFinalizer(pod)) return undefined;
    const ref = controllerOf(pod);
    if (ref !== undefined && ref.kind !== 'Job') return undefined;
    const job = this.resolve(namespace, ref);
    if (job !== undefined && !isJobFinished(job)) return undefined;
    return yield* removeTrackingFinalizer(this.tools, pod);
  }
}
