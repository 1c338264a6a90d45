/** A watch that is taken up again after a disconnect loses the first event that it missed. */
import type { ActorSpec, Message } from '../../../src/index.ts';
import type { ApiRequest, ApiWatchEvents } from '../../../models/kubernetes/api/message.ts';
import { intercept } from './intercept.ts';
import { CONVERGES, type Mutant } from './mutant.ts';
import { apply, at, fault, planOf, workload } from './plan.ts';

function forgetful(component: ActorSpec): ActorSpec {
  return intercept(component, () => {
    const [known, resumed] = [new Set<string>(), new Set<number>()];
    return {
      send(_to, message) {
        const { kind, verb, id, group, resource } = message as ApiRequest & Message;
        if (kind !== 'api.request' || verb !== 'watch') return message;
        if (known.has(`${group}/${resource}`)) resumed.add(id);
        known.add(`${group}/${resource}`);
        return message;
      },
      receive(message) {
        if (message.kind !== 'api.watch') return message;
        const { id, events } = message as ApiWatchEvents & Message;
        if (events.length === 0 || events[0]?.type === 'BOOKMARK' || !resumed.delete(id)) return message;
        return { ...message, events: events.slice(1) } as Message;
      },
    };
  });
}

export const lostEventAfterReconnect: Mutant = {
  name: 'lost-event-after-reconnect',
  story: 'client-go before PR#49992: a watch that began at a version skipped the first event after it',
  campaign: { extensions: { components: { 'kube-controller-manager': forgetful, 'kube-scheduler': forgetful, kubelet: forgetful } } },
  plan: planOf([apply(4, workload('ReplicaSet', 2))], [fault('watch-drop', at(2), undefined, { client: 'kube-controller-manager' })]),
  breaks: [CONVERGES],
};
