/** A controller manager that becomes leader takes its first state from whatever the API server's cache has. */
import type { ActorSpec, Message } from '../../../src/index.ts';
import type { ApiRequest } from '../../../models/kubernetes/api/message.ts';
import { intercept } from './intercept.ts';
import { CONVERGES, type Mutant } from './mutant.ts';
import { apply, at, fault, planOf, when, workload } from './plan.ts';

function trusting(component: ActorSpec): ActorSpec {
  return intercept(component, () => ({
    send(_to, message) {
      const { kind, verb, query } = message as ApiRequest & Message;
      if (kind !== 'api.request' || verb !== 'watch' || query?.['sendInitialEvents'] !== 'true') return message;
      const { sendInitialEvents: _initial, resourceVersionMatch: _match, ...rest } = query;
      return { ...message, query: { ...rest, resourceVersion: '0' } } as Message;
    },
  }));
}

export const staleLeader: Mutant = {
  name: 'stale-leader',
  story: 'kubernetes#59848: a controller that starts on an API server whose cache lags makes again what is there already',
  campaign: { extensions: { components: { 'kube-controller-manager': trusting } } },
  plan: planOf([apply(1, workload('ReplicaSet', 2))], [fault('lagging-cache', when('replicaset.created'), 4), { name: 'crash', kind: 'crash', target: 'kube-controller-manager', start: at(3), for: 500_000 }]),
  breaks: ['a ReplicaSet has no more pods than it asked for', 'a Job makes no more pods than may run at once', CONVERGES],
};
