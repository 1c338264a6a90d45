/**
 * Endpoints of a service port, gathered from all its EndpointSlices.
 *
 * Invariant: the list is sorted by the string `ip:port` (so `10.0.0.10:80` comes before `10.0.0.2:80`) and has no
 * address twice. It is the same list for every node unless two slices disagree about one address, because only then the
 * node's own name decides which one counts; the common list is therefore computed once and shared.
 * Upstream: pkg/proxy/endpointslicecache.go, pkg/proxy/endpoint.go.
 */
import type { Protocol } from '../api/netfilter.ts';
import { ipFamilyOf, joinHostPort } from '../object/ip.ts';
import type { IPFamily } from '../object/ip.ts';
import type { EndpointSlice } from '../object/types.ts';

/** discovery.LabelServiceName. */
const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

export interface EndpointInfo {
  /** `ip:port`, IPv6 in brackets. */
  readonly endpoint: string;
  readonly ip: string;
  readonly port: number;
  /** `''` when the slice does not name a node; such an endpoint is local nowhere. */
  readonly nodeName: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Zones of `hints.forZones`; empty when there are no hints. */
  readonly zoneHints: readonly string[];
}

/** Endpoints of one service port. */
export interface EndpointList {
  readonly endpoints: readonly EndpointInfo[];
  /** Later duplicates of an address that replace the earlier one on the node they name. */
  readonly replacements: readonly EndpointInfo[];
  readonly hinted: boolean;
}

export const NO_ENDPOINTS: EndpointList = { endpoints: [], replacements: [], hinted: false };

/** `namespace/name` of the Service that a slice belongs to, or undefined when it has no label. */
export function serviceOfSlice(slice: EndpointSlice): string | undefined {
  const name = slice.metadata.labels?.[SERVICE_NAME_LABEL];
  return name === undefined || name === '' ? undefined : `${slice.metadata.namespace ?? ''}/${name}`;
}

/** Key of an endpoint list within a Service: port name, blank, protocol. */
export function portKey(portName: string, protocol: Protocol): string {
  return `${portName} ${protocol}`;
}

/** The endpoints of one slice, by port key. A pure function of the object. */
function sliceEndpoints(slice: EndpointSlice, family: IPFamily, into: Map<string, EndpointInfo[]>): void {
  if (slice.addressType !== family) return;
  for (const port of slice.ports ?? []) {
    if (port.name === undefined || port.name === null || port.port === undefined || port.port === 0) continue;
    const key = portKey(port.name, (port.protocol ?? 'TCP') as Protocol);
    let list = into.get(key);
    if (list === undefined) into.set(key, (list = []));
    for (const endpoint of slice.endpoints ?? []) {
      const ip = endpoint.addresses[0];
      if (ip === undefined || ipFamilyOf(ip) !== family) continue;
      list.push({
        endpoint: joinHostPort(ip, port.port),
        ip,
        port: port.port,
        nodeName: endpoint.nodeName ?? '',
        ready: endpoint.conditions?.ready ?? true,
        serving: endpoint.conditions?.serving ?? true,
        terminating: endpoint.conditions?.terminating ?? false,
        zoneHints: (endpoint.hints?.forZones ?? []).map((zone) => zone.name),
      });
    }
  }
}

function byEndpoint(left: EndpointInfo, right: EndpointInfo): number {
  return left.endpoint < right.endpoint ? -1 : left.endpoint > right.endpoint ? 1 : 0;
}

function mergeList(candidates: readonly EndpointInfo[]): EndpointList {
  const first = new Map<string, EndpointInfo>();
  const replacements: EndpointInfo[] = [];
  for (const candidate of candidates) {
    if (first.has(candidate.endpoint)) replacements.push(candidate);
    else first.set(candidate.endpoint, candidate);
  }
  const endpoints = [...first.values()].sort(byEndpoint);
  return { endpoints, replacements, hinted: endpoints.some((endpoint) => endpoint.zoneHints.length > 0) };
}

/** All endpoint lists of a Service from its slices (in the order given), by port key. */
export function mergeSlices(slices: readonly EndpointSlice[], family: IPFamily): ReadonlyMap<string, EndpointList> {
  const gathered = new Map<string, EndpointInfo[]>();
  for (const slice of slices) sliceEndpoints(slice, family, gathered);
  const merged = new Map<string, EndpointList>();
  for (const [key, candidates] of gathered) merged.set(key, mergeList(candidates));
  return merged;
}

/** The list as one node sees it: a duplicate replaces the earlier endpoint only where it is local. */
export function endpointsOnNode(list: EndpointList, hostname: string): readonly EndpointInfo[] {
  const replacing = list.replacements.filter((endpoint) => endpoint.nodeName !== '' && endpoint.nodeName === hostname);
  if (replacing.length === 0) return list.endpoints;
  const byAddress = new Map(replacing.map((endpoint) => [endpoint.endpoint, endpoint]));
  return list.endpoints.map((endpoint) => byAddress.get(endpoint.endpoint) ?? endpoint);
}
