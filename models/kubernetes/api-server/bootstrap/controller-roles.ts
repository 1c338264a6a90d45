/**
 * The roles of the controller manager's loops, each bound to a ServiceAccount of its own.
 * Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go, as of v1.32 with its default feature gates.
 */
import type { BuiltInRole } from './cluster-roles.ts';
import { CHANGE, EVENTS, READ, WATCH } from './rule.ts';

const BOTH = 'apps,extensions';
const MANAGE = 'create,delete,get,list,patch,update,watch';
const PODS_OF_SET = 'create,delete,list,patch,watch core pods';

const RULES: Readonly<Record<string, readonly string[]>> = {
  'attachdetach-controller': [
    `${WATCH} core persistentvolumeclaims,persistentvolumes`, `${READ} core nodes`, `${CHANGE} core nodes/status`, `${WATCH} core pods`, EVENTS,
    `create,delete,${READ} storage.k8s.io volumeattachments`, `${READ} storage.k8s.io csidrivers`, `${READ} storage.k8s.io csinodes`,
  ],
  'certificate-controller': [
    `delete,${READ} certificates.k8s.io certificatesigningrequests`,
    'update certificates.k8s.io certificatesigningrequests/approval,certificatesigningrequests/status',
    'approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client-kubelet',
    'sign certificates.k8s.io signers kubernetes.io/kube-apiserver-client,kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown',
    'create authorization.k8s.io subjectaccessreviews',
    EVENTS,
  ],
  'clusterrole-aggregation-controller': ['escalate,get,list,patch,update,watch rbac.authorization.k8s.io clusterroles'],
  'cronjob-controller': ['get,list,update,watch batch cronjobs', `${MANAGE} batch jobs`, 'update batch cronjobs/status', 'update batch cronjobs/finalizers', `delete,${WATCH} core pods`, EVENTS],
  'daemon-set-controller': [
    `${READ} ${BOTH} daemonsets`, `update ${BOTH} daemonsets/status`, `update ${BOTH} daemonsets/finalizers`, `${WATCH} core nodes`, PODS_OF_SET,
    'create core pods/binding', `${MANAGE} apps controllerrevisions`, EVENTS,
  ],
  'deployment-controller': [
    `get,list,update,watch ${BOTH} deployments`, `update ${BOTH} deployments/status`, `update ${BOTH} deployments/finalizers`, `${MANAGE} ${BOTH} replicasets`,
    'get,list,update,watch core pods', EVENTS,
  ],
  'disruption-controller': [
    `${READ} ${BOTH} deployments`, `${READ} ${BOTH} replicasets`, `${READ} core replicationcontrollers`, `${READ} policy poddisruptionbudgets`, `${READ} apps statefulsets`,
    'update policy poddisruptionbudgets/status', `${CHANGE} core pods/status`, 'get * */scale', EVENTS,
  ],
  'endpoint-controller': [`${READ} core pods,services`, 'create,delete,get,list,update,watch core endpoints', 'create core endpoints/restricted', EVENTS],
  'endpointslice-controller': [`${READ} core nodes,pods,services`, 'update core services/finalizers', 'create,delete,get,list,update,watch discovery.k8s.io endpointslices', EVENTS],
  'endpointslicemirroring-controller': [
    `${READ} core endpoints,services`, 'update core services/finalizers', 'update core endpoints/finalizers', 'create,delete,get,list,update,watch discovery.k8s.io endpointslices', EVENTS,
  ],
  'ephemeral-volume-controller': [`${READ} core pods`, 'update core pods/finalizers', `create,${READ} core persistentvolumeclaims`, EVENTS],
  'expand-controller': ['get,list,patch,update,watch core persistentvolumes', `${CHANGE} core persistentvolumeclaims/status`, `${READ} core persistentvolumeclaims`, EVENTS],
  'generic-garbage-collector': ['delete,get,list,patch,update,watch * *', EVENTS],
  'horizontal-pod-autoscaler': [
    `${READ} autoscaling horizontalpodautoscalers`, 'update autoscaling horizontalpodautoscalers/status', 'get,update * */scale', `${WATCH} core pods`,
    'list,watch metrics.k8s.io pods', `${READ} custom.metrics.k8s.io *`, `${READ} external.metrics.k8s.io *`, EVENTS,
  ],
  'job-controller': ['get,list,patch,update,watch batch jobs', 'update batch jobs/status', 'update batch jobs/finalizers', PODS_OF_SET, EVENTS],
  'legacy-service-account-token-cleaner': ['get core configmaps kube-apiserver-legacy-service-account-token-tracking', 'delete,patch core secrets'],
  'namespace-controller': [`delete,${READ} core namespaces`, 'update core namespaces/finalize,namespaces/status', 'delete,deletecollection,get,list,watch * *'],
  'node-controller': ['delete,get,list,patch,update,watch core nodes', `${CHANGE} core nodes/status`, `${CHANGE} core pods/status`, `delete,${READ} core pods`, EVENTS],
  'persistent-volume-binder': [
    'create,delete,get,list,update,watch core persistentvolumes', 'update core persistentvolumes/status', 'get,list,update,watch core persistentvolumeclaims',
    'update core persistentvolumeclaims/status', `create,delete,${READ} core pods`, `${READ} storage.k8s.io storageclasses`, `${WATCH} core nodes`, EVENTS, 'watch core events',
  ],
  'pod-garbage-collector': [`delete,${WATCH} core pods`, `${READ} core nodes`, 'patch core pods/status'],
  'pv-protection-controller': ['get,list,update,watch core persistentvolumes', EVENTS],
  'pvc-protection-controller': ['get,list,update,watch core persistentvolumeclaims', 'update core persistentvolumeclaims/status', `${READ} core pods`, EVENTS],
  'replicaset-controller': [`get,list,update,watch ${BOTH} replicasets`, `update ${BOTH} replicasets/status`, `update ${BOTH} replicasets/finalizers`, PODS_OF_SET, EVENTS],
  'replication-controller': ['get,list,update,watch core replicationcontrollers', 'update core replicationcontrollers/status', 'update core replicationcontrollers/finalizers', PODS_OF_SET, EVENTS],
  'resourcequota-controller': [`${WATCH} * *`, 'update core resourcequotas/status', EVENTS],
  'root-ca-cert-publisher': ['create,update core configmaps', EVENTS],
  'route-controller': [`${WATCH} core nodes`, 'patch core nodes/status', EVENTS],
  'service-account-controller': ['create core serviceaccounts', EVENTS],
  'service-controller': [`${READ} core services`, `${CHANGE} core services/status`, `${WATCH} core nodes`, EVENTS],
  'statefulset-controller': [
    `${WATCH} core pods`, `${READ} apps statefulsets`, 'update apps statefulsets/status', 'update apps statefulsets/finalizers', 'create,delete,get,patch,update core pods',
    `${MANAGE} apps controllerrevisions`, `create,${READ} core persistentvolumeclaims`, 'delete,update core persistentvolumeclaims', 'update core pods/finalizers', EVENTS,
  ],
  'ttl-after-finished-controller': [`delete,${READ} batch jobs`, EVENTS],
  'ttl-controller': ['list,patch,update,watch core nodes', EVENTS],
  'validatingadmissionpolicy-status-controller': [
    `${READ} admissionregistration.k8s.io validatingadmissionpolicies`, `get,${CHANGE} admissionregistration.k8s.io validatingadmissionpolicies/status`, EVENTS,
  ],
};

/** The loops' names, which are those of their ServiceAccounts. */
export const CONTROLLERS: readonly string[] = Object.keys(RULES);
export const CONTROLLER_ROLES: readonly BuiltInRole[] = CONTROLLERS.map((name) => ({ name: `system:controller:${name}`, rules: RULES[name] ?? [] }));
