/**
 * The part of a node's iptables that does not depend on Services: built-in chains with their jumps, the masquerade
 * machinery, and the rule that sends local destinations to KUBE-NODEPORTS.
 *
 * On a clean host the jumps end up in the reverse order of their insertion; the listing here is the resulting order.
 * Upstream: pkg/proxy/iptables/proxier.go (iptablesJumpChains, syncProxyRules), pkg/proxy/util/iptables.
 */
import type { IptablesChain, IptablesRule, IptablesServicePort, IptablesTable } from '../../api/netfilter.ts';
import type { NodeProfile } from '../config.ts';
import { MARK_MASQUERADE_CHAIN } from './service-port-rules.ts';

/** metrics.IPTablesCTStateInvalidDroppedNFAcctCounter. */
const INVALID_COUNTER = 'ct_state_invalid_dropped_pkts';

function jumpRule(chain: string, comment?: string, onlyNew = false): IptablesRule {
  return {
    ...(onlyNew ? ({ conntrack: { states: ['NEW'] }, conntrackFirst: true } as const) : {}),
    ...(comment === undefined ? {} : { comment }),
    target: { kind: 'jump', chain },
  };
}

function filterBuiltin(): IptablesChain[] {
  const firewall = jumpRule('KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall', true);
  const external = jumpRule('KUBE-EXTERNAL-SERVICES', 'kubernetes externally-visible service portals', true);
  const services = jumpRule('KUBE-SERVICES', 'kubernetes service portals', true);
  const nodePorts = jumpRule('KUBE-NODEPORTS', 'kubernetes health check service ports');
  return [
    { name: 'INPUT', rules: [jumpRule('KUBE-FIREWALL'), firewall, nodePorts, external] },
    {
      name: 'FORWARD',
      rules: [firewall, jumpRule('KUBE-FORWARD', 'kubernetes forwarding rules'), services, external],
    },
    { name: 'OUTPUT', rules: [jumpRule('KUBE-FIREWALL'), firewall, services] },
  ];
}

function natBuiltin(): IptablesChain[] {
  const services = jumpRule('KUBE-SERVICES', 'kubernetes service portals');
  return [
    { name: 'PREROUTING', rules: [services] },
    { name: 'INPUT', rules: [] },
    { name: 'OUTPUT', rules: [services] },
    { name: 'POSTROUTING', rules: [jumpRule('KUBE-POSTROUTING', 'kubernetes postrouting rules')] },
  ];
}

/** KUBE-FIREWALL: packets from elsewhere must not reach 127/8, which `route_localnet` would otherwise allow. */
export function firewallRules(profile: NodeProfile): IptablesRule[] {
  if (!profile.localhostNodePorts) return [];
  return [
    {
      comment: 'block incoming localnet connections',
      destination: { text: '127.0.0.0/8' },
      source: { text: '127.0.0.0/8', inverted: true },
      conntrack: { states: ['RELATED', 'ESTABLISHED', 'DNAT'], inverted: true },
      target: { kind: 'drop' },
    },
  ];
}

export function forwardRules(profile: NodeProfile): IptablesRule[] {
  const invalid: IptablesRule = {
    conntrack: { states: ['INVALID'] },
    ...(profile.nfacct ? { nfacct: INVALID_COUNTER } : {}),
    target: { kind: 'drop' },
  };
  return [
    ...(profile.tcpBeLiberal ? [] : [invalid]),
    {
      comment: 'kubernetes forwarding rules',
      mark: { value: profile.masqueradeMark },
      target: { kind: 'accept' },
    },
    {
      comment: 'kubernetes forwarding conntrack rule',
      conntrack: { states: ['RELATED', 'ESTABLISHED'] },
      target: { kind: 'accept' },
    },
  ];
}

export function postroutingRules(profile: NodeProfile): IptablesRule[] {
  const value = profile.masqueradeMark;
  return [
    { mark: { value, inverted: true }, target: { kind: 'return' } },
    // The mark is cleared so that the packet is not masqueraded again when it passes another hook.
    { target: { kind: 'mark', operation: 'xor', value } },
    {
      comment: 'kubernetes service traffic requiring SNAT',
      target: { kind: 'masquerade', randomFully: profile.randomFully },
    },
  ];
}

export function markMasqueradeRules(profile: NodeProfile): IptablesRule[] {
  return [{ target: { kind: 'mark', operation: 'or', value: profile.masqueradeMark } }];
}

/** The last rules of nat KUBE-SERVICES: one for all local addresses, or one per selected address. */
export function nodePortTailRules(profile: NodeProfile): IptablesRule[] {
  const comment = 'kubernetes service nodeports; NOTE: this must be the last rule in this chain';
  const target = { kind: 'jump', chain: 'KUBE-NODEPORTS' } as const;
  const { matchAll, addresses } = profile.nodePortAddresses;
  if (!matchAll) {
    return addresses
      .filter((ip) => ip !== '::1' && (profile.localhostNodePorts || !ip.startsWith('127.')))
      .map((text) => ({ comment, destination: { text }, target }));
  }
  const except = profile.family === 'IPv6' ? '::1/128' : profile.localhostNodePorts ? undefined : '127.0.0.0/8';
  const destination = except === undefined ? {} : { destination: { text: except, inverted: true } };
  return [{ comment, destinationLocal: true, ...destination, target }];
}

function sortedByName(chains: IptablesChain[]): IptablesChain[] {
  return chains.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The whole filter table of a node. */
export function filterTable(profile: NodeProfile, blocks: readonly IptablesServicePort[]): IptablesTable {
  return {
    name: 'filter',
    builtin: filterBuiltin(),
    chains: sortedByName([
      { name: 'KUBE-EXTERNAL-SERVICES', rules: blocks.flatMap((block) => block.filterExternalServices) },
      { name: 'KUBE-FIREWALL', rules: firewallRules(profile) },
      { name: 'KUBE-FORWARD', rules: forwardRules(profile) },
      { name: 'KUBE-NODEPORTS', rules: blocks.flatMap((block) => block.filterNodePorts) },
      { name: 'KUBE-PROXY-CANARY', rules: [] },
      { name: 'KUBE-PROXY-FIREWALL', rules: blocks.flatMap((block) => block.filterProxyFirewall) },
      { name: 'KUBE-SERVICES', rules: blocks.flatMap((block) => block.filterServices) },
    ]),
  };
}

/** The whole nat table of a node; `stale` are chains that a large cluster has not yet deleted. */
export function natTable(
  profile: NodeProfile,
  blocks: readonly IptablesServicePort[],
  stale: readonly IptablesChain[] = [],
): IptablesTable {
  const services = blocks.flatMap((block) => block.natServices);
  return {
    name: 'nat',
    builtin: natBuiltin(),
    chains: sortedByName([
      { name: MARK_MASQUERADE_CHAIN, rules: markMasqueradeRules(profile) },
      { name: 'KUBE-NODEPORTS', rules: blocks.flatMap((block) => block.natNodePorts) },
      { name: 'KUBE-POSTROUTING', rules: postroutingRules(profile) },
      { name: 'KUBE-PROXY-CANARY', rules: [] },
      { name: 'KUBE-SERVICES', rules: [...services, ...nodePortTailRules(profile)] },
      ...blocks.flatMap((block) => block.chains),
      ...stale,
    ]),
  };
}
