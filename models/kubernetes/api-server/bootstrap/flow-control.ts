/**
 * The FlowSchemas and PriorityLevelConfigurations of a fresh cluster: what requests matter most.
 * Source: pkg/apis/flowcontrol/bootstrap/default.go.
 */
import type { Entry } from './entry.ts';

const GROUP = 'flowcontrol.apiserver.k8s.io';
const metadata = (name: string): unknown => ({ name, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } });

const limited = (name: string, shares: number, lendablePercent: number, queuing?: readonly [queues: number, handSize: number]): Entry => {
  const limitResponse = queuing === undefined ? { type: 'Reject' } : { type: 'Queue', queuing: { queues: queuing[0], handSize: queuing[1], queueLengthLimit: 50 } };
  return [GROUP, 'prioritylevelconfigurations', { metadata: metadata(name), spec: { type: 'Limited', limited: { nominalConcurrencyShares: shares, limitResponse, lendablePercent } } }];
};

const LEVELS: readonly Entry[] = [
  [GROUP, 'prioritylevelconfigurations', { metadata: metadata('exempt'), spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } } }],
  limited('catch-all', 5, 0),
  limited('system', 30, 33, [64, 6]),
  limited('node-high', 40, 25, [64, 6]),
  limited('leader-election', 10, 0, [16, 4]),
  limited('workload-high', 40, 50, [128, 6]),
  limited('workload-low', 100, 90, [128, 6]),
  limited('global-default', 20, 50, [128, 6]),
];

type Part = Readonly<Record<string, unknown>>;
const groups = (...names: readonly string[]): Part[] => names.map((name) => ({ kind: 'Group', group: { name } }));
const users = (...names: readonly string[]): Part[] => names.map((name) => ({ kind: 'User', user: { name } }));
const accounts = (...names: readonly string[]): Part[] => names.map((name) => ({ kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name } }));

const EVERYBODY = groups('system:unauthenticated', 'system:authenticated');
const resource = (verbs: readonly string[], apiGroup: string, resources: readonly string[], namespaces: readonly string[], isCluster: boolean): Part => ({
  verbs,
  apiGroups: [apiGroup],
  resources,
  ...(isCluster ? { clusterScope: true } : {}),
  ...(namespaces.length > 0 ? { namespaces } : {}),
});
const ALL = ['*'];
const USE = ['get', 'create', 'update'];
const COORDINATION = 'coordination.k8s.io';
const EVERYTHING: Part = { resourceRules: [resource(ALL, '*', ALL, ALL, true)], nonResourceRules: [{ verbs: ALL, nonResourceURLs: ALL }] };

const schema = (name: string, level: string, matchingPrecedence: number, method: string, subjects: readonly Part[], rules: Part): Entry => [
  GROUP,
  'flowschemas',
  {
    metadata: metadata(name),
    spec: { priorityLevelConfiguration: { name: level }, matchingPrecedence, ...(method === '' ? {} : { distinguisherMethod: { type: method } }), rules: [{ subjects, ...rules }] },
  },
];

const SCHEMAS: readonly Entry[] = [
  schema('exempt', 'exempt', 1, '', groups('system:masters'), EVERYTHING),
  schema('catch-all', 'catch-all', 10000, 'ByUser', EVERYBODY, EVERYTHING),
  schema('system-nodes', 'system', 500, 'ByUser', groups('system:nodes'), EVERYTHING),
  schema('system-node-high', 'node-high', 400, 'ByUser', groups('system:nodes'), {
    resourceRules: [resource(ALL, '', ['nodes', 'nodes/status'], ALL, true), resource(ALL, COORDINATION, ['leases'], ALL, false)],
  }),
  schema('probes', 'exempt', 2, '', EVERYBODY, { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }] }),
  schema('system-leader-election', 'leader-election', 100, 'ByUser', [...users('system:kube-controller-manager', 'system:kube-scheduler'), ...accounts('*')], {
    resourceRules: [resource(USE, COORDINATION, ['leases'], ALL, false)],
  }),
  schema('endpoint-controller', 'workload-high', 150, 'ByUser', [...users('system:kube-controller-manager'), ...accounts('endpoint-controller', 'endpointslicemirroring-controller')], {
    resourceRules: [resource(USE, '', ['endpoints'], ALL, false)],
  }),
  schema('workload-leader-election', 'leader-election', 200, 'ByUser', accounts('*'), { resourceRules: [resource(USE, COORDINATION, ['leases'], ALL, false)] }),
  schema('kube-controller-manager', 'workload-high', 800, 'ByNamespace', users('system:kube-controller-manager'), EVERYTHING),
  schema('kube-scheduler', 'workload-high', 800, 'ByNamespace', users('system:kube-scheduler'), EVERYTHING),
  schema('kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', accounts('*'), EVERYTHING),
  schema('service-accounts', 'workload-low', 9000, 'ByUser', groups('system:serviceaccounts'), EVERYTHING),
  schema('global-default', 'global-default', 9900, 'ByUser', EVERYBODY, EVERYTHING),
];

/** All of it; levels first. */
export const flowControlObjects = (): readonly Entry[] => [...LEVELS, ...SCHEMAS];
