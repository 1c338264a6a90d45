/**
 * Listers over fixed collections of objects: for tools and tests that decide without a running cluster.
 */
import type {
  CSIDriver, CSINode, KubeObject, Namespace, PersistentVolume, PersistentVolumeClaim, PodDisruptionBudget, ReplicaSet,
  ReplicationController, Service, StatefulSet, StorageClass, VolumeAttachment,
} from '../../object/types.ts';
import type { CSIStorageCapacity, Listers } from './listers.ts';

export interface StaticObjects {
  readonly namespaces?: readonly Namespace[];
  readonly services?: readonly Service[];
  readonly replicationControllers?: readonly ReplicationController[];
  readonly replicaSets?: readonly ReplicaSet[];
  readonly statefulSets?: readonly StatefulSet[];
  readonly podDisruptionBudgets?: readonly PodDisruptionBudget[];
  readonly persistentVolumes?: readonly PersistentVolume[];
  readonly persistentVolumeClaims?: readonly PersistentVolumeClaim[];
  readonly storageClasses?: readonly StorageClass[];
  readonly csiNodes?: readonly CSINode[];
  readonly csiDrivers?: readonly CSIDriver[];
  readonly csiStorageCapacities?: readonly CSIStorageCapacity[];
  readonly volumeAttachments?: readonly VolumeAttachment[];
}

const named = <T extends KubeObject>(list: readonly T[] | undefined, name: string, namespace?: string): T | undefined =>
  list?.find(
    ({ metadata }) => metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
  );

export const staticListers = (objects: StaticObjects): Listers => ({
  services: (namespace) => (objects.services ?? []).filter(({ metadata }) => metadata.namespace === namespace),
  replicationController: (namespace, name) => named(objects.replicationControllers, name, namespace),
  replicaSet: (namespace, name) => named(objects.replicaSets, name, namespace),
  statefulSet: (namespace, name) => named(objects.statefulSets, name, namespace),
  podDisruptionBudgets: () => objects.podDisruptionBudgets ?? [],
  namespaces: () =>
    (objects.namespaces ?? []).map(({ metadata }) => ({ name: metadata.name, labels: metadata.labels ?? {} })),
  namespaceLabels: (name) => named(objects.namespaces, name)?.metadata.labels,
  namespacesEpoch: () => 0,
  nodeLabels: () => undefined,
  hasPod: () => false,
  persistentVolumeClaim: (namespace, name) => named(objects.persistentVolumeClaims, name, namespace),
  persistentVolume: (name) => named(objects.persistentVolumes, name),
  persistentVolumes: () => objects.persistentVolumes ?? [],
  storageClass: (name) => named(objects.storageClasses, name),
  csiNode: (name) => named(objects.csiNodes, name),
  csiDriver: (name) => named(objects.csiDrivers, name),
  csiStorageCapacities: () => objects.csiStorageCapacities ?? [],
  volumeAttachments: () => objects.volumeAttachments ?? [],
});
