/**
 * The collections that components talk about, as constants.
 */
import type { GroupVersionResource } from '../api/message.ts';

const gvr = (group: string, version: string, resource: string): GroupVersionResource =>
  Object.freeze({ group, version, resource });

export const PODS = gvr('', 'v1', 'pods');
export const NODES = gvr('', 'v1', 'nodes');
export const SERVICES = gvr('', 'v1', 'services');
export const ENDPOINTS = gvr('', 'v1', 'endpoints');
export const NAMESPACES = gvr('', 'v1', 'namespaces');
export const CONFIG_MAPS = gvr('', 'v1', 'configmaps');
export const SECRETS = gvr('', 'v1', 'secrets');
export const SERVICE_ACCOUNTS = gvr('', 'v1', 'serviceaccounts');
export const EVENTS = gvr('', 'v1', 'events');
export const RESOURCE_QUOTAS = gvr('', 'v1', 'resourcequotas');
export const LIMIT_RANGES = gvr('', 'v1', 'limitranges');
export const REPLICATION_CONTROLLERS = gvr('', 'v1', 'replicationcontrollers');
export const PERSISTENT_VOLUMES = gvr('', 'v1', 'persistentvolumes');
export const PERSISTENT_VOLUME_CLAIMS = gvr('', 'v1', 'persistentvolumeclaims');
export const POD_TEMPLATES = gvr('', 'v1', 'podtemplates');
export const DEPLOYMENTS = gvr('apps', 'v1', 'deployments');
export const REPLICA_SETS = gvr('apps', 'v1', 'replicasets');
export const STATEFUL_SETS = gvr('apps', 'v1', 'statefulsets');
export const DAEMON_SETS = gvr('apps', 'v1', 'daemonsets');
export const CONTROLLER_REVISIONS = gvr('apps', 'v1', 'controllerrevisions');
export const JOBS = gvr('batch', 'v1', 'jobs');
export const CRON_JOBS = gvr('batch', 'v1', 'cronjobs');
export const HORIZONTAL_POD_AUTOSCALERS = gvr('autoscaling', 'v2', 'horizontalpodautoscalers');
export const POD_DISRUPTION_BUDGETS = gvr('policy', 'v1', 'poddisruptionbudgets');
export const ENDPOINT_SLICES = gvr('discovery.k8s.io', 'v1', 'endpointslices');
export const LEASES = gvr('coordination.k8s.io', 'v1', 'leases');
export const PRIORITY_CLASSES = gvr('scheduling.k8s.io', 'v1', 'priorityclasses');
export const RUNTIME_CLASSES = gvr('node.k8s.io', 'v1', 'runtimeclasses');
export const STORAGE_CLASSES = gvr('storage.k8s.io', 'v1', 'storageclasses');
export const VOLUME_ATTACHMENTS = gvr('storage.k8s.io', 'v1', 'volumeattachments');
export const CSI_NODES = gvr('storage.k8s.io', 'v1', 'csinodes');
export const CSI_DRIVERS = gvr('storage.k8s.io', 'v1', 'csidrivers');
export const NETWORK_POLICIES = gvr('networking.k8s.io', 'v1', 'networkpolicies');
export const INGRESSES = gvr('networking.k8s.io', 'v1', 'ingresses');
export const CLUSTER_ROLES = gvr('rbac.authorization.k8s.io', 'v1', 'clusterroles');
export const VALIDATING_ADMISSION_POLICIES = gvr('admissionregistration.k8s.io', 'v1', 'validatingadmissionpolicies');
export const SUBJECT_ACCESS_REVIEWS = gvr('authorization.k8s.io', 'v1', 'subjectaccessreviews');
export const CERTIFICATE_SIGNING_REQUESTS = gvr('certificates.k8s.io', 'v1', 'certificatesigningrequests');
