/**
 * Swarm testing: each run draws which kinds of faults it has at all, and then a plan of those kinds only.
 *
 * A bug that needs fault A and the absence of fault B hides when every run has everything (Groce and others, 2012). Half of the
 * kinds are on in a run on average, drawn from the seed; so is the number of faults.
 */
import type { Sfc32 } from '../random/sfc32.ts';
import { stream } from '../random/stream.ts';
import { overBudget, type Budget } from './budget.ts';
import type { Fault, FaultPlan } from './plan.ts';

/** Makes one fault of a kind. `name` is unique in the plan. */
export type FaultMaker = (random: Sfc32, name: string, horizon: number) => Fault;

export interface SwarmOptions {
  /** Kinds and how to make one of each, in a fixed order. */
  readonly kinds: Readonly<Record<string, FaultMaker>>;
  /** Faults begin in [0, horizon) and are healed at the horizon, µs. */
  readonly horizon: number;
  readonly most: number;
  readonly budget?: Budget;
  /** True: every kind is on in every run. For comparison. */
  readonly all?: boolean;
}

/** The fault plan of a seed. */
export function swarmPlan(seed: string, options: SwarmOptions): FaultPlan {
  const kinds = swarmKinds(seed, options);
  const random = stream(seed, 'swarm', 'plan');
  const count = kinds.length === 0 ? 0 : random.below(options.most + 1);
  const faults: Fault[] = [];
  for (let i = 0; i < count; i++) {
    const kind = kinds[random.below(kinds.length)] as string;
    // Each fault is made from a stream of its own, so a maker that draws more does not change the next fault.
    const fault = (options.kinds[kind] as FaultMaker)(stream(seed, 'swarm', `fault ${i}`), `${kind}-${i}`, options.horizon);
    const plan = { faults: [...faults, fault], healAt: options.horizon };
    if (options.budget === undefined || overBudget(plan, options.budget).length === 0) faults.push(fault);
  }
  return { faults, healAt: options.horizon };
}

/** Which kinds a seed has on. */
export function swarmKinds(seed: string, options: Pick<SwarmOptions, 'kinds' | 'all'>): readonly string[] {
  const names = Object.keys(options.kinds);
  return options.all === true ? names : names.filter((name) => stream(seed, 'swarm', 'kind', name).below(2) === 1);
}
