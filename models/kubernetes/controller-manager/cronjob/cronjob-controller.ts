/**
 * The CronJob controller.
 *
 * Safety: at most one Job per scheduled minute (its name contains the minute), never before its time nor later than the starting
 * deadline, none while suspended; Forbid makes none while one is active. Liveness: each scheduled time while the controller runs
 * starts a Job; after a pause only the latest missed one. Source: pkg/controller/cronjob/{cronjob_controllerv2,utils}.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { newControllerRef } from '../../client/controller-ref-manager.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { failure, failureOf, isNamespaceTerminating, type Err } from '../../client/failure.ts';
import { BY_CONTROLLER, controlledBy } from '../../client/owner-index.ts';
import type { Task } from '../../client/process.ts';
import { CRON_JOBS, JOBS } from '../../client/resources.ts';
import { isAlreadyExists, isNotFound } from '../../client/result.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import type { WallClock } from '../../client/wall-clock.ts';
import { controllerOf, isTerminating, namespacedName, splitKey } from '../../object/meta.ts';
import { formatSeconds } from '../../object/time.ts';
import { formatIn, timeZone as zoneNamed, UTC } from '../../object/time-zone.ts';
import type { core, CronJob, Job } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { isJobFinished } from '../job/job-util.ts';
import { parseSchedule, type CronSchedule } from './cron-schedule.ts';
import { nextScheduleDelay, nextScheduleTime } from './schedule-times.ts';

const SCHEDULED_TIMESTAMP = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const KIND = Object.freeze({ apiVersion: 'batch/v1', kind: 'CronJob' });

/** What a sync does with its CronJob; `cronJob` changes, and is written once at the end. */
interface CronSync {
  cronJob: CronJob;
  changed: boolean;
}

/** The outcome: an error, or when to look again (µs). */
interface Next {
  readonly error?: NonNullable<Err>;
  readonly after?: number;
}

export class CronJobController {
  readonly loop: ControlLoop;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly clock: WallClock;
  private readonly cronJobs: SharedInformer<CronJob>;
  private readonly jobs: SharedInformer<Job>;
  private readonly requeue = new Map<string, number>();

  constructor(context: ControllerContext) {
    this.clock = context.clock;
    this.client = context.client('cronjob-controller');
    this.recorder = context.recorder(this.client, 'cronjob-controller');
    this.cronJobs = context.factory.informer<CronJob>(CRON_JOBS);
    this.jobs = context.factory.informer<Job>(JOBS);
    this.jobs.addIndexers(BY_CONTROLLER);
    const settle = (key: string, error: Err): void => this.settle(key, error);
    this.loop = context.loop({ name: 'cronjob-controller', workers: 5, client: this.client, settle, sync: (key) => this.sync(key) }, [this.cronJobs, this.jobs]);
    const enqueue = (cronJob: CronJob): void => this.loop.queue.add(namespacedName(cronJob));
    this.cronJobs.addEventHandler({ add: enqueue, update: (old, cronJob) => this.cronJobUpdated(old, cronJob), delete: enqueue });
    const jobChanged = (job: Job): void => {
      const ref = controllerOf(job);
      const owner = ref?.kind === 'CronJob' ? this.cronJobs.lister.get(job.metadata.namespace, ref.name) : undefined;
      if (owner !== undefined && owner.metadata.uid === ref?.uid) enqueue(owner);
    };
    this.jobs.addEventHandler({
      add: jobChanged,
      update: (old, job) => {
        if (old.metadata.resourceVersion !== job.metadata.resourceVersion) jobChanged(job);
      },
      delete: jobChanged,
    });
  }

  /** After a change of the schedule nothing is made up for: the next time counts. */
  private cronJobUpdated(old: CronJob, cronJob: CronJob): void {
    const isRescheduled = old.spec.schedule !== cronJob.spec.schedule || old.spec.timeZone !== cronJob.spec.timeZone;
    if (!isRescheduled) return this.loop.queue.add(namespacedName(cronJob));
    const schedule = scheduleOf(cronJob);
    if ('error' in schedule) return;
    const after = nextScheduleDelay(cronJob, this.clock, schedule);
    if (after !== undefined) this.loop.queue.addAfter(namespacedName(cronJob), after);
  }

  private settle(key: string, error: Err): void {
    const after = this.requeue.get(key);
    this.requeue.delete(key);
    if (error !== undefined) return this.loop.queue.addRateLimited(key);
    if (after === undefined) return;
    this.loop.queue.forget(key);
    this.loop.queue.addAfter(key, after);
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const cronJob = this.cronJobs.lister.get(namespace, name);
    if (cronJob === undefined) return undefined;
    const jobs = controlledBy(this.jobs.indexer, cronJob.metadata.uid);
    const state: CronSync = { cronJob, changed: false };
    yield* this.cleanupFinishedJobs(state, jobs);
    const next = yield* this.syncCronJob(state, jobs);
    if (state.changed) {
      const error = failureOf(yield* this.client.updateStatus<CronJob>(CRON_JOBS, state.cronJob));
      if (error !== undefined) return error;
    }
    if (next.after !== undefined) this.requeue.set(key, next.after);
    return next.error;
  }

  /** Deletes the oldest finished Jobs beyond the history limits. */
  private *cleanupFinishedJobs(state: CronSync, jobs: readonly Job[]): Task {
    const { successfulJobsHistoryLimit: successMax, failedJobsHistoryLimit: failedMax } = state.cronJob.spec;
    const finished = (type: string): Job[] => jobs.filter((job) => job.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True'));
    for (const [list, most] of [[finished('Complete'), successMax], [finished('Failed'), failedMax]] as const) {
      if (most === undefined || list.length <= most) continue;
      list.sort(byStartTime);
      for (const job of list.slice(0, list.length - most)) yield* this.deleteJob(state, job);
    }
  }

  private *deleteJob(state: CronSync, job: Job): Task<boolean> {
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
    const result = yield* this.client.delete(JOBS, job.metadata.namespace, job.metadata.name, body);
    if (!result.ok) {
      this.recorder.event(state.cronJob, 'Warning', 'FailedDelete', `Deleted job: ${result.status.message ?? ''}`);
      return false;
    }
    removeActive(state, job.metadata.uid);
    this.recorder.event(state.cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
    return true;
  }

  private *syncCronJob(state: CronSync, jobs: readonly Job[]): Task<Next> {
    const error = (yield* this.syncKnownJobs(state, jobs)) ?? (yield* this.syncMissingJobs(state, jobs));
    if (error !== undefined) return { error };
    const { cronJob } = state;
    if (isTerminating(cronJob)) return {};
    const { timeZone, schedule: text, suspend } = cronJob.spec;
    if (timeZone !== undefined && zoneNamed(timeZone) === undefined) {
      this.recorder.event(cronJob, 'Warning', 'UnknownTimeZone', `invalid timeZone: "${timeZone}": unknown time zone ${timeZone}`);
      return {};
    }
    if (suspend === true) return {};
    const schedule = scheduleOf(cronJob);
    if ('error' in schedule) {
      this.recorder.event(cronJob, 'Warning', 'UnparseableSchedule', `unparseable schedule: "${text}" : ${schedule.error}`);
      return {};
    }
    const due = nextScheduleTime(cronJob, this.clock, schedule);
    const after = nextScheduleDelay(cronJob, this.clock, schedule);
    const later: Next = after === undefined ? {} : { after };
    if (due.time === undefined) return later;
    if (due.tooManyMissed) {
      const message = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
      this.recorder.event(cronJob, 'Warning', 'TooManyMissedTimes', message);
    }
    return yield* this.startDue(state, schedule, due.time, later);
  }

  /** Brings the list of active Jobs and the last success up to date with the Jobs that are there. */
  private *syncKnownJobs(state: CronSync, jobs: readonly Job[]): Task<Err> {
    for (const job of jobs) {
      const { name, uid } = job.metadata;
      const isActive = activeOf(state.cronJob).some((ref) => ref.uid === uid);
      if (!isActive && !isJobFinished(job)) {
        const { namespace, name: own } = state.cronJob.metadata;
        const live = yield* this.client.get<CronJob>(CRON_JOBS, namespace, own);
        if (!live.ok) return failureOf(live);
        if (activeOf(live.object).some((ref) => ref.uid === uid)) {
          state.cronJob = live.object;
          continue;
        }
        this.recorder.event(state.cronJob, 'Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`);
      } else if (isActive && isJobFinished(job)) {
        removeActive(state, uid);
        const condition = job.status.conditions?.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')?.type ?? '';
        this.recorder.event(state.cronJob, 'Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${condition}`);
      }
      this.noteSuccess(state, job);
    }
    return undefined;
  }

  private noteSuccess(state: CronSync, job: Job): void {
    const completed = job.status?.completionTime as string | undefined;
    const last = state.cronJob.status?.lastSuccessfulTime as string | undefined;
    const isComplete = job.status?.conditions?.some(({ type, status }) => type === 'Complete' && status === 'True') === true;
    if (isComplete && completed !== undefined && (last === undefined || completed > last)) setStatus(state, { lastSuccessfulTime: completed });
  }

  /** Active Jobs that are really gone leave the list. */
  private *syncMissingJobs(state: CronSync, jobs: readonly Job[]): Task<Err> {
    const known = new Set(jobs.map(({ metadata }) => metadata.uid));
    for (const ref of activeOf(state.cronJob)) {
      if (known.has(ref.uid ?? '')) continue;
      const live = yield* this.client.get<Job>(JOBS, ref.namespace, ref.name ?? '');
      if (live.ok) continue;
      if (!isNotFound(live)) return failureOf(live);
      this.recorder.event(state.cronJob, 'Normal', 'MissingJob', `Active job went missing: ${ref.name ?? ''}`);
      removeActive(state, ref.uid ?? '');
    }
    return undefined;
  }

  private *startDue(state: CronSync, schedule: CronSchedule, time: number, later: Next): Task<Next> {
    const { cronJob } = state;
    const { startingDeadlineSeconds, concurrencyPolicy } = cronJob.spec;
    if (startingDeadlineSeconds !== undefined && (time + startingDeadlineSeconds) * 1_000_000 < this.clock.now) {
      this.recorder.event(cronJob, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${rfc1123(time)}`);
      return later;
    }
    const name = jobName(cronJob, time);
    const scheduled = formatSeconds(time);
    if (activeOf(cronJob).some((ref) => ref.name === name) || cronJob.status?.lastScheduleTime as string | undefined === scheduled) return later;
    if (concurrencyPolicy === 'Forbid' && activeOf(cronJob).length > 0) {
      this.recorder.event(cronJob, 'Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid');
      return later;
    }
    if (concurrencyPolicy === 'Replace') {
      const error = yield* this.replaceActive(state);
      if (error !== undefined) return { error };
    }
    const created = yield* this.createJob(state, name, time);
    if (created.error !== undefined || created.job === undefined) return created.error === undefined ? {} : { error: created.error };
    const { job } = created;
    const ref = { kind: 'Job', namespace: job.metadata.namespace, name: job.metadata.name, uid: job.metadata.uid, apiVersion: 'batch/v1', resourceVersion: job.metadata.resourceVersion };
    setStatus(state, { active: [...activeOf(state.cronJob), ref], lastScheduleTime: scheduled });
    const after = nextScheduleDelay(state.cronJob, this.clock, schedule);
    return after === undefined ? {} : { after };
  }

  private *replaceActive(state: CronSync): Task<Err> {
    for (const ref of activeOf(state.cronJob)) {
      const live = yield* this.client.get<Job>(JOBS, ref.namespace, ref.name ?? '');
      if (!live.ok) {
        this.recorder.event(state.cronJob, 'Warning', 'FailedGet', `Get job: ${live.status.message ?? ''}`);
        return failureOf(live);
      }
      if (!(yield* this.deleteJob(state, live.object))) return failure(`could not replace job ${live.object.metadata.namespace ?? ''}/${live.object.metadata.name}`);
    }
    return undefined;
  }

  private *createJob(state: CronSync, name: string, time: number): Task<{ error?: NonNullable<Err>; job?: Job }> {
    const { cronJob } = state;
    const { timeZone, jobTemplate: { metadata, spec } } = cronJob.spec;
    const zone = (timeZone === undefined ? undefined : zoneNamed(timeZone)) ?? UTC;
    const annotations = { ...metadata?.annotations, [SCHEDULED_TIMESTAMP]: formatIn(zone, time) };
    const ownerReferences = [newControllerRef(cronJob, KIND)];
    const body = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, ...(metadata?.labels ? { labels: metadata.labels } : {}), annotations, ownerReferences }, spec };
    const result = yield* this.client.create<Job>(JOBS, cronJob.metadata.namespace, body);
    if (result.ok) {
      this.recorder.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${result.object.metadata.name}`);
      return { job: result.object };
    }
    const error = failureOf(result) as NonNullable<Err>;
    if (isNamespaceTerminating(error)) return { error };
    if (!isAlreadyExists(result)) {
      this.recorder.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${error.message}`);
      return { error };
    }
    const live = yield* this.client.get<Job>(JOBS, cronJob.metadata.namespace, name);
    if (!live.ok) return { error: failureOf(live) as NonNullable<Err> };
    return controllerOf(live.object)?.uid === cronJob.metadata.uid ? { job: live.object } : {};
  }
}

const activeOf = (cronJob: CronJob): readonly core.ObjectReference[] => cronJob.status?.active ?? [];

function setStatus(state: CronSync, status: Record<string, unknown>): void {
  state.cronJob = { ...state.cronJob, status: { ...state.cronJob.status, ...status } };
  state.changed = true;
}

function removeActive(state: CronSync, uid: string): void {
  const active = activeOf(state.cronJob);
  const rest = active.filter((ref) => ref.uid !== uid);
  if (rest.length === active.length) return;
  const { active: _active, ...others } = state.cronJob.status;
  state.cronJob = { ...state.cronJob, status: rest.length > 0 ? { ...others, active: rest } : others };
  state.changed = true;
}

function scheduleOf({ spec }: CronJob): CronSchedule | { readonly error: string } {
  const named = /^(?:CRON_TZ|TZ)=(\S+)\s+(.*)$/.exec(spec.schedule);
  const name = named?.[1] ?? spec.timeZone ?? 'UTC';
  const zone = zoneNamed(name);
  return zone === undefined ? { error: `provided bad location ${name}: unknown time zone ${name}` } : parseSchedule(named?.[2] ?? spec.schedule, zone);
}

/** Scheduled minute in the name: two controllers make the same Job, not two. */
const jobName = (cronJob: CronJob, time: number): string => `${cronJob.metadata.name}-${Math.floor(time / 60)}`;

function byStartTime(a: Job, b: Job): number {
  const [startA, startB] = [(a.status?.startTime as string | undefined) ?? '', (b.status?.startTime as string | undefined) ?? ''];
  if (startA !== startB) return startA < startB ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

const WEEKDAYS = Object.freeze(['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']);
const MONTHS = Object.freeze(['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']);

/** Go's RFC1123Z in UTC. */
function rfc1123(seconds: number): string {
  const text = formatSeconds(seconds);
  const weekday = WEEKDAYS[(Math.floor(seconds / 86_400) + 4) % 7] as string;
  return `${weekday}, ${text.slice(8, 10)} ${MONTHS[Number(text.slice(5, 7)) - 1] as string} ${text.slice(0, 4)} ${text.slice(11, 19)} +0000`;
}
