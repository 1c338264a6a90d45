/**
 * Which slices mirror an Endpoints object, given those that do so now.
 *
 * Each address family and port set has exactly one slice. A slice is rewritten as a whole, and one that would be deleted is
 * rather rewritten as one that would be created, so that the names of slices stay when ports change.
 *
 * Source: pkg/controller/endpointslicemirroring/{reconciler,reconciler_helpers,utils}.go.
 */
import { canonicalText } from '../../client/canonical-text.ts';
import { newControllerRef } from '../../client/controller-ref-manager.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { discovery, Endpoints, EndpointSlice } from '../../object/types.ts';
import { LAST_CHANGE_TRIGGER_TIME } from '../endpoint/trigger-time-tracker.ts';
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from '../endpointslice/reconciler.ts';
import { endpointKey, isSameBeyondIdentity, type Endpoint, type SliceChanges } from '../endpointslice/slice-packing.ts';

export const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** What one slice is to hold; endpoints by their identity. */
export interface WantedSlice {
  readonly family: string;
  readonly ports: readonly discovery.EndpointPort[];
  readonly endpoints: ReadonlyMap<string, Endpoint>;
}

export const groupKey = (family: string, ports: readonly discovery.EndpointPort[]): string => `${family} ${ports.map(canonicalText).sort().join(';')}`;

/** Plans the changes; `wanted` is by {@link groupKey}. At most `most` endpoints go into a slice. */
export function planMirror(object: Endpoints, slices: readonly EndpointSlice[], wanted: ReadonlyMap<string, WantedSlice>, most: number): SliceChanges {
  const changes: SliceChanges = { create: [], update: [], remove: [] };
  const existing = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const key = groupKey(slice.addressType, slice.ports ?? []);
    existing.set(key, [...(existing.get(key) ?? []), slice]);
  }
  for (const [key, group] of wanted) {
    const [first, ...others] = existing.get(key) ?? [];
    changes.remove.push(...others);
    if (first === undefined) changes.create.push(newSlice(object, group, most));
    else if (!isUpToDate(object, first, group)) changes.update.push(newSlice(object, group, most, first.metadata.name));
  }
  for (const [key, group] of existing) if (!wanted.has(key)) changes.remove.push(...group);
  return recycled(changes);
}

function isUpToDate(object: Endpoints, slice: EndpointSlice, { endpoints }: WantedSlice): boolean {
  const known = slice.endpoints ?? [];
  const isSame = known.length === endpoints.size && known.every((endpoint) => {
    const wanted = endpoints.get(endpointKey(endpoint));
    return wanted !== undefined && isSameBeyondIdentity(wanted, endpoint);
  });
  const { [MANAGED_BY_LABEL]: _manager, [SERVICE_NAME_LABEL]: _service, ...labels } = slice.metadata.labels ?? {};
  return isSame && semanticEqual(object.metadata.labels ?? {}, labels) && semanticEqual(annotationsOf(object), slice.metadata.annotations ?? {});
}

/** Per address family, creations become updates of slices that would be deleted. */
function recycled({ create, update, remove }: SliceChanges): SliceChanges {
  const left = [...remove];
  const fresh: EndpointSlice[] = [];
  const rewritten: EndpointSlice[] = [];
  for (const slice of create) {
    const at = left.findIndex(({ addressType }) => addressType === slice.addressType);
    const [old] = at < 0 ? [] : left.splice(at, 1);
    if (old === undefined) fresh.push(slice);
    else rewritten.push({ ...slice, metadata: { ...slice.metadata, name: old.metadata.name } });
  }
  return { create: fresh, update: [...update, ...rewritten], remove: left };
}

function annotationsOf({ metadata }: Endpoints): Record<string, string> {
  const { [LAST_CHANGE_TRIGGER_TIME]: _time, [LAST_APPLIED]: _applied, ...annotations } = metadata.annotations ?? {};
  return annotations;
}

function newSlice(object: Endpoints, { family, ports, endpoints }: WantedSlice, most: number, name?: string): EndpointSlice {
  const { metadata } = object;
  const named: Partial<EndpointSlice['metadata']> = name === undefined ? { generateName: `${metadata.name}-` } : { name };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      ...named,
      namespace: metadata.namespace as string,
      labels: { ...metadata.labels, [SERVICE_NAME_LABEL]: metadata.name, [MANAGED_BY_LABEL]: MANAGER },
      annotations: annotationsOf(object),
      ownerReferences: [newControllerRef(object, { apiVersion: 'v1', kind: 'Endpoints' })],
    } as EndpointSlice['metadata'],
    addressType: family,
    endpoints: [...endpoints.values()].slice(0, most),
    ports: [...ports],
  };
}
