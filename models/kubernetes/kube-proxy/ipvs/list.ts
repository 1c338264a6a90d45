/**
 * Texts of ipvs mode: `ipvsadm -Ln`, `ipset save`, and the iptables rules that use the sets.
 * Upstream: pkg/proxy/ipvs/proxier.go (writeIptablesRules, ipsetInfo); ipvsadm's print functions.
 */
import type { IpvsServicePort } from '../../api/netfilter.ts';
import { joinHostPort } from '../../object/ip.ts';
import type { NodeProfile } from '../config.ts';

const SET_TYPES: readonly (readonly [string, string])[] = [
  ['KUBE-LOOP-BACK', 'hash:ip,port,ip'],
  ['KUBE-CLUSTER-IP', 'hash:ip,port'],
  ['KUBE-EXTERNAL-IP', 'hash:ip,port'],
  ['KUBE-EXTERNAL-IP-LOCAL', 'hash:ip,port'],
  ['KUBE-LOAD-BALANCER', 'hash:ip,port'],
  ['KUBE-LOAD-BALANCER-LOCAL', 'hash:ip,port'],
  ['KUBE-LOAD-BALANCER-FW', 'hash:ip,port'],
  ['KUBE-LOAD-BALANCER-SOURCE-CIDR', 'hash:ip,port,net'],
  ['KUBE-LOAD-BALANCER-SOURCE-IP', 'hash:ip,port,ip'],
  ['KUBE-NODE-PORT-TCP', 'bitmap:port'],
  ['KUBE-NODE-PORT-LOCAL-TCP', 'bitmap:port'],
  ['KUBE-NODE-PORT-UDP', 'bitmap:port'],
  ['KUBE-NODE-PORT-LOCAL-UDP', 'bitmap:port'],
  ['KUBE-NODE-PORT-SCTP-HASH', 'hash:ip,port'],
  ['KUBE-NODE-PORT-LOCAL-SCTP-HASH', 'hash:ip,port'],
  ['KUBE-HEALTH-CHECK-NODE-PORT', 'bitmap:port'],
  ['KUBE-IPVS-IPS', 'hash:ip'],
];

/** Upstream names IPv6 sets `KUBE-6-…`. */
function setName(name: string, profile: NodeProfile): string {
  return profile.family === 'IPv6' ? name.replace(/^KUBE-/, 'KUBE-6-') : name;
}

/** The lines of `ipvsadm -Ln`, without connections. */
export function listVirtualServers(blocks: readonly IpvsServicePort[]): string[] {
  const lines = [
    'IP Virtual Server version 1.2.1 (size=4096)',
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
  ];
  const servers = blocks.flatMap((block) => block.virtualServers);
  const keyed = servers.map((server) => ({
    server,
    key: `${server.protocol} ${joinHostPort(server.ip, server.port)}`,
  }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  for (const { server } of keyed) {
    const flags = `${server.persistentSeconds === undefined ? '' : ` persistent ${server.persistentSeconds}`}${
      server.scheduler === 'mh' ? ' (mh-port)' : ''
    }`;
    lines.push(`${server.protocol.padEnd(4)} ${joinHostPort(server.ip, server.port)} ${server.scheduler}${flags}`);
    for (const real of server.realServers) {
      lines.push(`  -> ${joinHostPort(real.ip, real.port).padEnd(28)} Masq    1      0          0         `);
    }
  }
  return lines;
}

function members(blocks: readonly IpvsServicePort[]): Map<string, string[]> {
  const sets = new Map<string, Set<string>>();
  for (const { set, entry } of blocks.flatMap((block) => block.entries)) {
    let entries = sets.get(set);
    if (entries === undefined) sets.set(set, (entries = new Set()));
    entries.add(entry);
  }
  return new Map([...sets].map(([name, entries]) => [name, [...entries].sort()]));
}

/** The lines of `ipset save`. */
export function saveSets(profile: NodeProfile, blocks: readonly IpvsServicePort[]): string[] {
  const bySet = members(blocks);
  const family = profile.family === 'IPv4' ? 'inet' : 'inet6';
  return SET_TYPES.flatMap(([name, type]) => {
    const options = type === 'bitmap:port' ? 'range 0-65535' : `family ${family} hashsize 1024 maxelem 65536`;
    const shown = setName(name, profile);
    return [`create ${shown} ${type} ${options}`, ...(bySet.get(name) ?? []).map((entry) => `add ${shown} ${entry}`)];
  });
}

function setRule(
  profile: NodeProfile,
  chain: string,
  comment: string,
  set: string,
  match: string,
  target: string,
): string {
  return `-A ${chain} -m comment --comment "${comment}" -m set --match-set ${setName(set, profile)} ${match} -j ${target}`;
}

/** How traffic to cluster IPs is marked for masquerading. */
function clusterIPRules(profile: NodeProfile): string[] {
  const comment = 'Kubernetes service cluster ip + port for masquerade purpose';
  const rule = (match: string, source = ''): string =>
    setRule(profile, 'KUBE-SERVICES', comment, 'KUBE-CLUSTER-IP', match, 'KUBE-MARK-MASQ').replace(
      ' -m comment',
      `${source} -m comment`,
    );
  if (profile.masqueradeAll) return [rule('dst,dst')];
  if (profile.detector === undefined) return [rule('src,dst')];
  const test = profile.detector.kind === 'source' ? ` ! -s ${profile.detector.cidr}` : ` ! -i ${profile.detector.name}`;
  return [rule('dst,dst', test)];
}

/** kube-proxy's rules in the nat table. Rules of empty sets are not written. */
export function natRules(profile: NodeProfile, blocks: readonly IpvsServicePort[]): string[] {
  const bySet = members(blocks);
  const rule = (chain: string, comment: string, set: string, match: string, target: string): string[] => {
    return bySet.has(set) ? [setRule(profile, chain, comment, set, match, target)] : [];
  };
  const mark = `0x${profile.masqueradeMark.toString(16)}`;
  const nodePorts = ['TCP', 'UDP'].flatMap((protocol) => [
    ...rule(
      'KUBE-NODE-PORT',
      `Kubernetes nodeport ${protocol} port with externalTrafficPolicy=local`,
      `KUBE-NODE-PORT-LOCAL-${protocol}`,
      'dst',
      'RETURN',
    ),
    ...rule(
      'KUBE-NODE-PORT',
      `Kubernetes nodeport ${protocol} port for masquerade purpose`,
      `KUBE-NODE-PORT-${protocol}`,
      'dst',
      'KUBE-MARK-MASQ',
    ),
  ]);
  return [
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    '-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ',
    `-A KUBE-MARK-MASQ -j MARK --set-xmark ${mark}/${mark}`,
    ...nodePorts,
    ...rule(
      'KUBE-POSTROUTING',
      'Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose',
      'KUBE-LOOP-BACK',
      'dst,dst,src',
      'MASQUERADE',
    ),
    `-A KUBE-POSTROUTING -m mark ! --mark ${mark}/${mark} -j RETURN`,
    `-A KUBE-POSTROUTING -j MARK --set-xmark ${mark}/0x0`,
    `-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE${profile.randomFully ? ' --random-fully' : ''}`,
    ...rule('KUBE-SERVICES', 'Kubernetes service lb portal', 'KUBE-LOAD-BALANCER', 'dst,dst', 'KUBE-LOAD-BALANCER'),
    ...(bySet.has('KUBE-CLUSTER-IP') ? clusterIPRules(profile) : []),
    ...rule(
      'KUBE-SERVICES',
      'Kubernetes service external ip + port for masquerade and filter purpose',
      'KUBE-EXTERNAL-IP',
      'dst,dst',
      'KUBE-MARK-MASQ',
    ),
    '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT',
    ...rule('KUBE-SERVICES', 'Kubernetes service cluster ip + port', 'KUBE-CLUSTER-IP', 'dst,dst', 'ACCEPT').map(
      (line) => line.replace(' -m comment --comment "Kubernetes service cluster ip + port"', ''),
    ),
  ];
}
