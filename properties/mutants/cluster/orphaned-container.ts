/** The kubelet does not notice that a pod has gone while it was away. */
import type { ActorSpec, Message } from '../../../src/index.ts';
import type { ApiWatchEvents } from '../../../models/kubernetes/api/message.ts';
import { intercept } from './intercept.ts';
import { CONVERGES, type Mutant } from './mutant.ts';

function blind(component: ActorSpec): ActorSpec {
  return intercept(component, () => ({
    receive(message) {
      if (message.kind !== 'api.watch') return message;
      const { events } = message as ApiWatchEvents & Message;
      const isEnding = ({ object }: ApiWatchEvents['events'][number]): boolean => object.kind === 'Pod' && object.metadata.deletionTimestamp !== undefined && object['status']?.phase === 'Pending';
      return events.some(isEnding) ? ({ ...message, events: events.filter((event) => !isEnding(event)) } as Message) : message;
    },
  }));
}

export const orphanedContainer: Mutant = {
  name: 'orphaned-container',
  story: 'a pod that is deleted before its kubelet has started it is never finished: it stays Terminating for ever',
  campaign: { extensions: { components: { kubelet: blind } } },
  breaks: [CONVERGES],
};
