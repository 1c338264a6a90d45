/**
 * The soft half of InterPodAffinity: preferences of the incoming pod about existing ones and the other way round.
 *
 * The sum per topology pair is a fold over rows. Terminating pods count; nodes without labels do not.
 * Source: pkg/scheduler/framework/plugins/interpodaffinity/scoring.go.
 */
import type { Labels } from '../../object/selector.ts';
import { type AffinityTerm, termMatches } from '../framework/affinity-term.ts';
import type { Folding } from '../framework/fold.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { Cycle } from '../framework/plugin.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { labelsText, resolveNamespaces, termsText } from './affinity-match.ts';
import { SCORE_MAX } from './normalize.ts';
import { RowParts, TopologyCounts, type TopologyPart } from './topology-counts.ts';

interface Incoming {
  readonly pod: PodInfo;
  readonly namespaceLabels: Labels | undefined;
  readonly affinity: readonly AffinityTerm[];
  readonly antiAffinity: readonly AffinityTerm[];
  readonly hardWeight: number;
}

class PreferenceSums implements Folding<readonly TopologyPart[]> {
  readonly counts = new TopologyCounts();
  readonly #incoming: Incoming;

  constructor(incoming: Incoming) {
    this.#incoming = incoming;
  }

  contribution(row: NodeInfo): readonly TopologyPart[] | undefined {
    const { affinity, antiAffinity } = this.#incoming;
    const pods = affinity.length > 0 || antiAffinity.length > 0 ? row.pods : row.podsWithAffinity;
    if (pods.length === 0) return undefined;
    const parts = new RowParts();
    for (const other of pods) this.#collect(row, other, parts);
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

  #collect(row: NodeInfo, other: PodInfo, parts: RowParts): void {
    const { pod, namespaceLabels, affinity, antiAffinity, hardWeight } = this.#incoming;
    const collect = (
      terms: readonly AffinityTerm[],
      subject: PodInfo,
      labels: Labels | undefined,
      sign: 1 | -1,
    ): void => {
      for (const term of terms) {
        if (typeof row.labels[term.topologyKey] !== 'string') continue;
        if (!termMatches(term, subject.namespace, subject.labels, labels)) continue;
        parts.add(term.topologyKey, sign * term.weight);
      }
    };
    collect(affinity, other, undefined, 1);
    collect(antiAffinity, other, undefined, -1);
    if (hardWeight > 0) {
      for (const term of other.requiredAffinity) {
        if (typeof row.labels[term.topologyKey] !== 'string') continue;
        if (termMatches(term, pod.namespace, pod.labels, namespaceLabels)) parts.add(term.topologyKey, hardWeight);
      }
    }
    collect(other.preferredAffinity, pod, namespaceLabels, 1);
    collect(other.preferredAntiAffinity, pod, namespaceLabels, -1);
  }
}

/** The sums for the incoming pod; undefined when nothing was summed. */
export const softAffinity = (cycle: Cycle, hardWeight: number): TopologyCounts | undefined => {
  const { pod, listers, snapshot, folds } = cycle;
  const affinity = resolveNamespaces(pod.preferredAffinity, listers);
  const antiAffinity = resolveNamespaces(pod.preferredAntiAffinity, listers);
  const hasOwn = affinity.length > 0 || antiAffinity.length > 0;
  if (!hasOwn && snapshot.withAffinity.size === 0) return undefined;
  const key =
    `affinity-score ${hardWeight} ${listers.namespacesEpoch()} ${pod.namespace} ${labelsText(pod.labels)} ` +
    `${termsText(affinity)} ${termsText(antiAffinity)}`;
  const sums = folds.get<readonly TopologyPart[], PreferenceSums>(key, snapshot, () => {
    const namespaceLabels = listers.namespaceLabels(pod.namespace);
    return new PreferenceSums({ pod, namespaceLabels, affinity, antiAffinity, hardWeight });
  });
  return sums.counts.isEmpty ? undefined : sums.counts;
};

export const scoreSoftAffinity = (counts: TopologyCounts, row: NodeInfo): number => {
  let score = 0;
  for (const key of counts.keys) {
    const value = row.labels[key];
    if (typeof value === 'string') score += counts.get(key, value);
  }
  return score;
};

/** Stretches the range of raw scores to 0..100; equal scores all become 0. */
export const normalizeSoftAffinity = (scores: Float64Array, count: number): void => {
  let least = Number.MAX_SAFE_INTEGER;
  let greatest = -Number.MAX_SAFE_INTEGER;
  for (let i = 0; i < count; i += 1) {
    const score = scores[i] as number;
    if (score < least) least = score;
    if (score > greatest) greatest = score;
  }
  const range = greatest - least;
  for (let i = 0; i < count; i += 1) {
    scores[i] = range > 0 ? Math.trunc(SCORE_MAX * (((scores[i] as number) - least) / range)) : 0;
  }
};
