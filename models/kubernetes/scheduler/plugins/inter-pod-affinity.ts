/**
 * InterPodAffinity: pods that want, or shun, each other's company. Source:
 * pkg/scheduler/framework/plugins/interpodaffinity.
 */
import type { Pod } from '../../object/types.ts';
import { ADD, DELETE, type HintFunction, UPDATE_NODE_LABEL, UPDATE_POD_LABEL } from '../framework/event.ts';
import { type AffinityTerm, termMatches } from '../framework/affinity-term.ts';
import type { Plugin } from '../framework/plugin.ts';
import { type PodInfo, podInfoOf } from '../framework/pod-info.ts';
import {
  changeHardAffinity,
  copyHardAffinity,
  filterHardAffinity,
  hardAffinity,
  type HardAffinity,
  NAME,
} from './affinity-filter.ts';
import { normalizeSoftAffinity, scoreSoftAffinity, softAffinity } from './affinity-score.ts';
import type { TopologyCounts } from './topology-counts.ts';

export interface InterPodAffinityArgs {
  readonly hardPodAffinityWeight?: number;
  readonly ignorePreferredTermsOfExistingPods?: boolean;
}

/** Hints know no namespaces: selectors of namespaces see an empty label set, as upstream. */
const matchesAll = (terms: readonly AffinityTerm[], other: Pod): boolean =>
  terms.length > 0 &&
  terms.every((term) => termMatches(term, other.metadata.namespace ?? '', other.metadata.labels, undefined));

const podHint: HintFunction = (pod, old, current) => {
  const assigned = (current ?? old) as Pod;
  if (!assigned.spec.nodeName) return 'skip';
  const { requiredAffinity, requiredAntiAffinity } = podInfoOf(pod);
  if (old !== undefined && current !== undefined) {
    const cameIn = !matchesAll(requiredAffinity, old as Pod) && matchesAll(requiredAffinity, current as Pod);
    const wentOut = matchesAll(requiredAntiAffinity, old as Pod) && !matchesAll(requiredAntiAffinity, current as Pod);
    return cameIn || wentOut ? 'queue' : 'skip';
  }
  if (current !== undefined) return matchesAll(requiredAffinity, current as Pod) ? 'queue' : 'skip';
  return matchesAll(requiredAntiAffinity, old as Pod) ? 'queue' : 'skip';
};

const nodeHint: HintFunction = (pod, _old, current) => {
  const { requiredAffinity, requiredAntiAffinity } = podInfoOf(pod);
  const labels = current?.metadata.labels;
  const hasKey = ({ topologyKey }: AffinityTerm): boolean => typeof labels?.[topologyKey] === 'string';
  return requiredAffinity.some(hasKey) || requiredAntiAffinity.some(hasKey) ? 'queue' : 'skip';
};

const hasPreferences = (pod: PodInfo): boolean =>
  pod.preferredAffinity.length > 0 || pod.preferredAntiAffinity.length > 0;

export const interPodAffinity = (args: InterPodAffinityArgs = {}): Plugin<HardAffinity, TopologyCounts> => {
  const hardWeight = args.hardPodAffinityWeight ?? 1;
  return {
    name: NAME,
    preFilter: (cycle) => {
      const own = hardAffinity(cycle);
      return own === undefined ? { kind: 'skip' } : { kind: 'ok', own };
    },
    copyState: copyHardAffinity,
    addPod: (_cycle, own, other, row) => changeHardAffinity(own, other, row, 1),
    removePod: (_cycle, own, other, row) => changeHardAffinity(own, other, row, -1),
    filter: (_cycle, row, own) => filterHardAffinity(own, row),
    preScore: (cycle) => {
      if (args.ignorePreferredTermsOfExistingPods === true && !hasPreferences(cycle.pod)) return { kind: 'skip' };
      const own = softAffinity(cycle, hardWeight);
      return own === undefined ? { kind: 'skip' } : { kind: 'ok', own };
    },
    score: (_cycle, row, own) => scoreSoftAffinity(own, row),
    normalize: (_cycle, rows, scores) => normalizeSoftAffinity(scores, rows.length),
    events: () => [
      { resource: 'Pod', action: ADD | DELETE | UPDATE_POD_LABEL, hint: podHint },
      { resource: 'Node', action: ADD | UPDATE_NODE_LABEL, hint: nodeHint },
    ],
  };
};
