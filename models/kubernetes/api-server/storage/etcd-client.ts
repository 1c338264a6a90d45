/**
 * The API server's connection to etcd: transactions, ranges and one watch, as tasks.
 *
 * A connection that breaks fails what is open on it: a transaction then has an unknown outcome, which the caller must
 * report as such (HTTP 500, as the real server does), never retry blindly; a read is asked again for a while. Until the
 * server is dialled with success, writes are refused at once (etcd's `client/v3/retry_interceptor.go`, gRPC's connection backoff).
 */
import type { PeerMessage } from '../../../../src/index.ts';
import { suspend, type Process, type Task } from '../../client/process.ts';
import type {
  EtcdCompactResult,
  EtcdEvents,
  EtcdRangeResult,
  EtcdReply,
  EtcdRequest,
  EtcdTxn,
  EtcdTxnResult,
} from '../../etcd/message.ts';
import type { KubeObject } from '../../object/types.ts';

/** etcd's client gives up after this long without an answer (etcd3 dial and keepalive settings; 504 to the API client). */
const TIMEOUT = 30_000_000;

/** For how long a read is asked again: 100 attempts, 25 ms apart (`defaultUnaryMaxRetries`, `defaultBackoffWaitBetween`). */
const RETRIES = 2_500_000;

/** gRPC's waits between attempts to connect, µs (google.golang.org/grpc/backoff, `DefaultConfig`; jitter of a fifth either way). */
const DIAL = { base: 1_000_000, factor: 1.6, most: 120_000_000, jitter: 0.2 };

/** No answer came. `message` is what the API server tells its client; after `broken`, the outcome of a write is unknown. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly message: string;
}

const unavailable = (message: string): Unavailable => Object.freeze({ kind: 'unavailable', message });
const TIMED_OUT = unavailable('etcdserver: request timed out');
const BROKEN = unavailable('rpc error: code = Unavailable desc = error reading from server: EOF');
const REFUSED = unavailable('rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:2379: connect: connection refused"');

type Settle = (reply: never) => void;

/** A request that has no id yet. */
type Draft = EtcdRequest extends infer R ? (R extends EtcdRequest ? Omit<R, 'id'> & { id: number } : never) : never;

export class EtcdClient {
  private readonly process: Process;
  private readonly server: string;
  private readonly open = new Map<number, { readonly settle: Settle; readonly deadline: number }>();
  private nextId: number;
  private isSweeping = false;
  private isServerUp = true;
  private isConnected = true;
  private onConnected: (() => void)[] = [];
  private onEvents: ((events: EtcdEvents) => void) | undefined;
  private onLost: (() => void) | undefined;
  private watchId = 0;

  constructor(process: Process, server: string) {
    this.process = process;
    this.nextId = process.firstId;
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
    process.on<PeerMessage>('up', () => {
      this.isServerUp = true;
    });
  }

  /** Compare-and-swap: `expect` 0 for a key that must not exist; without `put`, a delete. */
  *txn(key: string, expect: number, put?: KubeObject, ttlSeconds?: number): Task<EtcdTxnResult | Unavailable> {
    const draft: { -readonly [Member in keyof EtcdTxn]: EtcdTxn[Member] } = { kind: 'etcd.txn', id: 0, key, expect };
    if (put !== undefined) draft.put = put;
    if (ttlSeconds !== undefined) draft.ttlSeconds = ttlSeconds;
    return yield* this.write<EtcdTxnResult>(draft);
  }

  /** Reads one key, or all keys below a prefix that ends in a slash. */
  *range(key: string, revision = 0): Task<EtcdRangeResult | Unavailable> {
    return yield* this.read<EtcdRangeResult>(() => ({ kind: 'etcd.range', id: 0, key, revision }));
  }

  *compact(revision: number): Task<EtcdCompactResult | Unavailable> {
    return yield* this.write<EtcdCompactResult>({ kind: 'etcd.compact', id: 0, revision });
  }

  /** Watches everything from a revision on. One watch at a time; `lost` is called when the connection breaks. */
  watch(prefix: string, from: number, events: (events: EtcdEvents) => void, lost: () => void): void {
    this.watchId = this.nextId++;
    this.onEvents = events;
    this.onLost = lost;
    this.process.send(this.server, { kind: 'etcd.watch', id: this.watchId, prefix, from } as EtcdRequest);
  }

  /** Waits until the server is connected; false when it was not within so many µs. */
  *connected(within = Infinity): Task<boolean> {
    if (this.isConnected) return true;
    return yield* suspend<boolean>((resume) => {
      const connect = (): void => {
        timer?.stop();
        resume(true);
      };
      const timer = within === Infinity ? undefined : this.process.after('etcd.retry', within, () => {
        this.onConnected = this.onConnected.filter((other) => other !== connect);
        resume(false);
      });
      this.onConnected.push(connect);
    });
  }

  private *write<R extends EtcdReply>(draft: Draft): Task<R | Unavailable> {
    return this.isConnected ? yield* this.ask<R>(draft) : REFUSED;
  }

  /** Each attempt is a message of its own: what has been sent does not change. */
  private *read<R extends EtcdReply>(draft: () => Draft): Task<R | Unavailable> {
    const end = this.process.now + RETRIES;
    while (this.isConnected || (yield* this.connected(end - this.process.now))) {
      const answer = yield* this.ask<R>(draft());
      if (answer !== BROKEN) return answer;
    }
    return REFUSED;
  }

  private *ask<R extends EtcdReply>(draft: Draft): Task<R | Unavailable> {
    const id = this.nextId++;
    return yield* suspend<R | Unavailable>((settle) => {
      this.open.set(id, { settle: settle as Settle, deadline: this.process.now + TIMEOUT });
      draft.id = id;
      this.process.send(this.server, draft);
      this.sweepLater(TIMEOUT);
    });
  }

  private settle(reply: EtcdReply): void {
    const entry = this.open.get(reply.id);
    this.open.delete(reply.id);
    entry?.settle(reply as never);
  }

  private lost(): void {
    this.isServerUp = false;
    if (this.isConnected) {
      this.isConnected = false;
      this.dial(0, DIAL.base);
    }
    for (const id of [...this.open.keys()]) this.fail(id, BROKEN);
    const { onLost } = this;
    this.onEvents = undefined;
    this.onLost = undefined;
    onLost?.();
  }

  private dial(delay: number, backoff: number): void {
    this.process.after('etcd.dial', delay, () => {
      if (!this.isServerUp) {
        const swing = this.process.choose('etcd-dial', 2001) / 1000 - 1;
        this.dial(backoff * (1 + DIAL.jitter * swing), Math.min(backoff * DIAL.factor, DIAL.most));
        return;
      }
      this.isConnected = true;
      for (const connect of this.onConnected.splice(0)) connect();
    });
  }

  private fail(id: number, how: Unavailable): void {
    const entry = this.open.get(id);
    this.open.delete(id);
    entry?.settle(how as never);
  }

  /** One timer for all requests: it waits for the one that has been open longest, as long as any is. */
  private sweepLater(delay: number): void {
    if (this.isSweeping) return;
    this.isSweeping = true;
    this.process.after('etcd.timeout', delay, () => {
      this.isSweeping = false;
      const { now } = this.process;
      for (const [id, { deadline }] of [...this.open]) if (deadline <= now) this.fail(id, TIMED_OUT);
      for (const { deadline } of this.open.values()) return this.sweepLater(deadline - now);
    });
  }
}

export const isUnavailable = (reply: { readonly kind: string }): reply is Unavailable => reply.kind === 'unavailable';
