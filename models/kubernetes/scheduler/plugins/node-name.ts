/**
 * NodeName: a pod that names its node fits no other. Queued pods never name one; preemption and users' tools may ask.
 *
 * Source: pkg/scheduler/framework/plugins/nodename.
 */
import { ADD } from '../framework/event.ts';
import type { Plugin } from '../framework/plugin.ts';
import { unresolvable } from '../framework/status.ts';

const NAME = 'NodeName';
const REFUSED = unresolvable(NAME, "node(s) didn't match the requested node name");

export const nodeName = (): Plugin => ({
  name: NAME,
  filter: (cycle, row) => {
    const wanted = cycle.pod.pod.spec.nodeName;
    return wanted && wanted !== row.name ? REFUSED : undefined;
  },
  filterClass: (cycle) => cycle.pod.pod.spec.nodeName ?? '',
  events: () => [{ resource: 'Node', action: ADD }],
});
