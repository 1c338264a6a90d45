/**
 * The point of no return: from which position on a run was going to fail.
 *
 * The run is rewound to several positions and continued from each with other seeds; the share of continuations that fail is an
 * estimate of how decided the failure was by then. Where that share jumps most is looked at again more closely. The answer is an
 * interval of positions, with the estimates it rests on.
 */
import type { Kernel } from '../kernel/kernel.ts';
import type { LogReader } from '../log/reader.ts';
import type { FedRun } from '../replay/feed.ts';
import { fork } from '../replay/fork.ts';
import type { BuildRun } from '../replay/replay.ts';

export interface InevitableOptions {
  /** Continues a rewound run as far as it takes and says whether it fails. */
  readonly fails: (run: FedRun, kernel: Kernel) => boolean;
  /** Positions to look at in each round. Default 6. */
  readonly rewinds?: number;
  /** Continuations from each position. Default 12. */
  readonly continuations?: number;
  /** Rounds of looking closer. Default 3. */
  readonly rounds?: number;
  /** The first and last position that are of interest. Default: the whole log. */
  readonly from?: number;
  readonly to?: number;
  /** Names the continuations' seeds. Default `inevitable`. */
  readonly seed?: string;
}

/** The share of failing continuations from one position. */
export interface Estimate {
  readonly position: number;
  readonly failed: number;
  readonly tried: number;
}

export interface PointOfNoReturn {
  /** The failure was decided by the records [from, to). */
  readonly from: number;
  readonly to: number;
  /** Shares of failing continuations at both ends. */
  readonly before: number;
  readonly after: number;
  /** All estimates, by position. */
  readonly estimates: readonly Estimate[];
}

/** Finds where the probability of a failure jumps. */
export function pointOfNoReturn(log: LogReader, build: BuildRun, options: InevitableOptions): PointOfNoReturn {
  const estimates = new Map<number, Estimate>();
  const tries = options.continuations ?? 12;
  const estimate = (position: number): Estimate => {
    const known = estimates.get(position);
    if (known !== undefined) return known;
    const made = tryFrom(log, build, options, position, tries);
    estimates.set(position, made);
    return made;
  };
  let from = options.from ?? 0;
  let to = options.to ?? log.length;
  for (let round = 0; round < (options.rounds ?? 3) && to - from > 1; round++) {
    const positions = spread(from, to, options.rewinds ?? 6);
    positions.forEach(estimate);
    [from, to] = widestJump(positions.map(estimate));
  }
  return {
    from,
    to,
    before: share(estimate(from)),
    after: share(estimate(to)),
    estimates: [...estimates.values()].sort((x, y) => x.position - y.position),
  };
}

function tryFrom(log: LogReader, build: BuildRun, options: InevitableOptions, position: number, tries: number): Estimate {
  let failed = 0;
  for (let i = 0; i < tries; i++) {
    const forked = fork(log, build, { at: position, seed: `${options.seed ?? 'inevitable'}/${position}/${i}` });
    if (forked.kind === 'divergence') throw new Error(`the log does not replay: it diverges at #${forked.divergence.seq}`);
    if (options.fails(forked.run, forked.kernel)) failed++;
  }
  return { position, failed, tried: tries };
}

/** `count` positions from `from` to `to`, both ends included. */
function spread(from: number, to: number, count: number): number[] {
  const positions: number[] = [];
  for (let i = 0; i < count; i++) {
    const position = from + Math.round(((to - from) * i) / (count - 1));
    if (positions[positions.length - 1] !== position) positions.push(position);
  }
  return positions;
}

/**
 * The neighbours between which the share grows most. Of several equal ones the last: what was open until late is
 * decided late. One step wider on a side where the ends are not told apart by the tries made.
 */
function widestJump(estimates: readonly Estimate[]): [number, number] {
  let best = 0;
  let jump = -Infinity;
  for (let i = 0; i + 1 < estimates.length; i++) {
    const grown = share(estimates[i + 1] as Estimate) - share(estimates[i] as Estimate);
    if (grown >= jump) [best, jump] = [i, grown];
  }
  return [(estimates[best] as Estimate).position, (estimates[best + 1] as Estimate).position];
}

function share(estimate: Estimate): number {
  return estimate.failed / estimate.tried;
}
