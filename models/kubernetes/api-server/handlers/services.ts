/**
 * What the server's handlers share: storage, the registry of kinds, admission and the allocators.
 */
import type { Process } from '../../client/process.ts';
import { ServiceAllocators } from '../allocator/service.ts';
import type { KindInfo } from '../registry/kind.ts';
import { KINDS } from '../registry/kinds.ts';
import { EtcdClient } from '../storage/etcd-client.ts';
import { StorageRegistry } from '../storage/registry.ts';
import type { ApiServerOptions } from '../server.ts';
import { NodeProxy } from './node-proxy.ts';
import type { ServerWorld } from './request.ts';

export interface Services extends ServerWorld {
  readonly options: ApiServerOptions;
  /** Kinds by `group/resource`: the built-in ones, and those that CustomResourceDefinitions define. */
  readonly kinds: Map<string, KindInfo>;
  readonly allocators: ServiceAllocators;
  readonly nodes: NodeProxy;
}

/** The Service range of the recorded cluster. */
const DEFAULT_SERVICE_CIDR = '10.96.0.0/16';

export function createServices(process: Process, options: ApiServerOptions, onReset: () => void): Services {
  const etcd = new EtcdClient(process, options.etcd ?? 'etcd');
  return {
    process,
    options,
    epoch: options.epoch,
    storage: new StorageRegistry(process, etcd, onReset),
    allocators: new ServiceAllocators(options.serviceCidr ?? DEFAULT_SERVICE_CIDR),
    nodes: new NodeProxy(process),
    kinds: new Map(KINDS.map((info) => [`${info.group}/${info.resource}`, info])),
  };
}
