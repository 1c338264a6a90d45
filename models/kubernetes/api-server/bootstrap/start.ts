/**
 * What a fresh cluster's API server creates: system namespaces, priority classes, the `kubernetes` Service with its
 * endpoints, the config maps of its own and, where they are asked for, the objects of RBAC, flow control and aggregation. Each is created once and left alone afterwards.
 * Source: pkg/controlplane/controller/{systemnamespaces,kubernetesservice}, pkg/registry/scheduling/rest/storage_scheduling.go,
 * pkg/controlplane/controller/legacytokentracking.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import type { ApiRequest } from '../../api/message.ts';
import type { Task } from '../../client/process.ts';
import { rfc3339 } from '../../object/time.ts';
import type { KubeObject } from '../../object/types.ts';
import { createObject } from '../handlers/create.ts';
import { writeOptions } from '../handlers/options.ts';
import type { Call } from '../handlers/request.ts';
import type { Services } from '../handlers/services.ts';
import { accessObjects } from './access.ts';
import { addonObjects } from './addons.ts';
import { apiServiceObjects } from './api-services.ts';
import type { Entry } from './entry.ts';
import { flowControlObjects } from './flow-control.ts';

/** The address that the API server is reached at from outside the Service network. */
export const API_SERVER_IP = '10.99.0.1';
/** `--secure-port`. */
export const securePortOf = ({ options }: Services): number => options.securePort ?? 6443;

const NAMESPACES = ['kube-system', 'kube-public', 'default', 'kube-node-lease'];

/** Creates what is missing. */
export function* startBootstrap(services: Services): Task {
  const objects = [...NAMESPACES.map(namespace), ...priorityClasses(), ...configMaps(services), ...kubernetesService(services)];
  for (const [group, resource, object] of objects) yield* ensure(services, group, resource, object);
  if (services.options.policyObjects !== true && services.options.authorization !== 'RBAC') return;
  for (const [group, resource, object] of [...accessObjects(), ...addonObjects(), ...flowControlObjects(), ...apiServiceObjects()]) yield* ensure(services, group, resource, object);
}

function* ensure(services: Services, group: string, resource: string, object: Record<string, unknown>): Task {
  const info = services.kinds.get(`${group}/${resource}`);
  const version = info?.versions[0];
  if (info === undefined || version === undefined) return;
  const { name, namespace } = object['metadata'] as { name: string; namespace?: string };
  if (services.storage.get(info.storage, namespace ?? '', name) !== undefined) return;
  const request: ApiRequest = {
    kind: 'api.request',
    id: 0,
    verb: 'create',
    group,
    version: version.version,
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    body: object,
    user: { name: 'system:apiserver', groups: ['system:masters'] },
    userAgent: 'kube-apiserver/v1.32',
  };
  const call: Call = { world: services, request, info, version, warnings: [] };
  const typed = { apiVersion: group === '' ? version.version : `${group}/${version.version}`, kind: info.kind, ...object } as unknown as KubeObject;
  const made = yield* createObject(services, call, version.toStorage(version.defaults(typed)), writeOptions({}, request.userAgent));
  if (isLeft(made) && made.left.reason !== 'AlreadyExists') services.process.record('bootstrap.failed', { name, message: made.left.message ?? '' });
}

const namespace = (name: string): Entry => ['', 'namespaces', { metadata: { name } }];

function priorityClasses(): Entry[] {
  const entry = (name: string, value: number, description: string): Entry => [
    'scheduling.k8s.io',
    'priorityclasses',
    { metadata: { name }, value, description },
  ];
  return [
    entry('system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'),
    entry('system-cluster-critical', 2_000_000_000, 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.'),
  ];
}

function configMaps({ epoch, process }: Services): Entry[] {
  const since = rfc3339(epoch, process.now).slice(0, 10);
  return [['', 'configmaps', { metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' }, data: { since } }]];
}

function kubernetesService(services: Services): Entry[] {
  const { allocators } = services;
  const securePort = securePortOf(services);
  const place = { name: 'kubernetes', namespace: 'default' };
  const port = { name: 'https', protocol: 'TCP', port: securePort };
  return [
    [
      '',
      'services',
      {
        metadata: { ...place, labels: { component: 'apiserver', provider: 'kubernetes' } },
        spec: {
          clusterIP: allocators.firstIP,
          ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: securePort }],
          sessionAffinity: 'None',
          type: 'ClusterIP',
        },
      },
    ],
    [
      '',
      'endpoints',
      {
        metadata: { ...place, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
        subsets: [{ addresses: [{ ip: API_SERVER_IP }], ports: [port] }],
      },
    ],
    [
      'discovery.k8s.io',
      'endpointslices',
      {
        metadata: { ...place, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: [API_SERVER_IP], conditions: { ready: true } }],
        ports: [port],
      },
    ],
  ];
}
