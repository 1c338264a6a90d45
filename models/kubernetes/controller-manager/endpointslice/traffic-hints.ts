/**
 * Hints for `trafficDistribution: PreferClose`: each ready endpoint is meant for its own zone; without it no hints at all.
 *
 * Source: staging/src/k8s.io/endpointslice/trafficdist/trafficdist.go.
 */
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { EndpointSlice, Service } from '../../object/types.ts';
import type { Endpoint, SliceChanges } from './slice-packing.ts';

/** The changes with the right hints; slices whose only change is their hints are updated as well. */
export function withTrafficHints(service: Service, changes: SliceChanges, untouched: readonly EndpointSlice[]): SliceChanges {
  const isClose = (service.spec as { trafficDistribution?: string }).trafficDistribution === 'PreferClose';
  const hinted = (slice: EndpointSlice): EndpointSlice => withHints(slice, isClose);
  const update = changes.update.map(hinted);
  for (const slice of untouched) {
    const changed = hinted(slice);
    if (changed !== slice) update.push(changed);
  }
  return { create: changes.create.map(hinted), update, remove: changes.remove };
}

function withHints(slice: EndpointSlice, isClose: boolean): EndpointSlice {
  let isChanged = false;
  const endpoints = (slice.endpoints ?? []).map((endpoint) => {
    const zone = endpoint.zone;
    const hints = isClose && endpoint.conditions?.ready !== false && zone ? { forZones: [{ name: zone }] } : undefined;
    if (semanticEqual(hints, endpoint.hints)) return endpoint;
    isChanged = true;
    const { hints: _old, ...rest } = endpoint;
    return (hints === undefined ? rest : { ...rest, hints }) as Endpoint;
  });
  return isChanged ? { ...slice, endpoints } : slice;
}
