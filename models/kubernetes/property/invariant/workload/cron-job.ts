/** Laws of CronJobs: a Job a minute at most, in time, and as the concurrency policy says. */
import { parseTime } from '../../../object/time.ts';
import type { CronJob, Job } from '../../../object/types.ts';
import type { Invariant } from '../../invariant.ts';
import { controlledBy, controllerIn, isTerminating, ownedBy, place } from './owner.ts';

const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
/** Clocks of components may differ by so much, µs. */
const SKEW = 5_000_000;
/** How old what the controller acts on may be, µs. */
const LAG = 2_000_000;

const isFinished = ({ status }: Job): boolean => (status?.conditions ?? []).some(({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True');
const scheduled = ({ metadata }: Job): number => parseTime(metadata.annotations?.[SCHEDULED] ?? '') ?? Number.NaN;

/** Each minute of a schedule starts one Job, and not before it has come. */
export const onceAMinute: Invariant<Map<string, Set<number>>> = {
  name: 'a CronJob starts one Job for a minute, not before it',
  resources: ['jobs'],
  state: () => new Map(),
  check: ({ object, previous, isDelete }, _objects, memory) => {
    const owner = controlledBy(object, 'CronJob');
    if (owner === undefined || isDelete || previous !== undefined) return false;
    const at = scheduled(object as Job);
    const created = parseTime(object.metadata.creationTimestamp) as number;
    if (Number.isNaN(at)) return `${place(object)} does not say when it was scheduled`;
    if (object.metadata.name !== `${owner.name}-${Math.floor(at / 60_000_000)}`) return `${place(object)} is no name of the minute ${at}`;
    if (created + SKEW < at) return `${place(object)} was made before its time`;
    const known = memory.get(owner.uid) ?? new Set();
    memory.set(owner.uid, known);
    if (known.has(at)) return `${place(object)} was made a second time`;
    known.add(at);
    return undefined;
  },
};

/** What the spec said long enough ago for the controller to know: suspended, and the policy. */
interface Known {
  readonly suspendedSince: Map<string, number>;
  readonly policySince: Map<string, { readonly policy: string; readonly since: number }>;
}

/** Suspended CronJobs start nothing; Forbid and Replace never leave two running on purpose. */
export const policyKept: Invariant<Known> = {
  name: 'a CronJob starts Jobs as its spec allows',
  resources: ['jobs', 'cronjobs'],
  state: () => ({ suspendedSince: new Map(), policySince: new Map() }),
  check: ({ resource, object, previous, isDelete }, objects, { suspendedSince, policySince }, time) => {
    if (resource === 'cronjobs') {
      const { uid } = object.metadata;
      const { suspend = false, concurrencyPolicy = 'Allow' } = (object as CronJob).spec;
      if (!suspend) suspendedSince.delete(uid);
      else if (!suspendedSince.has(uid)) suspendedSince.set(uid, time);
      if (policySince.get(uid)?.policy !== concurrencyPolicy) policySince.set(uid, { policy: concurrencyPolicy, since: time });
      return false;
    }
    const cronJob = controllerIn<CronJob>(objects, 'cronjobs', object, 'CronJob');
    if (cronJob === undefined || isDelete || previous !== undefined) return false;
    const { uid } = cronJob.metadata;
    if (time - (suspendedSince.get(uid) ?? Infinity) > LAG) return `${place(object)} was made though ${place(cronJob)} is suspended`;
    const { policy = 'Allow', since = time } = policySince.get(uid) ?? {};
    if (policy === 'Allow' || time - since <= LAG) return undefined;
    const running = ownedBy<Job>(objects, 'jobs', uid).find((job) => job.metadata.uid !== object.metadata.uid && !isFinished(job) && !isTerminating(job));
    return running === undefined ? undefined : `${place(object)} was made while ${running.metadata.name} runs, and the policy is ${policy}`;
  },
};
