/** The scheduler does not reserve what it has just given to a pod until the pod's binding comes back to it. */
import type { ActorSpec, Behavior } from '../../../src/index.ts';
import { schedulerState } from '../../../models/kubernetes/scheduler/scheduler.ts';
import type { Mutant } from './mutant.ts';
import { apply, planOf, workload } from './plan.ts';

function generous(component: ActorSpec): ActorSpec {
  const inner = component.behavior as Behavior<object>;
  const behavior: Behavior<object> = {
    ...inner,
    start(context, durable) {
      const state = inner.start(context, durable);
      const cache = schedulerState(state)?.cache;
      if (cache !== undefined) cache.assume = () => true;
      return state;
    },
  };
  return { ...component, behavior };
}

export const forgottenAssumption: Mutant = {
  name: 'forgotten-assumption',
  story: 'kubernetes#106361: an assumed pod that is forgotten before its binding is seen gives its room away twice',
  campaign: { extensions: { components: { 'kube-scheduler': generous } } },
  plan: planOf([apply(1, workload('ReplicaSet', 2, '3'))], [{ name: 'late', kind: 'delay', link: { from: 'kube-apiserver', to: 'kube-scheduler' }, start: { at: 500_000 }, for: 5_000_000, ppm: 1_000_000, min: 5_000, max: 5_000 }]),
  breaks: ['allocatable is never exceeded'],
};
