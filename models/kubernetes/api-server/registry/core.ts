/**
 * The kinds of the core group, in the order of discovery.
 * Upstream: pkg/registry/core/rest/storage_core.go and the strategies below pkg/registry/core.
 */
import { defineKind } from './define.ts';
import type { KindInfo, SubresourceInfo } from './kind.ts';
import { CONTROLLER_SCALE } from './scale.ts';
import { EVENT_FIELDS, eventFields, NAMESPACE_FIELDS, namespaceFields, NODE_FIELDS, nodeFields } from './selectable.ts';
import { POD_FIELDS, podFields, REPLICA_FIELDS, replicaFields, SECRET_FIELDS, secretFields } from './selectable.ts';
import { SERVICE_FIELDS, serviceFields } from './selectable.ts';

const core = (part: Omit<Parameters<typeof defineKind>[0], 'group' | 'schema'>): KindInfo =>
  defineKind({ ...part, group: '', schema: `core.v1.${part.kind}` });

const PROXY_VERBS = ['create', 'delete', 'get', 'patch', 'update'] as const;
const connect = (name: string, kind: string, verbs: readonly string[]): SubresourceInfo => ({ name, kind, verbs });

const POD = core({
  kind: 'Pod',
  resource: 'pods',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  graceful: true,
  returnDeletedObject: true,
  fieldLabels: POD_FIELDS,
  selectableFields: podFields,
  subresources: [
    connect('attach', 'PodAttachOptions', ['create', 'get']),
    connect('binding', 'Binding', ['create']),
    { name: 'ephemeralcontainers', kind: 'Pod', verbs: ['get', 'patch', 'update'] },
    { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
    connect('exec', 'PodExecOptions', ['create', 'get']),
    connect('log', 'Pod', ['get']),
    connect('portforward', 'PodPortForwardOptions', ['create', 'get']),
    connect('proxy', 'PodProxyOptions', PROXY_VERBS),
    'status',
  ],
});

/** Core kinds. */
export const CORE_KINDS: readonly KindInfo[] = [
  core({ kind: 'Binding', resource: 'bindings', namespaced: true, verbs: ['create'], virtual: true }),
  core({
    kind: 'ComponentStatus',
    resource: 'componentstatuses',
    namespaced: false,
    shortNames: ['cs'],
    verbs: ['get', 'list'],
    virtual: true,
  }),
  core({ kind: 'ConfigMap', resource: 'configmaps', namespaced: true, shortNames: ['cm'] }),
  core({
    kind: 'Endpoints',
    resource: 'endpoints',
    singular: 'endpoints',
    listKind: 'EndpointsList',
    namespaced: true,
    shortNames: ['ep'],
    keyPrefix: 'services/endpoints',
    strategy: { allowCreateOnUpdate: true },
  }),
  core({
    kind: 'Event',
    resource: 'events',
    namespaced: true,
    shortNames: ['ev'],
    defaultPropagation: 'Unsupported',
    fieldLabels: EVENT_FIELDS,
    selectableFields: eventFields,
    strategy: { allowCreateOnUpdate: true },
  }),
  core({
    kind: 'LimitRange',
    resource: 'limitranges',
    namespaced: true,
    shortNames: ['limits'],
    strategy: { allowCreateOnUpdate: true },
  }),
  core({
    kind: 'Namespace',
    resource: 'namespaces',
    namespaced: false,
    shortNames: ['ns'],
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    returnDeletedObject: true,
    fieldLabels: NAMESPACE_FIELDS,
    selectableFields: namespaceFields,
    subresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }, 'status'],
  }),
  core({
    kind: 'Node',
    resource: 'nodes',
    namespaced: false,
    shortNames: ['no'],
    keyPrefix: 'minions',
    fieldLabels: NODE_FIELDS,
    selectableFields: nodeFields,
    subresources: [connect('proxy', 'NodeProxyOptions', PROXY_VERBS), 'status'],
  }),
  core({
    kind: 'PersistentVolumeClaim',
    resource: 'persistentvolumeclaims',
    namespaced: true,
    shortNames: ['pvc'],
    returnDeletedObject: true,
    subresources: ['status'],
  }),
  core({
    kind: 'PersistentVolume',
    resource: 'persistentvolumes',
    namespaced: false,
    shortNames: ['pv'],
    returnDeletedObject: true,
    subresources: ['status'],
  }),
  POD,
  core({ kind: 'PodTemplate', resource: 'podtemplates', namespaced: true, returnDeletedObject: true }),
  core({
    kind: 'ReplicationController',
    resource: 'replicationcontrollers',
    namespaced: true,
    shortNames: ['rc'],
    categories: ['all'],
    keyPrefix: 'controllers',
    defaultPropagation: 'Orphan',
    scale: CONTROLLER_SCALE,
    fieldLabels: REPLICA_FIELDS,
    selectableFields: replicaFields,
    subresources: ['scale', 'status'],
  }),
  core({
    kind: 'ResourceQuota',
    resource: 'resourcequotas',
    namespaced: true,
    shortNames: ['quota'],
    returnDeletedObject: true,
    subresources: ['status'],
  }),
  core({ kind: 'Secret', resource: 'secrets', namespaced: true, fieldLabels: SECRET_FIELDS, selectableFields: secretFields }),
  core({
    kind: 'ServiceAccount',
    resource: 'serviceaccounts',
    namespaced: true,
    shortNames: ['sa'],
    returnDeletedObject: true,
    subresources: [
      { name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
    ],
  }),
  core({
    kind: 'Service',
    resource: 'services',
    namespaced: true,
    shortNames: ['svc'],
    categories: ['all'],
    keyPrefix: 'services/specs',
    returnDeletedObject: true,
    fieldLabels: SERVICE_FIELDS,
    selectableFields: serviceFields,
    strategy: { allowCreateOnUpdate: true },
    subresources: [connect('proxy', 'ServiceProxyOptions', PROXY_VERBS), 'status'],
  }),
];
