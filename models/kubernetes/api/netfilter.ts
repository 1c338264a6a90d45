/**
 * What kube-proxy tells a node's kernel: iptables rules, an nftables table, or IPVS virtual servers.
 *
 * Rules are structured data, not text: the data plane walks them, and `iptables-save` or `nft list` text is rendered from
 * them. Everything that belongs to one service port is one frozen block, so that nodes whose rules for a Service are equal
 * share the block by reference, and a node's whole rule set is a frame of its own plus references to blocks. kube-proxy
 * (which makes blocks) and the data plane (which follows them) meet only here.
 */

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** Draws of iptables' statistic match are below 2^31; its probabilities are whole numbers up to that. */
export const STATISTIC_RANGE = 2 ** 31;

/** An address or interface test of a rule; `text` is an address, a CIDR or an interface name. */
export interface Test {
  readonly text: string;
  readonly inverted?: boolean;
}

/** What an iptables rule does with a packet that matches; absent for a rule that only carries a comment. */
export type IptablesTarget =
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'accept' | 'drop' | 'reject' | 'return' }
  | { readonly kind: 'mark'; readonly operation: 'or' | 'xor'; readonly value: number }
  | { readonly kind: 'masquerade'; readonly randomFully: boolean }
  | { readonly kind: 'redirect'; readonly port: number }
  | { readonly kind: 'dnat'; readonly ip: string; readonly port: number };

/** One iptables rule. All tests must hold. */
export interface IptablesRule {
  readonly comment?: string;
  readonly protocol?: 'tcp' | 'udp' | 'sctp';
  readonly source?: Test;
  readonly destination?: Test;
  readonly inInterface?: Test;
  readonly destinationPort?: number;
  /** `-m addrtype`: the source or destination is an address of this node. */
  readonly sourceLocal?: boolean;
  readonly destinationLocal?: boolean;
  /** `-m recent`: `set` records the source address, `rcheck` asks whether it was recorded within `seconds`. */
  readonly recent?: { readonly name: string; readonly set: true } | { readonly name: string; readonly seconds: number };
  readonly mark?: { readonly value: number; readonly inverted?: boolean };
  readonly conntrack?: { readonly states: readonly ConntrackState[]; readonly inverted?: boolean };
  /** `-m conntrack` was given before the comment (true for the jumps from built-in chains). */
  readonly conntrackFirst?: boolean;
  /** `-m nfacct`: name of the counter; always matches. */
  readonly nfacct?: string;
  /** `-m statistic --mode random`: matches when a draw below 2^31 is below this number. */
  readonly statistic?: number;
  readonly target?: IptablesTarget;
}

type ConntrackState = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'DNAT';

/** A chain of the nat table that belongs to one service port. */
export interface IptablesChain {
  readonly name: string;
  readonly rules: readonly IptablesRule[];
}

/** All that one service port contributes to a node's iptables. Fields named after the chain that the rules stand in. */
export interface IptablesServicePort {
  /** Sort key: printed name and protocol. */
  readonly key: string;
  readonly name: string;
  readonly natServices: readonly IptablesRule[];
  readonly natNodePorts: readonly IptablesRule[];
  readonly filterServices: readonly IptablesRule[];
  readonly filterExternalServices: readonly IptablesRule[];
  readonly filterProxyFirewall: readonly IptablesRule[];
  readonly filterNodePorts: readonly IptablesRule[];
  /** nat chains in the order of declaration: EXT, FW, SVC, SVL, then one SEP per endpoint. */
  readonly chains: readonly IptablesChain[];
}

/** The chains of one table, built-in ones first (with their policy), in the order of `iptables-save`. */
export interface IptablesTable {
  readonly name: 'nat' | 'filter';
  readonly builtin: readonly IptablesChain[];
  readonly chains: readonly IptablesChain[];
}

/** A rule of an nftables chain. All tests must hold; then the action happens. */
export interface NftRule {
  /** `ip daddr A tcp dport P`. */
  readonly destination?: { readonly ip: string; readonly protocol: 'tcp' | 'udp' | 'sctp'; readonly port: number };
  /** `isSet`: it was written as a set, and is printed in braces even with one range. */
  readonly source?: { readonly ranges: readonly string[]; readonly inverted?: boolean; readonly isSet?: boolean };
  readonly inInterface?: Test;
  readonly sourceSet?: string;
  /** `fib saddr type local`. */
  readonly sourceLocal?: boolean;
  /** A test or a statement that the data plane knows by its place in the frame; `text` renders it. */
  readonly text?: string;
  readonly action?: NftAction;
  readonly comment?: string;
}

export type NftAction =
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'drop' | 'reject' | 'return' }
  | { readonly kind: 'numgen'; readonly chains: readonly string[] }
  | { readonly kind: 'update'; readonly set: string }
  | { readonly kind: 'dnat'; readonly protocol: 'tcp' | 'udp' | 'sctp'; readonly ip: string; readonly port: number };

export interface NftChain {
  readonly name: string;
  readonly rules: readonly NftRule[];
}

/** One element of a named set or map. `key` is the text of the (concatenated) key. */
export interface NftElement {
  readonly container: NftContainer;
  readonly key: string;
  readonly comment?: string;
  /** For maps: the verdict. */
  readonly verdict?: { readonly kind: 'goto'; readonly chain: string } | { readonly kind: 'drop' };
}

export type NftContainer =
  | 'cluster-ips'
  | 'nodeport-ips'
  | 'no-endpoint-services'
  | 'no-endpoint-nodeports'
  | 'firewall-ips'
  | 'service-ips'
  | 'service-nodeports';

/** All that one service port contributes to the nftables table `kube-proxy`. */
export interface NftServicePort {
  readonly key: string;
  readonly name: string;
  readonly elements: readonly NftElement[];
  /** Affinity sets: name and timeout in seconds. */
  readonly sets: readonly { readonly name: string; readonly timeoutSeconds: number }[];
  readonly chains: readonly NftChain[];
}

/** One destination of an IPVS virtual server. */
export interface IpvsRealServer {
  readonly ip: string;
  readonly port: number;
}

/** An IPVS virtual server. */
export interface IpvsVirtualServer {
  /** Which address of the Service this is; the ipset rules treat the roles differently. */
  readonly role: 'cluster' | 'external' | 'loadBalancer' | 'nodePort';
  /** The traffic policy of this address is Local: the client's address is kept. */
  readonly policyLocal: boolean;
  /** For role loadBalancer: sources that may pass; empty means all. */
  readonly sourceRanges: readonly string[];
  readonly ip: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly scheduler: string;
  /** Persistence timeout in seconds (ClientIP affinity), or undefined. */
  readonly persistentSeconds?: number;
  readonly realServers: readonly IpvsRealServer[];
}

/** One entry of an ipset, as `ipset save` prints it. */
export interface IpsetEntry {
  readonly set: string;
  readonly entry: string;
}

/** All that one service port contributes in ipvs mode. */
export interface IpvsServicePort {
  readonly key: string;
  readonly name: string;
  readonly virtualServers: readonly IpvsVirtualServer[];
  /** Addresses that the dummy device kube-ipvs0 has to carry. */
  readonly boundAddresses: readonly string[];
  readonly entries: readonly IpsetEntry[];
}

/** What the userspace proxy does for one service port. */
export interface UserspaceServicePort {
  readonly key: string;
  readonly name: string;
  readonly protocol: Protocol;
  /** The port that the proxy process listens on. */
  readonly proxyPort: number;
  readonly portalsContainer: readonly IptablesRule[];
  readonly portalsHost: readonly IptablesRule[];
  readonly nodePortContainer: readonly IptablesRule[];
  readonly nodePortHost: readonly IptablesRule[];
  readonly nodePortNonLocal: readonly IptablesRule[];
  readonly endpoints: readonly IpvsRealServer[];
  readonly affinitySeconds?: number;
  /** Virtual addresses and the nodePort that are redirected to the proxy port. */
  readonly portals: readonly string[];
  readonly port: number;
  readonly nodePort: number;
}
