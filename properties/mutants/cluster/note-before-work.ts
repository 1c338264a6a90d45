/** The ReplicaSet controller notes that it has made its pods before it makes them: a crash in between, and nobody ever makes them. */
import { failureOf, type Err } from '../../../models/kubernetes/client/failure.ts';
import type { Task } from '../../../models/kubernetes/client/process.ts';
import { CONTROLLERS, type ControllerDescriptor } from '../../../models/kubernetes/controller-manager/controllers.ts';
import { REPLICA_SET } from '../../../models/kubernetes/controller-manager/replicaset/replica-set-kind.ts';
import { ReplicaSetController } from '../../../models/kubernetes/controller-manager/replicaset/replica-set.ts';
import type { ReplicaSet } from '../../../models/kubernetes/object/types.ts';
import { CONVERGES, type Mutant } from './mutant.ts';
import { apply, at, fault, planOf, workload } from './plan.ts';

const NOTE = 'example.com/made';

const hasty: ControllerDescriptor = {
  name: 'replicaset-controller',
  start: (context) => {
    const controller = new ReplicaSetController(context, REPLICA_SET);
    const createPods = controller['createPods'].bind(controller);
    controller['createPods'] = function* (count: number, object: ReplicaSet, key: string): Task<Err> {
      const { annotations, generation, name, namespace } = object.metadata;
      if (annotations?.[NOTE] === String(generation)) return undefined;
      const noted = yield* context.client('replicaset-controller').patch(REPLICA_SET.resource, namespace, name, 'application/merge-patch+json', { metadata: { annotations: { [NOTE]: String(generation) } } });
      return noted.ok ? yield* createPods(count, object, key) : failureOf(noted);
    } as unknown as (typeof controller)['createPods'];
    return controller;
  },
};

export const noteBeforeWork: Mutant = {
  name: 'note-before-work',
  story: "Sieve's intermediate states (rabbitmq#782, casskop#370): two writes that only mean something together, and a crash between them",
  campaign: { extensions: { loops: CONTROLLERS.map((loop) => (loop.name === hasty.name ? hasty : loop)) } },
  plan: planOf([apply(2, workload('ReplicaSet', 2))], [fault('crash-between-writes', at(1.5), 5, { client: 'kube-controller-manager', nth: 1 })]),
  breaks: [CONVERGES],
};
