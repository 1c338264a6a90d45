/**
 * A portfolio of schedules: each seed gets one, in turn, so that a campaign is never much worse than its best member.
 */
import type { ReadyOrder } from '../../kernel/options.ts';
import { stream } from '../../random/stream.ts';
import { pct, roundRobin, schedule, starvation, uniform, urw, written, type ScheduleOptions } from './schedule.ts';

/**
 * Schedules as plain data, part of a run's configuration. `time` is the order of time itself; `written` is that order except where
 * a plan's answers say otherwise, which is what a shrunk schedule is.
 */
export const SCHEDULES = ['time', 'uniform', 'pct2', 'pct3', 'pct4', 'urw', 'starvation', 'round-robin', 'written'] as const;
export type ScheduleName = (typeof SCHEDULES)[number];

/** What a campaign uses when it is not told otherwise. */
export const PORTFOLIO: readonly ScheduleName[] = ['time', 'uniform', 'pct3', 'urw', 'starvation'];

/** How many steps PCT spreads its priority changes over, when the length of a run is not known. */
const STEPS_GUESS = 2_000;

/** The ready order of a named schedule; undefined for `time`. */
export function scheduleNamed(name: ScheduleName, seed: string, options: ScheduleOptions & { readonly steps?: number; readonly picks?: { readonly [draw: string]: number } } = {}): ReadyOrder | undefined {
  const steps = options.steps ?? STEPS_GUESS;
  switch (name) {
    case 'time':
      return undefined;
    case 'uniform':
      return schedule(uniform(seed), options);
    case 'pct2':
    case 'pct3':
    case 'pct4':
      return schedule(pct(seed, { depth: Number(name.slice(3)), steps }), options);
    case 'urw':
      return schedule(urw(seed), options);
    case 'starvation':
      return schedule(starvation(seed, { stretch: 50 }), options);
    case 'round-robin':
      return schedule(roundRobin(), options);
    case 'written':
      return written(options.picks ?? {}, options);
  }
}

/** Which member of a portfolio a seed uses. */
export function memberOf(portfolio: readonly ScheduleName[], seed: string): ScheduleName {
  return portfolio[stream(seed, 'portfolio').below(portfolio.length)] ?? 'time';
}
