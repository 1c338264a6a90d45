/** The scheduler does not look again at pods that did not fit when something has changed. */
import type { ActorSpec, Behavior } from '../../../src/index.ts';
import { schedulerState } from '../../../models/kubernetes/scheduler/scheduler.ts';
import { CONVERGES, type Mutant } from './mutant.ts';
import { apply, cordon, planOf, workload } from './plan.ts';

function sleepy(component: ActorSpec): ActorSpec {
  const inner = component.behavior as Behavior<object>;
  const behavior: Behavior<object> = {
    ...inner,
    start(context, durable) {
      const state = inner.start(context, durable);
      const queue = schedulerState(state)?.queue;
      if (queue !== undefined) queue.move = () => undefined;
      return state;
    },
  };
  return { ...component, behavior };
}

export const lostWakeup: Mutant = {
  name: 'lost-wakeup',
  story: 'kubernetes PR#120413: an event that makes room is lost, and a pod waits until the flush of five minutes',
  campaign: { extensions: { components: { 'kube-scheduler': sleepy } } },
  plan: planOf([cordon(1, 'cordon'), apply(2, workload('ReplicaSet', 1)), cordon(6, 'uncordon')]),
  breaks: [CONVERGES],
};
