/**
 * Brings the slices of one Service in line with its pods.
 *
 * For each address family and each set of resolved ports there is one family of slices; without endpoints one empty placeholder
 * slice remains. Creations come before updates before deletions, so that consumers rather see an endpoint twice than not at all.
 * Source: staging/src/k8s.io/endpointslice/{reconciler,utils}.go.
 */
import { canonicalText } from '../../client/canonical-text.ts';
import type { Client } from '../../client/client.ts';
import { newControllerRef } from '../../client/controller-ref-manager.ts';
import { aggregate, failure, failureOf, isNamespaceTerminating, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { ENDPOINT_SLICES } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import type { Lister } from '../../client/store.ts';
import { ipFamilyOf } from '../../object/ip.ts';
import { isTerminating, namespacedName } from '../../object/meta.ts';
import type { discovery, EndpointSlice, Node, Pod, Service } from '../../object/types.ts';
import { HEADLESS_LABEL } from '../endpoint/endpoints-controller.ts';
import { findPort, isServiceIPSet, shouldPodBeInEndpoints, shouldSetHostname } from '../endpoint/pod-services.ts';
import { sortedByHash } from '../../object/go/by-hash.ts';
import { LAST_CHANGE_TRIGGER_TIME } from '../endpoint/trigger-time-tracker.ts';
import { isPodReady } from '../pod/pod-state.ts';
import { endpointKey, packEndpoints, type Endpoint, type SliceChanges } from './slice-packing.ts';
import { isOwnedBy, type EndpointSliceTracker } from './slice-tracker.ts';
import { withTrafficHints } from './traffic-hints.ts';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';
const ZONE_LABEL = 'topology.kubernetes.io/zone';
const RESERVED: ReadonlySet<string> = new Set([SERVICE_NAME_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL]);

export interface SliceReconciler {
  readonly client: Client;
  readonly nodes: Lister<Node>;
  readonly tracker: EndpointSliceTracker;
  /** `--max-endpoints-per-slice`. */
  readonly endpointsMax: number;
}

type Port = discovery.EndpointPort;
type AddressType = 'IPv4' | 'IPv6';

/** Reconciles all address families; `triggerTime` is written where something changes. */
export function* reconcileSlices(reconciler: SliceReconciler, service: Service, pods: readonly Pod[], slices: readonly EndpointSlice[], triggerTime: string | undefined): Task<Err> {
  const families = addressTypes(service);
  const errors: Err[] = [];
  for (const slice of slices) {
    if (families.includes(slice.addressType as AddressType)) continue;
    const result = yield* reconciler.client.delete(ENDPOINT_SLICES, service.metadata.namespace, slice.metadata.name);
    if (!result.ok && !isNotFound(result)) errors.push(failureOf(result));
    else reconciler.tracker.expectDeletion(namespacedName(service), slice);
  }
  for (const family of families) {
    const own = slices.filter((slice) => slice.addressType === family);
    errors.push(yield* reconcileFamily(reconciler, service, pods, own, triggerTime, family));
  }
  return aggregate(errors);
}

/** The families of a Service; a Service from before dual stack is taken by its cluster IP, a headless one by both. */
function addressTypes(service: Service): AddressType[] {
  const { ipFamilies = [], clusterIP } = service.spec;
  if (ipFamilies.length > 0) return [...ipFamilies] as AddressType[];
  const family = ipFamilyOf(clusterIP ?? '');
  return family === undefined ? ['IPv4', 'IPv6'] : [family];
}

function* reconcileFamily(reconciler: SliceReconciler, service: Service, pods: readonly Pod[], slices: readonly EndpointSlice[], triggerTime: string | undefined, family: AddressType): Task<Err> {
  const { wanted, error } = wantedEndpoints(reconciler, service, pods, family);
  const existing = new Map<string, EndpointSlice[]>();
  const changes: SliceChanges = { create: [], update: [], remove: [] };
  for (const slice of slices) {
    const key = portsKey(slice.ports ?? []);
    if (!isOwnedBy(slice, service.metadata.uid)) changes.remove.push(slice);
    else existing.set(key, [...(existing.get(key) ?? []), slice]);
  }
  const labelsOf = (): Record<string, string> => sliceLabels(service);
  for (const [key, { ports, endpoints }] of wanted) {
    const planned = packEndpoints(existing.get(key) ?? [], endpoints, reconciler.endpointsMax, labelsOf, () => newSlice(service, family, ports));
    changes.create.push(...planned.create);
    changes.update.push(...planned.update);
    changes.remove.push(...planned.remove);
  }
  for (const [key, unwanted] of existing) if (!wanted.has(key)) changes.remove.push(...unwanted);
  if (slices.length === changes.remove.length && changes.create.length === 0) keepPlaceholder(changes, service, family);
  const touched = new Set(changes.update.map(({ metadata }) => metadata.name));
  const untouched = slices.filter((slice) => !touched.has(slice.metadata.name) && !changes.remove.includes(slice));
  const finalError = yield* finalize(reconciler, service, withTrafficHints(service, changes, untouched), triggerTime);
  return aggregate([error, finalError]);
}

interface WantedPorts {
  readonly ports: readonly Port[];
  readonly endpoints: Map<string, Endpoint>;
}

function wantedEndpoints(reconciler: SliceReconciler, service: Service, pods: readonly Pod[], family: AddressType): { wanted: Map<string, WantedPorts>; error: Err } {
  const wanted = new Map<string, WantedPorts>();
  const errors: Err[] = [];
  const publishAll = service.spec.publishNotReadyAddresses === true;
  for (const pod of pods) {
    if (!shouldPodBeInEndpoints(pod, true)) continue;
    const ports = endpointPorts(service, pod);
    const key = portsKey(ports);
    const entry = wanted.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    wanted.set(key, entry);
    const node = reconciler.nodes.get(undefined, pod.spec.nodeName ?? '');
    if (node === undefined && !publishAll) {
      errors.push(failure(`skipping Pod ${pod.metadata.name} for Service ${namespacedName(service)}: Node ${pod.spec.nodeName ?? ''} Not Found`));
      continue;
    }
    const endpoint = endpointOf(service, pod, node, family);
    if (endpoint.addresses.length > 0) entry.endpoints.set(endpointKey(endpoint), endpoint);
  }
  for (const [key, { endpoints }] of wanted) if (endpoints.size === 0) wanted.delete(key);
  return { wanted, error: aggregate(errors) };
}

function endpointPorts(service: Service, pod: Pod): Port[] {
  const ports: Port[] = [];
  for (const servicePort of service.spec.ports ?? []) {
    const port = findPort(pod, servicePort);
    if (port === undefined) continue;
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    ports.push({ name, protocol, port, ...(appProtocol ? { appProtocol } : {}) });
  }
  return sortedByHash('discovery/v1.EndpointPort', ports);
}

function portsKey(ports: readonly Port[]): string {
  return ports.map(canonicalText).sort().join(';');
}

function endpointOf(service: Service, pod: Pod, node: Node | undefined, family: AddressType): Endpoint {
  const serving = isPodReady(pod);
  const terminating = isTerminating(pod);
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const ips = pod.status.podIPs?.map(({ ip }) => ip as string) ?? (pod.status.podIP ? [pod.status.podIP] : []);
  const zone = node?.metadata.labels?.[ZONE_LABEL];
  const { name, namespace, uid } = pod.metadata;
  return {
    addresses: ips.filter((ip) => ipFamilyOf(ip) === family),
    conditions: { ready, serving, terminating },
    ...(shouldSetHostname(pod, service) ? { hostname: pod.spec.hostname as string } : {}),
    targetRef: { kind: 'Pod', namespace: namespace as string, name, uid },
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
  };
}

/** The labels of a Service's slices: its own, and those that say whose they are. */
function sliceLabels(service: Service): Record<string, string> {
  const own = Object.entries(service.metadata.labels ?? {}).filter(([name]) => !RESERVED.has(name));
  return {
    ...Object.fromEntries(own),
    ...(isServiceIPSet(service) ? {} : { [HEADLESS_LABEL]: '' }),
    [SERVICE_NAME_LABEL]: service.metadata.name,
    [MANAGED_BY_LABEL]: MANAGER,
  };
}

function newSlice(service: Service, family: AddressType, ports: readonly Port[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace as string,
      labels: sliceLabels(service),
      ownerReferences: [newControllerRef(service, { apiVersion: 'v1', kind: 'Service' })],
    } as EndpointSlice['metadata'],
    addressType: family,
    endpoints: [],
    ports: [...ports],
  };
}

function keepPlaceholder(changes: SliceChanges, service: Service, family: AddressType): void {
  const only = changes.remove[0];
  const isPlaceholder = (only?.endpoints ?? []).length === 0 && (only?.ports ?? []).length === 0;
  if (changes.remove.length === 1 && only !== undefined && isPlaceholder && isOwnedBy(only, service.metadata.uid) && portsKey([]) === portsKey(only.ports ?? []) && hasLabels(only, sliceLabels(service))) {
    changes.remove.pop();
  } else changes.create.push(newSlice(service, family, []));
}

function hasLabels(slice: EndpointSlice, labels: Record<string, string>): boolean {
  return canonicalText(slice.metadata.labels) === canonicalText(labels);
}

/** Turns creations into updates of slices that would be deleted, and writes. */
function* finalize(reconciler: SliceReconciler, service: Service, changes: SliceChanges, triggerTime: string | undefined): Task<Err> {
  const create = [...changes.create];
  const update = [...changes.update];
  const remove: EndpointSlice[] = [];
  for (const slice of changes.remove) {
    const replacement = create.at(-1);
    if (replacement === undefined || slice.addressType !== replacement.addressType || !isOwnedBy(slice, service.metadata.uid)) {
      remove.push(slice);
      continue;
    }
    create.pop();
    update.push({ ...replacement, metadata: { ...replacement.metadata, name: slice.metadata.name } });
  }
  const key = namespacedName(service);
  const who = `for Service ${key}`;
  if (!isTerminating(service)) {
    for (const slice of create) {
      const result = yield* reconciler.client.create<EndpointSlice>(ENDPOINT_SLICES, service.metadata.namespace, stamped(slice, triggerTime));
      const error = failureOf(result);
      if (isNamespaceTerminating(error)) return undefined;
      if (!result.ok) return failure(`failed to create EndpointSlice ${who}: ${error?.message ?? ''}`);
      reconciler.tracker.update(key, result.object);
    }
  }
  for (const slice of update) {
    const result = yield* reconciler.client.update<EndpointSlice>(ENDPOINT_SLICES, stamped(slice, triggerTime));
    if (!result.ok) return failure(`failed to update ${slice.metadata.name} EndpointSlice ${who}: ${result.status.message ?? ''}`);
    reconciler.tracker.update(key, result.object);
  }
  for (const slice of remove) {
    const result = yield* reconciler.client.delete(ENDPOINT_SLICES, service.metadata.namespace, slice.metadata.name);
    if (!result.ok) return failure(`failed to delete ${slice.metadata.name} EndpointSlice ${who}: ${result.status.message ?? ''}`);
    reconciler.tracker.expectDeletion(key, slice);
  }
  return undefined;
}

function stamped(slice: EndpointSlice, triggerTime: string | undefined): EndpointSlice {
  const { [LAST_CHANGE_TRIGGER_TIME]: _old, ...others } = slice.metadata.annotations ?? {};
  const annotations = triggerTime === undefined ? others : { ...others, [LAST_CHANGE_TRIGGER_TIME]: triggerTime };
  return { ...slice, metadata: { ...slice.metadata, annotations } };
}
