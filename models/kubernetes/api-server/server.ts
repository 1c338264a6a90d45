/**
 * kube-apiserver: the only one that talks to etcd, and the one that everybody else talks to.
 *
 * An actor that answers API requests (`api/message.ts`) and keeps watches open. Each request runs as a task of its own, so
 * requests overlap as they do on the real server, and lose races as they do there. Several servers may run on one etcd,
 * each with caches that lag on their own. A crash closes all connections; clients list and watch again.
 */
import type { ActorSpec } from '../../../src/index.ts';
import type { ApiClose, ApiRequest, ApiResponse, UserInfo } from '../api/message.ts';
import { processBehavior, type Process, type Task } from '../client/process.ts';
import type { StorageResource } from './registry/kind.ts';
import { authenticateToken } from './authentication/service-account-token.ts';
import { startBootstrap } from './bootstrap/start.ts';
import { createServices, type KindMap, type Services } from './handlers/services.ts';
import type { WebhookTargets } from './handlers/webhook-client.ts';
import { listenToPods } from './handlers/from-pods.ts';
import { route } from './handlers/route.ts';
import { failed, type Answer } from './handlers/request.ts';
import { plainError } from './status/status.ts';
import type { OpenWatch } from './handlers/watch.ts';

/** The kinds that a running server serves, custom ones included. */
export const servedKinds = (process: Process): KindMap => (process.exposed as Services).kinds;

/** Whom a service account's token stands for, by a running server; undefined when it is not valid. */
export function authenticatedUser(process: Process, token: string): UserInfo | undefined {
  const found = authenticateToken(token, [], process.exposed as Services);
  return 'user' in found ? found.user : undefined;
}

/** Requests that a running server has taken in, by `verb resource` (from its actor's state); none while it is down. */
export const servedRequests = (state: unknown): readonly (readonly [call: string, count: number])[] =>
  ((state as Process | undefined)?.exposed as Services | undefined)?.served.list() ?? [];

export interface ApiServerOptions {
  /** Actor id; `kube-apiserver` for the only one. */
  readonly id?: string;
  /** The etcd to use. */
  readonly etcd?: string;
  /** The cluster's epoch in ms since 1970: wall time is epoch plus virtual time. */
  readonly epoch: number;
  /** The port in the endpoints of the `kubernetes` Service. Default 6443. */
  readonly securePort?: number;
  /** The Service range (`--service-cluster-ip-range`). Default `10.96.0.0/16`, as the recorded cluster. */
  readonly serviceCidr?: string;
  /** `AlwaysAllow` (the server's default) or `RBAC`. */
  readonly authorization?: 'AlwaysAllow' | 'RBAC';
  /** Aggregated APIs: which actor serves a group and version. */
  readonly aggregated?: readonly { readonly group: string; readonly version: string; readonly actor: string }[];
  /** Whether this server creates the objects of a fresh cluster. Default true. */
  readonly bootstrap?: boolean;
  /** Whether a fresh cluster also gets the objects that only RBAC, flow control and aggregation look at. Default: with RBAC. */
  readonly policyObjects?: boolean;
  /** Whether there are other servers on the same etcd; then new custom kinds are established with a delay. */
  readonly isOneOfMany?: boolean;
  /** Whether programs in pods reach this server over the cluster's network. Default false: nobody does, in most tests. */
  readonly isReachedByPods?: boolean;
  /** Where webhooks are found. By default there are none. */
  readonly webhooks?: WebhookTargets;
}

/** The period of compaction (`--etcd-compaction-interval`, etcd3/compact.go). */
const COMPACTION_PERIOD = 300_000_000;

/** Makes the actor. */
export function kubeApiServer(options: ApiServerOptions): ActorSpec {
  return {
    id: options.id ?? 'kube-apiserver',
    type: 'kube-apiserver',
    behavior: processBehavior((process) => new ApiServer(process, options)),
  };
}

class ApiServer {
  private readonly process: Process;
  private readonly services: Services;
  /** Open watches, by client and request id. */
  private readonly watches = new Map<string, OpenWatch>();
  /** Watches that their client closed while they were still being opened. */
  private readonly abandoned = new Set<string>();

  constructor(process: Process, options: ApiServerOptions) {
    this.process = process;
    this.services = createServices(process, options, (resource) => this.closeAll(resource));
    process.exposed = this.services;
    process.on<ApiRequest>('api.request', (request) => process.go(this.serve(request, process.from)));
    process.on<ApiClose>('api.close', ({ id }) => this.close(`${process.from} ${id}`));
    process.go(this.start(options));
  }

  private *start(options: ApiServerOptions): Task {
    yield* this.services.storage.start();
    if (options.bootstrap !== false) this.process.go(startBootstrap(this.services));
    if (options.isReachedByPods === true) listenToPods(this.services);
    this.process.go(this.compact());
  }

  private *serve(request: ApiRequest, client: string): Task {
    this.services.served.count(request);
    yield* this.services.storage.ready();
    const key = `${client} ${request.id}`;
    let answer: Answer | undefined;
    try {
      answer = yield* route(this.services, request, {
        client,
        opened: (watch) => this.open(key, watch),
        ended: () => this.watches.delete(key),
      });
    } catch (error) {
      // Upstream's handlers recover from panics the same way (apiserver/pkg/server/filters/wrap.go); the fact is for us.
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.process.record('apiserver.panic', { verb: request.verb, resource: request.resource, error: text.split('\n')[0] ?? '' });
      answer = failed(plainError('This request caused apiserver to panic. Look in the logs for details.'));
    }
    if (answer !== undefined) this.answer(client, request.id, answer);
  }

  private open(key: string, watch: OpenWatch): void {
    if (this.abandoned.delete(key)) watch.stop();
    else this.watches.set(key, watch);
  }

  private close(key: string): void {
    const watch = this.watches.get(key);
    if (watch === undefined) this.abandoned.add(key);
    else watch.stop();
    this.watches.delete(key);
  }

  private closeAll(of?: StorageResource): void {
    for (const [key, watch] of [...this.watches]) {
      if (of !== undefined && (watch.resource.group !== of.group || watch.resource.resource !== of.resource)) continue;
      watch.close();
      this.watches.delete(key);
    }
  }

  private answer(client: string, id: number, { code, body, warnings, headers }: Answer): void {
    const response: { -readonly [Member in keyof ApiResponse]: ApiResponse[Member] } = { kind: 'api.response', id, code, body };
    if (warnings !== undefined && warnings.length > 0) response.warnings = warnings;
    if (headers !== undefined) response.headers = headers;
    this.process.send(client, response);
  }

  /** Every five minutes history up to the revision of the tick before is forgotten. */
  private *compact(): Task {
    let previous = 0;
    for (;;) {
      yield* this.process.sleep('etcd.compaction', COMPACTION_PERIOD);
      if (previous > 0) yield* this.services.storage.etcd.compact(previous);
      previous = this.services.storage.revision;
    }
  }
}

