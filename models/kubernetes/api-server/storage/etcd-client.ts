/**
 * The API server's connection to etcd: transactions, ranges and one watch, as tasks.
 *
 * A connection that breaks fails what is open on it: a transaction then has an unknown outcome, which the caller must
 * report as such (HTTP 500, as the real server does), never retry blindly.
 */
import type { PeerMessage } from '../../../../src/index.ts';
import { suspend, type Process, type Task } from '../../client/process.ts';
import type {
  EtcdCompactResult,
  EtcdEvents,
  EtcdRangeResult,
  EtcdReply,
  EtcdRequest,
  EtcdTxnResult,
} from '../../etcd/message.ts';
import type { KubeObject } from '../../object/types.ts';

/** etcd's client gives up after this long (etcd3 dial and keepalive settings; 504 to the API client). */
const TIMEOUT = 30_000_000;

/** No answer came: the outcome is unknown. */
export interface Unavailable {
  readonly kind: 'unavailable';
}

const UNAVAILABLE: Unavailable = Object.freeze({ kind: 'unavailable' });

type Settle = (reply: never) => void;

/** A request without its id. */
type Draft = EtcdRequest extends infer R ? (R extends EtcdRequest ? Omit<R, 'id'> : never) : never;

export class EtcdClient {
  private readonly process: Process;
  private readonly server: string;
  private readonly open = new Map<number, { readonly settle: Settle; readonly deadline: number }>();
  private nextId = 1;
  private isSweeping = false;
  private onEvents: ((events: EtcdEvents) => void) | undefined;
  private onLost: (() => void) | undefined;
  private watchId = 0;

  constructor(process: Process, server: string) {
    this.process = process;
    this.server = server;
    process.monitor(server);
    const settle = (reply: EtcdReply): void => this.settle(reply);
    process.on<EtcdTxnResult>('etcd.txn.result', settle);
    process.on<EtcdRangeResult>('etcd.range.result', settle);
    process.on<EtcdCompactResult>('etcd.compact.result', settle);
    process.on<EtcdEvents>('etcd.events', (events) => {
      if (events.id === this.watchId) this.onEvents?.(events);
    });
    process.on<PeerMessage>('down', () => this.lost());
    process.on<PeerMessage>('up', () => undefined);
  }

  /** Compare-and-swap: `expect` 0 for a key that must not exist; without `put`, a delete. */
  *txn(key: string, expect: number, put?: KubeObject, ttlSeconds?: number): Task<EtcdTxnResult | Unavailable> {
    return yield* this.ask<EtcdTxnResult>({
      kind: 'etcd.txn',
      key,
      expect,
      ...(put === undefined ? {} : { put }),
      ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    });
  }

  /** Reads one key, or all keys below a prefix that ends in a slash. */
  *range(key: string, revision = 0): Task<EtcdRangeResult | Unavailable> {
    return yield* this.ask<EtcdRangeResult>({ kind: 'etcd.range', key, revision });
  }

  *compact(revision: number): Task<EtcdCompactResult | Unavailable> {
    return yield* this.ask<EtcdCompactResult>({ kind: 'etcd.compact', revision });
  }

  /** Watches everything from a revision on. One watch at a time; `lost` is called when the connection breaks. */
  watch(prefix: string, from: number, events: (events: EtcdEvents) => void, lost: () => void): void {
    this.watchId = this.nextId++;
    this.onEvents = events;
    this.onLost = lost;
    this.process.send(this.server, { kind: 'etcd.watch', id: this.watchId, prefix, from } as EtcdRequest);
  }

  private *ask<R extends EtcdReply>(draft: Draft): Task<R | Unavailable> {
    const id = this.nextId++;
    return yield* suspend<R | Unavailable>((settle) => {
      this.open.set(id, { settle: settle as Settle, deadline: this.process.now + TIMEOUT });
      this.process.send(this.server, { ...draft, id } as EtcdRequest);
      this.sweepLater();
    });
  }

  private settle(reply: EtcdReply): void {
    const entry = this.open.get(reply.id);
    this.open.delete(reply.id);
    entry?.settle(reply as never);
  }

  private lost(): void {
    for (const id of [...this.open.keys()]) this.fail(id);
    const { onLost } = this;
    this.onEvents = undefined;
    this.onLost = undefined;
    onLost?.();
  }

  private fail(id: number): void {
    const entry = this.open.get(id);
    this.open.delete(id);
    entry?.settle(UNAVAILABLE as never);
  }

  /** One timer for all requests: it looks for overdue ones now and then, as long as any is open. */
  private sweepLater(): void {
    if (this.isSweeping) return;
    this.isSweeping = true;
    this.process.after('etcd.timeout', TIMEOUT, () => {
      this.isSweeping = false;
      const { now } = this.process;
      for (const [id, { deadline }] of [...this.open]) if (deadline <= now) this.fail(id);
      if (this.open.size > 0) this.sweepLater();
    });
  }
}

export const isUnavailable = (reply: { readonly kind: string }): reply is Unavailable => reply.kind === 'unavailable';
