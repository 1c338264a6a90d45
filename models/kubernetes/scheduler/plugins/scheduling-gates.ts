/**
 * SchedulingGates: a pod with gates does not enter the queue. Source: pkg/scheduler/framework/plugins/schedulinggates.
 */
import { UPDATE_POD_SCHEDULING_GATES_ELIMINATED } from '../framework/event.ts';
import type { Plugin } from '../framework/plugin.ts';
import { unresolvable } from '../framework/status.ts';

const NAME = 'SchedulingGates';

export const schedulingGates = (): Plugin => ({
  name: NAME,
  preEnqueue: (pod) => {
    const gates = pod.spec.schedulingGates ?? [];
    if (gates.length === 0) return undefined;
    return unresolvable(NAME, `waiting for scheduling gates: [${gates.map(({ name }) => name).join(' ')}]`);
  },
  events: () => [
    {
      resource: 'UnscheduledPod',
      action: UPDATE_POD_SCHEDULING_GATES_ELIMINATED,
      hint: (pod, _old, current) => (current?.metadata.uid === pod.metadata.uid ? 'queue' : 'skip'),
    },
  ],
});
