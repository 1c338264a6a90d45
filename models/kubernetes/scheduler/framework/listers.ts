/**
 * What plugins may look up besides pods and nodes. Backed by informer stores in a running cluster and by plain maps in
 * tests; every listing has a fixed order, so nothing depends on how a store iterates.
 */
import type {
  CSIDriver,
  CSINode,
  KubeObject,
  PersistentVolume,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  ReplicaSet,
  ReplicationController,
  Service,
  StatefulSet,
  StorageClass,
  VolumeAttachment,
} from '../../object/types.ts';
import type { Labels } from '../../object/selector.ts';

/** `storage.k8s.io/v1` CSIStorageCapacity, whose fields lie beside its metadata. */
export interface CSIStorageCapacity extends KubeObject {
  storageClassName: string;
  nodeTopology?: {
    matchLabels?: Record<string, string>;
    matchExpressions?: { key: string; operator: string; values?: string[] }[];
  };
  capacity?: string;
  maximumVolumeSize?: string;
}

export interface Listers {
  services(namespace: string): readonly Service[];
  replicationController(namespace: string, name: string): ReplicationController | undefined;
  replicaSet(namespace: string, name: string): ReplicaSet | undefined;
  statefulSet(namespace: string, name: string): StatefulSet | undefined;
  podDisruptionBudgets(): readonly PodDisruptionBudget[];
  /** Names and labels of all namespaces. */
  namespaces(): readonly { readonly name: string; readonly labels: Labels }[];
  namespaceLabels(name: string): Labels | undefined;
  /** Rises whenever any namespace changes; derived tables that used namespace labels are then rebuilt. */
  namespacesEpoch(): number;
  /** As the informer knows the node now, not as in the snapshot of a cycle. */
  nodeLabels(name: string): Labels | undefined;
  hasPod(namespace: string, name: string): boolean;
  persistentVolumeClaim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  persistentVolume(name: string): PersistentVolume | undefined;
  persistentVolumes(): readonly PersistentVolume[];
  storageClass(name: string): StorageClass | undefined;
  csiNode(name: string): CSINode | undefined;
  csiDriver(name: string): CSIDriver | undefined;
  csiStorageCapacities(): readonly CSIStorageCapacity[];
  volumeAttachments(): readonly VolumeAttachment[];
}
