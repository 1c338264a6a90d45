/**
 * An API client inside a process: sends requests to kube-apiserver and waits for the answers.
 *
 * As client-go's REST client it limits its own rate (a token bucket of `qps` and `burst`; flowcontrol/throttle.go), and it
 * notices when a server goes away: calls that are open then fail with code 0, because nobody knows whether the server
 * acted. What cannot be noticed (a partition) ends after the HTTP/2 health check's 45 s (read idle 30 s, ping 15 s).
 */
import type { PeerMessage } from '../../../src/index.ts';
import type {
  ApiClose,
  ApiRequest,
  ApiResponse,
  ApiWatchEvents,
  GroupVersionResource,
  PatchType,
  Query,
  UserInfo,
  Verb,
  WatchEvent,
} from '../api/message.ts';
import type { KubeObject } from '../object/types.ts';
import { suspend, type Process, type Task, type TimerHandle } from './process.ts';
import type { ObjectList, Result, Status } from './result.ts';

/** k8s.io/apimachinery/pkg/util/net/http.go: readIdleTimeout 30 s + pingTimeout 15 s. */
const CONNECTION_LOST_AFTER = 45_000_000;
/** How long a refused connection takes. */
const REFUSED_AFTER = 1_000;

export interface ClientOptions {
  /** The API servers' actor ids, in the order of preference. */
  readonly servers: readonly string[];
  readonly user: UserInfo;
  readonly userAgent: string;
  /** Requests per second; 0 or less switches the limit off. */
  readonly qps?: number;
  readonly burst?: number;
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

/** Receives a watch's events and its end. */
export interface WatchSink {
  /** The first call says that the watch is open, even without events. */
  events(events: readonly WatchEvent[]): void;
  /** The stream ended: by the server, by a refusal (`status`), or because the connection was lost (code 0). */
  closed(status: Status | undefined): void;
}

interface OpenCall {
  readonly server: string;
  readonly settle: (response: ApiResponse) => void;
  readonly timeout: TimerHandle | undefined;
}

interface OpenWatch {
  readonly server: string;
  readonly sink: WatchSink;
}

/** Counts of calls, for the run's outcome. Keys are `verb resource`. */
export interface CallCounters {
  readonly calls: Map<string, number>;
  conflicts: number;
}

export class Client {
  readonly counters: CallCounters = { calls: new Map(), conflicts: 0 };
  private readonly process: Process;
  private readonly options: ClientOptions;
  private readonly calls = new Map<number, OpenCall>();
  private readonly watches = new Map<number, OpenWatch>();
  private readonly down = new Set<string>();
  private nextId = 1;
  private tokens: number;
  private tokensAt = 0;

  /** One client a process: it takes over the process's `api.*`, `down` and `up` messages. */
  constructor(process: Process, options: ClientOptions) {
    this.process = process;
    this.options = options;
    this.tokens = options.burst ?? 0;
    process.on<ApiResponse>('api.response', (message) => this.settle(message));
    process.on<ApiWatchEvents>('api.watch', (message) => this.watches.get(message.id)?.sink.events(message.events));
    process.on<ApiClose>('api.close', (message) => this.endWatch(message.id, undefined));
    process.on<PeerMessage>('down', (message) => this.serverDown(message.actor));
    process.on<PeerMessage>('up', (message) => this.down.delete(message.actor));
    for (const server of options.servers) process.monitor(server);
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
  *update<T extends { readonly metadata: { readonly name: string; readonly namespace?: string } } = KubeObject>(resource: GroupVersionResource, body: T, subresource?: string): Task<Result<T>> {
    const { namespace, name } = body.metadata;
    const target = { ...at(namespace, name), body, ...(subresource ? { subresource } : {}) };
    return (yield* this.call('update', resource, target)) as unknown as Result<T>;
  }

  *updateStatus<T extends { readonly metadata: { readonly name: string; readonly namespace?: string } } = KubeObject>(resource: GroupVersionResource, body: T): Task<Result<T>> {
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
    const wait = this.takeToken();
    if (wait > 0) yield* this.process.sleep('client.throttle', wait);
    const response = yield* suspend<ApiResponse>((settle) => this.send(verb, resource, target, settle));
    const key = `${verb} ${resource.resource}${target.subresource === undefined ? '' : `/${target.subresource}`}`;
    this.counters.calls.set(key, (this.counters.calls.get(key) ?? 0) + 1);
    if (response.code >= 200 && response.code < 300) return { ok: true, object: response.body as KubeObject };
    if (response.code === 409) this.counters.conflicts++;
    return { ok: false, status: response.body as Status };
  }

  /** Opens a watch; returns how to stop it. Watches are not rate-limited by the events they carry, only by their start. */
  watch(resource: GroupVersionResource, target: Target, sink: WatchSink): () => void {
    const id = this.nextId++;
    const server = this.server();
    if (server === undefined) {
      this.process.after('client.refused', REFUSED_AFTER, () => sink.closed(unreachable('connect: connection refused')));
      return () => undefined;
    }
    this.watches.set(id, { server, sink });
    this.process.send(server, this.request(id, 'watch', resource, target));
    return () => {
      if (this.watches.delete(id)) this.process.send(server, { kind: 'api.close', id } as ApiClose);
    };
  }

  private send(verb: Verb, resource: GroupVersionResource, target: Target, settle: (response: ApiResponse) => void): void {
    const id = this.nextId++;
    const server = this.server();
    const fail = (message: string): void => settle({ kind: 'api.response', id, code: 0, body: unreachable(message) });
    if (server === undefined) {
      this.process.after('client.refused', REFUSED_AFTER, () => fail('connect: connection refused'));
      return;
    }
    const timeout = this.process.after('client.timeout', CONNECTION_LOST_AFTER, () => {
      this.calls.delete(id);
      fail('http2: client connection lost');
    });
    this.calls.set(id, { server, settle, timeout });
    this.process.send(server, this.request(id, verb, resource, target));
  }

  private request(id: number, verb: Verb, resource: GroupVersionResource, target: Target): ApiRequest {
    const { user, userAgent } = this.options;
    return { kind: 'api.request', id, verb, ...resource, ...target, user, userAgent };
  }

  private settle(response: ApiResponse): void {
    const call = this.calls.get(response.id);
    if (call === undefined) {
      // A watch that is refused answers like any request.
      this.endWatch(response.id, response.body as Status);
      return;
    }
    this.calls.delete(response.id);
    call.timeout?.stop();
    call.settle(response);
  }

  private endWatch(id: number, status: Status | undefined): void {
    const watch = this.watches.get(id);
    if (watch === undefined) return;
    this.watches.delete(id);
    watch.sink.closed(status);
  }

  private serverDown(server: string): void {
    this.down.add(server);
    for (const [id, call] of [...this.calls]) {
      if (call.server !== server) continue;
      this.settle({ kind: 'api.response', id, code: 0, body: unreachable('connection reset by peer') });
    }
    for (const [id, watch] of [...this.watches]) {
      if (watch.server === server) this.endWatch(id, unreachable('connection reset by peer'));
    }
  }

  private server(): string | undefined {
    return this.options.servers.find((server) => !this.down.has(server));
  }

  /** Takes a token and returns how long to wait for it, in µs. Tokens may be owed: callers queue in order. */
  private takeToken(): number {
    const { qps = 0, burst = 1 } = this.options;
    if (qps <= 0) return 0;
    const now = this.process.now;
    this.tokens = Math.min(burst, this.tokens + ((now - this.tokensAt) * qps) / 1_000_000);
    this.tokensAt = now;
    this.tokens -= 1;
    return this.tokens >= 0 ? 0 : Math.ceil((-this.tokens * 1_000_000) / qps);
  }
}

function at(namespace: string | undefined, name: string): { namespace?: string; name: string } {
  return namespace === undefined ? { name } : { namespace, name };
}

function unreachable(message: string): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 0 };
}
