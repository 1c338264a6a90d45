/**
 * Fits endpoints into slices with as few changed slices as possible.
 *
 * Wanted endpoints stay where they are; unwanted ones go; new ones fill slices that change anyway, fullest first; the rest goes
 * into the unchanged slice that it fits tightest, or into new slices. Slices are never merged or rebalanced.
 * Source: staging/src/k8s.io/endpointslice/reconciler.go (reconcileByPortMapping).
 */
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { discovery, EndpointSlice } from '../../object/types.ts';

export type Endpoint = discovery.Endpoint;

/** What has to be written. Slices to create have no name. */
export interface SliceChanges {
  readonly create: EndpointSlice[];
  readonly update: EndpointSlice[];
  readonly remove: EndpointSlice[];
}

/** An endpoint's identity: addresses, hostname and the object that it stands for. */
export function endpointKey({ addresses, hostname, targetRef }: Endpoint): string {
  return `${[...addresses].sort().join(',')} ${hostname ?? ''} ${targetRef?.namespace ?? ''}/${targetRef?.name ?? ''}`;
}

/** Plans the changes for slices of one port set. `labelsOf` gives a slice's wanted labels, `newSlice` an empty one. */
export function packEndpoints(
  existing: readonly EndpointSlice[],
  wanted: Map<string, Endpoint>,
  most: number,
  labelsOf: (slice: EndpointSlice) => Record<string, string>,
  newSlice: () => EndpointSlice,
): SliceChanges {
  const changed: EndpointSlice[] = [];
  const unchanged: EndpointSlice[] = [];
  const remove: EndpointSlice[] = [];
  for (const slice of existing) {
    const before = slice.endpoints ?? [];
    const kept: Endpoint[] = [];
    let isUpdated = false;
    for (const endpoint of before) {
      const key = endpointKey(endpoint);
      const fresh = wanted.get(key);
      if (fresh === undefined) continue;
      wanted.delete(key);
      if (!isSameBeyondIdentity(fresh, endpoint)) isUpdated = true;
      kept.push(fresh);
    }
    const labels = labelsOf(slice);
    const isRelabelled = !semanticEqual(labels, slice.metadata.labels);
    if (isUpdated || kept.length !== before.length) {
      if (kept.length === 0) remove.push(slice);
      else changed.push({ ...slice, metadata: { ...slice.metadata, labels }, endpoints: kept });
    } else if (isRelabelled) changed.push({ ...slice, metadata: { ...slice.metadata, labels } });
    else unchanged.push(slice);
  }
  const rest = [...wanted.values()];
  fillChanged(changed, rest, most);
  return { ...placeRest(changed, unchanged, rest, most, newSlice), remove };
}

function fillChanged(changed: EndpointSlice[], rest: Endpoint[], most: number): void {
  const fullestFirst = changed.map((_, index) => index).sort((a, b) => sizeOf(changed[b]) - sizeOf(changed[a]) || a - b);
  for (const index of fullestFirst) {
    const slice = changed[index] as EndpointSlice;
    const room = most - sizeOf(slice);
    if (rest.length === 0 || room <= 0) continue;
    changed[index] = { ...slice, endpoints: [...(slice.endpoints ?? []), ...rest.splice(0, room)] };
  }
}

function placeRest(changed: EndpointSlice[], unchanged: EndpointSlice[], rest: Endpoint[], most: number, newSlice: () => EndpointSlice) {
  const create: EndpointSlice[] = [];
  while (rest.length > 0) {
    const target = rest.length < most ? tightestFit(unchanged, rest.length, most) : undefined;
    if (target === undefined) {
      create.push({ ...newSlice(), endpoints: rest.splice(0, most) });
      continue;
    }
    unchanged.splice(unchanged.indexOf(target), 1);
    changed.push({ ...target, endpoints: [...(target.endpoints ?? []), ...rest.splice(0, most - sizeOf(target))] });
  }
  return { create, update: changed };
}

/** The slice that is fullest after taking in this many, if any has room for all of them. */
function tightestFit(slices: readonly EndpointSlice[], count: number, most: number): EndpointSlice | undefined {
  let best: EndpointSlice | undefined;
  let bestRoom = Infinity;
  for (const slice of slices) {
    const room = most - count - sizeOf(slice);
    if (room < 0 || room >= bestRoom) continue;
    best = slice;
    bestRoom = room;
  }
  return best;
}

const sizeOf = (slice: EndpointSlice | undefined): number => (slice?.endpoints ?? []).length;

/** `EndpointsEqualBeyondHash`: what may differ between two endpoints of one identity. */
export function isSameBeyondIdentity(a: Endpoint, b: Endpoint): boolean {
  return a.nodeName === b.nodeName && a.zone === b.zone && semanticEqual(a.conditions, b.conditions) && a.targetRef?.uid === b.targetRef?.uid;
}
