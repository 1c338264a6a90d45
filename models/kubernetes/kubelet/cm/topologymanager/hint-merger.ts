/**
 * One affinity out of the hints of all providers (topologymanager/policy.go): every combination of hints is met in what they share, and
 * the best meeting wins.
 */
import { type BitMask, countOf, isNarrowerThan } from './bitmask.ts';
import type { Hints, TopologyHint } from './hint.ts';

const ANY: TopologyHint = { affinity: undefined, isPreferred: true };

/** A provider without hints does not care; one that has none for a resource cannot serve it. */
export function filterProvidersHints(providers: readonly Hints[]): (readonly TopologyHint[])[] {
  return providers.flatMap((hints) => {
    const lists = Object.values(hints ?? {});
    if (lists.length === 0) return [[ANY]];
    return lists.map((list) => (list === undefined ? [ANY] : list.length === 0 ? [{ ...ANY, isPreferred: false }] : list));
  });
}

/** Preferred if all are, and want the same nodes. */
function mergePermutation(defaultAffinity: BitMask, permutation: readonly TopologyHint[]): TopologyHint & { readonly affinity: BitMask } {
  const affinities = permutation.flatMap(({ affinity }) => (affinity === undefined ? [] : [affinity]));
  const isPreferred = permutation.every((hint) => hint.isPreferred) && affinities.every((affinity) => affinity === affinities[0]);
  return { affinity: affinities.reduce((merged, affinity) => merged & affinity, defaultAffinity), isPreferred };
}

export function mergeHints(defaultAffinity: BitMask, hints: readonly (readonly TopologyHint[])[]): TopologyHint & { readonly affinity: BitMask } {
  const wanted = maxOfMinAffinityCounts(hints);
  let best: (TopologyHint & { readonly affinity: BitMask }) | undefined;
  const iterate = (at: number, permutation: readonly TopologyHint[]): void => {
    const list = hints[at];
    if (list !== undefined) for (const hint of list) iterate(at + 1, [...permutation, hint]);
    else {
      const candidate = mergePermutation(defaultAffinity, permutation);
      if (candidate.affinity !== 0 && (best === undefined || isBetter(candidate, best, wanted))) best = candidate;
    }
  };
  iterate(0, []);
  return best ?? { affinity: defaultAffinity, isPreferred: false };
}

/** How many nodes the provider needs that needs most. */
function maxOfMinAffinityCounts(hints: readonly (readonly TopologyHint[])[]): number {
  return Math.max(0, ...hints.map((list) => Math.min(...list.flatMap(({ affinity }) => (affinity === undefined ? [] : [countOf(affinity)])))).filter(Number.isFinite));
}

/** Among hints that are not preferred, one with as many nodes as `wanted`, or the nearest below, is best; among others the narrowest. */
function isBetter(candidate: TopologyHint & { readonly affinity: BitMask }, current: TopologyHint & { readonly affinity: BitMask }, wanted: number): boolean {
  if (candidate.isPreferred !== current.isPreferred) return candidate.isPreferred;
  const isNarrower = isNarrowerThan(candidate.affinity, current.affinity);
  if (candidate.isPreferred) return isNarrower;
  const [count, present] = [countOf(candidate.affinity), countOf(current.affinity)];
  if (present > wanted) return isNarrower;
  if (present === wanted) return count === wanted && isNarrower;
  if (count > wanted) return false;
  if (count === wanted) return true;
  return count === present ? isNarrower : count > present;
}
