/** A controller manager that loses its connection takes its state anew from whatever cache the next API server has. */
import type { ActorSpec, Message } from '../../../src/index.ts';
import type { ApiRequest, ApiWatchEvents } from '../../../models/kubernetes/api/message.ts';
import { intercept } from './intercept.ts';
import { CONVERGES, type Mutant } from './mutant.ts';
import { apply, fault, planOf, when, workload } from './plan.ts';

const EXPIRED = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'too old resource version', reason: 'Expired', code: 410 };

/** Each watch that is taken up again finds its position forgotten, and a new one begins with what the cache has. */
function forgetsPosition(component: ActorSpec): ActorSpec {
  return intercept(component, () => {
    const resumed = new Set<number>();
    return {
      send(_to, message) {
        const { kind, verb, id, query = {} } = message as ApiRequest & Message;
        if (kind !== 'api.request' || verb !== 'watch') return message;
        const { sendInitialEvents, resourceVersionMatch: _match, ...rest } = query;
        if (sendInitialEvents === 'true') return { ...message, query: { ...rest, resourceVersion: '0' } } as Message;
        resumed.add(id);
        return message;
      },
      receive(message) {
        if (message.kind !== 'api.watch' || !resumed.delete((message as ApiWatchEvents & Message).id)) return message;
        return { ...message, events: [{ type: 'ERROR', object: EXPIRED }] } as unknown as Message;
      },
    };
  });
}

export const timeTraveller: Mutant = {
  name: 'time-traveller',
  story: "Sieve's time travel (kubernetes#59848 and its like): after a change of API server the past is taken for the present",
  campaign: { extensions: { components: { 'kube-controller-manager': forgetsPosition } } },
  plan: planOf([apply(1, workload('ReplicaSet', 2))], [fault('time-travel', when('replicaset.created'), 8, { client: 'kube-controller-manager', lag: 3_000_000 })], { apiServers: 2 }),
  breaks: ['a ReplicaSet has no more pods than it asked for', 'a Job makes no more pods than may run at once', CONVERGES],
};
