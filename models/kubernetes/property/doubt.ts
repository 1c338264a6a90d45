/**
 * Is a controller in doubt about what it has done?
 *
 * A call that gets no answer may have had its effect. A controller that asked for a pod and never heard may rightly ask again, so
 * laws about how many pods an object has hold only until then. Doubt about one owner begins with an answer of 500 and more to a call
 * that makes a pod for it, and with a connection that breaks, time that runs out, or a process that dies, stops or leads no more while
 * the answer to such a call has not arrived.
 * Doubt about all begins with an answer of 500 and more to a read, and with two leaders at once. Other writes may fail: no pod is made
 * for their sake.
 */
import type { LogRecord, Message, Peer } from '../../../src/index.ts';
import type { ApiRequest, ApiResponse } from '../api/message.ts';
import type { KubeObject } from '../object/types.ts';

const MANAGER = 'kube-controller-manager';
const READS: readonly string[] = ['get', 'list', 'watch'];

/** The uid of the controller that owns an object. */
export function ownerOf({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

export class Doubt {
  /** About everything, from the first such doubt on. */
  private isGeneral = false;
  private readonly doubtful = new Set<string>();
  /** Writes that managers wait for, each with the owner of the pod that it makes. */
  private readonly open = new Map<string, Map<number, string | undefined>>();

  /** May a controller be wrong about what belongs to the owner with this uid? */
  concerns(owner: string): boolean {
    return this.isGeneral || this.doubtful.has(owner);
  }

  /** Sees a message that is sent. */
  sent(from: Peer, message: Message): void {
    if (this.isGeneral || from.type !== MANAGER || message.kind !== 'api.request') return;
    const { verb, resource, id, body } = message as ApiRequest & Message;
    if (!READS.includes(verb)) this.callsOf(from.id).set(id, verb === 'create' && resource === 'pods' ? ownerOf(body as KubeObject) : undefined);
  }

  /** Sees a message that arrives. */
  arrived(to: Peer, message: Message): void {
    if (this.isGeneral || to.type !== MANAGER || message.kind !== 'api.response') return;
    const { id, code } = message as ApiResponse & Message;
    const calls = this.callsOf(to.id);
    const owner = calls.get(id);
    // A read that fails is followed by one of what a cache has, however old.
    if (code >= 500 && !calls.has(id)) this.isGeneral = true;
    if (code >= 500 && owner !== undefined) this.doubtful.add(owner);
    calls.delete(id);
  }

  /** Sees what became of a step. */
  observe({ actor, kind, via, facts }: LogRecord): void {
    if (this.isGeneral || !actor.startsWith(MANAGER)) return;
    if (kind === 'pause' && actor !== MANAGER) this.isGeneral = true;
    const isDeposed = facts.some((fact) => fact.kind === 'leader' && (fact.data as { what?: string }).what === 'stopped leading');
    if (kind !== 'down' && kind !== 'client.timeout' && !isDeposed && !(via === 'control' && (kind === 'crash' || kind === 'pause'))) return;
    for (const owner of this.callsOf(actor).values()) if (owner !== undefined) this.doubtful.add(owner);
  }

  private callsOf(client: string): Map<number, string | undefined> {
    let calls = this.open.get(client);
    if (calls === undefined) this.open.set(client, (calls = new Map()));
    return calls;
  }
}
