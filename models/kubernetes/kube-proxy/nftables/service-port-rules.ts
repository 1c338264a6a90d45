/**
 * The nftables chains, sets and map elements of one service port: a pure function of the port, its endpoints and the
 * node's profile. Upstream: pkg/proxy/nftables/proxier.go (syncProxyRules, the loop over svcPortMap).
 */
import type { NftChain, NftContainer, NftElement, NftRule, NftServicePort } from '../../api/netfilter.ts';
import type { NodeProfile } from '../config.ts';
import type { EndpointInfo } from '../endpoint-slice-cache.ts';
import { nodeInSourceRanges } from '../iptables/service-port-rules.ts';
import type { ServicePort } from '../service-port.ts';
import type { EndpointCategories } from '../topology.ts';
import { endpointNameBase, servicePortNameBase } from './chain-name.ts';
import { mergeRanges } from './ranges.ts';

type ProtocolName = 'tcp' | 'udp' | 'sctp';
type Verdict = NonNullable<NftElement['verdict']>;

const MARK_CHAIN = 'mark-for-masquerade';
const REJECT_CHAIN = 'reject-chain';

interface Plan {
  readonly port: ServicePort;
  readonly profile: NodeProfile;
  readonly categories: EndpointCategories;
  readonly protocol: ProtocolName;
  readonly base: string;
  readonly hasInternal: boolean;
  readonly hasExternal: boolean;
  readonly usesFirewall: boolean;
}

function elements(p: Plan): NftElement[] {
  const { port, protocol, base } = p;
  const { hasAny } = p.categories;
  const list: NftElement[] = [{ container: 'cluster-ips', key: port.clusterIP }];
  const add = (container: NftContainer, key: string, verdict: Verdict, comment?: string): void => {
    list.push({ container, key, verdict, ...(comment === undefined ? {} : { comment }) });
  };
  const address = (ip: string): string => `${ip} . ${protocol} . ${port.port}`;
  const goTo = (chain: string): Verdict => ({ kind: 'goto', chain });
  const without: Verdict = hasAny ? { kind: 'drop' } : goTo(REJECT_CHAIN);

  if (p.hasInternal) {
    add('service-ips', address(port.clusterIP), goTo(`${port.internalPolicyLocal ? 'local' : 'service'}-${base}`));
  } else add('no-endpoint-services', address(port.clusterIP), without, port.name);

  for (const ip of [...port.externalIPs, ...port.loadBalancerVIPs]) {
    if (hasAny) add('service-ips', address(ip), goTo(`external-${base}`));
    if (!p.hasExternal) add('no-endpoint-services', address(ip), without, port.name);
  }
  if (p.usesFirewall) {
    for (const vip of port.loadBalancerVIPs) add('firewall-ips', address(vip), goTo(`firewall-${base}`), port.name);
  }
  if (port.nodePort !== 0) {
    const key = `${protocol} . ${port.nodePort}`;
    if (hasAny) add('service-nodeports', key, goTo(`external-${base}`));
    if (!p.hasExternal) add('no-endpoint-nodeports', key, without, port.name);
  }
  return list;
}

function localTraffic(profile: NodeProfile, inverted: boolean): Partial<NftRule> | undefined {
  const { detector } = profile;
  if (detector === undefined) return undefined;
  const test = inverted ? { inverted } : {};
  if (detector.kind === 'source') return { source: { ranges: [detector.cidr], ...test } };
  return { inInterface: { text: detector.name.replace(/\+$/, '*'), ...test } };
}

function internalMasquerade(p: Plan): NftRule[] {
  const { port, profile } = p;
  const rule: NftRule = {
    destination: { ip: port.clusterIP, protocol: p.protocol, port: port.port },
    action: { kind: 'jump', chain: MARK_CHAIN },
  };
  if (profile.masqueradeAll) return [rule];
  const notLocal = localTraffic(profile, true);
  return notLocal === undefined ? [] : [{ ...rule, ...notLocal }];
}

function externalChain(p: Plan): NftChain {
  const { port, base } = p;
  const toService = { kind: 'goto', chain: `service-${base}` } as const;
  const rules: NftRule[] = [];
  if (!port.externalPolicyLocal) rules.push({ action: { kind: 'jump', chain: MARK_CHAIN } });
  else {
    const local = localTraffic(p.profile, false);
    if (local !== undefined) rules.push({ ...local, action: toService, comment: 'short-circuit pod traffic' });
    rules.push({
      sourceLocal: true,
      action: { kind: 'jump', chain: MARK_CHAIN },
      comment: 'masquerade local traffic',
    });
    rules.push({ sourceLocal: true, action: toService, comment: 'short-circuit local traffic' });
  }
  if (p.hasExternal) {
    rules.push({ action: port.externalPolicyLocal ? { kind: 'goto', chain: `local-${base}` } : toService });
  }
  return { name: `external-${base}`, rules };
}

function firewallChain(p: Plan): NftChain {
  const { port } = p;
  const sources = [...port.loadBalancerSourceRanges];
  if (nodeInSourceRanges(port, p.profile.nodeIP)) sources.push(...port.loadBalancerVIPs);
  return {
    name: `firewall-${p.base}`,
    // nft turns a set of one element into the element, before it merges ranges.
    rules: [
      {
        source: { ranges: mergeRanges(sources), inverted: true, ...(sources.length > 1 ? { isSet: true } : {}) },
        action: { kind: 'drop' },
      },
    ],
  };
}

function policyChain(p: Plan, prefix: 'service' | 'local', endpoints: readonly EndpointInfo[]): NftChain {
  const { port } = p;
  const isInternal = port.internalPolicyLocal === (prefix === 'local');
  const rules = isInternal && p.hasInternal ? internalMasquerade(p) : [];
  const bases = endpoints.map((endpoint) => endpointNameBase(port, endpoint));
  if (port.affinitySeconds !== undefined) {
    for (const base of bases) {
      rules.push({ sourceSet: `affinity-${base}`, action: { kind: 'goto', chain: `endpoint-${base}` } });
    }
  }
  rules.push({ action: { kind: 'numgen', chains: bases.map((base) => `endpoint-${base}`) } });
  return { name: `${prefix}-${p.base}`, rules };
}

function endpointChain(p: Plan, endpoint: EndpointInfo): NftChain {
  const base = endpointNameBase(p.port, endpoint);
  const rules: NftRule[] = [{ source: { ranges: [endpoint.ip] }, action: { kind: 'jump', chain: MARK_CHAIN } }];
  if (p.port.affinitySeconds !== undefined) rules.push({ action: { kind: 'update', set: `affinity-${base}` } });
  rules.push({ action: { kind: 'dnat', protocol: p.protocol, ip: endpoint.ip, port: endpoint.port } });
  return { name: `endpoint-${base}`, rules };
}

/** The block of one service port. */
export function nftServicePort(
  port: ServicePort,
  categories: EndpointCategories,
  profile: NodeProfile,
): NftServicePort {
  const { hasAny, local } = categories;
  const p: Plan = {
    port,
    profile,
    categories,
    protocol: port.protocol.toLowerCase() as ProtocolName,
    base: servicePortNameBase(port),
    hasInternal: hasAny && (!port.internalPolicyLocal || local.length > 0),
    hasExternal: hasAny && (!port.externalPolicyLocal || local.length > 0),
    usesFirewall: port.loadBalancerVIPs.length > 0 && port.loadBalancerSourceRanges.length > 0,
  };
  const chains = categories.reachable.map((endpoint) => endpointChain(p, endpoint));
  if (port.usesClusterEndpoints && categories.cluster.length > 0) {
    chains.push(policyChain(p, 'service', categories.cluster));
  }
  if (port.usesLocalEndpoints && local.length > 0) chains.push(policyChain(p, 'local', local));
  if (hasAny && port.externallyAccessible) chains.push(externalChain(p));
  if (p.usesFirewall) chains.push(firewallChain(p));
  const { affinitySeconds } = port;
  const sets =
    affinitySeconds === undefined
      ? []
      : categories.reachable.map((endpoint) => ({
          name: `affinity-${endpointNameBase(port, endpoint)}`,
          timeoutSeconds: affinitySeconds,
        }));
  return { key: port.key, name: port.name, elements: elements(p), sets, chains };
}
