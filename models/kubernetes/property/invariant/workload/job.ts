/** Laws of Jobs: each pod counts once, and the end comes in two steps and stays. */
import type { Job, Pod } from '../../../object/types.ts';
import { invariant, type Invariant } from '../../invariant.ts';
import { controlledBy, controllerIn, isActive, isTerminal, isTerminating, ownedBy, place } from './owner.ts';

const FINALIZER = 'batch.kubernetes.io/job-tracking';
const conditionOf = ({ status }: Job, type: string): boolean => (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
const isFinished = (job: Job): boolean => conditionOf(job, 'Complete') || conditionOf(job, 'Failed');
const uncounted = ({ status }: Job): { readonly succeeded: readonly string[]; readonly failed: readonly string[] } => {
  const { succeeded = [], failed = [] } = status?.uncountedTerminatedPods ?? {};
  return { succeeded, failed };
};

/** Interim before final, one family, nothing left over, never undone. */
export const endsOnce: Invariant<undefined> = invariant('a Job ends once, and nothing of it is left then', ['jobs'], ({ object, previous, isDelete }) => {
  if (isDelete) return false;
  const job = object as Job;
  const [succeeds, fails] = [conditionOf(job, 'SuccessCriteriaMet'), conditionOf(job, 'FailureTarget')];
  if (succeeds && fails) return `${place(job)} has both succeeded and failed`;
  if ((conditionOf(job, 'Complete') && !succeeds) || (conditionOf(job, 'Failed') && !fails)) return `${place(job)} ended without saying so before`;
  for (const type of ['SuccessCriteriaMet', 'FailureTarget', 'Complete', 'Failed']) {
    if (previous !== undefined && conditionOf(previous as Job, type) && !conditionOf(job, type)) return `${place(job)} was ${type} and is not any more`;
  }
  if (job.status?.completionTime !== undefined && !conditionOf(job, 'Complete')) return `${place(job)} has a completion time without being complete`;
  if (!isFinished(job)) return succeeds || fails ? undefined : false;
  const { active = 0, terminating = 0 } = job.status;
  const { succeeded, failed } = uncounted(job);
  return active + (terminating ?? 0) + succeeded.length + failed.length === 0 ? undefined : `${place(job)} has ended with ${active} active, ${terminating} terminating and ${succeeded.length + failed.length} uncounted pods`;
});

/** Which pods a Job has counted or is about to, and which of its pods have ended. */
interface Counted {
  readonly succeeded: Set<string>;
  readonly failed: Set<string>;
  readonly ended: Set<string>;
  readonly over: Set<string>;
}

/** Each pod is counted once, as what it was. */
export const countsOnce: Invariant<Map<string, Counted>> = {
  name: 'a Job counts a pod once, and only one that has ended',
  resources: ['jobs', 'pods'],
  state: () => new Map(),
  check: ({ resource, object, isDelete }, _objects, memory) => {
    const of = (uid: string): Counted => {
      let found = memory.get(uid);
      if (found === undefined) memory.set(uid, (found = { succeeded: new Set(), failed: new Set(), ended: new Set(), over: new Set() }));
      return found;
    };
    if (resource === 'pods') {
      const owner = controlledBy(object, 'Job');
      if (owner === undefined) return false;
      if ((object as Pod).status?.phase === 'Succeeded') of(owner.uid).ended.add(object.metadata.uid);
      if ((object as Pod).status?.phase === 'Failed' || isTerminating(object) || isDelete) of(owner.uid).over.add(object.metadata.uid);
      return false;
    }
    const job = object as Job;
    const counted = of(job.metadata.uid);
    const { succeeded, failed } = uncounted(job);
    for (const uid of succeeded) counted.succeeded.add(uid);
    for (const uid of failed) counted.failed.add(uid);
    const both = [...counted.succeeded].find((uid) => counted.failed.has(uid));
    if (both !== undefined) return `${place(job)} counted the pod ${both} as succeeded and as failed`;
    if (job.spec.completionMode === 'Indexed') return undefined;
    const [good, bad] = [(job.status?.succeeded ?? 0) + succeeded.length, (job.status?.failed ?? 0) + failed.length];
    if (good > counted.ended.size) return `${place(job)} counts ${good} succeeded pods; ${counted.ended.size} have succeeded`;
    return bad <= counted.over.size ? undefined : `${place(job)} counts ${bad} failed pods; ${counted.over.size} have failed or were deleted`;
  },
};

/** A pod that has ended keeps its finalizer until the Job's status knows it. */
export const finalizerKept: Invariant<undefined> = invariant('a Job lets go of a pod when it has counted it', ['pods'], ({ object, previous, isDelete }, objects) => {
  const had = (pod: Pod | undefined): boolean => pod?.metadata.finalizers?.includes(FINALIZER) === true;
  if (!had(previous as Pod | undefined) || (had(object as Pod) && !isDelete) || !isTerminal(object as Pod)) return false;
  const job = controllerIn<Job>(objects, 'jobs', object, 'Job');
  // One that is suspended lets go of pods that ran when the controller looked (job_controller.go, `deleteJobPods`).
  if (job === undefined || isTerminating(job) || isFinished(job) || job.spec.completionMode === 'Indexed' || job.spec.suspend === true) return false;
  // A failure that the policy ignores is not counted (pod_failure_policy.go).
  const ignores = job.spec.podFailurePolicy?.rules.some(({ action }) => action === 'Ignore') === true;
  if (ignores && (object as Pod).status?.phase === 'Failed') return false;
  const { succeeded, failed } = uncounted(job);
  return [...succeeded, ...failed].includes(object.metadata.uid) ? undefined : `${place(object)} lost its finalizer, and ${place(job)} has not counted it`;
});

/** With fresh caches no more pods run than may run at once. */
export const parallelismKept: Invariant<Map<string, number>> = {
  name: 'a Job makes no more pods than may run at once',
  resources: ['jobs', 'pods'],
  state: () => new Map(),
  check: ({ resource, object, previous, isDelete }, objects, most) => {
    if (resource === 'jobs') {
      const { uid } = object.metadata;
      most.set(uid, Math.max(most.get(uid) ?? 0, (object as Job).spec.parallelism ?? 1));
      return false;
    }
    const owner = controlledBy(object, 'Job');
    if (owner === undefined || isDelete || previous !== undefined || !most.has(owner.uid)) return false;
    const active = ownedBy<Pod>(objects, 'pods', owner.uid).filter(isActive).length;
    return active <= (most.get(owner.uid) as number) ? undefined : `${place(object)} is pod ${active} of Job ${owner.name}, of which ${most.get(owner.uid)} may run at once`;
  },
};
