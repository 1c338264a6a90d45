/**
 * A moment: the Kubernetes API over a cluster as it was at one position of a log.
 *
 * A kube-apiserver and an etcd that holds what the cluster's etcd held then, with the clock standing still at that time. So every
 * read (selectors, tables, versions, custom resources, dry runs) is answered by the same code as in the run itself. Nothing
 * else runs, and nothing is ever written.
 */
import { Kernel, PlainNetwork, type Message } from '../../../src/index.ts';
import type { ApiRequest, ApiResponse, ServerToClient, UserInfo } from '../api/message.ts';
import { authenticatedUser, kubeApiServer, servedKinds } from '../api-server/server.ts';
import type { KindInfo } from '../api-server/registry/kind.ts';
import type { Process } from '../client/process.ts';
import { etcd } from '../etcd/etcd.ts';
import { Store } from '../etcd/store.ts';
import type { KeyValue } from '../etcd/message.ts';
import { shown, type StoreView } from '../explain/store-view.ts';
import { GATEWAY, gateway, gatewayState } from './gateway.ts';
import { SERVICE_CIDR, type ClusterConfig } from './config.ts';

const SERVER = 'kube-apiserver';

/** A request without the id that the moment gives. */
export type MomentRequest = Omit<ApiRequest, 'kind' | 'id'>;

export class Moment {
  /** Virtual time in µs. */
  readonly time: number;
  /** Wall time in µs since 1970. */
  readonly wallTime: number;
  private readonly kernel: Kernel;
  private nextId = 1;

  /** The API over `view` at the virtual time `time` µs. */
  constructor(view: StoreView, time: number, { epoch, authorization }: Pick<ClusterConfig, 'epoch' | 'authorization'>) {
    this.time = time;
    this.wallTime = epoch * 1000 + time;
    this.kernel = new Kernel({ seed: 'moment', network: new PlainNetwork({ default: { min: 0, max: 0 } }), freeze: false, guard: false });
    this.kernel.run({ until: time });
    this.kernel.spawn(etcd({ store: Store.restored(values(view), view.revision) }));
    this.kernel.spawn(kubeApiServer({ id: SERVER, epoch, serviceCidr: SERVICE_CIDR, authorization, bootstrap: false }));
    this.kernel.spawn(gateway([SERVER]));
    this.settle();
  }

  /** The kinds that are served, custom ones included. */
  kinds(): readonly KindInfo[] {
    return [...servedKinds(this.kernel.state(SERVER) as Process).values()];
  }

  /** Whom a service account's token stands for then. */
  authenticate(token: string): UserInfo | undefined {
    return authenticatedUser(this.kernel.state(SERVER) as Process, token);
  }

  /** Sends a request; what comes back at once (an answer, or a watch's first events) is returned. */
  send(request: MomentRequest): { readonly id: number; readonly messages: readonly ServerToClient[] } {
    const id = this.nextId++;
    this.kernel.input(GATEWAY, { kind: 'gateway.submit', request: { kind: 'api.request', id, ...request } as ApiRequest } as Message);
    this.settle();
    const state = gatewayState(this.kernel.state(GATEWAY) as Process);
    const messages = state?.outbox ?? [];
    if (state !== undefined) state.outbox = [];
    return { id, messages };
  }

  /** The answer to a request that is not a watch. */
  ask(request: MomentRequest): ApiResponse {
    const [answer] = this.send(request).messages;
    if (answer?.kind === 'api.response') return answer;
    throw new Error(`the API server did not answer ${request.verb} ${request.resource} at once`);
  }

  /** The client of a watch went away. */
  close(id: number): void {
    this.kernel.input(GATEWAY, { kind: 'gateway.close', id } as Message);
    this.settle();
  }

  /** Lets everything happen that happens at this instant. */
  private settle(): void {
    this.kernel.run({ until: this.time });
  }
}

function* values({ objects }: StoreView): Generator<KeyValue, void, undefined> {
  for (const [key, stored] of objects) yield { key, object: shown(stored), modRevision: stored.revision, createRevision: stored.revision };
}
