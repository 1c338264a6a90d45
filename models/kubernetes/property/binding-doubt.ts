/**
 * Is a scheduler in doubt about a binding?
 *
 * A binding that gets no answer may have been stored. The scheduler forgets the pod then (schedule_one.go, handleBindingCycleError), and
 * until a watch shows it bound, its room counts as free; so a node may get more than it can give, and its kubelet turns the last pod away.
 */
import type { LogRecord, Message, Peer } from '../../../src/index.ts';
import type { ApiRequest, ApiResponse } from '../api/message.ts';

const SCHEDULER = 'kube-scheduler';

export class BindingDoubt {
  /** From the first binding on of which nobody knows whether it was made. */
  isRaised = false;
  /** Bindings that wait for their answer, by scheduler. */
  private readonly open = new Map<string, Set<number>>();

  /** Sees a message that is sent. */
  sent(from: Peer, message: Message): void {
    if (from.type !== SCHEDULER || message.kind !== 'api.request') return;
    const { verb, resource, subresource, id } = message as ApiRequest & Message;
    if (verb === 'create' && resource === 'pods' && subresource === 'binding') this.bindingsOf(from.id).add(id);
  }

  /** Sees a message that arrives. */
  arrived(to: Peer, message: Message): void {
    if (to.type !== SCHEDULER || message.kind !== 'api.response') return;
    const { id, code } = message as ApiResponse & Message;
    if (this.bindingsOf(to.id).delete(id) && code >= 500) this.isRaised = true;
  }

  /** Sees what became of a step. */
  observe({ actor, kind, via }: LogRecord): void {
    const isCut = kind === 'down' || kind === 'client.timeout' || (via === 'control' && (kind === 'crash' || kind === 'pause'));
    if (isCut && (this.open.get(actor)?.size ?? 0) > 0) this.isRaised = true;
  }

  private bindingsOf(scheduler: string): Set<number> {
    let bindings = this.open.get(scheduler);
    if (bindings === undefined) this.open.set(scheduler, (bindings = new Set()));
    return bindings;
  }
}
