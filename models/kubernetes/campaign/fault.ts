/**
 * How campaigns draw faults: one maker for each kind, and the budget that correct components have to survive.
 */
import type { Sfc32 } from '../../../src/index.ts';
import type { Budget } from '../../../src/fault/budget.ts';
import type { Fault } from '../../../src/fault/plan.ts';
import type { FaultMaker } from '../../../src/fault/swarm.ts';
import type { ClusterConfig } from '../cluster/config.ts';
import type { FaultKind } from '../fault/kind.ts';
import { FAULT_KINDS } from '../fault/vocabulary.ts';
import type { Action } from './action.ts';
import { momentsOf, type Moments } from './moment.ts';

const SECOND = 1_000_000;

/** Actors that may crash, pause or be slow, by type. */
const PROCESSES = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'] as const;

const pick = <T>(random: Sfc32, list: readonly T[]): T => list[random.below(list.length)] as T;

/** The engine's kinds, as they befall a cluster. Clocks differ by less than a lease lasts. */
const processFaults = (processes: readonly string[], start: Moments): Readonly<Record<string, FaultMaker>> => ({
  crash: (random, name, horizon) => ({ name, kind: 'crash', start: start(random, horizon), for: 100_000 + random.below(5 * SECOND), target: pick(random, processes) }),
  pause: (random, name, horizon) => ({ name, kind: 'pause', start: start(random, horizon), for: 100_000 + random.below(10 * SECOND), target: pick(random, processes) }),
  slow: (random, name, horizon) => ({ name, kind: 'slow', start: start(random, horizon), for: SECOND + random.below(10 * SECOND), by: 1_000 + random.below(200_000), target: pick(random, processes) }),
  skew: (random, name, horizon) => ({ name, kind: 'skew', start: start(random, horizon), by: random.below(4 * SECOND), target: pick(random, ['kube-controller-manager', 'kube-scheduler', 'kubelet']) }),
  delay: (random, name, horizon) => ({
    name, kind: 'delay', start: start(random, horizon), for: SECOND + random.below(10 * SECOND), ppm: 200_000 + random.below(800_000), min: 1_000, max: 1_000 + random.below(2 * SECOND),
    link: { from: pick(random, ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'etcd']), to: '*', both: random.below(2) === 1 },
  }),
});

export interface FaultOptions {
  readonly kinds?: readonly FaultKind[];
  /** Types of actors that faults befall besides the cluster's own. */
  readonly processes?: readonly string[];
  /** What users do in the run: faults begin where something is under way. */
  readonly workload?: readonly Action[];
}

/** One maker for each kind of fault that makes sense in a cluster of this shape. */
export function faultMakers(config: ClusterConfig, { kinds = FAULT_KINDS, processes = [], workload = [] }: FaultOptions = {}): Readonly<Record<string, FaultMaker>> {
  const start = momentsOf(workload);
  const isPossible = ({ name }: FaultKind): boolean =>
    (name !== 'time-travel' || config.apiServers > 1) && (name !== 'leader-change' || (config.controllerManagers ?? 1) > 1);
  return {
    ...processFaults([...PROCESSES, ...processes], start),
    ...Object.fromEntries(kinds.filter(isPossible).map((kind) => [kind.name, modelFault(kind, config, start)])),
  };
}

function modelFault(kind: FaultKind, config: ClusterConfig, start: Moments): FaultMaker {
  return (random, name, horizon): Fault => {
    const { shortest = 100_000, longest = horizon } = kind;
    const args = kind.sample?.(random, config);
    return {
      name,
      kind: 'model',
      action: kind.name,
      start: start(random, horizon, kind.moments),
      ...(args === undefined ? {} : { args }),
      ...(kind.lasts ? { for: shortest + random.below(Math.max(1, Math.min(longest, horizon) - shortest)) } : {}),
    };
  };
}

/** How often each kind is drawn, where that is not once. */
export const FAULT_WEIGHTS: Readonly<Record<string, number>> = Object.freeze(Object.fromEntries(FAULT_KINDS.flatMap(({ name, weight }) => (weight === undefined ? [] : [[name, weight]]))));

/** What a cluster has to survive: a few faults at once, of any kind. */
export function faultBudget(kinds: Readonly<Record<string, FaultMaker>>): Budget {
  return { kinds: Object.fromEntries(Object.keys(kinds).map((kind) => [kind, 2])), total: 4, atOnce: 3 };
}
