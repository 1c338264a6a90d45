/** The ReplicaSet controller does not wait until its cache shows the pods that it has made. */
import { CONTROLLERS } from '../../../models/kubernetes/controller-manager/controllers.ts';
import type { ControllerDescriptor } from '../../../models/kubernetes/controller-manager/controllers.ts';
import { REPLICA_SET } from '../../../models/kubernetes/controller-manager/replicaset/replica-set-kind.ts';
import { ReplicaSetController } from '../../../models/kubernetes/controller-manager/replicaset/replica-set.ts';
import { CONVERGES, type Mutant } from './mutant.ts';
import { apply, fault, planOf, when, workload } from './plan.ts';

const impatient: ControllerDescriptor = {
  name: 'replicaset-controller',
  start: (context) => {
    const controller = new ReplicaSetController(context, REPLICA_SET);
    controller['expectations'].satisfied = () => true;
    return controller;
  },
};

export const missingExpectation: Mutant = {
  name: 'missing-expectation',
  story: 'kubernetes#129795: without expectations a controller counts on a cache that lags behind its own writes',
  campaign: { extensions: { loops: CONTROLLERS.map((loop) => (loop.name === impatient.name ? impatient : loop)) } },
  plan: planOf([apply(1, workload('ReplicaSet', 3))], [fault('lagging-cache', when('replicaset.created'), 2)]),
  breaks: ['a ReplicaSet has no more pods than it asked for', CONVERGES],
};
