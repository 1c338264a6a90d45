/** After a break the API server's watch on etcd begins a little too late. */
import type { ActorSpec, Message } from '../../../src/index.ts';
import type { EtcdEvents } from '../../../models/kubernetes/etcd/message.ts';
import { intercept } from './intercept.ts';
import { CONVERGES, type Mutant } from './mutant.ts';

function late(component: ActorSpec): ActorSpec {
  return intercept(component, () => {
    let watches = 0;
    let hasMissed = true;
    return {
      send(_to, message) {
        if (message.kind === 'etcd.watch' && ++watches > 1) hasMissed = false;
        return message;
      },
      receive(message) {
        if (message.kind !== 'etcd.events' || hasMissed || (message as EtcdEvents & Message).events.length === 0) return message;
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
  breaks: ['every watcher sees a prefix of the history of the store', 'each key of the API is linearizable', CONVERGES],
};
