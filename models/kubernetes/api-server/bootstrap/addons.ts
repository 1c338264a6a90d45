/**
 * Access of what an installer brings beside Kubernetes: CoreDNS and kube-proxy as kubeadm sets them up, the local-path
 * provisioner as its manifest does, and the simulated network plugin.
 */
import type { Entry } from './entry.ts';
import { READ, WATCH, ruleOf } from './rule.ts';

const RBAC = 'rbac.authorization.k8s.io';
type Subject = Readonly<Record<string, string>>;

const bound = (role: string, rules: readonly string[], subject: Subject, binding = role): Entry[] => [
  ...(rules.length === 0 ? [] : [[RBAC, 'clusterroles', { metadata: { name: role }, rules: rules.map(ruleOf) }] as const]),
  [RBAC, 'clusterrolebindings', { metadata: { name: binding }, roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role }, subjects: [subject] }],
];
const account = (namespace: string, name: string): Subject => ({ kind: 'ServiceAccount', name, namespace });

export const addonObjects = (): readonly Entry[] => [
  ...bound('system:node-proxier', [], account('kube-system', 'kube-proxy'), 'kubeadm:node-proxier'),
  ...bound('system:coredns', [`${WATCH} core endpoints,services,pods,namespaces`, `${WATCH} discovery.k8s.io endpointslices`], account('kube-system', 'coredns')),
  ...bound(
    'local-path-provisioner-role',
    [
      `${READ} core nodes,persistentvolumeclaims,configmaps,pods,pods/log`,
      'get,list,watch,create,patch,update,delete core persistentvolumes',
      'create,patch core events',
      `${READ},create storage.k8s.io storageclasses`,
    ],
    account('local-path-storage', 'local-path-provisioner-service-account'),
    'local-path-provisioner-bind',
  ),
  ...bound('network-plugin', [`${READ} core namespaces,nodes,pods`, `${READ} networking.k8s.io networkpolicies`], { apiGroup: RBAC, kind: 'User', name: 'system:network-plugin' }),
];
