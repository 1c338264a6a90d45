/**
 * The rules that kube-proxy would write on one node for a set of objects: one pure function from objects to listings.
 *
 * For tests, for tools that look at a cluster from outside, and for people who want to see what a manifest turns into. The
 * same selectors apply as to kube-proxy's watches.
 */
import { saveTable } from '../api/iptables-save.ts';
import type { IptablesServicePort } from '../api/netfilter.ts';
import type { IPFamily } from '../object/ip.ts';
import type { EndpointSlice, KubeObject, Service } from '../object/types.ts';
import { nodeProfile } from './config.ts';
import type { KubeProxyConfiguration, NodeFacts, NodeProfile } from './config.ts';
import { filterTable, natTable } from './iptables/frame.ts';
import { blockCache, listRules } from './node-rules.ts';
import type { AnyBlock } from './node-rules.ts';
import { Proxier, SharedViews } from './proxier.ts';

/** Labels of objects that the default kube-proxy does not watch. */
const IGNORED_LABELS = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'];

function isWatched(object: KubeObject): boolean {
  const { labels } = object.metadata;
  return labels === undefined || !IGNORED_LABELS.some((label) => labels[label] !== undefined);
}

/** A proxier that has received the objects and synced once, with its profile. */
export function syncedProxier(
  config: KubeProxyConfiguration,
  node: NodeFacts,
  services: readonly Service[],
  endpointSlices: readonly EndpointSlice[],
  family: IPFamily,
): { readonly profile: NodeProfile; readonly proxier: Proxier<AnyBlock> } {
  const profile = nodeProfile(config, node, family);
  const proxier = new Proxier(new SharedViews(family), blockCache(profile.mode), profile, listRules);
  const key = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  for (const service of services) if (isWatched(service)) proxier.onService(key(service), service);
  for (const slice of endpointSlices) if (isWatched(slice)) proxier.onEndpointSlice(key(slice), slice);
  proxier.sync();
  return { profile, proxier };
}

/** The listing of one family's rules in the mode's own format. */
export function rulesOf(
  config: KubeProxyConfiguration,
  node: NodeFacts,
  services: readonly Service[],
  endpointSlices: readonly EndpointSlice[],
  family: IPFamily = 'IPv4',
): readonly string[] {
  return syncedProxier(config, node, services, endpointSlices, family).proxier.table.listing();
}

/** iptables mode: the two tables apart, as `iptables-save -t nat` and `-t filter` print them. */
export function iptablesTables(
  config: KubeProxyConfiguration,
  node: NodeFacts,
  services: readonly Service[],
  endpointSlices: readonly EndpointSlice[],
  family: IPFamily = 'IPv4',
): { readonly nat: readonly string[]; readonly filter: readonly string[] } {
  const { profile, proxier } = syncedProxier(config, node, services, endpointSlices, family);
  const blocks = proxier.table.all() as readonly IptablesServicePort[];
  return {
    nat: saveTable(natTable(profile, blocks), family),
    filter: saveTable(filterTable(profile, blocks), family),
  };
}
