/**
 * NodeAffinity: `spec.nodeSelector` and node affinity, plus the affinity that the profile adds to every pod.
 *
 * Terms that name nodes by `metadata.name` narrow the search to those nodes before any node is looked at.
 * Source: pkg/scheduler/framework/plugins/nodeaffinity.
 */
import {
  compileNodeSelector, compilePreferredNodeAffinity, type CompiledNodeSelector, hasRequiredNodeAffinity,
  nodeSelectorMatches, type PreferredNodeAffinity, preferredNodeAffinityScore, type RequiredNodeAffinity,
  requiredNodeAffinityMatches, requiredNodeAffinityOf,
} from '../../object/node-affinity.ts';
import type { core, Node, Pod } from '../../object/types.ts';
import { canonicalText } from '../framework/canonical.ts';
import { ADD, UPDATE_NODE_LABEL } from '../framework/event.ts';
import type { Plugin } from '../framework/plugin.ts';
import { unresolvable } from '../framework/status.ts';
import { normalizeToMax } from './normalize.ts';

const NAME = 'NodeAffinity';
const REFUSED = unresolvable(NAME, "node(s) didn't match Pod's node affinity/selector");
const REFUSED_BY_PROFILE = unresolvable(NAME, "node(s) didn't match scheduler-enforced node affinity");
const CONFLICT = unresolvable(NAME, 'pod affinity terms conflict');

export interface NodeAffinityArgs {
  readonly addedAffinity?: core.NodeAffinity;
}

const requiredTermsOf = (pod: Pod): core.NodeSelectorTerm[] | undefined =>
  pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;

const namesOf = (term: core.NodeSelectorTerm): Set<string> | undefined => {
  let names: Set<string> | undefined;
  for (const { key, operator, values } of term.matchFields ?? []) {
    if (key !== 'metadata.name' || operator !== 'In') continue;
    const own = new Set<string>(values ?? []);
    names = names === undefined ? own : new Set([...names].filter((name) => own.has(name)));
  }
  return names;
};

/** The nodes that the terms name, if each term names some. */
const narrowedNodes = (pod: Pod): Set<string> | undefined => {
  const terms = requiredTermsOf(pod);
  if (terms === undefined || terms.length === 0) return undefined;
  const union = new Set<string>();
  for (const term of terms) {
    const names = namesOf(term);
    if (names === undefined) return undefined;
    for (const name of names) union.add(name);
  }
  return union;
};

const affinityText = (pod: Pod): string =>
  `${canonicalText(pod.spec.nodeSelector)}${canonicalText(pod.spec.affinity?.nodeAffinity)}`;

const nodeMatches = (
  node: Node,
  added: CompiledNodeSelector | undefined,
  required: RequiredNodeAffinity,
): boolean => {
  const { name, labels } = node.metadata;
  if (added !== undefined && !nodeSelectorMatches(added, name, labels)) return false;
  return requiredNodeAffinityMatches(required, name, labels);
};

export const nodeAffinity = (args: NodeAffinityArgs = {}): Plugin<RequiredNodeAffinity, PreferredNodeAffinity> => {
  const addedRequired = args.addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const added = addedRequired === undefined ? undefined : compileNodeSelector(addedRequired);
  const addedPreferred = compilePreferredNodeAffinity(
    args.addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution,
  );
  return {
    name: NAME,
    preFilter: (cycle) => {
      const { pod } = cycle.pod;
      const own = requiredNodeAffinityOf(pod);
      if (!hasRequiredNodeAffinity(own) && added === undefined) return { kind: 'skip' };
      const nodes = narrowedNodes(pod);
      if (nodes === undefined) return { kind: 'ok', own };
      return nodes.size === 0 ? { kind: 'reject', status: CONFLICT } : { kind: 'ok', own, nodes };
    },
    filter: (_cycle, row, own) => {
      if (added !== undefined && !nodeSelectorMatches(added, row.name, row.labels)) return REFUSED_BY_PROFILE;
      return requiredNodeAffinityMatches(own, row.name, row.labels) ? undefined : REFUSED;
    },
    filterClass: (cycle) => affinityText(cycle.pod.pod),
    preScore: (cycle) => {
      const terms = cycle.pod.pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
      const hasAdded = (args.addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).length > 0;
      if (terms.length === 0 && !hasAdded) return { kind: 'skip' };
      return { kind: 'ok', own: compilePreferredNodeAffinity(terms) };
    },
    score: (_cycle, row, own) =>
      preferredNodeAffinityScore(addedPreferred, row.name, row.labels) +
      preferredNodeAffinityScore(own, row.name, row.labels),
    scoreClass: (cycle) => affinityText(cycle.pod.pod),
    normalize: (_cycle, rows, scores) => normalizeToMax(scores, rows.length, false),
    events: () => [
      {
        resource: 'Node',
        action: ADD | UPDATE_NODE_LABEL,
        hint: (pod, old, current) => {
          const required = requiredNodeAffinityOf(pod);
          if (current === undefined || !nodeMatches(current as Node, added, required)) return 'skip';
          if (old === undefined) return 'queue';
          return requiredNodeAffinityMatches(required, old.metadata.name, old.metadata.labels) ? 'skip' : 'queue';
        },
      },
    ],
  };
};
