/** The kubelet does not notice that a pod is to go. */
import type { ActorSpec, Message } from '../../../src/index.ts';
import type { ApiWatchEvents } from '../../../models/kubernetes/api/message.ts';
import { intercept } from './intercept.ts';
import { CONVERGES, type Mutant } from './mutant.ts';
import { apply, planOf, remove, workload } from './plan.ts';

function blind(component: ActorSpec): ActorSpec {
  return intercept(component, () => ({
    receive(message) {
      if (message.kind !== 'api.watch') return message;
      const { events } = message as ApiWatchEvents & Message;
      const isEnding = ({ object }: ApiWatchEvents['events'][number]): boolean => object.kind === 'Pod' && object.metadata.deletionTimestamp !== undefined;
      return events.some(isEnding) ? ({ ...message, events: events.filter((event) => !isEnding(event)) } as Message) : message;
    },
  }));
}

export const orphanedContainer: Mutant = {
  name: 'orphaned-container',
  story: 'kubernetes#104648 and its like: a pod worker that is never told to end leaves its pod Terminating, and its containers running, for ever',
  campaign: { extensions: { components: { kubelet: blind } } },
  plan: planOf([apply(2, workload('ReplicaSet', 1)), remove(4, workload('ReplicaSet', 1))]),
  breaks: [CONVERGES],
};
