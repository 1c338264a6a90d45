/**
 * NodeUnschedulable: keeps pods off cordoned nodes. Source: pkg/scheduler/framework/plugins/nodeunschedulable.
 */
import { toleratesTaint } from '../../object/taint.ts';
import type { Node, Pod } from '../../object/types.ts';
import { canonicalText } from '../framework/canonical.ts';
import { ADD, UPDATE_NODE_TAINT, UPDATE_POD_TOLERATIONS } from '../framework/event.ts';
import type { Plugin } from '../framework/plugin.ts';
import { unresolvable } from '../framework/status.ts';

const NAME = 'NodeUnschedulable';
/** Cordoning is treated as this taint, whether or not the node lifecycle controller has put it there yet. */
const CORDON_TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const REFUSED = unresolvable(NAME, 'node(s) were unschedulable');

const toleratesCordon = (pod: Pod): boolean => toleratesTaint(pod.spec.tolerations, CORDON_TAINT);

export const nodeUnschedulable = (): Plugin<boolean> => ({
  name: NAME,
  filter: (cycle, row) => (row.unschedulable && !toleratesCordon(cycle.pod.pod) ? REFUSED : undefined),
  filterClass: (cycle) => canonicalText(cycle.pod.pod.spec.tolerations),
  events: () => [
    {
      resource: 'Node',
      action: ADD | UPDATE_NODE_TAINT,
      hint: (_pod, old, current) => {
        const was = (old as Node | undefined)?.spec.unschedulable === true;
        const is = (current as Node | undefined)?.spec.unschedulable === true;
        if (old === undefined) return is ? 'skip' : 'queue';
        return was && !is ? 'queue' : 'skip';
      },
    },
    {
      resource: 'UnscheduledPod',
      action: UPDATE_POD_TOLERATIONS,
      hint: (pod, _old, current) =>
        current?.metadata.uid === pod.metadata.uid && toleratesCordon(current as Pod) ? 'queue' : 'skip',
    },
  ],
});
