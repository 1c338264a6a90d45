/**
 * Is a controller in doubt about what it has done?
 *
 * A call that gets no answer may have had its effect. A controller that asked for a pod and never heard may rightly ask again, so
 * laws about how many pods there are hold only until then. Doubt begins with an answer of 500 and more, with a connection that
 * breaks, or a process that dies, stops or leads no more while a call is open, and with two leaders at once.
 */
import type { LogRecord, Message, Peer } from '../../../src/index.ts';
import type { ApiRequest, ApiResponse } from '../api/message.ts';

const MANAGER = 'kube-controller-manager';

export class Doubt {
  /** From the first doubt on. */
  isInDoubt = false;
  /** Pods that managers have asked for and not heard of. */
  private readonly open = new Map<string, Set<number>>();

  /** Sees a message that is sent. */
  see(from: Peer, to: Peer, message: Message): void {
    if (this.isInDoubt) return;
    if (from.type === MANAGER && message.kind === 'api.request') {
      const { verb, resource, id } = message as ApiRequest & Message;
      if (verb === 'create' && resource === 'pods') this.callsOf(from.id).add(id);
    } else if (to.type === MANAGER && message.kind === 'api.response') {
      const { id, code } = message as ApiResponse & Message;
      this.callsOf(to.id).delete(id);
      // A write whose outcome is unknown, or a cache too stale to read: the reflector then falls back to what the cache has.
      if (code >= 500) this.isInDoubt = true;
    }
  }

  /** Sees what became of a step. */
  observe({ actor, kind, via, facts }: LogRecord): void {
    if (this.isInDoubt || !actor.startsWith(MANAGER)) return;
    if (kind === 'pause' && actor !== MANAGER) this.isInDoubt = true;
    const isDeposed = facts.some((fact) => fact.kind === 'leader' && (fact.data as { what?: string }).what === 'stopped leading');
    if ((kind === 'down' || isDeposed || (via === 'control' && (kind === 'crash' || kind === 'pause'))) && this.callsOf(actor).size > 0) this.isInDoubt = true;
  }

  private callsOf(client: string): Set<number> {
    let calls = this.open.get(client);
    if (calls === undefined) this.open.set(client, (calls = new Set()));
    return calls;
  }
}
