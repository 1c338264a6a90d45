/**
 * The behaviour of each kind, by its schema: defaults and strategy.
 *
 * Kept beside the identities (core.ts, workload.ts, ...) and merged into them by define.ts, so that a kind's entry in
 * discovery can be read without its rules. Custom resources have rules of their own (crd/).
 */
import { DEFINITION, defaultDefinition } from '../crd/definition-strategy.ts';
import * as cluster from '../defaults/cluster.ts';
import { defaultPod } from '../defaults/pod.ts';
import * as service from '../defaults/service.ts';
import * as workload from '../defaults/workload.ts';
import * as rest from '../strategy/cluster.ts';
import * as core from '../strategy/core.ts';
import { POD } from '../strategy/pod.ts';
import * as apps from '../strategy/workload.ts';
import type { ServedVersion, Strategy } from './kind.ts';

/** Defaults and strategy; either may be missing. */
export interface Rules {
  readonly defaults?: ServedVersion['defaults'];
  readonly strategy?: Partial<Strategy>;
}

/** Rules by schema name. */
export const RULES: Readonly<Record<string, Rules>> = {
  'core.v1.Pod': { defaults: defaultPod, strategy: POD },
  'core.v1.PodTemplate': { defaults: workload.defaultPodTemplate, strategy: apps.POD_TEMPLATE },
  'core.v1.ReplicationController': { defaults: workload.defaultReplicationController, strategy: apps.REPLICATION_CONTROLLER },
  'core.v1.Service': { defaults: service.defaultService, strategy: core.SERVICE },
  'core.v1.Endpoints': { defaults: service.defaultEndpoints, strategy: core.ENDPOINTS },
  'core.v1.Node': { defaults: cluster.defaultNode, strategy: core.NODE },
  'core.v1.Namespace': { defaults: service.defaultNamespace, strategy: core.NAMESPACE },
  'core.v1.ConfigMap': { strategy: core.CONFIG_MAP },
  'core.v1.Secret': { defaults: cluster.defaultSecret, strategy: core.SECRET },
  'core.v1.Event': { strategy: core.EVENT },
  'core.v1.ResourceQuota': { strategy: core.RESOURCE_QUOTA },
  'core.v1.LimitRange': { defaults: cluster.defaultLimitRange, strategy: core.LIMIT_RANGE },
  'core.v1.PersistentVolume': { defaults: cluster.defaultPersistentVolume, strategy: core.PERSISTENT_VOLUME },
  'core.v1.PersistentVolumeClaim': { defaults: workload.defaultClaim, strategy: core.PERSISTENT_VOLUME_CLAIM },
  'events.v1.Event': { strategy: core.EVENT },
  'apps.v1.ControllerRevision': { strategy: apps.CONTROLLER_REVISION },
  'apps.v1.DaemonSet': { defaults: workload.defaultDaemonSet, strategy: apps.DAEMON_SET },
  'apps.v1.Deployment': { defaults: workload.defaultDeployment, strategy: apps.DEPLOYMENT },
  'apps.v1.ReplicaSet': { defaults: workload.defaultReplicaSet, strategy: apps.REPLICA_SET },
  'apps.v1.StatefulSet': { defaults: workload.defaultStatefulSet, strategy: apps.STATEFUL_SET },
  'batch.v1.Job': { defaults: workload.defaultJob, strategy: apps.JOB },
  'batch.v1.CronJob': { defaults: workload.defaultCronJob, strategy: apps.CRON_JOB },
  'autoscaling.v2.HorizontalPodAutoscaler': { defaults: workload.defaultAutoscaler, strategy: apps.AUTOSCALER },
  'policy.v1.PodDisruptionBudget': { strategy: apps.BUDGET },
  'networking.v1.Ingress': { strategy: apps.INGRESS },
  'networking.v1.IngressClass': { defaults: service.defaultIngressClass, strategy: apps.INGRESS_CLASS },
  'networking.v1.NetworkPolicy': { defaults: service.defaultNetworkPolicy, strategy: apps.NETWORK_POLICY },
  'discovery.v1.EndpointSlice': { defaults: service.defaultEndpointSlice, strategy: core.ENDPOINT_SLICE },
  'storage.v1.StorageClass': { defaults: cluster.defaultStorageClass, strategy: rest.STORAGE_CLASS },
  'storage.v1.CSIDriver': { defaults: cluster.defaultCSIDriver, strategy: rest.CSI_DRIVER },
  'storage.v1.CSINode': { strategy: rest.CSI_NODE },
  'storage.v1.VolumeAttachment': { strategy: rest.VOLUME_ATTACHMENT },
  'scheduling.v1.PriorityClass': { defaults: cluster.defaultPriorityClass, strategy: rest.PRIORITY_CLASS },
  'node.v1.RuntimeClass': { strategy: rest.RUNTIME_CLASS },
  'coordination.v1.Lease': { strategy: rest.LEASE },
  'rbac.v1.Role': { strategy: rest.ROLE },
  'rbac.v1.ClusterRole': { strategy: rest.CLUSTER_ROLE },
  'rbac.v1.RoleBinding': { defaults: cluster.defaultRoleBinding, strategy: rest.ROLE_BINDING },
  'rbac.v1.ClusterRoleBinding': { defaults: cluster.defaultRoleBinding, strategy: rest.CLUSTER_ROLE_BINDING },
  'certificates.v1.CertificateSigningRequest': { strategy: rest.SIGNING_REQUEST },
  'admissionregistration.v1.MutatingWebhookConfiguration': { defaults: cluster.defaultWebhooks(true), strategy: rest.WEBHOOKS },
  'admissionregistration.v1.ValidatingWebhookConfiguration': { defaults: cluster.defaultWebhooks(false), strategy: rest.WEBHOOKS },
  'admissionregistration.v1.ValidatingAdmissionPolicy': { defaults: cluster.defaultAdmissionPolicy, strategy: rest.ADMISSION_POLICY },
  'admissionregistration.v1.ValidatingAdmissionPolicyBinding': {
    defaults: cluster.defaultAdmissionPolicyBinding,
    strategy: rest.ADMISSION_POLICY_BINDING,
  },
  'flowcontrol.v1.FlowSchema': { defaults: cluster.defaultFlowSchema, strategy: rest.flowControl('flowcontrol.v1.FlowSchema') },
  'flowcontrol.v1.PriorityLevelConfiguration': {
    defaults: cluster.defaultPriorityLevel,
    strategy: rest.flowControl('flowcontrol.v1.PriorityLevelConfiguration'),
  },
  'apiextensions.v1.CustomResourceDefinition': { defaults: defaultDefinition, strategy: DEFINITION },
  'apiregistration.v1.APIService': { defaults: cluster.defaultApiService, strategy: rest.API_SERVICE },
};
