/**
 * The ClusterRoles that every server makes sure of, but those of controllers.
 * Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go, as of v1.32 with its default feature gates.
 */
import { CHANGE, EVENTS, READ, WATCH, WRITE } from './rule.ts';

export interface BuiltInRole {
  readonly name: string;
  readonly rules: readonly string[];
  /** Which role takes these rules in: `admin`, `edit` or `view`. */
  readonly aggregateTo?: string;
  /** Takes in the rules of all roles that say so. */
  readonly aggregates?: string;
}

const role = (name: string, ...rules: readonly string[]): BuiltInRole => ({ name, rules });
const approver = (signer: string): BuiltInRole =>
  role(`system:certificates.k8s.io:${signer}-approver`, `approve certificates.k8s.io signers kubernetes.io/${signer}`);

const SECURED = 'pods/attach,pods/exec,pods/portforward,pods/proxy';
const APPS_SCALED = 'deployments,deployments/rollback,deployments/scale';
const EXTENSIONS = `${APPS_SCALED},ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale`;

/** Who works in a namespace. */
const USER_FACING: readonly BuiltInRole[] = [
  role('cluster-admin', '* * *', '* - *'),
  { name: 'admin', rules: [], aggregates: 'admin' },
  { name: 'edit', rules: [], aggregates: 'edit', aggregateTo: 'admin' },
  { name: 'view', rules: [], aggregates: 'view', aggregateTo: 'edit' },
  {
    name: 'system:aggregate-to-admin',
    aggregateTo: 'admin',
    rules: ['create authorization.k8s.io localsubjectaccessreviews', 'create,delete,deletecollection,get,list,patch,update,watch rbac.authorization.k8s.io rolebindings,roles'],
  },
  {
    name: 'system:aggregate-to-edit',
    aggregateTo: 'edit',
    rules: [
      `${READ} core ${SECURED},secrets,services/proxy`,
      'impersonate core serviceaccounts',
      `${WRITE} core pods,${SECURED}`,
      'create core pods/eviction',
      `${WRITE} core configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy`,
      'create core serviceaccounts/token',
      `${WRITE} apps daemonsets,${APPS_SCALED},replicasets,replicasets/scale,statefulsets,statefulsets/scale`,
      `${WRITE} autoscaling horizontalpodautoscalers`,
      `${WRITE} batch cronjobs,jobs`,
      `${WRITE} extensions daemonsets,${EXTENSIONS}`,
      `${WRITE} policy poddisruptionbudgets`,
      `${WRITE} networking.k8s.io ingresses,networkpolicies`,
      'create,delete,deletecollection,get,list,patch,update,watch coordination.k8s.io leases',
    ],
  },
  {
    name: 'system:aggregate-to-view',
    aggregateTo: 'view',
    rules: [
      `${READ} core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status`,
      `${READ} core bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status`,
      `${READ} core namespaces`,
      `${READ} discovery.k8s.io endpointslices`,
      `${READ} apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status`,
      `${READ} autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status`,
      `${READ} batch cronjobs,cronjobs/status,jobs,jobs/status`,
      `${READ} extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale`,
      `${READ} policy poddisruptionbudgets,poddisruptionbudgets/status`,
      `${READ} networking.k8s.io ingresses,ingresses/status,networkpolicies`,
    ],
  },
];

/** What a kubelet may do; the node authorizer narrows it down to what concerns its node. */
export const NODE_RULES: readonly string[] = [
  'create authentication.k8s.io tokenreviews',
  'create authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews',
  `${READ} core services`,
  `create,${READ} core nodes`,
  `${CHANGE} core nodes/status`,
  `${CHANGE} core nodes`,
  'create,patch,update core events',
  `${READ} core pods`,
  'create,delete core pods',
  `${CHANGE} core pods/status`,
  'create core pods/eviction',
  `${READ} core configmaps,secrets`,
  'get core persistentvolumeclaims,persistentvolumes',
  'get core endpoints',
  `create,${READ} certificates.k8s.io certificatesigningrequests`,
  'create,delete,get,patch,update coordination.k8s.io leases',
  'get storage.k8s.io volumeattachments',
  'create core serviceaccounts/token',
  `get,${CHANGE} core persistentvolumeclaims/status`,
  `${READ} storage.k8s.io csidrivers`,
  'create,delete,get,patch,update storage.k8s.io csinodes',
  `${READ} node.k8s.io runtimeclasses`,
];

export const CLUSTER_ROLES: readonly BuiltInRole[] = [
  ...USER_FACING,
  role('system:auth-delegator', 'create authentication.k8s.io tokenreviews', 'create authorization.k8s.io subjectaccessreviews'),
  role('system:basic-user', 'create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews', 'create authentication.k8s.io selfsubjectreviews'),
  role('system:certificates.k8s.io:certificatesigningrequests:nodeclient', 'create certificates.k8s.io certificatesigningrequests/nodeclient'),
  role('system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', 'create certificates.k8s.io certificatesigningrequests/selfnodeclient'),
  approver('kube-apiserver-client'),
  approver('kube-apiserver-client-kubelet'),
  approver('kubelet-serving'),
  approver('legacy-unknown'),
  role('system:discovery', 'get - /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/'),
  role('system:heapster', `${READ} core events,namespaces,nodes,pods`, `${READ} extensions deployments`),
  role('system:kube-aggregator', `${READ} core endpoints,services`),
  role(
    'system:kube-controller-manager',
    EVENTS,
    'create coordination.k8s.io leases',
    'get,update coordination.k8s.io leases kube-controller-manager',
    'create core secrets,serviceaccounts',
    'delete core secrets',
    'get core configmaps,namespaces,secrets,serviceaccounts',
    'update core secrets,serviceaccounts',
    'create authentication.k8s.io tokenreviews',
    'create authorization.k8s.io subjectaccessreviews',
    `${WATCH} * *`,
    'create core serviceaccounts/token',
  ),
  role('system:kube-dns', `${WATCH} core endpoints,services`),
  role(
    'system:kube-scheduler',
    EVENTS,
    'create coordination.k8s.io leases',
    'get,update coordination.k8s.io leases kube-scheduler',
    `${READ} core nodes`,
    `delete,${READ} core pods`,
    'create core bindings,pods/binding',
    `${CHANGE} core pods/status`,
    `${READ} core replicationcontrollers,services`,
    `${READ} apps,extensions replicasets`,
    `${READ} apps statefulsets`,
    `${READ} policy poddisruptionbudgets`,
    `${READ} core persistentvolumeclaims,persistentvolumes`,
    'create authentication.k8s.io tokenreviews',
    'create authorization.k8s.io subjectaccessreviews',
    `${READ} storage.k8s.io csinodes`,
    `${READ} core namespaces`,
    `${READ} storage.k8s.io csidrivers`,
    `${READ} storage.k8s.io csistoragecapacities`,
    `${READ} storage.k8s.io volumeattachments`,
  ),
  role('system:kubelet-api-admin', `${READ} core nodes`, 'proxy core nodes', '* core nodes/log,nodes/metrics,nodes/proxy,nodes/stats'),
  role('system:monitoring', 'get - /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*'),
  role('system:node', ...NODE_RULES),
  role('system:node-bootstrapper', `create,${READ} certificates.k8s.io certificatesigningrequests`),
  role('system:node-problem-detector', 'get core nodes', 'patch core nodes/status', EVENTS),
  role('system:node-proxier', `${WATCH} core endpoints,services`, `${READ} core nodes`, EVENTS, `${WATCH} discovery.k8s.io endpointslices`),
  role(
    'system:persistent-volume-provisioner',
    `create,delete,${READ} core persistentvolumes`,
    'get,list,update,watch core persistentvolumeclaims',
    `${READ} storage.k8s.io storageclasses`,
    'watch core events',
    EVENTS,
  ),
  role('system:public-info-viewer', 'get - /healthz,/livez,/readyz,/version,/version/'),
  role('system:service-account-issuer-discovery', 'get - /.well-known/openid-configuration,/openid/v1/jwks'),
  role('system:volume-scheduler', 'get,list,patch,update,watch core persistentvolumes', `${READ} storage.k8s.io storageclasses`, 'get,list,patch,update,watch core persistentvolumeclaims'),
];
