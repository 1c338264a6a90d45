/**
 * How a kernel in ipvs mode decides about the first packet of a flow: the virtual server with the packet's destination
 * picks a real server by its scheduler; ipset rules have marked the packet for masquerading before.
 * Source: Linux net/netfilter/ipvs (schedulers rr, wrr, lc, wlc, sh, dh, sed, nq with all weights 1).
 */
import { joinHostPort } from '../../object/ip.ts';
import { fnv32a } from '../../object/hash.ts';
import type { IpvsRules } from '../../api/net.ts';
import type { IpvsRealServer, IpvsVirtualServer } from '../../api/netfilter.ts';
import type { NodeKernel, VirtualServerState } from '../kernel.ts';
import type { Verdict } from './iptables.ts';
import type { AddressBook, Environment, Packet, Trace } from './packet.ts';

function stateOf(kernel: NodeKernel, server: IpvsVirtualServer): VirtualServerState {
  const key = `${server.protocol} ${joinHostPort(server.ip, server.port)}`;
  let state = kernel.virtualServers.get(key);
  if (state === undefined) {
    state = { last: '', persistent: new Map(), connections: new Map() };
    kernel.virtualServers.set(key, state);
  }
  return state;
}

/** The real server after the last one, in the order of the list. */
function roundRobin(server: IpvsVirtualServer, state: VirtualServerState): IpvsRealServer {
  const { realServers } = server;
  const index = realServers.findIndex((real) => joinHostPort(real.ip, real.port) === state.last);
  return realServers[(index + 1) % realServers.length] as IpvsRealServer;
}

function leastConnections(server: IpvsVirtualServer, state: VirtualServerState): IpvsRealServer {
  let best = server.realServers[0] as IpvsRealServer;
  const count = (real: IpvsRealServer): number => state.connections.get(joinHostPort(real.ip, real.port)) ?? 0;
  for (const real of server.realServers) if (count(real) < count(best)) best = real;
  return best;
}

/** Picks a real server; all weights are 1, so weighted schedulers behave as their plain forms. */
function schedule(server: IpvsVirtualServer, state: VirtualServerState, packet: Packet): IpvsRealServer {
  const hashed = (text: string): IpvsRealServer =>
    server.realServers[fnv32a(text) % server.realServers.length] as IpvsRealServer;
  switch (server.scheduler) {
    case 'lc':
    case 'wlc':
    case 'sed':
    case 'nq':
      return leastConnections(server, state);
    case 'sh':
    case 'mh':
      return hashed(server.scheduler === 'mh' ? `${packet.sourceIP} ${packet.sourcePort}` : packet.sourceIP);
    case 'dh':
    case 'lblc':
    case 'lblcr':
      return hashed(packet.destinationIP);
    default:
      return roundRobin(server, state);
  }
}

function choose(server: IpvsVirtualServer, kernel: NodeKernel, packet: Packet, now: number): IpvsRealServer {
  const state = stateOf(kernel, server);
  const lasting = server.persistentSeconds;
  const kept = lasting === undefined ? undefined : state.persistent.get(packet.sourceIP);
  const isAlive = (name: string): boolean => server.realServers.some((r) => joinHostPort(r.ip, r.port) === name);
  let real: IpvsRealServer;
  if (kept !== undefined && kept.expires > now && isAlive(kept.real)) {
    real = server.realServers.find((r) => joinHostPort(r.ip, r.port) === kept.real) as IpvsRealServer;
  } else {
    real = schedule(server, state, packet);
    state.last = joinHostPort(real.ip, real.port);
  }
  const name = joinHostPort(real.ip, real.port);
  state.connections.set(name, (state.connections.get(name) ?? 0) + 1);
  if (lasting !== undefined) {
    state.persistent.set(packet.sourceIP, { real: name, expires: now + lasting * 1_000_000 });
  }
  return real;
}

/** Whether kube-proxy's ipset rules mark the packet. */
function isMasqueraded(rules: IpvsRules, server: IpvsVirtualServer, packet: Packet, book: AddressBook): boolean {
  if (server.role !== 'cluster') return !server.policyLocal;
  if (rules.masqueradeAll) return true;
  return rules.localCIDR !== undefined && !book.matches(rules.localCIDR, packet.sourceIP);
}

/** Translates a packet for a virtual server. `undefined` when none has its destination. */
export function ipvsNat(
  rules: IpvsRules,
  packet: Packet,
  kernel: NodeKernel,
  env: Environment,
  book: AddressBook,
  trace: Trace,
): Verdict | undefined {
  const { destinationIP, destinationPort, protocol } = packet;
  const blocks = [
    ...rules.table.byDestination(destinationIP, protocol, destinationPort),
    ...rules.table.byNodePort(protocol, destinationPort),
  ];
  for (const block of blocks) {
    const server = block.virtualServers.find((vs) => vs.ip === destinationIP && vs.port === destinationPort);
    if (server === undefined) continue;
    const at = 'IPVS';
    const head = `${server.protocol} ${joinHostPort(server.ip, server.port)} ${server.scheduler}`;
    const isFiltered =
      server.sourceRanges.length > 0 && !server.sourceRanges.some((r) => book.matches(r, packet.sourceIP));
    if (isFiltered && !(kernel.isLocal(packet.sourceIP) && packet.sourceIP === server.ip)) {
      trace?.push({
        node: kernel.name,
        at: 'KUBE-SOURCE-RANGES-FIREWALL',
        rule: `${head}: source is in no range, DROP`,
      });
      return { kind: 'drop' };
    }
    if (server.realServers.length === 0) {
      trace?.push({ node: kernel.name, at, rule: `${head}: no real server` });
      return { kind: 'reject' };
    }
    const real = choose(server, kernel, packet, env.now);
    trace?.push({ node: kernel.name, at, rule: `${head} -> ${joinHostPort(real.ip, real.port)} Masq` });
    const isHairpin = real.ip === packet.sourceIP;
    if (isHairpin || isMasqueraded(rules, server, packet, book)) packet.mark |= rules.masqueradeMark;
    return { kind: 'dnat', ip: real.ip, port: real.port };
  }
  // Cluster IPs are local addresses here; KUBE-IPVS-FILTER refuses ports that no virtual server has.
  if (rules.table.hasClusterIP(destinationIP)) {
    trace?.push({ node: kernel.name, at: 'KUBE-IPVS-FILTER', rule: 'dst in KUBE-IPVS-IPS, NEW: REJECT' });
    return { kind: 'reject' };
  }
  return undefined;
}
