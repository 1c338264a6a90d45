/**
 * Each key of the API is a linearizable register, as long as nobody asks for less.
 *
 * The store's order of writes is known, so no search is needed: an operation that returned version v must have had v as the
 * current one at some moment between its call and its return, and a write must have happened in between. What a write with an
 * unknown outcome did is left open. Reads with a resourceVersion ask the cache and may be stale; they are not judged.
 */
import type { Message, Peer } from '../../../../src/index.ts';
import type { Property, Verdicts } from '../../../../src/property/property.ts';
import type { ApiRequest, ApiResponse } from '../../api/message.ts';
import { kindOf } from '../../api-server/registry/kinds.ts';
import type { StreamNetwork } from '../../fault/network.ts';
import type { KubeObject } from '../../object/types.ts';
import { OBJECT_FACTS, type Change, type ObjectView } from '../object-view.ts';

interface Call {
  readonly verb: string;
  readonly key: string;
  /** The record before which it was made. */
  readonly since: number;
}

/** A version of a key: from the record that wrote it to the one that wrote the next. `rev` 0 is absence. */
interface Version {
  readonly rev: number;
  readonly from: number;
}

const WRITES: readonly string[] = ['create', 'update', 'patch'];

class Registers {
  private readonly calls = new Map<string, Call>();
  private readonly versions = new Map<string, Version[]>();
  private seq = 0;
  private wrong: string | undefined;
  private judged = 0;

  see(from: Peer, to: Peer, message: Message): void {
    if (message.kind === 'api.request') this.called(`${to.id} ${from.id}`, message as ApiRequest & Message);
    else if (message.kind === 'api.response') this.returned(`${from.id} ${to.id}`, message as ApiResponse & Message);
  }

  committed({ key, rev, isDelete, previous }: Change, seq: number): void {
    const list = this.versions.get(key);
    const version: Version = { rev: isDelete ? 0 : rev, from: seq };
    if (list === undefined) this.versions.set(key, [{ rev: Number(previous?.metadata.resourceVersion ?? 0), from: -1 }, version]);
    else list.push(version);
  }

  judge(seq: number, verdicts: Verdicts): void {
    this.seq = seq + 1;
    if (this.judged > 0) verdicts.hit();
    this.judged = 0;
    if (this.wrong !== undefined) verdicts.violated(this.wrong);
    this.wrong = undefined;
  }

  private called(connection: string, { id, verb, group, resource, namespace, name, subresource, query }: ApiRequest): void {
    const isRead = verb === 'get' && !query?.['resourceVersion'];
    if (name === undefined || subresource !== undefined || !(isRead || WRITES.includes(verb)) || query?.['dryRun'] !== undefined) return;
    const info = kindOf(group, resource);
    if (info === undefined || info.virtual === true) return;
    const key = `/registry/${info.keyPrefix}/${info.namespaced ? `${namespace ?? ''}/` : ''}${name}`;
    this.calls.set(`${connection} ${id}`, { verb, key, since: this.seq });
  }

  private returned(connection: string, { id, code, body }: ApiResponse): void {
    const call = this.calls.get(`${connection} ${id}`);
    if (call === undefined) return;
    this.calls.delete(`${connection} ${id}`);
    const isAbsent = code === 404 && call.verb === 'get' && (body as { reason?: string }).reason === 'NotFound';
    if (!isAbsent && (code < 200 || code > 299)) return;
    // A write that removed the last finalizer has deleted the object and answers with what it was.
    if (call.verb !== 'get' && (body as KubeObject).metadata.deletionTimestamp !== undefined) return;
    this.judged++;
    this.wrong ??= this.explain(call, isAbsent ? 0 : Number((body as KubeObject).metadata.resourceVersion), connection);
  }

  private explain({ verb, key, since }: Call, rev: number, connection: string): string | undefined {
    const versions = this.versions.get(key);
    // A key that was never written in this run has the version that it began with.
    if (versions === undefined) return undefined;
    const client = connection.slice(connection.indexOf(' ') + 1);
    const at = versions.findLastIndex((version) => version.rev === rev);
    if (at < 0) return `${client}: ${verb} of ${key} answered version ${rev}, which it never had`;
    const ended = versions[at + 1]?.from ?? Infinity;
    if (ended < since) return `${client}: ${verb} of ${key} answered version ${rev}, which had been overwritten by #${ended}, before the call at #${since}`;
    return undefined;
  }
}

/** The law, for runs over `network`. */
export function apiLinearizable(network: StreamNetwork, objects: ObjectView): Property {
  return {
    name: 'each key of the API is linearizable',
    start() {
      const registers = new Registers();
      network.tap((from, to, message) => registers.see(from, to, message));
      return {
        observe(record, _fact, verdicts) {
          for (const fact of record.facts) {
            if (!OBJECT_FACTS.includes(fact.kind as (typeof OBJECT_FACTS)[number])) continue;
            const change = objects.take(fact);
            if (change !== undefined) registers.committed(change, record.seq);
          }
          registers.judge(record.seq, verdicts);
        },
      };
    },
  };
}
