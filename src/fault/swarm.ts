/**
 * Swarm testing: each run draws which kinds of faults it has at all, and then a plan of those kinds only.
 *
 * A bug that needs fault A and the absence of fault B hides when every run has everything (Groce and others, 2012). Half of the
 * kinds are on in a run on average, drawn from the seed; so is the number of faults.
 *
 * Two faults that have nothing to do with each other seldom meet in time, and much that is wrong shows only where they do (a crash
 * while a cache lags). So every other fault that could begin at any time begins in the wake of the one before it.
 */
import type { Sfc32 } from '../random/sfc32.ts';
import { stream } from '../random/stream.ts';
import { overBudget, type Budget } from './budget.ts';
import type { Fault, FaultPlan, Start } from './plan.ts';

/** Makes one fault of a kind. `name` is unique in the plan. */
export type FaultMaker = (random: Sfc32, name: string, horizon: number) => Fault;

export interface SwarmOptions {
  /** Kinds and how to make one of each, in a fixed order. */
  readonly kinds: Readonly<Record<string, FaultMaker>>;
  /** Faults begin in [0, horizon) and are healed at the horizon, µs. */
  readonly horizon: number;
  readonly most: number;
  /** How often a kind is drawn, against the others that are on. Default 1. */
  readonly weights?: Readonly<Record<string, number>>;
  readonly budget?: Budget;
  /** True: every kind is on in every run. For comparison. */
  readonly all?: boolean;
}

/** The fault plan of a seed. */
export function swarmPlan(seed: string, options: SwarmOptions): FaultPlan {
  const kinds = swarmKinds(seed, options).flatMap((name) => Array.from<string>({ length: options.weights?.[name] ?? 1 }).fill(name));
  const random = stream(seed, 'swarm', 'plan');
  const count = kinds.length === 0 ? 0 : random.below(options.most + 1);
  const faults: Fault[] = [];
  for (let i = 0; i < count; i++) {
    const kind = kinds[random.below(kinds.length)] as string;
    // Each fault is made from a stream of its own, so a maker that draws more does not change the next fault.
    const made = (options.kinds[kind] as FaultMaker)(stream(seed, 'swarm', `fault ${i}`), `${kind}-${i}`, options.horizon);
    const before = faults[faults.length - 1];
    const fault = before === undefined ? made : inTheWake(made, before, stream(seed, 'swarm', `wake ${i}`), options.horizon);
    const plan = { faults: [...faults, fault], healAt: options.horizon };
    if (options.budget === undefined || overBudget(plan, options.budget).length === 0) faults.push(fault);
  }
  return { faults, healAt: options.horizon };
}

/** How long a fault is felt that is over at once, or that lasts to the end: µs. */
const FELT = 5_000_000;

/** Every other time, the same fault while the one before it lasts; one that waits for its own event keeps its aim. */
function inTheWake(fault: Fault, before: Fault, random: Sfc32, horizon: number): Fault {
  if ('when' in fault.start || random.below(2) === 0) return fault;
  const after = random.below(Math.max(1, Math.min(('for' in before ? before.for : undefined) ?? FELT, horizon)));
  const start: Start = 'at' in before.start ? { at: before.start.at + after } : { when: { ...before.start.when, after: (before.start.when.after ?? 0) + after } };
  return 'at' in start && start.at >= horizon ? fault : { ...fault, start };
}

/** Which kinds a seed has on. */
export function swarmKinds(seed: string, options: Pick<SwarmOptions, 'kinds' | 'all'>): readonly string[] {
  const names = Object.keys(options.kinds);
  return options.all === true ? names : names.filter((name) => stream(seed, 'swarm', 'kind', name).below(2) === 1);
}
