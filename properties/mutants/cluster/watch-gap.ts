/** After a break the API server's watch on etcd misses the first change of a pod. */
import type { ActorSpec, Message } from '../../../src/index.ts';
import type { EtcdEvents, EtcdWatch } from '../../../models/kubernetes/etcd/message.ts';
import { intercept } from './intercept.ts';
import { CONVERGES, type Mutant } from './mutant.ts';
import { apply, at, fault, planOf, workload } from './plan.ts';

function late(component: ActorSpec): ActorSpec {
  return intercept(component, () => {
    let watches = 0;
    let id = -1;
    let hasMissed = true;
    return {
      send(_to, message) {
        if (message.kind === 'etcd.watch' && ++watches > 1) {
          hasMissed = false;
          ({ id } = message as EtcdWatch & Message);
        }
        return message;
      },
      receive(message) {
        if (message.kind !== 'etcd.events' || hasMissed || (message as EtcdEvents & Message).id !== id || !(message as EtcdEvents & Message).events.some(({ key }) => key.startsWith('/registry/pods/'))) return message;
        hasMissed = true;
        return { ...message, events: [] } as Message;
      },
    };
  });
}

export const watchGap: Mutant = {
  name: 'watch-gap',
  story: 'kubernetes#123072: the watch cache misses an event while its connection to etcd is made anew, and nobody is told',
  campaign: { extensions: { components: { 'kube-apiserver': late } } },
  plan: planOf([apply(5, workload('ReplicaSet', 1))], [fault('etcd-reset', at(2))]),
  breaks: ['every watcher sees a prefix of the history of the store', 'each key of the API is linearizable', CONVERGES],
};
