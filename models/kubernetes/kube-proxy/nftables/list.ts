/**
 * The text of `nft -s list table ip kube-proxy` (nft 1.0.6): sets, maps, the frame's chains and the service ports' chains.
 * Upstream: pkg/proxy/nftables/proxier.go (setupNFTables) for the content, nftables' rule.c and expression.c for the text.
 */
import { nftRuleText } from '../../api/nft-rule-text.ts';
import type { NftChain, NftContainer, NftElement, NftServicePort } from '../../api/netfilter.ts';
import type { NodeProfile } from '../config.ts';

/** Where nft breaks a line between elements. */
const NEW_LINE = ',\n\t\t\t     ';

const VERDICT_MAPS: readonly { name: NftContainer; comment: string; hasAddress: boolean }[] = [
  {
    name: 'no-endpoint-services',
    comment: 'vmap to drop or reject packets to services with no endpoints',
    hasAddress: true,
  },
  {
    name: 'no-endpoint-nodeports',
    comment: 'vmap to drop or reject packets to service nodeports with no endpoints',
    hasAddress: false,
  },
  { name: 'firewall-ips', comment: 'destinations that are subject to LoadBalancerSourceRanges', hasAddress: true },
  { name: 'service-ips', comment: 'ClusterIP, ExternalIP and LoadBalancer IP traffic', hasAddress: true },
  { name: 'service-nodeports', comment: 'NodePort traffic', hasAddress: false },
];

function elementText(element: NftElement): string {
  const comment = element.comment === undefined ? '' : ` comment "${element.comment}"`;
  if (element.verdict === undefined) return element.key + comment;
  const verdict = element.verdict.kind === 'goto' ? `goto ${element.verdict.chain}` : 'drop';
  return `${element.key}${comment} : ${verdict}`;
}

/** Compares keys part by part: addresses and numbers by value as far as their texts allow, which is enough to be stable. */
function byKey(left: string, right: string): number {
  const a = left.split(/[ .:]+/);
  const b = right.split(/[ .:]+/);
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a[i] as string;
    const y = b[i] as string;
    if (x === y) continue;
    if (/^\d+$/.test(x) && /^\d+$/.test(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

/** `perLine` is how many elements nft prints on one line for the key's type. */
function elementLines(texts: readonly string[], perLine: number): string[] {
  if (texts.length === 0) return [];
  let text = '\t\telements = { ';
  texts.forEach((element, i) => {
    if (i > 0) text += i % perLine === 0 ? NEW_LINE : ', ';
    text += element;
  });
  return `${text} }`.split('\n');
}

function containers(profile: NodeProfile, blocks: readonly NftServicePort[]): string[] {
  const type = profile.family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  const perLine = profile.family === 'IPv4' ? 2 : 1;
  const byContainer = new Map<NftContainer, Map<string, NftElement>>();
  for (const element of blocks.flatMap((block) => block.elements)) {
    let map = byContainer.get(element.container);
    if (map === undefined) byContainer.set(element.container, (map = new Map()));
    // Two service ports with one address: the first keeps it, as an existing element is not added again.
    if (!map.has(element.key)) map.set(element.key, element);
  }
  const sorted = (name: NftContainer): NftElement[] => {
    return [...(byContainer.get(name)?.values() ?? [])].sort((a, b) => byKey(a.key, b.key));
  };
  const lines: string[] = [];
  const open = (head: string, kind: string, comment: string): void => {
    lines.push(`\t${head} {`, `\t\ttype ${kind}`, `\t\tcomment "${comment}"`);
  };
  open('set cluster-ips', type, 'Active ClusterIPs');
  lines.push(...elementLines(sorted('cluster-ips').map(elementText), perLine), '\t}');
  if (!profile.nodePortAddresses.matchAll) {
    open('set nodeport-ips', type, 'IPs that accept NodePort traffic');
    const ips = nodePortIPs(profile) ?? [];
    lines.push(...elementLines([...ips].sort(byKey), perLine), '\t}');
  }
  for (const map of VERDICT_MAPS) {
    open(`map ${map.name}`, `${map.hasAddress ? `${type} . ` : ''}inet_proto . inet_service : verdict`, map.comment);
    lines.push(...elementLines(sorted(map.name).map(elementText), 1), '\t}');
  }
  for (const set of blocks.flatMap((block) => block.sets)) {
    lines.push(`\tset ${set.name} {`, `\t\ttype ${type}`, '\t\tsize 65535', '\t\tflags dynamic,timeout');
    lines.push(`\t\ttimeout ${durationText(set.timeoutSeconds)}`, '\t}');
  }
  return lines;
}

/** nft's duration: days, hours, minutes, seconds without blanks. */
function durationText(seconds: number): string {
  const parts: readonly [number, string][] = [
    [Math.floor(seconds / 86400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  return (
    parts
      .filter(([value]) => value > 0)
      .map(([value, unit]) => `${value}${unit}`)
      .join('') || '0s'
  );
}

/** Addresses in the set `nodeport-ips`; undefined when every local address accepts nodePorts. Loopback never does. */
export function nodePortIPs(profile: NodeProfile): readonly string[] | undefined {
  if (profile.nodePortAddresses.matchAll) return undefined;
  return profile.nodePortAddresses.addresses.filter((ip) => !ip.startsWith('127.') && ip !== '::1');
}

function baseChain(name: string, hook: string, rules: readonly string[]): string[] {
  return [`\tchain ${name} {`, `\t\ttype ${hook}; policy accept;`, ...rules.map((rule) => `\t\t${rule}`), '\t}'];
}

function plainChain(name: string, rules: readonly string[]): string[] {
  return [`\tchain ${name} {`, ...rules.map((rule) => `\t\t${rule}`), '\t}'];
}

/** Chains that are the same whatever Services there are. */
function frame(profile: NodeProfile): string[] {
  const ip = profile.family === 'IPv4' ? 'ip' : 'ip6';
  const loopback = profile.family === 'IPv4' ? '127.0.0.0/8' : '::1';
  const nodePort = profile.nodePortAddresses.matchAll
    ? `fib daddr type local ${ip} daddr != ${loopback}`
    : `${ip} daddr @nodeport-ips`;
  const mark = `0x${profile.masqueradeMark.toString(16).padStart(8, '0')}`;
  const address = `${ip} daddr . meta l4proto . th dport vmap`;
  const port = `${nodePort} meta l4proto . th dport vmap`;
  const onNew = (chain: string): string => `ct state new jump ${chain}`;
  return [
    ...baseChain('filter-prerouting', 'filter hook prerouting priority dstnat - 10', [onNew('firewall-check')]),
    ...baseChain('filter-input', 'filter hook input priority -110', [
      onNew('nodeport-endpoints-check'),
      onNew('service-endpoints-check'),
    ]),
    ...baseChain('filter-forward', 'filter hook forward priority -110', [
      onNew('service-endpoints-check'),
      onNew('cluster-ips-check'),
    ]),
    ...baseChain('filter-output', 'filter hook output priority -110', [
      onNew('service-endpoints-check'),
      onNew('firewall-check'),
    ]),
    ...baseChain('filter-output-post-dnat', 'filter hook output priority -90', [onNew('cluster-ips-check')]),
    ...baseChain('nat-prerouting', 'nat hook prerouting priority dstnat', ['jump services']),
    ...baseChain('nat-output', 'nat hook output priority -100', ['jump services']),
    ...baseChain('nat-postrouting', 'nat hook postrouting priority srcnat', ['jump masquerading']),
    ...plainChain('nodeport-endpoints-check', [`${port} @no-endpoint-nodeports`]),
    ...plainChain('service-endpoints-check', [`${address} @no-endpoint-services`]),
    ...plainChain('firewall-check', [`${address} @firewall-ips`]),
    ...plainChain('services', [`${address} @service-ips`, `${port} @service-nodeports`]),
    ...plainChain('masquerading', [
      `meta mark & ${mark} == 0x00000000 return`,
      `meta mark set meta mark ^ ${mark}`,
      'masquerade fully-random',
    ]),
    ...plainChain('cluster-ips-check', [
      `${ip} daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"`,
    ]),
    ...plainChain('mark-for-masquerade', [`meta mark set meta mark | ${mark}`]),
    ...plainChain('reject-chain', ['comment "helper for @no-endpoint-services / @no-endpoint-nodeports"', 'reject']),
  ];
}

/** The lines of `nft -s list table ip kube-proxy`; `stale` are emptied chains that wait for their deletion. */
export function listTable(
  profile: NodeProfile,
  blocks: readonly NftServicePort[],
  stale: readonly string[] = [],
): string[] {
  const chainLines = (chain: NftChain): string[] => {
    return plainChain(
      chain.name,
      chain.rules.map((rule) => nftRuleText(rule, profile.family)),
    );
  };
  return [
    `table ${profile.family === 'IPv4' ? 'ip' : 'ip6'} kube-proxy {`,
    '\tcomment "rules for kube-proxy"',
    ...containers(profile, blocks),
    ...frame(profile),
    ...blocks.flatMap((block) => block.chains).flatMap(chainLines),
    ...stale.flatMap((name) => plainChain(name, [])),
    '}',
  ];
}
