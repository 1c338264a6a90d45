/**
 * What nodes, programs and kube-proxies say to the network.
 *
 * One actor, `network`, stands for the packet paths of all kernels and for the wires between them. Runtimes announce
 * addresses, programs listen and connect, kube-proxies hand over rules. A connection carries one request and its answer (or
 * several, when it is kept alive); what happens to the packets in between is the network's business. Times in
 * microseconds. Addresses are canonical text.
 */
import type {
  IptablesRule,
  IptablesServicePort,
  IpvsServicePort,
  NftServicePort,
  Protocol,
  UserspaceServicePort,
} from './netfilter.ts';
import type { Json } from '../../../src/index.ts';

/** Id of an actor. */
type ActorId = string;

/** An HTTP request as programs exchange it. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** How a node finds the blocks of service ports that a packet may concern. Blocks come in the order of their keys. */
export interface ServicePortTable<Block> {
  byDestination(ip: string, protocol: Protocol, port: number): readonly Block[];
  byNodePort(protocol: Protocol, port: number): readonly Block[];
  /** Whether any service port has this cluster IP. */
  hasClusterIP(ip: string): boolean;
  /**
   * Whether a load balancer would send packets for this external address to the node: some service port has the address,
   * and if its external policy is Local, the node has ready endpoints of it.
   */
  acceptsExternal(ip: string, protocol: Protocol, port: number): boolean;
  /**
   * Ready endpoints on this node of the Service that has this healthCheckNodePort; undefined when nobody listens there.
   * Zero means that the answer is 503.
   */
  healthCheck(port: number): number | undefined;
  /** The rules as the mode's own tool lists them (iptables-save, nft, ipvsadm); costs as much as there are rules. */
  listing(): readonly string[];
  /** All blocks; costs as much as there are Services. */
  all(): readonly Block[];
}

/** A table as a log of level `full` has it: all that it can be asked. */
export interface WrittenTable<Block> {
  readonly ports: readonly {
    /** All virtual addresses, the cluster IP among them. */
    readonly ips: readonly string[];
    readonly clusterIP: string;
    readonly protocol: Protocol;
    readonly port: number;
    /** 0 for none. */
    readonly nodePort: number;
    /** A load balancer would send packets for it to this node. */
    readonly takesExternal: boolean;
    readonly block: Block;
  }[];
  /** Ready endpoints on this node by healthCheckNodePort. */
  readonly health: Readonly<Record<string, number>>;
  readonly listing: readonly string[];
}

interface RulesOfFamily {
  readonly family: 'IPv4' | 'IPv6';
  readonly masqueradeMark: number;
}

/** iptables: the frame's variable rules and the service ports. */
export interface IptablesRules extends RulesOfFamily {
  readonly mode: 'iptables';
  /** The last rules of nat KUBE-SERVICES. */
  readonly nodePortTail: readonly IptablesRule[];
  readonly firewall: readonly IptablesRule[];
  readonly forward: readonly IptablesRule[];
  readonly table: ServicePortTable<IptablesServicePort>;
}

export interface NftablesRules extends RulesOfFamily {
  readonly mode: 'nftables';
  /** Addresses that accept nodePorts; undefined means every local address except loopback. */
  readonly nodePortIPs: readonly string[] | undefined;
  readonly table: ServicePortTable<NftServicePort>;
}

export interface IpvsRules extends RulesOfFamily {
  readonly mode: 'ipvs';
  readonly masqueradeAll: boolean;
  /** Source of pod traffic; undefined when kube-proxy cannot tell. */
  readonly localCIDR: string | undefined;
  readonly table: ServicePortTable<IpvsServicePort>;
}

interface UserspaceRules extends RulesOfFamily {
  readonly mode: 'userspace';
  readonly table: ServicePortTable<UserspaceServicePort>;
}

export type NodeRules = IptablesRules | NftablesRules | IpvsRules | UserspaceRules;

/** kube-proxy -> network: the rules of one family on one node changed in one atomic step. */
export interface NetRules {
  readonly kind: 'net.rules';
  readonly node: string;
  readonly rules: NodeRules;
  /** Names of affinity lists whose rules are gone: the kernel forgets them. */
  readonly removedAffinity?: readonly string[];
  /**
   * UDP destinations whose flows must not outlive this change, with the endpoint IPs that may stay (conntrack cleanup).
   * A destination without an address is a nodePort.
   */
  readonly staleUDP?: readonly { readonly ip?: string; readonly port: number; readonly serving: readonly string[] }[];
}

/** A port of a node that leads to one of a pod (CNI's portmap). `hostIp` `''` means every address of the node. */
export interface HostPort {
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: Protocol;
}

/** runtime, kubelet or DNS -> network: an address appears or goes. Pod addresses name the pod for traces and policies. */
export interface NetEndpoint {
  readonly kind: 'net.endpoint';
  readonly node: string;
  readonly ip: string;
  readonly up: boolean;
  /** The address is the node's own. */
  readonly hostNetwork?: boolean;
  readonly owner: ActorId;
  readonly namespace?: string;
  readonly pod?: string;
  readonly hostPorts?: readonly HostPort[];
}

/** program -> network: starts or stops listening. `ip` `''` or `0.0.0.0` or `::` means every address of the node. */
export interface NetListen {
  readonly kind: 'net.listen';
  readonly ip: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly owner: ActorId;
  /** Chosen by the owner; comes back with each request. */
  readonly tag: string;
  readonly on: boolean;
  /** The node, when `ip` is a wildcard. */
  readonly node?: string;
}

/** program or probe -> network: opens a connection (or reuses a kept one) and sends a request. */
export interface NetConnect {
  readonly kind: 'net.connect';
  /** Unique among the sender's open connections. */
  readonly id: number;
  /** Node the client runs on; `''` for a client outside of the cluster. */
  readonly node: string;
  readonly fromIp: string;
  readonly toIp: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly request: Json;
  readonly timeoutUs: number;
  /** Requests with the same name from one sender use one connection while it lives. */
  readonly keepAlive?: string;
  /** Answer only whether the connection could be opened (TCP probes). */
  readonly connectOnly?: boolean;
  /** The client is outside of the nodes but in the pod network (an ingress controller): it may reach pods directly. */
  readonly isRouted?: boolean;
  /** Ask for the hops in the result. */
  readonly trace?: boolean;
}

/** network -> listener. */
export interface NetRequest {
  readonly kind: 'net.request';
  /** Unique at the network; the answer repeats it. */
  readonly id: number;
  readonly tag: string;
  readonly fromIp: string;
  readonly toIp: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly request: Json;
}

/** listener -> network. `reset` closes the connection instead of answering. */
export interface NetResponse {
  readonly kind: 'net.response';
  readonly id: number;
  readonly response?: Json;
  readonly reset?: boolean;
}

export type NetError = 'refused' | 'timeout' | 'unreachable' | 'reset';

/** One step of a connection's way: what happened where, and the rule that said so. */
export interface Hop {
  /** Node name, or `''` outside. */
  readonly node: string;
  /** Place in the packet path: `nat PREROUTING`, `KUBE-SVC-…`, `route`, `NetworkPolicy ingress`, … */
  readonly at: string;
  /** The rule, as the node's tool prints it, or a sentence. */
  readonly rule: string;
}

/** network -> client. */
export interface NetResult {
  readonly kind: 'net.result';
  readonly id: number;
  readonly ok: boolean;
  readonly response?: Json;
  readonly error?: NetError;
  /** Address and port that answered, after translation. */
  readonly backend?: string;
  readonly trace?: readonly Hop[];
}
