/** A control loop drops a key whose sync has failed instead of trying again later. */
import type { ControlLoop, ControlLoopOptions } from '../../../models/kubernetes/client/control-loop.ts';
import type { ControllerContext } from '../../../models/kubernetes/controller-manager/controller-context.ts';
import { CONTROLLERS } from '../../../models/kubernetes/controller-manager/controllers.ts';
import { CONVERGES, type Mutant } from './mutant.ts';
import { apply, at, fault, planOf, service, workload } from './plan.ts';

function withoutRetries(context: ControllerContext): ControllerContext {
  const loop = (options: ControlLoopOptions, informers: readonly { hasSynced(): boolean }[]): ControlLoop => {
    const made: ControlLoop = context.loop({ ...options, settle: (key) => made.queue.forget(key) }, informers);
    return made;
  };
  return Object.create(context, { loop: { value: loop } }) as ControllerContext;
}

export const forgottenRequeue: Mutant = {
  name: 'forgotten-requeue',
  story: 'the commonest bug of controllers: an error is logged and nobody comes back to the key',
  campaign: { extensions: { loops: CONTROLLERS.map((controller) => ({ ...controller, start: (context) => controller.start(withoutRetries(context)) })) } },
  plan: planOf([apply(1, workload('ReplicaSet', 2)), apply(6, service)], [fault('failed-write', at(5), 3, { resource: 'endpointslices' })]),
  breaks: [CONVERGES],
};
