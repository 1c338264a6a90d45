/**
 * What the server's handlers share: storage, the registry of kinds, admission and the allocators.
 */
import type { Process } from '../../client/process.ts';
import type { AdmissionWorld } from '../admission/plugin.ts';
import { ServiceAllocators } from '../allocator/service.ts';
import { CustomKinds } from '../crd/registry.ts';
import type { KindInfo, StorageResource } from '../registry/kind.ts';
import { KINDS } from '../registry/kinds.ts';
import { EtcdClient } from '../storage/etcd-client.ts';
import { StorageRegistry } from '../storage/registry.ts';
import type { ApiServerOptions } from '../server.ts';
import { aggregatedKinds } from '../registry/aggregated.ts';
import { Aggregator } from './aggregator.ts';
import { NodeProxy } from './node-proxy.ts';
import { Dialer } from './proxy.ts';
import { ServedRequests } from './served-requests.ts';
import type { ServerWorld } from './request.ts';
import { CompiledObjects } from './compiled-objects.ts';
import { WebhookClient } from './webhook-client.ts';

export interface Services extends ServerWorld {
  readonly options: ApiServerOptions;
  /** Kinds by `group/resource`: the built-in ones, and those that CustomResourceDefinitions define. */
  readonly kinds: KindMap;
  readonly allocators: ServiceAllocators;
  readonly nodes: NodeProxy;
  readonly aggregator: Aggregator;
  readonly compiled: CompiledObjects;
  readonly dialer: Dialer;
  readonly served: ServedRequests;
  /** Made at the first use. Not in a WeakMap of all servers: until the next full collection its values would keep every cluster alive. */
  admission: AdmissionWorld | undefined;
}

/** Kinds by `group/resource`; `revision` moves with each change. */
export class KindMap extends Map<string, KindInfo> {
  revision = 0;
  override set(key: string, info: KindInfo): this {
    this.revision = (this.revision ?? 0) + 1;
    return super.set(key, info);
  }
  override delete(key: string): boolean {
    this.revision++;
    return super.delete(key);
  }
}

/** The Service range of the recorded cluster. */
const DEFAULT_SERVICE_CIDR = '10.96.0.0/16';

export function createServices(process: Process, options: ApiServerOptions, onReset: (resource?: StorageResource) => void): Services {
  const etcd = new EtcdClient(process, options.etcd ?? 'etcd');
  const storage = new StorageRegistry(process, etcd, onReset);
  const dialer = new Dialer(process);
  const services: Services = {
    process,
    options,
    epoch: options.epoch,
    storage,
    allocators: new ServiceAllocators(options.serviceCidr ?? DEFAULT_SERVICE_CIDR, options.isOneOfMany),
    nodes: new NodeProxy(process),
    served: new ServedRequests(),
    aggregator: new Aggregator(process, options.aggregated ?? []),
    webhooks: new WebhookClient(process, storage, dialer, options.webhooks ?? { actors: [], isOutsideReachable: false }),
    compiled: new CompiledObjects(),
    kinds: new KindMap([...KINDS, ...aggregatedKinds(options.aggregated ?? [])].map((info) => [`${info.group}/${info.resource}`, info])),
    dialer,
    admission: undefined,
  };
  new CustomKinds(services);
  return services;
}
