/**
 * What the server's handlers share: storage, the registry of kinds, admission and the allocators.
 */
import type { Process } from '../../client/process.ts';
import type { KindInfo } from '../registry/kind.ts';
import { KINDS } from '../registry/kinds.ts';
import { EtcdClient } from '../storage/etcd-client.ts';
import { StorageRegistry } from '../storage/registry.ts';
import type { ApiServerOptions } from '../server.ts';
import type { ServerWorld } from './request.ts';

export interface Services extends ServerWorld {
  readonly options: ApiServerOptions;
  /** Kinds by `group/resource`: the built-in ones, and those that CustomResourceDefinitions define. */
  readonly kinds: Map<string, KindInfo>;
}

export function createServices(process: Process, options: ApiServerOptions, onReset: () => void): Services {
  const etcd = new EtcdClient(process, options.etcd ?? 'etcd');
  return {
    process,
    options,
    epoch: options.epoch,
    storage: new StorageRegistry(process, etcd, onReset),
    kinds: new Map(KINDS.map((info) => [`${info.group}/${info.resource}`, info])),
  };
}
