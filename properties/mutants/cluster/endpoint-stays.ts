/** The EndpointSlice controller does not hear of pods that go. */
import type { EventHandler, SharedInformer } from '../../../models/kubernetes/client/shared-informer.ts';
import type { ControllerContext } from '../../../models/kubernetes/controller-manager/controller-context.ts';
import { CONTROLLERS } from '../../../models/kubernetes/controller-manager/controllers.ts';
import type { GroupVersionResource } from '../../../models/kubernetes/api/message.ts';
import type { KubeObject } from '../../../models/kubernetes/object/types.ts';
import { CONVERGES, type Mutant } from './mutant.ts';
import { apply, planOf, service, workload } from './plan.ts';

function deafToDeletes(context: ControllerContext): ControllerContext {
  const informer = (resource: GroupVersionResource): SharedInformer => {
    const real = context.factory.informer(resource);
    if (resource.resource !== 'pods') return real;
    const addEventHandler = (handler: EventHandler<KubeObject>): void =>
      real.addEventHandler({
        ...handler,
        update: (old, object) => (object.metadata.deletionTimestamp === undefined ? handler.update?.(old, object) : undefined),
        delete: () => undefined,
      });
    return Object.create(real, { addEventHandler: { value: addEventHandler } }) as SharedInformer;
  };
  return Object.create(context, { factory: { value: Object.create(context.factory, { informer: { value: informer } }) } }) as ControllerContext;
}

export const endpointStays: Mutant = {
  name: 'endpoint-stays',
  story: 'an endpoint stays after its pod is gone: clients are sent to an address where nobody listens',
  campaign: {
    extensions: { loops: CONTROLLERS.map((controller) => (controller.name === 'endpointslice-controller' ? { ...controller, start: (context: ControllerContext) => controller.start(deafToDeletes(context)) } : controller)) },
  },
  plan: planOf([apply(1, service), apply(1, workload('ReplicaSet', 2)), apply(6, workload('ReplicaSet', 1))]),
  breaks: [CONVERGES],
};
