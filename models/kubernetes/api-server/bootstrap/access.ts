/**
 * The RBAC objects of a fresh cluster: roles, and who has them.
 * Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/{policy,controller_policy,namespace_policy}.go.
 */
import { CLUSTER_ROLES, type BuiltInRole } from './cluster-roles.ts';
import { CONTROLLERS, CONTROLLER_ROLES } from './controller-roles.ts';
import type { Entry } from './entry.ts';
import { EVENTS, READ, ruleOf } from './rule.ts';

const RBAC = 'rbac.authorization.k8s.io';
const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';
const KUBE_SYSTEM = 'kube-system';

type Subject = Readonly<Record<string, string>>;
const user = (name: string): Subject => ({ apiGroup: RBAC, kind: 'User', name });
const group = (name: string): Subject => ({ apiGroup: RBAC, kind: 'Group', name });
const account = (name: string): Subject => ({ kind: 'ServiceAccount', name, namespace: KUBE_SYSTEM });

const metadata = (name: string, namespace?: string, labels: Readonly<Record<string, string>> = {}): unknown => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
});

function clusterRole({ name, rules, aggregates, aggregateTo }: BuiltInRole): Entry {
  const labels = aggregateTo === undefined ? {} : { [`${AGGREGATE}${aggregateTo}`]: 'true' };
  const rule = aggregates === undefined ? {} : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${AGGREGATE}${aggregates}`]: 'true' } }] } };
  return [RBAC, 'clusterroles', { ...rule, metadata: metadata(name, undefined, labels), rules: aggregates === undefined ? rules.map(ruleOf) : null }];
}

const clusterBinding = (role: string, subjects: readonly Subject[]): Entry => [
  RBAC,
  'clusterrolebindings',
  { metadata: metadata(role), roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role }, ...(subjects.length > 0 ? { subjects } : {}) },
];

const AUTHENTICATED = group('system:authenticated');
const BINDINGS: readonly Entry[] = [
  clusterBinding('cluster-admin', [group('system:masters')]),
  clusterBinding('system:monitoring', [group('system:monitoring')]),
  clusterBinding('system:discovery', [AUTHENTICATED]),
  clusterBinding('system:basic-user', [AUTHENTICATED]),
  clusterBinding('system:public-info-viewer', [AUTHENTICATED, group('system:unauthenticated')]),
  clusterBinding('system:node-proxier', [user('system:kube-proxy')]),
  clusterBinding('system:kube-controller-manager', [user('system:kube-controller-manager')]),
  clusterBinding('system:kube-dns', [account('kube-dns')]),
  clusterBinding('system:kube-scheduler', [user('system:kube-scheduler')]),
  clusterBinding('system:volume-scheduler', [user('system:kube-scheduler')]),
  clusterBinding('system:node', []),
  clusterBinding('system:service-account-issuer-discovery', [group('system:serviceaccounts')]),
  ...CONTROLLERS.map((name) => clusterBinding(`system:controller:${name}`, [account(name)])),
];

/** A Role and the RoleBinding of the same name. */
function namespaced(namespace: string, name: string, rules: readonly string[], subjects: readonly Subject[], binding = name): Entry[] {
  return [
    [RBAC, 'roles', { metadata: metadata(name, namespace), rules: rules.map(ruleOf) }],
    [RBAC, 'rolebindings', { metadata: metadata(binding, namespace), roleRef: { apiGroup: RBAC, kind: 'Role', name }, subjects }],
  ];
}

const LOCKING = ['create,get,list,update,watch coordination.k8s.io leases', 'create,get,list,update,watch coordination.k8s.io leasecandidates'];
const locking = (component: string, ...more: readonly Subject[]): Entry[] =>
  namespaced(KUBE_SYSTEM, `system::leader-locking-${component}`, LOCKING, [user(`system:${component}`), account(component), ...more]);

/** All of it; roles first. */
export const accessObjects = (): readonly Entry[] => [
  ...[...CLUSTER_ROLES, ...CONTROLLER_ROLES].map(clusterRole),
  ...BINDINGS,
  ...namespaced(
    KUBE_SYSTEM,
    'extension-apiserver-authentication-reader',
    [`${READ} core configmaps extension-apiserver-authentication`],
    [user('system:kube-controller-manager'), user('system:kube-scheduler')],
    'system::extension-apiserver-authentication-reader',
  ),
  ...locking('kube-controller-manager'),
  ...locking('kube-scheduler'),
  ...namespaced(KUBE_SYSTEM, 'system:controller:bootstrap-signer', [`${READ} core secrets`], [account('bootstrap-signer')]),
  ...namespaced(KUBE_SYSTEM, 'system:controller:cloud-provider', ['create,get,list,watch core configmaps'], [account('cloud-provider')]),
  ...namespaced(KUBE_SYSTEM, 'system:controller:token-cleaner', [`delete,${READ} core secrets`, EVENTS], [account('token-cleaner')]),
  ...namespaced('kube-public', 'system:controller:bootstrap-signer', [`${READ} core configmaps`, 'update core configmaps cluster-info', EVENTS], [account('bootstrap-signer')]),
];
