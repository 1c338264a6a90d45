/**
 * Which scheduled time of a CronJob is due, and when to look again.
 *
 * Only the latest missed time is made up for; the jump over missed ones assumes regular intervals, as upstream does.
 * Source: pkg/controller/cronjob/utils.go.
 */
import type { WallClock } from '../../client/wall-clock.ts';
import type { CronJob } from '../../object/types.ts';
import type { CronSchedule } from './cron-schedule.ts';

const SECOND = 1_000_000;
/** utils.go: more missed times than this get a warning. */
const MISSED_MAX = 100;
/** cronjob_controllerv2.go: nextScheduleDelta, so that the sync comes after the time and not before. */
const NEXT_SCHEDULE_DELTA = 100_000;

export interface DueTime {
  /** Seconds since 1970. */
  readonly time: number | undefined;
  readonly tooManyMissed: boolean;
}

/** The most recent scheduled time up to now that was not used yet. */
export function nextScheduleTime(cronJob: CronJob, clock: WallClock, schedule: CronSchedule): DueTime {
  const { latest, missed } = mostRecent(cronJob, clock, schedule, true);
  return { time: latest, tooManyMissed: missed > MISSED_MAX };
}

/** µs until the next scheduled time, and a little more; undefined when there is none. */
export function nextScheduleDelay(cronJob: CronJob, clock: WallClock, schedule: CronSchedule): number | undefined {
  const { earliest, latest, missed } = mostRecent(cronJob, clock, schedule, false);
  const from = latest ?? (missed === 0 ? earliest : Math.floor(clock.now / SECOND));
  const next = schedule.next(from);
  return next === undefined ? undefined : next * SECOND + NEXT_SCHEDULE_DELTA - clock.now;
}

function mostRecent(cronJob: CronJob, clock: WallClock, schedule: CronSchedule, withDeadline: boolean): { earliest: number; latest: number | undefined; missed: number } {
  const now = clock.now / SECOND;
  const last = (cronJob.status as { lastScheduleTime?: string } | undefined)?.lastScheduleTime;
  let earliest = clock.parse(last ?? cronJob.metadata.creationTimestamp) / SECOND;
  const { startingDeadlineSeconds } = cronJob.spec;
  if (withDeadline && startingDeadlineSeconds !== undefined) earliest = Math.max(earliest, now - startingDeadlineSeconds);
  const first = schedule.next(earliest);
  if (first === undefined || now < first) return { earliest, latest: undefined, missed: 0 };
  const second = schedule.next(first);
  if (second === undefined || now < second) return { earliest, latest: first, missed: 0 };
  const interval = second - first;
  const missed = Math.floor(Math.floor(now - first) / interval) + 1;
  let latest: number | undefined;
  for (let time = schedule.next(first + (missed - 2) * interval); time !== undefined && time <= now; time = schedule.next(time)) latest = time;
  return { earliest, latest, missed };
}
