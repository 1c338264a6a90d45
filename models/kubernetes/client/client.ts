/**
 * An API client inside a process: sends requests to kube-apiserver and waits for the answers.
 *
 * As client-go's REST client it limits its own rate (a token bucket of `qps` and `burst`; flowcontrol/throttle.go). A
 * process makes one client and derives others from it ({@link Client.named}): they share the connection, but each has its own
 * identity, limit and counters, as each controller of kube-controller-manager has. Watches are not limited (rest/request.go).
 */
import type { ApiResponse, GroupVersionResource, PatchType, Query, UserInfo, Verb } from '../api/message.ts';
import { NEW } from '../object/new.ts';
import type { KubeObject } from '../object/types.ts';
import { Connection, type Draft, type WatchSink } from './connection.ts';
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
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  readonly query?: Query | undefined;
  readonly body?: unknown;
  readonly contentType?: string | undefined;
}

/** Counts of calls, for the run's outcome. */
export class CallCounters {
  /** Calls begun, of all kinds. */
  total = 0;
  conflicts = 0;
  /** By resource, subresource (`''` for none) and verb. */
  private readonly counts = new Map<string, Map<string, Map<Verb, number>>>();

  count(verb: Verb, resource: string, subresource = ''): void {
    let bySubresource = this.counts.get(resource);
    if (bySubresource === undefined) this.counts.set(resource, (bySubresource = new Map()));
    let byVerb = bySubresource.get(subresource);
    if (byVerb === undefined) bySubresource.set(subresource, (byVerb = new Map()));
    byVerb.set(verb, (byVerb.get(verb) ?? 0) + 1);
    this.total++;
  }

  /** Counts by `verb resource` or `verb resource/subresource`. */
  get calls(): ReadonlyMap<string, number> {
    const calls = new Map<string, number>();
    for (const [resource, bySubresource] of this.counts) {
      for (const [subresource, byVerb] of bySubresource) {
        for (const [verb, count] of byVerb) calls.set(`${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`, count);
      }
    }
    return calls;
  }
}

/** An object as far as a request needs it. */
interface Named {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export class Client {
  readonly counters = new CallCounters();
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
    return new Client(this.process, { ...NEW, ...this.options, ...options }, this.connection);
  }

  // These hand on the task of `call` and are no tasks themselves: each would be one more to go through at every wait.

  get<T = KubeObject>(resource: GroupVersionResource, namespace: string | undefined, name: string, query?: Query): Task<Result<T>> {
    return this.call('get', resource, { namespace, name, query }) as Task<Result<T>>;
  }

  list<T = KubeObject>(resource: GroupVersionResource, namespace?: string, query?: Query): Task<Result<ObjectList<T>>> {
    return this.call('list', resource, { namespace: namespace || undefined, query }) as unknown as Task<Result<ObjectList<T>>>;
  }

  create<T = KubeObject>(resource: GroupVersionResource, namespace: string | undefined, body: unknown, options?: Target): Task<Result<T>> {
    const target = { namespace: namespace || undefined, body };
    return this.call('create', resource, options === undefined ? target : { ...NEW, ...options, ...target }) as Task<Result<T>>;
  }

  /** Replaces an object (PUT); `subresource` for `status`, `scale` and so on. */
  update<T extends Named = KubeObject>(resource: GroupVersionResource, body: T, subresource?: string): Task<Result<T>> {
    const { namespace, name } = body.metadata;
    return this.call('update', resource, { namespace, name, body, subresource }) as unknown as Task<Result<T>>;
  }

  updateStatus<T extends Named = KubeObject>(resource: GroupVersionResource, body: T): Task<Result<T>> {
    return this.update<T>(resource, body, 'status');
  }

  patch<T = KubeObject>(resource: GroupVersionResource, namespace: string | undefined, name: string, contentType: PatchType, body: unknown, options?: Target): Task<Result<T>> {
    const target = { namespace, name, contentType, body };
    return this.call('patch', resource, options === undefined ? target : { ...NEW, ...options, ...target }) as Task<Result<T>>;
  }

  /** Deletes an object; `options` is the DeleteOptions body. */
  delete(resource: GroupVersionResource, namespace: string | undefined, name: string, options?: unknown): Task<Result<KubeObject>> {
    return this.call('delete', resource, { namespace, name, body: options });
  }

  /** Any request that is not a watch. */
  *call(verb: Verb, resource: GroupVersionResource, target: Target): Task<Result<KubeObject>> {
    this.counters.count(verb, resource.resource, target.subresource);
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
    this.counters.count('watch', resource.resource, target.subresource);
    return this.connection.watch(this.request('watch', resource, target), sink);
  }

  private request(verb: Verb, { group, version, resource }: GroupVersionResource, target: Target): Draft {
    const { namespace, name, subresource, query, body, contentType } = target;
    const { user, userAgent } = this.options;
    const draft: Draft = { kind: 'api.request', id: 0, verb, group, version, resource, user, userAgent };
    if (namespace !== undefined) draft.namespace = namespace;
    if (name !== undefined) draft.name = name;
    if (subresource !== undefined) draft.subresource = subresource;
    if (query !== undefined) draft.query = query;
    if (body !== undefined) draft.body = body;
    if (contentType !== undefined) draft.contentType = contentType;
    return draft;
  }
}
