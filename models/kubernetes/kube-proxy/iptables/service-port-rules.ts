/**
 * The iptables rules of one service port: a pure function of the port, its endpoints and the node's profile.
 *
 * The order of rules within each chain is upstream's and matters; chains are declared EXT, FW, SVC, SVL, SEP.
 * Upstream: pkg/proxy/iptables/proxier.go (syncProxyRules, the loop over svcPortMap; writeServiceToEndpointRules).
 */
import { STATISTIC_RANGE } from '../../api/netfilter.ts';
import type { IptablesChain, IptablesRule, IptablesServicePort } from '../../api/netfilter.ts';
import { cidrContains, parseCIDR, parseIP } from '../../object/ip.ts';
import type { NodeProfile } from '../config.ts';
import type { EndpointInfo } from '../endpoint-slice-cache.ts';
import type { ServicePort } from '../service-port.ts';
import type { EndpointCategories } from '../topology.ts';
import { endpointChainName, servicePortHash } from './chain-name.ts';

/** The chain that marks packets for source NAT. */
export const MARK_MASQUERADE_CHAIN = 'KUBE-MARK-MASQ';
/** metrics.LocalhostNodePortAcceptedNFAcctCounter. */
const LOCALHOST_COUNTER = 'localhost_nps_accepted_pkts';

type ProtocolName = 'tcp' | 'udp' | 'sctp';

/** What the rest of this file needs to know about one service port on one node. */
interface Plan {
  readonly port: ServicePort;
  readonly profile: NodeProfile;
  readonly protocol: ProtocolName;
  readonly categories: EndpointCategories;
  readonly hasInternal: boolean;
  readonly hasExternal: boolean;
  readonly usesExternalChain: boolean;
  readonly usesFirewallChain: boolean;
  readonly clusterChain: string;
  readonly localChain: string;
  readonly externalChain: string;
  readonly firewallChain: string;
  readonly comments: boolean;
}

function plan(port: ServicePort, categories: EndpointCategories, profile: NodeProfile, comments: boolean): Plan {
  const name = servicePortHash(port);
  const { hasAny, local } = categories;
  const hasExternal = hasAny && (!port.externalPolicyLocal || local.length > 0);
  return {
    port,
    profile,
    protocol: port.protocol.toLowerCase() as ProtocolName,
    categories,
    hasInternal: hasAny && (!port.internalPolicyLocal || local.length > 0),
    hasExternal,
    usesExternalChain: hasAny && port.externallyAccessible,
    usesFirewallChain: hasAny && port.loadBalancerVIPs.length > 0 && port.loadBalancerSourceRanges.length > 0,
    clusterChain: `KUBE-SVC-${name}`,
    localChain: `KUBE-SVL-${name}`,
    externalChain: `KUBE-EXT-${name}`,
    firewallChain: `KUBE-FW-${name}`,
    comments,
  };
}

/** The probability of the i-th of n rules as the kernel keeps it: 1/(n-i) printed with 10 decimals, times 2^31. */
function statisticOf(remaining: number): number {
  return Math.round(Number((1 / remaining).toFixed(10)) * STATISTIC_RANGE);
}

function jump(chain: string): IptablesRule['target'] {
  return { kind: 'jump', chain };
}

/** Rules without usable endpoints: REJECT when there are none at all, DROP when the policy forbids those elsewhere. */
function noEndpointRule(p: Plan, what: Partial<IptablesRule>): IptablesRule {
  const reject = !p.categories.hasAny;
  return {
    comment: `${p.port.name} ${reject ? 'has no endpoints' : 'has no local endpoints'}`,
    protocol: p.protocol,
    ...what,
    target: { kind: reject ? 'reject' : 'drop' },
  };
}

function toAddress(p: Plan, comment: string, ip: string, target: IptablesRule['target']): IptablesRule {
  return {
    comment,
    protocol: p.protocol,
    destination: { text: ip },
    destinationPort: p.port.port,
    ...(target === undefined ? {} : { target }),
  };
}

function natServices(p: Plan): IptablesRule[] {
  const { port } = p;
  const rules: IptablesRule[] = [];
  if (p.hasInternal) {
    const chain = port.internalPolicyLocal ? p.localChain : p.clusterChain;
    rules.push(toAddress(p, `${port.name} cluster IP`, port.clusterIP, jump(chain)));
  }
  if (!p.categories.hasAny) return rules;
  for (const ip of port.externalIPs) {
    rules.push(toAddress(p, `${port.name} external IP`, ip, jump(p.externalChain)));
  }
  for (const vip of port.loadBalancerVIPs) {
    const chain = p.usesFirewallChain ? p.firewallChain : p.externalChain;
    rules.push(toAddress(p, `${port.name} loadbalancer IP`, vip, jump(chain)));
  }
  return rules;
}

function natNodePorts(p: Plan): IptablesRule[] {
  const { port, profile } = p;
  if (port.nodePort === 0 || !p.categories.hasAny) return [];
  const rule: IptablesRule = {
    comment: port.name,
    protocol: p.protocol,
    destinationPort: port.nodePort,
    target: { kind: 'jump', chain: p.externalChain },
  };
  if (!profile.localhostNodePorts || !profile.nfacct) return [rule];
  return [{ ...rule, destination: { text: '127.0.0.0/8' }, nfacct: LOCALHOST_COUNTER }, rule];
}

function filterExternalServices(p: Plan): IptablesRule[] {
  const { port } = p;
  if (p.hasExternal) return [];
  const rules = [...port.externalIPs, ...port.loadBalancerVIPs].map((ip) =>
    noEndpointRule(p, { destination: { text: ip }, destinationPort: port.port }),
  );
  if (port.nodePort !== 0) {
    rules.push(noEndpointRule(p, { destinationLocal: true, destinationPort: port.nodePort }));
  }
  return rules;
}

function filterProxyFirewall(p: Plan): IptablesRule[] {
  if (!p.usesFirewallChain) return [];
  const comment = `${p.port.name} traffic not accepted by ${p.firewallChain}`;
  return p.port.loadBalancerVIPs.map((vip) => toAddress(p, comment, vip, { kind: 'drop' }));
}

/** How a rule tests for traffic of the node's own pods, or for the opposite. */
function localTraffic(profile: NodeProfile, inverted: boolean): Partial<IptablesRule> | undefined {
  const { detector } = profile;
  if (detector === undefined) return undefined;
  const test = inverted ? { inverted } : {};
  if (detector.kind === 'source') return { source: { text: detector.cidr, ...test } };
  return { inInterface: { text: detector.name, ...test } };
}

function internalMasquerade(p: Plan): IptablesRule[] {
  const { port, profile } = p;
  const rule = toAddress(p, `${port.name} cluster IP`, port.clusterIP, jump(MARK_MASQUERADE_CHAIN));
  if (profile.masqueradeAll) return [rule];
  const notLocal = localTraffic(profile, true);
  return notLocal === undefined ? [] : [{ ...rule, ...notLocal }];
}

function externalChain(p: Plan): IptablesChain {
  const { port } = p;
  const rules: IptablesRule[] = [];
  const about = `for ${port.name} external destinations`;
  if (!port.externalPolicyLocal) {
    rules.push({ comment: `masquerade traffic ${about}`, target: { kind: 'jump', chain: MARK_MASQUERADE_CHAIN } });
  } else {
    const target = { kind: 'jump', chain: p.clusterChain } as const;
    const local = localTraffic(p.profile, false);
    if (local !== undefined) rules.push({ comment: `pod traffic ${about}`, ...local, target });
    rules.push({
      comment: `masquerade LOCAL traffic ${about}`,
      sourceLocal: true,
      target: { kind: 'jump', chain: MARK_MASQUERADE_CHAIN },
    });
    rules.push({ comment: `route LOCAL traffic ${about}`, sourceLocal: true, target });
  }
  if (p.hasExternal) {
    rules.push({ target: { kind: 'jump', chain: port.externalPolicyLocal ? p.localChain : p.clusterChain } });
  }
  return { name: p.externalChain, rules };
}

/** Whether the node's own address lies in one of the port's source ranges. */
export function nodeInSourceRanges(port: ServicePort, nodeIP: string): boolean {
  const words = parseIP(nodeIP);
  if (words === undefined) return false;
  return port.loadBalancerSourceRanges.some((text) => {
    const cidr = parseCIDR(text);
    return cidr !== undefined && cidrContains(cidr, words);
  });
}

function firewallChain(p: Plan): IptablesChain {
  const { port } = p;
  const sources = [...port.loadBalancerSourceRanges];
  // A VIP is often a local address, so the node's own traffic to it has the VIP as its source.
  if (nodeInSourceRanges(port, p.profile.nodeIP)) sources.push(...port.loadBalancerVIPs);
  const rules: IptablesRule[] = sources.map((text) => ({
    comment: `${port.name} loadbalancer IP`,
    source: { text },
    target: { kind: 'jump', chain: p.externalChain },
  }));
  rules.push({ comment: `other traffic to ${port.name} will be dropped by KUBE-PROXY-FIREWALL` });
  return { name: p.firewallChain, rules };
}

/** Rules that pick one of the endpoints: first by affinity, then at random with equal chances. */
function endpointRules(p: Plan, endpoints: readonly EndpointInfo[]): IptablesRule[] {
  const { port } = p;
  const rules: IptablesRule[] = [];
  const chains = endpoints.map((endpoint) => endpointChainName(port, endpoint.endpoint));
  const comment = (i: number): Partial<IptablesRule> =>
    p.comments ? { comment: `${port.name} -> ${(endpoints[i] as EndpointInfo).endpoint}` } : {};
  if (port.affinitySeconds !== undefined) {
    for (const [i, name] of chains.entries()) {
      const recent = { name, seconds: port.affinitySeconds };
      rules.push({ ...comment(i), recent, target: { kind: 'jump', chain: name } });
    }
  }
  for (const [i, name] of chains.entries()) {
    const remaining = chains.length - i;
    const statistic = remaining > 1 ? { statistic: statisticOf(remaining) } : {};
    rules.push({ ...comment(i), ...statistic, target: { kind: 'jump', chain: name } });
  }
  return rules;
}

function endpointChain(p: Plan, endpoint: EndpointInfo): IptablesChain {
  const { port } = p;
  const name = endpointChainName(port, endpoint.endpoint);
  const comment = p.comments ? { comment: port.name } : {};
  const recent = port.affinitySeconds === undefined ? {} : { recent: { name, set: true } as const };
  return {
    name,
    rules: [
      // A pod that reaches itself through the Service must not see its own address as the client.
      { ...comment, source: { text: endpoint.ip }, target: { kind: 'jump', chain: MARK_MASQUERADE_CHAIN } },
      {
        ...comment,
        ...recent,
        protocol: p.protocol,
        target: { kind: 'dnat', ip: endpoint.ip, port: endpoint.port },
      },
    ],
  };
}

function chains(p: Plan): IptablesChain[] {
  const { port, categories } = p;
  const list: IptablesChain[] = [];
  if (p.usesExternalChain) list.push(externalChain(p));
  if (p.usesFirewallChain) list.push(firewallChain(p));
  const internal = p.hasInternal ? internalMasquerade(p) : [];
  if (port.usesClusterEndpoints && categories.cluster.length > 0) {
    const first = port.internalPolicyLocal ? [] : internal;
    list.push({ name: p.clusterChain, rules: [...first, ...endpointRules(p, categories.cluster)] });
  }
  if (port.usesLocalEndpoints && categories.local.length > 0) {
    const first = port.internalPolicyLocal ? internal : [];
    list.push({ name: p.localChain, rules: [...first, ...endpointRules(p, categories.local)] });
  }
  for (const endpoint of categories.reachable) list.push(endpointChain(p, endpoint));
  return list;
}

/** The block of one service port. `comments` is false for chains written while the cluster was large. */
export function servicePortRules(
  port: ServicePort,
  categories: EndpointCategories,
  profile: NodeProfile,
  comments: boolean,
): IptablesServicePort {
  const p = plan(port, categories, profile, comments);
  const clusterIP = { destination: { text: port.clusterIP }, destinationPort: port.port };
  const healthCheck: IptablesRule = {
    comment: `${port.name} health check node port`,
    protocol: 'tcp',
    destinationPort: port.healthCheckNodePort,
    target: { kind: 'accept' },
  };
  return {
    key: port.key,
    name: port.name,
    natServices: natServices(p),
    natNodePorts: natNodePorts(p),
    filterServices: p.hasInternal ? [] : [noEndpointRule(p, clusterIP)],
    filterExternalServices: filterExternalServices(p),
    filterProxyFirewall: filterProxyFirewall(p),
    filterNodePorts: port.healthCheckNodePort === 0 ? [] : [healthCheck],
    chains: chains(p),
  };
}
