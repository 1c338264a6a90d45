/**
 * The network state of one node's kernel: addresses, rules, connection tracking, and the memory that rules keep.
 */
import type { HostPort, NodeRules } from '../api/net.ts';
import type { IPFamily } from '../object/ip.ts';
import { Conntrack } from './conntrack.ts';

/** xt_recent's ip_list_tot: addresses remembered per list. */
const RECENT_LIST_SIZE = 100;

/** Lists of source addresses with the time they were last seen (xt_recent; also the affinity sets of nftables). */
class RecentLists {
  readonly #lists = new Map<string, Map<string, number>>();
  readonly #limit: number;

  constructor(limit = RECENT_LIST_SIZE) {
    this.#limit = limit;
  }

  set(list: string, address: string, now: number): void {
    let addresses = this.#lists.get(list);
    if (addresses === undefined) this.#lists.set(list, (addresses = new Map()));
    // Deleting first keeps the map in the order of last sight, so that the first entry is the one to forget.
    addresses.delete(address);
    addresses.set(address, now);
    if (addresses.size > this.#limit) addresses.delete(addresses.keys().next().value as string);
  }

  /** Whether the address was seen within the last `seconds`; older ones are forgotten. */
  check(list: string, address: string, seconds: number, now: number): boolean {
    const addresses = this.#lists.get(list);
    const seen = addresses?.get(address);
    if (addresses === undefined || seen === undefined) return false;
    if (now - seen <= seconds * 1_000_000) return true;
    addresses.delete(address);
    return false;
  }

  remove(list: string): void {
    this.#lists.delete(list);
  }

  copy(): RecentLists {
    const copy = new RecentLists(this.#limit);
    for (const [list, addresses] of this.#lists) copy.#lists.set(list, new Map(addresses));
    return copy;
  }
}

/** What an IPVS virtual server remembers. */
export interface VirtualServerState {
  /** Address of the real server that was chosen last (round robin goes on after it). */
  last: string;
  readonly persistent: Map<string, { readonly real: string; readonly expires: number }>;
  /** Connections opened so far, by real server. */
  readonly connections: Map<string, number>;
}

/** What the userspace proxy remembers of one service port (its load balancer is in the kube-proxy process). */
export interface UserspaceState {
  /** The endpoints, shuffled when their set last changed. */
  endpoints: readonly { readonly ip: string; readonly port: number }[];
  signature: string;
  index: number;
  readonly affinity: Map<string, { readonly endpoint: string; readonly lastUsed: number }>;
}

export class NodeKernel {
  readonly name: string;
  /** The node's own addresses, without loopback. */
  readonly addresses: Set<string>;
  /** The node's address in its pod network, by family (what masqueraded packets to its own pods come from). */
  readonly gateways: Map<IPFamily, string>;
  /** Host ports by the pod address that they lead to, in the order in which the pods came. */
  readonly hostPorts: Map<string, readonly HostPort[]>;
  readonly rules: Map<IPFamily, NodeRules>;
  readonly conntrack: Conntrack;
  readonly recent: RecentLists;
  /** nftables sets hold 65535 elements. */
  readonly affinity: RecentLists;
  readonly virtualServers: Map<string, VirtualServerState>;
  readonly userspace: Map<string, UserspaceState>;

  /** `like`: a kernel whose state the new one begins with. */
  constructor(name: string, like?: NodeKernel) {
    this.name = name;
    this.addresses = new Set(like?.addresses);
    this.gateways = new Map(like?.gateways);
    this.hostPorts = new Map(like?.hostPorts);
    this.rules = new Map(like?.rules);
    this.conntrack = like?.conntrack.copy() ?? new Conntrack();
    this.recent = like?.recent.copy() ?? new RecentLists();
    this.affinity = like?.affinity.copy() ?? new RecentLists(65535);
    this.virtualServers = new Map();
    this.userspace = new Map();
    for (const [key, { last, persistent, connections }] of like?.virtualServers ?? []) {
      this.virtualServers.set(key, { last, persistent: new Map(persistent), connections: new Map(connections) });
    }
    for (const [key, state] of like?.userspace ?? []) this.userspace.set(key, { ...state, affinity: new Map(state.affinity) });
  }

  /** Whether an address belongs to this node. */
  isLocal(ip: string): boolean {
    if (this.addresses.has(ip) || ip.startsWith('127.') || ip === '::1') return true;
    for (const gateway of this.gateways.values()) if (gateway === ip) return true;
    const rules = this.rules.get(ip.includes(':') ? 'IPv6' : 'IPv4');
    // In ipvs mode every cluster IP is bound to the dummy device of every node.
    return rules?.mode === 'ipvs' && rules.table.hasClusterIP(ip);
  }

  /** The node's address of a family that packets leave it with. */
  address(family: IPFamily): string | undefined {
    for (const ip of this.addresses) if (ip.includes(':') === (family === 'IPv6')) return ip;
    return undefined;
  }
}
