/** What a policy makes of the hints: an affinity, and whether the pod may come (topologymanager/policy_*.go). */
import type { BitMask } from './bitmask.ts';
import { countOf } from './bitmask.ts';
import { filterProvidersHints, mergeHints } from './hint-merger.ts';
import type { Hints, TopologyHint } from './hint.ts';

export const TOPOLOGY_POLICIES = ['none', 'best-effort', 'restricted', 'single-numa-node'] as const;
export type TopologyPolicy = (typeof TOPOLOGY_POLICIES)[number];

export interface Merged {
  readonly hint: TopologyHint;
  readonly isAdmitted: boolean;
}

export function mergeByPolicy(policy: Exclude<TopologyPolicy, 'none'>, defaultAffinity: BitMask, providers: readonly Hints[]): Merged {
  const hints = filterProvidersHints(providers);
  if (policy !== 'single-numa-node') {
    const hint = mergeHints(defaultAffinity, hints);
    return { hint, isAdmitted: policy === 'best-effort' || hint.isPreferred };
  }
  // Only those who do not care, and preferred ones of a single node.
  const single = hints.map((list) => list.filter(({ affinity, isPreferred }) => isPreferred && (affinity === undefined || countOf(affinity) === 1)));
  const { affinity, isPreferred } = mergeHints(defaultAffinity, single);
  return { hint: { affinity: affinity === defaultAffinity ? undefined : affinity, isPreferred }, isAdmitted: isPreferred };
}
