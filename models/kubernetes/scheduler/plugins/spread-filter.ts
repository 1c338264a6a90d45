/**
 * The hard half of PodTopologySpread: refuses nodes whose domain would get too far ahead of the emptiest one.
 *
 * Counts per domain are folds (see framework/fold.ts); what-if changes of a dry run are deltas on top of them, because
 * a dry run moves pods on one node only. Source: pkg/scheduler/framework/plugins/podtopologyspread/filtering.go.
 */
import { selectorMatches } from '../../object/selector.ts';
import type { Folding } from '../framework/fold.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { Cycle } from '../framework/plugin.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { type Status, unresolvable, unschedulable } from '../framework/status.ts';
import { DomainCounts } from './domain-counts.ts';
import {
  constraintsText, countMatching, hasAllKeys, includes, type Inclusion, inclusionOf, type SpreadConstraint,
} from './spread-constraint.ts';

export const NAME = 'PodTopologySpread';
const SKEWED = unschedulable(NAME, "node(s) didn't match pod topology spread constraints");
const NO_LABEL = unresolvable(NAME, "node(s) didn't match pod topology spread constraints (missing required label)");

/** Per constraint: undefined when the node does not count for it. */
type Contribution = (readonly [value: string, pods: number] | undefined)[];

class HardCounts implements Folding<Contribution> {
  readonly domains: readonly DomainCounts[];
  readonly #namespace: string;
  readonly #constraints: readonly SpreadConstraint[];
  readonly #inclusion: Inclusion;

  constructor(namespace: string, constraints: readonly SpreadConstraint[], inclusion: Inclusion) {
    this.#namespace = namespace;
    this.#constraints = constraints;
    this.#inclusion = inclusion;
    this.domains = constraints.map(() => new DomainCounts());
  }

  contribution(row: NodeInfo): Contribution | undefined {
    if (!hasAllKeys(row.labels, this.#constraints)) return undefined;
    return this.#constraints.map((constraint) => {
      if (!includes(constraint, row, this.#inclusion)) return undefined;
      const pods = countMatching(row.pods, constraint.selector, this.#namespace);
      return [row.labels[constraint.topologyKey] as string, pods] as const;
    });
  }

  apply(contribution: Contribution, sign: 1 | -1): void {
    for (let i = 0; i < contribution.length; i += 1) {
      const entry = contribution[i];
      if (entry !== undefined) (this.domains[i] as DomainCounts).node(entry[0], entry[1], sign);
    }
  }

  reset(): void {
    for (const domain of this.domains) domain.clear();
  }
}

/** A change of one domain's count that a dry run or a nominated pod brings. */
interface Delta {
  readonly value: string;
  readonly pods: number;
}

export interface HardState {
  readonly constraints: readonly SpreadConstraint[];
  readonly inclusion: Inclusion;
  readonly domains: readonly DomainCounts[];
  /** 1 where the pod itself matches the constraint's selector. */
  readonly self: readonly number[];
  readonly deltas: (Delta | undefined)[];
}

export const hardState = (cycle: Cycle, constraints: readonly SpreadConstraint[]): HardState => {
  const { pod, snapshot } = cycle;
  const inclusion = inclusionOf(pod.pod);
  const key = `spread ${constraintsText(pod, constraints, inclusion)}`;
  const counts = cycle.folds.get<Contribution, HardCounts>(
    key,
    snapshot,
    () => new HardCounts(pod.namespace, constraints, inclusion),
  );
  return {
    constraints,
    inclusion,
    domains: counts.domains,
    self: constraints.map(({ selector }) => (selectorMatches(selector, pod.labels) ? 1 : 0)),
    deltas: constraints.map(() => undefined),
  };
};

export const copyHardState = (state: HardState): HardState => ({ ...state, deltas: [...state.deltas] });

/** Accounts for a pod that a what-if puts on the node (`sign` 1) or takes from it. */
export const changeHardState = (state: HardState, cycle: Cycle, other: PodInfo, row: NodeInfo, sign: 1 | -1): void => {
  if (other.namespace !== cycle.pod.namespace || !hasAllKeys(row.labels, state.constraints)) return;
  state.constraints.forEach((constraint, i) => {
    if (!selectorMatches(constraint.selector, other.labels) || !includes(constraint, row, state.inclusion)) return;
    const value = row.labels[constraint.topologyKey] as string;
    state.deltas[i] = { value, pods: (state.deltas[i]?.pods ?? 0) + sign };
  });
};

const skewOf = (state: HardState, i: number, value: string): number => {
  const constraint = state.constraints[i] as SpreadConstraint;
  const domains = state.domains[i] as DomainCounts;
  const delta = state.deltas[i];
  const least =
    domains.size < constraint.minDomains ? 0
    : delta === undefined ? domains.least()
    : domains.leastWith(delta.value, delta.pods);
  const matching = domains.count(value) + (delta?.value === value ? delta.pods : 0);
  return matching + (state.self[i] as number) - least;
};

export const filterHard = (state: HardState, row: NodeInfo): Status | undefined => {
  for (let i = 0; i < state.constraints.length; i += 1) {
    const constraint = state.constraints[i] as SpreadConstraint;
    const value = row.labels[constraint.topologyKey];
    if (typeof value !== 'string') return NO_LABEL;
    if (skewOf(state, i, value) > constraint.maxSkew) return SKEWED;
  }
  return undefined;
};
