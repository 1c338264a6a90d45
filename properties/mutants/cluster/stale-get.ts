/** The API server answers a consistent read from its watch cache without looking whether that is up to date. */
import type { ActorSpec, Message } from '../../../src/index.ts';
import type { ApiRequest } from '../../../models/kubernetes/api/message.ts';
import { intercept } from './intercept.ts';
import { CONVERGES, type Mutant } from './mutant.ts';
import { apply, at, fault, planOf, workload } from './plan.ts';

function lazy(component: ActorSpec): ActorSpec {
  return intercept(component, () => ({
    receive(message) {
      const { kind, verb, query } = message as ApiRequest & Message;
      if (kind !== 'api.request' || verb !== 'get' || query?.['resourceVersion'] !== undefined) return message;
      return { ...message, query: { ...query, resourceVersion: '0' } } as Message;
    },
  }));
}

export const staleGet: Mutant = {
  name: 'stale-get',
  story: 'what consistent reads from cache (KEP-2340) must not do: serve a read before the cache has caught up',
  campaign: { extensions: { components: { 'kube-apiserver': lazy } } },
  plan: planOf([apply(2, workload('ReplicaSet', 1)), apply(3, workload('ReplicaSet', 2))], [fault('lagging-cache', at(1), 5)]),
  breaks: ['each key of the API is linearizable', CONVERGES],
};
