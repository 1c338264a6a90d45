/**
 * The scheduler's informers, and what plugins may look up in them.
 *
 * Pods that ended are not watched at all: reaching a terminal phase looks like a deletion and frees the resources.
 * Source: pkg/scheduler/scheduler.go (NewInformerFactory), pkg/scheduler/eventhandlers.go.
 */
import {
  CSI_DRIVERS,
  CSI_NODES,
  NAMESPACES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  POD_DISRUPTION_BUDGETS,
  PODS,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  SERVICES,
  STATEFUL_SETS,
  STORAGE_CLASSES,
  VOLUME_ATTACHMENTS,
} from '../client/resources.ts';
import type { SharedInformer, SharedInformerFactory } from '../client/shared-informer.ts';
import type {
  CSIDriver,
  CSINode,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  ReplicaSet,
  ReplicationController,
  Service,
  StatefulSet,
  StorageClass,
  VolumeAttachment,
} from '../object/types.ts';
import type { CSIStorageCapacity, Listers } from './framework/listers.ts';

/** Pods that still matter to a scheduler. */
const ACTIVE_PODS = 'status.phase!=Succeeded,status.phase!=Failed';
const CSI_STORAGE_CAPACITIES = { group: 'storage.k8s.io', version: 'v1', resource: 'csistoragecapacities' };

export interface Informers {
  readonly pods: SharedInformer<Pod>;
  readonly nodes: SharedInformer<Node>;
  readonly namespaces: SharedInformer<Namespace>;
  readonly services: SharedInformer<Service>;
  readonly replicationControllers: SharedInformer<ReplicationController>;
  readonly replicaSets: SharedInformer<ReplicaSet>;
  readonly statefulSets: SharedInformer<StatefulSet>;
  readonly podDisruptionBudgets: SharedInformer<PodDisruptionBudget>;
  readonly persistentVolumes: SharedInformer<PersistentVolume>;
  readonly persistentVolumeClaims: SharedInformer<PersistentVolumeClaim>;
  readonly storageClasses: SharedInformer<StorageClass>;
  readonly csiNodes: SharedInformer<CSINode>;
  readonly csiDrivers: SharedInformer<CSIDriver>;
  readonly csiStorageCapacities: SharedInformer<CSIStorageCapacity>;
  readonly volumeAttachments: SharedInformer<VolumeAttachment>;
}

export const informersOf = (factory: SharedInformerFactory): Informers => ({
  pods: factory.informer<Pod>(PODS, { fieldSelector: ACTIVE_PODS }),
  nodes: factory.informer<Node>(NODES),
  namespaces: factory.informer<Namespace>(NAMESPACES),
  services: factory.informer<Service>(SERVICES),
  replicationControllers: factory.informer<ReplicationController>(REPLICATION_CONTROLLERS),
  replicaSets: factory.informer<ReplicaSet>(REPLICA_SETS),
  statefulSets: factory.informer<StatefulSet>(STATEFUL_SETS),
  podDisruptionBudgets: factory.informer<PodDisruptionBudget>(POD_DISRUPTION_BUDGETS),
  persistentVolumes: factory.informer<PersistentVolume>(PERSISTENT_VOLUMES),
  persistentVolumeClaims: factory.informer<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS),
  storageClasses: factory.informer<StorageClass>(STORAGE_CLASSES),
  csiNodes: factory.informer<CSINode>(CSI_NODES),
  csiDrivers: factory.informer<CSIDriver>(CSI_DRIVERS),
  csiStorageCapacities: factory.informer<CSIStorageCapacity>(CSI_STORAGE_CAPACITIES),
  volumeAttachments: factory.informer<VolumeAttachment>(VOLUME_ATTACHMENTS),
});

/** Look-ups in the informers' caches. */
export const informerListers = (informers: Informers): Listers => {
  let epoch = 0;
  const changed = (): void => {
    epoch += 1;
  };
  informers.namespaces.addEventHandler({ add: changed, update: changed, delete: changed });
  return {
    services: (namespace) => informers.services.lister.list(namespace),
    replicationController: (namespace, name) => informers.replicationControllers.lister.get(namespace, name),
    replicaSet: (namespace, name) => informers.replicaSets.lister.get(namespace, name),
    statefulSet: (namespace, name) => informers.statefulSets.lister.get(namespace, name),
    podDisruptionBudgets: () => informers.podDisruptionBudgets.lister.list(),
    namespaces: () =>
      informers.namespaces.indexer
        .list()
        .map(({ metadata }) => ({ name: metadata.name, labels: metadata.labels ?? {} })),
    namespaceLabels: (name) => informers.namespaces.lister.get(undefined, name)?.metadata.labels,
    namespacesEpoch: () => epoch,
    nodeLabels: (name) => {
      const node = informers.nodes.lister.get(undefined, name);
      return node && (node.metadata.labels ?? {});
    },
    hasPod: (namespace, name) => informers.pods.lister.get(namespace, name) !== undefined,
    persistentVolumeClaim: (namespace, name) => informers.persistentVolumeClaims.lister.get(namespace, name),
    persistentVolume: (name) => informers.persistentVolumes.lister.get(undefined, name),
    persistentVolumes: () => informers.persistentVolumes.lister.list(),
    storageClass: (name) => informers.storageClasses.lister.get(undefined, name),
    csiNode: (name) => informers.csiNodes.lister.get(undefined, name),
    csiDriver: (name) => informers.csiDrivers.lister.get(undefined, name),
    csiStorageCapacities: () => informers.csiStorageCapacities.lister.list(),
    volumeAttachments: () => informers.volumeAttachments.lister.list(),
  };
};
