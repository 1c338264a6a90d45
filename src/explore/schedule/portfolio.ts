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

/** Over how many picks PCT spreads its priority changes when the length of a run is not known: the magnitude is drawn. */
const MAGNITUDES: readonly number[] = [16, 64, 256, 1024, 4096];

/** The ready order of a named schedule; undefined for `time`. */
export function scheduleNamed(name: ScheduleName, seed: string, options: ScheduleOptions & { readonly steps?: number; readonly picks?: { readonly [draw: string]: number } } = {}): ReadyOrder | undefined {
  switch (name) {
    case 'time':
      return undefined;
    case 'uniform':
      return schedule(uniform(seed), options);
    case 'pct2':
    case 'pct3':
    case 'pct4':
      return schedule(pct(seed, { depth: Number(name.slice(3)), steps: options.steps ?? magnitude(seed) }), options);
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

function magnitude(seed: string): number {
  return MAGNITUDES[stream(seed, 'schedule', 'pct', 'magnitude').below(MAGNITUDES.length)] as number;
}

/** Which member of a portfolio a seed uses. */
export function memberOf(portfolio: readonly ScheduleName[], seed: string): ScheduleName {
  return portfolio[stream(seed, 'portfolio').below(portfolio.length)] ?? 'time';
}
