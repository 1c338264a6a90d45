/**
 * The TTL-after-finished controller: deletes Jobs some time after they have finished.
 *
 * Safety: the live Job is read and judged again before it is deleted, with its UID as precondition. Liveness: a finished Job with a
 * TTL goes at its time. Source: pkg/controller/ttlafterfinished/ttlafterfinished_controller.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { JOBS } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { isTerminating, namespacedName, splitKey } from '../../object/meta.ts';
import type { Job } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { isJobFinished } from '../job/job-util.ts';

const SECOND = 1_000_000;

export class TTLAfterFinishedController {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly jobs: SharedInformer<Job>;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('ttl-after-finished-controller');
    this.jobs = context.factory.informer<Job>(JOBS);
    this.loop = context.loop({ name: 'ttl-after-finished-controller', workers: 5, client: this.client, sync: (key) => this.sync(key) }, [this.jobs]);
    const changed = (job: Job): void => {
      if (!isTerminating(job) && this.needsCleanup(job)) this.loop.queue.add(namespacedName(job));
    };
    this.jobs.addEventHandler({ add: changed, update: (_old, job) => changed(job) });
  }

  private needsCleanup(job: Job): boolean {
    return job.spec.ttlSecondsAfterFinished !== undefined && isJobFinished(job);
  }

  /** µs until the Job's time is over; undefined when it has none. */
  private timeLeft(job: Job): number | undefined {
    if (isTerminating(job) || !this.needsCleanup(job)) return undefined;
    const finished = job.status.conditions?.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True');
    const at = this.context.clock.parse(finished?.lastTransitionTime as string | undefined);
    return at + (job.spec.ttlSecondsAfterFinished ?? 0) * SECOND - this.context.clock.now;
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const cached = this.jobs.lister.get(namespace, name);
    if (cached === undefined) return undefined;
    const left = this.timeLeft(cached);
    if (left === undefined) return undefined;
    if (left > 0) {
      this.loop.queue.addAfter(key, left);
      return undefined;
    }
    const live = yield* this.client.get<Job>(JOBS, namespace, name);
    if (!live.ok) return isNotFound(live) ? undefined : failureOf(live);
    const liveLeft = this.timeLeft(live.object);
    if (liveLeft === undefined) return undefined;
    if (liveLeft > 0) {
      this.loop.queue.addAfter(key, liveLeft);
      return undefined;
    }
    const { uid } = live.object.metadata;
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Foreground', preconditions: { uid } };
    return failureOf(yield* this.client.delete(JOBS, namespace, name, body));
  }
}
