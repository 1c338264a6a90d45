/**
 * The kinds of networking, discovery, storage, scheduling, node, coordination, events and flow control.
 * Upstream: pkg/registry/{networking,discovery,storage,scheduling,node,coordination,events,flowcontrol}/rest.
 */
import { defineKind } from './define.ts';
import { eventFromCore, eventToCore } from './event-conversion.ts';
import type { KindDefinition } from './define.ts';
import type { KindInfo } from './kind.ts';
import { REGARDING_FIELDS, regardingFields } from './selectable.ts';

const inGroup =
  (group: string, schema: string) =>
  (part: Omit<KindDefinition, 'group' | 'schema'>): KindInfo =>
    defineKind({ ...part, group, schema: `${schema}.v1.${part.kind}` });

const networking = inGroup('networking.k8s.io', 'networking');
const storage = inGroup('storage.k8s.io', 'storage');
const flow = inGroup('flowcontrol.apiserver.k8s.io', 'flowcontrol');

/** Kinds of networking.k8s.io/v1. */
export const NETWORKING_KINDS: readonly KindInfo[] = [
  networking({ kind: 'IngressClass', resource: 'ingressclasses', namespaced: false }),
  networking({
    kind: 'Ingress',
    resource: 'ingresses',
    namespaced: true,
    shortNames: ['ing'],
    keyPrefix: 'ingress',
    subresources: ['status'],
  }),
  networking({ kind: 'NetworkPolicy', resource: 'networkpolicies', namespaced: true, shortNames: ['netpol'] }),
];

/** Kinds of discovery.k8s.io/v1. */
export const DISCOVERY_KINDS: readonly KindInfo[] = [
  inGroup('discovery.k8s.io', 'discovery')({ kind: 'EndpointSlice', resource: 'endpointslices', namespaced: true }),
];

/** Kinds of storage.k8s.io/v1. */
export const STORAGE_KINDS: readonly KindInfo[] = [
  storage({
    kind: 'CSIDriver',
    resource: 'csidrivers',
    namespaced: false,
    returnDeletedObject: true,
    strategy: { allowUnconditionalUpdate: false },
  }),
  storage({
    kind: 'CSINode',
    resource: 'csinodes',
    namespaced: false,
    returnDeletedObject: true,
    strategy: { allowUnconditionalUpdate: false },
  }),
  storage({
    kind: 'CSIStorageCapacity',
    resource: 'csistoragecapacities',
    namespaced: true,
    strategy: { allowUnconditionalUpdate: false },
  }),
  storage({
    kind: 'StorageClass',
    resource: 'storageclasses',
    namespaced: false,
    shortNames: ['sc'],
    returnDeletedObject: true,
  }),
  storage({
    kind: 'VolumeAttachment',
    resource: 'volumeattachments',
    namespaced: false,
    returnDeletedObject: true,
    strategy: { allowUnconditionalUpdate: false },
    subresources: ['status'],
  }),
];

/** Kinds of scheduling.k8s.io/v1. */
export const SCHEDULING_KINDS: readonly KindInfo[] = [
  inGroup('scheduling.k8s.io', 'scheduling')({
    kind: 'PriorityClass',
    resource: 'priorityclasses',
    namespaced: false,
    shortNames: ['pc'],
  }),
];

/** Kinds of node.k8s.io/v1. */
export const NODE_KINDS: readonly KindInfo[] = [
  inGroup('node.k8s.io', 'node')({
    kind: 'RuntimeClass',
    resource: 'runtimeclasses',
    namespaced: false,
    strategy: { allowCreateOnUpdate: true, allowUnconditionalUpdate: false },
  }),
];

/** Kinds of coordination.k8s.io/v1. */
export const COORDINATION_KINDS: readonly KindInfo[] = [
  inGroup('coordination.k8s.io', 'coordination')({
    kind: 'Lease',
    resource: 'leases',
    namespaced: true,
    strategy: { allowCreateOnUpdate: true, allowUnconditionalUpdate: false },
  }),
];

/** Kinds of events.k8s.io/v1: the core events under other field names. */
export const EVENTS_KINDS: readonly KindInfo[] = [
  defineKind({
    group: 'events.k8s.io',
    kind: 'Event',
    resource: 'events',
    namespaced: true,
    shortNames: ['ev'],
    versions: [{ version: 'v1', schema: 'events.v1.Event', defaults: (event) => event, toStorage: eventToCore, fromStorage: eventFromCore }],
    storage: { group: '', resource: 'events' },
    defaultPropagation: 'Unsupported',
    fieldLabels: REGARDING_FIELDS,
    selectableFields: regardingFields,
    strategy: { allowCreateOnUpdate: true },
  }),
];

/** Kinds of flowcontrol.apiserver.k8s.io/v1. */
export const FLOWCONTROL_KINDS: readonly KindInfo[] = [
  flow({ kind: 'FlowSchema', resource: 'flowschemas', namespaced: false, subresources: ['status'] }),
  flow({
    kind: 'PriorityLevelConfiguration',
    resource: 'prioritylevelconfigurations',
    namespaced: false,
    subresources: ['status'],
  }),
];
