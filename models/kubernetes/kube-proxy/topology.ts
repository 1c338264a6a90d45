/**
 * Which endpoints a service port uses on a node: the cluster list, the local list and everything reachable from here.
 *
 * Pure. The same selection serves every proxy mode. Ready endpoints come first; only when there are none, endpoints that
 * still serve while they terminate are used (so that a rollout of the last pod does not refuse connections).
 * Upstream: pkg/proxy/topology.go (CategorizeEndpoints).
 */
import type { EndpointInfo } from './endpoint-slice-cache.ts';
import type { ServicePort } from './service-port.ts';

export interface EndpointCategories {
  readonly cluster: readonly EndpointInfo[];
  readonly local: readonly EndpointInfo[];
  /** Endpoints that get a chain of their own on this node. */
  readonly reachable: readonly EndpointInfo[];
  /** Some endpoint somewhere could take traffic, even if the policy forbids using it from here. */
  readonly hasAny: boolean;
}

function usableWhenTerminating(endpoint: EndpointInfo): boolean {
  return endpoint.serving && endpoint.terminating;
}

/** Hints are followed only when every ready endpoint has some and one of them names this zone. */
function topologyUsable(endpoints: readonly EndpointInfo[], zone: string): boolean {
  let hasEndpointForZone = false;
  for (const endpoint of endpoints) {
    if (!endpoint.ready) continue;
    if (endpoint.zoneHints.length === 0 || zone === '') return false;
    if (endpoint.zoneHints.includes(zone)) hasEndpointForZone = true;
  }
  return hasEndpointForZone;
}

function clusterList(endpoints: readonly EndpointInfo[], useTopology: boolean, zone: string): readonly EndpointInfo[] {
  const ready = endpoints.filter((e) => e.ready && (!useTopology || e.zoneHints.includes(zone)));
  if (ready.length === endpoints.length) return endpoints;
  return ready.length > 0 ? ready : endpoints.filter(usableWhenTerminating);
}

function union(left: readonly EndpointInfo[], right: readonly EndpointInfo[]): readonly EndpointInfo[] {
  const merged = new Map(left.map((endpoint) => [endpoint.endpoint, endpoint]));
  for (const endpoint of right) merged.set(endpoint.endpoint, endpoint);
  return [...merged.values()].sort((a, b) => (a.endpoint < b.endpoint ? -1 : a.endpoint > b.endpoint ? 1 : 0));
}

/** Sorts a service port's endpoints into the lists that rules are made from. */
export function categorizeEndpoints(
  endpoints: readonly EndpointInfo[],
  port: Pick<ServicePort, 'usesClusterEndpoints' | 'usesLocalEndpoints'>,
  hostname: string,
  zone: string,
): EndpointCategories {
  const useTopology = port.usesClusterEndpoints && topologyUsable(endpoints, zone);
  const cluster = port.usesClusterEndpoints ? clusterList(endpoints, useTopology, zone) : [];
  if (!port.usesLocalEndpoints) return { cluster, local: [], reachable: cluster, hasAny: cluster.length > 0 };

  const isLocal = (endpoint: EndpointInfo): boolean => endpoint.nodeName !== '' && endpoint.nodeName === hostname;
  const readyLocal = endpoints.filter((endpoint) => endpoint.ready && isLocal(endpoint));
  const fallback = readyLocal.length === 0;
  const local = fallback ? endpoints.filter((e) => usableWhenTerminating(e) && isLocal(e)) : readyLocal;
  const hasAny = endpoints.some((endpoint) => endpoint.ready || usableWhenTerminating(endpoint));
  if (!port.usesClusterEndpoints) return { cluster, local, reachable: local, hasAny };
  const merge = useTopology || (fallback && local.length > 0);
  return { cluster, local, reachable: merge ? union(cluster, local) : cluster, hasAny };
}
