/**
 * An API client inside a process: sends requests to kube-apiserver and waits for the answers.
 *
 * As client-go's REST client it limits its own rate (a token bucket of `qps` and `burst`; flowcontrol/throttle.go). A
 * process makes one client and derives others from it ({@link Client.named}): they share the connection, but each has its own
 * identity, limit and counters, as each controller of kube-controller-manager has. Watches are not limited (rest/request.go).
 */
import type { ApiResponse, GroupVersionResource, PatchType, Query, UserInfo, Verb } from '../api/message.ts';
import type { KubeObject } from '../object/types.ts';
import { Connection, type WatchSink } from './connection.ts';
import { suspend, type Process, type Task } from './process.ts';
import { TokenBucket } from './rate-limiter.ts';
import type { ObjectList, Result, Status } from './result.ts';

export type { WatchSink } from './connection.ts';

export interface ClientOptions {
  /** The API servers' actor ids, in the order of preference. */
  readonly servers: readonly string[];
  readonly user: UserInfo;
  readonly userAgent: string;
  /** Requests per second; 0 or less switches the limit off. */
  readonly qps?: number;
  readonly burst?: number;
  /** How long a call may take, µs (rest.Config.Timeout); absent: until the connection is known to be lost. */
  readonly timeout?: number;
}

/** What a request addresses beside its collection. */
export interface Target {
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** Counts of calls, for the run's outcome. Keys are `verb resource`. */
export interface CallCounters {
  readonly calls: Map<string, number>;
  /** Calls begun, of all kinds. */
  total: number;
  conflicts: number;
}

/** An object as far as a request needs it. */
interface Named {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export class Client {
  readonly counters: CallCounters = { calls: new Map(), total: 0, conflicts: 0 };
  private readonly process: Process;
  private readonly options: ClientOptions;
  private readonly connection: Connection;
  private readonly bucket: TokenBucket | undefined;

  /** The first client of a process makes its connection; further ones come from {@link named}. */
  constructor(process: Process, options: ClientOptions, connection: Connection = new Connection(process, options.servers)) {
    this.process = process;
    this.options = options;
    this.connection = connection;
    const { qps = 0, burst = 1 } = options;
    this.bucket = qps <= 0 ? undefined : new TokenBucket(qps, burst, () => process.now);
  }

  /** A client over the same connection with its own rate limit and counters, and its own name where given. */
  named(options: Partial<Omit<ClientOptions, 'servers'>>): Client {
    return new Client(this.process, { ...this.options, ...options }, this.connection);
  }

  *get<T = KubeObject>(resource: GroupVersionResource, namespace: string | undefined, name: string, query?: Query): Task<Result<T>> {
    return (yield* this.call('get', resource, { ...at(namespace, name), ...(query ? { query } : {}) })) as Result<T>;
  }

  *list<T = KubeObject>(resource: GroupVersionResource, namespace?: string, query?: Query): Task<Result<ObjectList<T>>> {
    const target = { ...(namespace ? { namespace } : {}), ...(query ? { query } : {}) };
    return (yield* this.call('list', resource, target)) as unknown as Result<ObjectList<T>>;
  }

  *create<T = KubeObject>(resource: GroupVersionResource, namespace: string | undefined, body: unknown, options: Target = {}): Task<Result<T>> {
    return (yield* this.call('create', resource, { ...options, ...(namespace ? { namespace } : {}), body })) as Result<T>;
  }

  /** Replaces an object (PUT); `subresource` for `status`, `scale` and so on. */
  *update<T extends Named = KubeObject>(resource: GroupVersionResource, body: T, subresource?: string): Task<Result<T>> {
    const { namespace, name } = body.metadata;
    const target = { ...at(namespace, name), body, ...(subresource ? { subresource } : {}) };
    return (yield* this.call('update', resource, target)) as unknown as Result<T>;
  }

  *updateStatus<T extends Named = KubeObject>(resource: GroupVersionResource, body: T): Task<Result<T>> {
    return yield* this.update<T>(resource, body, 'status');
  }

  *patch<T = KubeObject>(resource: GroupVersionResource, namespace: string | undefined, name: string, contentType: PatchType, body: unknown, options: Target = {}): Task<Result<T>> {
    return (yield* this.call('patch', resource, { ...options, ...at(namespace, name), contentType, body })) as Result<T>;
  }

  /** Deletes an object; `options` is the DeleteOptions body. */
  *delete(resource: GroupVersionResource, namespace: string | undefined, name: string, options?: unknown): Task<Result<KubeObject>> {
    return yield* this.call('delete', resource, { ...at(namespace, name), ...(options === undefined ? {} : { body: options }) });
  }

  /** Any request that is not a watch. */
  *call(verb: Verb, resource: GroupVersionResource, target: Target): Task<Result<KubeObject>> {
    this.count(verb, resource, target);
    const wait = this.bucket === undefined ? 0 : this.bucket.reserve();
    if (wait > 0) yield* this.process.sleep('client.throttle', wait);
    const request = this.request(verb, resource, target);
    const response = yield* suspend<ApiResponse>((settle) => this.connection.send(request, settle, this.options.timeout));
    if (response.code >= 200 && response.code < 300) return { ok: true, object: response.body as KubeObject };
    if (response.code === 409) this.counters.conflicts++;
    return { ok: false, status: response.body as Status };
  }

  /** Opens a watch; returns how to stop it. */
  watch(resource: GroupVersionResource, target: Target, sink: WatchSink): () => void {
    this.count('watch', resource, target);
    return this.connection.watch(this.request('watch', resource, target), sink);
  }

  private count(verb: Verb, resource: GroupVersionResource, target: Target): void {
    const key = `${verb} ${resource.resource}${target.subresource === undefined ? '' : `/${target.subresource}`}`;
    this.counters.calls.set(key, (this.counters.calls.get(key) ?? 0) + 1);
    this.counters.total++;
  }

  private request(verb: Verb, resource: GroupVersionResource, target: Target) {
    const { user, userAgent } = this.options;
    return { verb, ...resource, ...target, user, userAgent };
  }
}

function at(namespace: string | undefined, name: string): { namespace?: string; name: string } {
  return namespace === undefined ? { name } : { namespace, name };
}
