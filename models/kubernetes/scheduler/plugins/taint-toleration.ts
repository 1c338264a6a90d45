/**
 * TaintToleration: refuses nodes with taints that the pod does not endure, and prefers nodes with fewer of those it
 * would rather avoid. Source: pkg/scheduler/framework/plugins/tainttoleration.
 */
import { findUntoleratedTaint, isHardEffect, type Toleration, toleratesTaint } from '../../object/taint.ts';
import type { Node, Pod } from '../../object/types.ts';
import { canonicalText } from '../framework/canonical.ts';
import { ADD, UPDATE_NODE_TAINT, UPDATE_POD_TOLERATIONS } from '../framework/event.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { Plugin } from '../framework/plugin.ts';
import { unresolvable } from '../framework/status.ts';
import { normalizeToMax } from './normalize.ts';

const NAME = 'TaintToleration';

const isTolerated = (node: Node, pod: Pod): boolean =>
  findUntoleratedTaint(node.spec.taints, pod.spec.tolerations, isHardEffect) === undefined;

/** Tolerations that may cover a taint of effect PreferNoSchedule. */
const softTolerations = (pod: Pod): Toleration[] =>
  (pod.spec.tolerations ?? []).filter(({ effect }) => !effect || effect === 'PreferNoSchedule');

const countIntolerable = (row: NodeInfo, tolerations: readonly Toleration[]): number => {
  let count = 0;
  for (const taint of row.taints) {
    if (taint.effect === 'PreferNoSchedule' && !toleratesTaint(tolerations, taint)) count += 1;
  }
  return count;
};

export const taintToleration = (): Plugin<undefined, readonly Toleration[]> => ({
  name: NAME,
  filter: (cycle, row) => {
    if (row.taints.length === 0) return undefined;
    const taint = findUntoleratedTaint(row.taints, cycle.pod.pod.spec.tolerations, isHardEffect);
    if (taint === undefined) return undefined;
    return unresolvable(NAME, `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`);
  },
  filterClass: (cycle) => canonicalText(cycle.pod.pod.spec.tolerations),
  preScore: (cycle) => ({ kind: 'ok', own: softTolerations(cycle.pod.pod) }),
  score: (_cycle, row, own) => countIntolerable(row, own),
  scoreClass: (cycle) => canonicalText(cycle.pod.pod.spec.tolerations),
  normalize: (_cycle, rows, scores) => normalizeToMax(scores, rows.length, true),
  events: () => [
    {
      resource: 'Node',
      action: ADD | UPDATE_NODE_TAINT,
      hint: (pod, old, current) => {
        const was = old !== undefined && isTolerated(old as Node, pod);
        return !was && isTolerated(current as Node, pod) ? 'queue' : 'skip';
      },
    },
    {
      resource: 'UnscheduledPod',
      action: UPDATE_POD_TOLERATIONS,
      hint: (pod, _old, current) => (current?.metadata.uid === pod.metadata.uid ? 'queue' : 'skip'),
    },
  ],
});
