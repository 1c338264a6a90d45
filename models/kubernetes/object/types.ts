/**
 * The object types that every component shares.
 *
 * Field types come from the `kubernetes-types` package; here they get the shape that the simulation relies on: plain
 * JSON data, frozen, shared by reference between the store, watches and caches, with `metadata` always present. An
 * object is never mutated after it was handed to somebody else; a changed version is a new object that shares the parts
 * that did not change.
 */
import type * as apps from 'kubernetes-types/apps/v1.js';
import type * as autoscaling from 'kubernetes-types/autoscaling/v2.js';
import type * as batch from 'kubernetes-types/batch/v1.js';
import type * as core from 'kubernetes-types/core/v1.js';
import type * as discovery from 'kubernetes-types/discovery/v1.js';
import type * as networking from 'kubernetes-types/networking/v1.js';
import type * as policy from 'kubernetes-types/policy/v1.js';
import type * as scheduling from 'kubernetes-types/scheduling/v1.js';
import type * as storage from 'kubernetes-types/storage/v1.js';

/** One entry of `metadata.ownerReferences`. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** One entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time: string;
  fieldsType: 'FieldsV1';
  fieldsV1: Record<string, unknown>;
  subresource?: string;
}

/** `metadata` of an object as the API server returns it. Times are RFC 3339 with whole seconds. */
export interface ObjectMeta {
  name: string;
  generateName?: string;
  /** Absent for cluster-scoped objects. */
  namespace?: string;
  uid: string;
  /** The store's revision of the last write, a decimal string. Opaque to clients. */
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

/** Any API object. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- fields differ by kind; typed kinds extend this.
  [field: string]: any;
}

/** A kind with `spec` and `status`. A spec is always there; a status is once its owner has written it. */
export interface Typed<Spec, Status = Record<string, never>> extends KubeObject {
  spec: Spec;
  status: Status;
}

export type Pod = Typed<core.PodSpec, core.PodStatus>;
export type Node = Typed<core.NodeSpec, core.NodeStatus>;
export type Service = Typed<core.ServiceSpec, core.ServiceStatus>;
export type Namespace = Typed<core.NamespaceSpec, core.NamespaceStatus>;
export type ReplicationController = Typed<core.ReplicationControllerSpec, core.ReplicationControllerStatus>;
export type PersistentVolume = Typed<core.PersistentVolumeSpec, core.PersistentVolumeStatus>;
export type PersistentVolumeClaim = Typed<core.PersistentVolumeClaimSpec, core.PersistentVolumeClaimStatus>;
export type ResourceQuota = Typed<core.ResourceQuotaSpec, core.ResourceQuotaStatus>;
export type LimitRange = Typed<core.LimitRangeSpec>;
export type Deployment = Typed<apps.DeploymentSpec, apps.DeploymentStatus>;
export type ReplicaSet = Typed<apps.ReplicaSetSpec, apps.ReplicaSetStatus>;
export type StatefulSet = Typed<apps.StatefulSetSpec, apps.StatefulSetStatus>;
export type DaemonSet = Typed<apps.DaemonSetSpec, apps.DaemonSetStatus>;
export type Job = Typed<batch.JobSpec, batch.JobStatus>;
export type CronJob = Typed<batch.CronJobSpec, batch.CronJobStatus>;
export type HorizontalPodAutoscaler = Typed<
  autoscaling.HorizontalPodAutoscalerSpec,
  autoscaling.HorizontalPodAutoscalerStatus
>;
export type PodDisruptionBudget = Typed<policy.PodDisruptionBudgetSpec, policy.PodDisruptionBudgetStatus>;
export type NetworkPolicy = Typed<networking.NetworkPolicySpec>;
export type Ingress = Typed<networking.IngressSpec, networking.IngressStatus>;
export type CSINode = Typed<storage.CSINodeSpec>;
export type CSIDriver = Typed<storage.CSIDriverSpec>;
export type VolumeAttachment = Typed<storage.VolumeAttachmentSpec, storage.VolumeAttachmentStatus>;

export type Endpoints = KubeObject & { subsets?: core.EndpointSubset[] };
export type EndpointSlice = KubeObject & Pick<discovery.EndpointSlice, 'addressType' | 'endpoints' | 'ports'>;
export type ConfigMap = KubeObject & Pick<core.ConfigMap, 'data' | 'binaryData' | 'immutable'>;
export type Secret = KubeObject & Pick<core.Secret, 'data' | 'type' | 'immutable'>;
export type ServiceAccount = KubeObject &
  Pick<core.ServiceAccount, 'secrets' | 'imagePullSecrets' | 'automountServiceAccountToken'>;
export type PriorityClass = KubeObject & Pick<scheduling.PriorityClass, 'value' | 'globalDefault' | 'preemptionPolicy'>;
export type StorageClass = KubeObject & Omit<storage.StorageClass, 'apiVersion' | 'kind' | 'metadata'>;
export type ControllerRevision = KubeObject & { revision: number; data?: unknown };

export type { core, apps, batch, networking, policy, storage, discovery, autoscaling };
