/**
 * The virtual servers and ipset entries of one service port in ipvs mode: a pure function of the port, its endpoints and
 * the node's profile. Every node address with a nodePort is a virtual server of its own; a Local policy without local
 * endpoints falls back to the cluster list, so that pods on the node can still use the address.
 * Upstream: pkg/proxy/ipvs/proxier.go (syncProxyRules, syncService, syncEndpoint), pkg/proxy/ipvs/ipset.go.
 */
import type { IpsetEntry, IpvsServicePort, IpvsVirtualServer } from '../../api/netfilter.ts';
import type { NodeProfile } from '../config.ts';
import type { EndpointInfo } from '../endpoint-slice-cache.ts';
import { nodeInSourceRanges } from '../iptables/service-port-rules.ts';
import type { ServicePort } from '../service-port.ts';
import type { EndpointCategories } from '../topology.ts';

/** Addresses that get a virtual server for each nodePort: the node's own, without loopback. */
function nodePortAddresses(profile: NodeProfile): readonly string[] {
  const { matchAll, addresses } = profile.nodePortAddresses;
  const selected = matchAll ? profile.interfaceAddresses : addresses;
  return selected.filter((ip) => !ip.startsWith('127.') && ip !== '::1');
}

function endpointsFor(categories: EndpointCategories, onlyLocal: boolean): readonly EndpointInfo[] {
  return onlyLocal && categories.local.length > 0 ? categories.local : categories.cluster;
}

function virtualServers(port: ServicePort, categories: EndpointCategories, profile: NodeProfile): IpvsVirtualServer[] {
  const make = (
    role: IpvsVirtualServer['role'],
    ip: string,
    number: number,
    policyLocal: boolean,
  ): IpvsVirtualServer => ({
    role,
    policyLocal,
    sourceRanges: role === 'loadBalancer' ? port.loadBalancerSourceRanges : [],
    ip,
    port: number,
    protocol: port.protocol,
    scheduler: profile.ipvsScheduler,
    ...(port.affinitySeconds === undefined ? {} : { persistentSeconds: port.affinitySeconds }),
    realServers: endpointsFor(categories, policyLocal).map((endpoint) => ({ ip: endpoint.ip, port: endpoint.port })),
  });
  const external = port.externalPolicyLocal;
  const servers = [make('cluster', port.clusterIP, port.port, port.internalPolicyLocal)];
  for (const ip of port.externalIPs) servers.push(make('external', ip, port.port, external));
  for (const ip of port.loadBalancerVIPs) servers.push(make('loadBalancer', ip, port.port, external));
  if (port.nodePort !== 0) {
    for (const ip of nodePortAddresses(profile)) servers.push(make('nodePort', ip, port.nodePort, external));
  }
  return servers;
}

function loadBalancerEntries(port: ServicePort, profile: NodeProfile, protocol: string): IpsetEntry[] {
  const entries: IpsetEntry[] = [];
  for (const vip of port.loadBalancerVIPs) {
    const entry = `${vip},${protocol}:${port.port}`;
    entries.push({ set: 'KUBE-LOAD-BALANCER', entry });
    if (port.externalPolicyLocal) entries.push({ set: 'KUBE-LOAD-BALANCER-LOCAL', entry });
    if (port.loadBalancerSourceRanges.length === 0) continue;
    entries.push({ set: 'KUBE-LOAD-BALANCER-FW', entry });
    for (const range of port.loadBalancerSourceRanges) {
      entries.push({ set: 'KUBE-LOAD-BALANCER-SOURCE-CIDR', entry: `${entry},${range}` });
    }
    if (nodeInSourceRanges(port, profile.nodeIP)) {
      entries.push({ set: 'KUBE-LOAD-BALANCER-SOURCE-IP', entry: `${entry},${vip}` });
    }
  }
  return entries;
}

function nodePortEntries(port: ServicePort, profile: NodeProfile, protocol: string): IpsetEntry[] {
  if (port.nodePort === 0) return [];
  const sets = port.externalPolicyLocal ? ['', '-LOCAL'] : [''];
  if (port.protocol !== 'SCTP') {
    const entry = String(port.nodePort);
    return sets.map((local) => ({ set: `KUBE-NODE-PORT${local}-${port.protocol}`, entry }));
  }
  return nodePortAddresses(profile).flatMap((ip) => {
    const entry = `${ip},${protocol}:${port.nodePort}`;
    return sets.map((local) => ({ set: `KUBE-NODE-PORT${local}-SCTP-HASH`, entry }));
  });
}

/** The block of one service port. */
export function ipvsServicePort(
  port: ServicePort,
  categories: EndpointCategories,
  profile: NodeProfile,
): IpvsServicePort {
  const protocol = port.protocol.toLowerCase();
  const entries: IpsetEntry[] = [];
  for (const endpoint of categories.reachable) {
    if (endpoint.nodeName !== profile.hostname) continue;
    const entry = `${endpoint.ip},${protocol}:${endpoint.port},${endpoint.ip}`;
    entries.push({ set: 'KUBE-LOOP-BACK', entry });
  }
  entries.push({ set: 'KUBE-CLUSTER-IP', entry: `${port.clusterIP},${protocol}:${port.port}` });
  for (const ip of port.externalIPs) {
    const set = port.externalPolicyLocal ? 'KUBE-EXTERNAL-IP-LOCAL' : 'KUBE-EXTERNAL-IP';
    entries.push({ set, entry: `${ip},${protocol}:${port.port}` });
  }
  entries.push(...loadBalancerEntries(port, profile, protocol), ...nodePortEntries(port, profile, protocol));
  if (port.healthCheckNodePort !== 0) {
    entries.push({ set: 'KUBE-HEALTH-CHECK-NODE-PORT', entry: String(port.healthCheckNodePort) });
  }
  const boundAddresses = [port.clusterIP, ...port.externalIPs, ...port.loadBalancerVIPs].filter(
    (ip, i, all) => all.indexOf(ip) === i && !profile.interfaceAddresses.includes(ip),
  );
  for (const ip of boundAddresses) entries.push({ set: 'KUBE-IPVS-IPS', entry: ip });
  return {
    key: port.key,
    name: port.name,
    virtualServers: virtualServers(port, categories, profile),
    boundAddresses,
    entries,
  };
}
