/**
 * The hard half of InterPodAffinity: three counts per topology pair, kept as folds.
 *
 * E counts required anti-affinity of existing pods that the incoming pod would violate, A existing pods that match all
 * required affinity terms, N existing pods that match a required anti-affinity term. What-if changes of a dry run go
 * into an overlay. Terminating pods count. Source: pkg/scheduler/framework/plugins/interpodaffinity/filtering.go.
 */
import { type AffinityTerm, termMatches } from '../framework/affinity-term.ts';
import type { Folding } from '../framework/fold.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { Cycle } from '../framework/plugin.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { type Status, unresolvable, unschedulable } from '../framework/status.ts';
import { labelsText, matchesEveryTerm, resolveNamespaces, termsText } from './affinity-match.ts';
import { type Counts, RowParts, TopologyCounts, type TopologyPart } from './topology-counts.ts';

export const NAME = 'InterPodAffinity';
const NO_AFFINITY = unresolvable(NAME, "node(s) didn't match pod affinity rules");
const OWN_ANTI_AFFINITY = unschedulable(NAME, "node(s) didn't match pod anti-affinity rules");
const EXISTING_ANTI_AFFINITY = unschedulable(NAME, "node(s) didn't satisfy existing pods anti-affinity rules");

type PartsOf = (row: NodeInfo, other: PodInfo, parts: RowParts) => void;

class PairCounts implements Folding<readonly TopologyPart[]> {
  readonly counts = new TopologyCounts();
  readonly #podsOf: (row: NodeInfo) => readonly PodInfo[];
  readonly #partsOf: PartsOf;

  constructor(podsOf: (row: NodeInfo) => readonly PodInfo[], partsOf: PartsOf) {
    this.#podsOf = podsOf;
    this.#partsOf = partsOf;
  }

  contribution(row: NodeInfo): readonly TopologyPart[] | undefined {
    const pods = this.#podsOf(row);
    if (pods.length === 0) return undefined;
    const parts = new RowParts();
    for (const pod of pods) this.#partsOf(row, pod, parts);
    return parts.list(row.labels);
  }

  apply(contribution: readonly TopologyPart[], sign: 1 | -1): void {
    for (const [key, value, amount, additions] of contribution) {
      this.counts.add(key, value, sign * amount, sign * additions);
    }
  }

  reset(): void {
    this.counts.clear();
  }
}

const hasKey = (row: NodeInfo, key: string): boolean => typeof row.labels[key] === 'string';

/** Required anti-affinity terms of `other` that the incoming pod matches. */
const existingParts =
  (pod: PodInfo, namespaceLabels: Readonly<Record<string, string>> | undefined): PartsOf =>
  (row, other, parts) => {
    for (const term of other.requiredAntiAffinity) {
      if (!hasKey(row, term.topologyKey)) continue;
      if (termMatches(term, pod.namespace, pod.labels, namespaceLabels)) parts.add(term.topologyKey, 1);
    }
  };

const affinityParts =
  (terms: readonly AffinityTerm[]): PartsOf =>
  (row, other, parts) => {
    if (!matchesEveryTerm(terms, other)) return;
    for (const term of terms) if (hasKey(row, term.topologyKey)) parts.add(term.topologyKey, 1);
  };

const antiAffinityParts =
  (terms: readonly AffinityTerm[]): PartsOf =>
  (row, other, parts) => {
    for (const term of terms) {
      if (!hasKey(row, term.topologyKey)) continue;
      if (termMatches(term, other.namespace, other.labels, undefined)) parts.add(term.topologyKey, 1);
    }
  };

export interface HardAffinity {
  readonly affinity: readonly AffinityTerm[];
  readonly antiAffinity: readonly AffinityTerm[];
  readonly selfMatches: boolean;
  readonly existingParts: PartsOf;
  readonly existing: Counts;
  readonly affinityCounts: Counts;
  readonly antiAffinityCounts: Counts;
}

const EMPTY = new TopologyCounts();

const allPods = (row: NodeInfo): readonly PodInfo[] => row.pods;
const podsWithAntiAffinity = (row: NodeInfo): readonly PodInfo[] => row.podsWithRequiredAntiAffinity;

const existingCounts = (cycle: Cycle, parts: PartsOf): TopologyCounts => {
  const { pod, snapshot, listers, folds } = cycle;
  if (snapshot.withRequiredAntiAffinity.size === 0) return EMPTY;
  const key = `affinity-existing ${listers.namespacesEpoch()} ${pod.namespace} ${labelsText(pod.labels)}`;
  return folds.get<readonly TopologyPart[], PairCounts>(
    key,
    snapshot,
    () => new PairCounts(podsWithAntiAffinity, parts),
  ).counts;
};

const incomingCounts = (cycle: Cycle, kind: string, terms: readonly AffinityTerm[], parts: PartsOf): TopologyCounts => {
  if (terms.length === 0) return EMPTY;
  return cycle.folds.get<readonly TopologyPart[], PairCounts>(
    `${kind} ${termsText(terms)}`,
    cycle.snapshot,
    () => new PairCounts(allPods, parts),
  ).counts;
};

/** The counts for the incoming pod; undefined when no rule concerns it. */
export const hardAffinity = (cycle: Cycle): HardAffinity | undefined => {
  const { pod, listers } = cycle;
  const affinity = resolveNamespaces(pod.requiredAffinity, listers);
  const antiAffinity = resolveNamespaces(pod.requiredAntiAffinity, listers);
  const parts = existingParts(pod, listers.namespaceLabels(pod.namespace));
  const existing = existingCounts(cycle, parts);
  if (existing.isEmpty && affinity.length === 0 && antiAffinity.length === 0) return undefined;
  return {
    affinity,
    antiAffinity,
    selfMatches: matchesEveryTerm(affinity, pod),
    existingParts: parts,
    existing,
    affinityCounts: incomingCounts(cycle, 'affinity', affinity, affinityParts(affinity)),
    antiAffinityCounts: incomingCounts(cycle, 'anti-affinity', antiAffinity, antiAffinityParts(antiAffinity)),
  };
};

/** Counts laid over these, which a what-if may change. */
export const copyHardAffinity = (state: HardAffinity): HardAffinity => ({
  ...state,
  existing: state.existing.overlay(),
  affinityCounts: state.affinityCounts.overlay(),
  antiAffinityCounts: state.antiAffinityCounts.overlay(),
});

/** Accounts, in copied counts, for a pod that a what-if puts on the row (`sign` 1) or takes from it. */
export const changeHardAffinity = (state: HardAffinity, other: PodInfo, row: NodeInfo, sign: 1 | -1): void => {
  const apply = (counts: Counts, partsOf: PartsOf): void => {
    const parts = new RowParts();
    partsOf(row, other, parts);
    for (const [key, value, amount, additions] of parts.list(row.labels) ?? []) {
      counts.add(key, value, sign * amount, sign * additions);
    }
  };
  apply(state.existing, state.existingParts);
  if (state.affinity.length > 0) apply(state.affinityCounts, affinityParts(state.affinity));
  if (state.antiAffinity.length > 0) apply(state.antiAffinityCounts, antiAffinityParts(state.antiAffinity));
};

const satisfiesAffinity = (state: HardAffinity, row: NodeInfo): boolean => {
  let podsExist = true;
  for (const { topologyKey } of state.affinity) {
    const value = row.labels[topologyKey];
    if (typeof value !== 'string') return false;
    if (state.affinityCounts.get(topologyKey, value) <= 0) podsExist = false;
  }
  // The first pod of a group that wants its own company may go anywhere.
  return podsExist || (state.affinityCounts.isEmpty && state.selfMatches);
};

const violatesOwn = (state: HardAffinity, row: NodeInfo): boolean => {
  for (const { topologyKey } of state.antiAffinity) {
    const value = row.labels[topologyKey];
    if (typeof value === 'string' && state.antiAffinityCounts.get(topologyKey, value) > 0) return true;
  }
  return false;
};

const violatesExisting = (state: HardAffinity, row: NodeInfo): boolean => {
  for (const key of state.existing.keys) {
    const value = row.labels[key];
    if (typeof value === 'string' && state.existing.get(key, value) > 0) return true;
  }
  return false;
};

export const filterHardAffinity = (state: HardAffinity, row: NodeInfo): Status | undefined => {
  if (state.affinity.length > 0 && !satisfiesAffinity(state, row)) return NO_AFFINITY;
  if (state.antiAffinity.length > 0 && violatesOwn(state, row)) return OWN_ANTI_AFFINITY;
  return violatesExisting(state, row) ? EXISTING_ANTI_AFFINITY : undefined;
};
