/**
 * The data plane: where a connection goes, decided by the rules of the kernels on its way.
 *
 * Synchronous and without a clock of its own: `connect` follows the first packet from its sender through nat, routing,
 * filter and masquerading on each node until it is delivered, refused or lost, and reports every step when asked. What
 * was decided is kept in the nodes' connection tracking, so that the flow's later packets go the same way whatever
 * happens to the rules. Latency is the caller's business.
 * Source: Linux netfilter hooks; spec of kube-proxy's modes.
 */
import { formatIP, joinHostPort, parseCIDR } from '../object/ip.ts';
import type { IPFamily } from '../object/ip.ts';
import type { Pod } from '../object/types.ts';
import type { Hop, HostPort, NodeRules } from '../api/net.ts';
import type { Protocol, UserspaceServicePort } from '../api/netfilter.ts';
import type { FlowTuple } from './conntrack.ts';
import { NodeKernel } from './kernel.ts';
import type { PolicyEngine, PolicyWorld } from './network-policy.ts';
import { IndexedIptables, IptablesEvaluator } from './packet-path/iptables.ts';
import type { Verdict } from './packet-path/iptables.ts';
import { ipvsNat } from './packet-path/ipvs.ts';
import { NftablesPath } from './packet-path/nftables.ts';
import { AddressBook } from './packet-path/packet.ts';
import type { Environment, Origin, Packet, Trace } from './packet-path/packet.ts';
import { translateHostPort } from './packet-path/host-port.ts';
import { DIAL_TIMEOUTS_US, nextEndpoint } from './packet-path/userspace.ts';

/** A program that accepts connections. `owner` and `tag` mean something to the caller only. */
export interface Listener {
  readonly owner: string;
  readonly tag: string;
}

/** An address on a node: a pod's sandbox, or the node itself. */
export interface Endpoint {
  readonly node: string;
  readonly ip: string;
  readonly hostNetwork: boolean;
  /** Ports of its node that lead to it. */
  readonly hostPorts?: readonly HostPort[];
}

export interface ConnectRequest {
  /** Node of the client; `''` for a client outside of the cluster. */
  readonly node: string;
  readonly fromIP: string;
  readonly toIP: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** Default: the next ephemeral port. The same one again means the same flow. */
  readonly sourcePort?: number;
  readonly trace?: boolean;
  /** A client outside of the nodes that is routed into the pod network. */
  readonly isRouted?: boolean;
  /** Track the flow, so that it survives rule changes; the caller ends it with {@link DataPlane.close}. */
  readonly track?: boolean;
}

export interface ConnectOutcome {
  readonly verdict: 'connected' | 'refused' | 'timeout' | 'unreachable' | 'reset';
  readonly listener?: Listener;
  /** Where the packet ended up: address, port and node. */
  readonly backendIP: string;
  readonly backendPort: number;
  readonly backendNode: string;
  /** The client's address as the backend sees it. */
  readonly sourceSeen: string;
  readonly flow: FlowTuple;
  /** How many times the packet crossed from one machine to another. */
  readonly wires: number;
  /** Time that a userspace proxy spent on backends that did not answer, in µs. */
  readonly proxyDelayUs: number;
  readonly hops: readonly Hop[];
}

/** Linux' first ephemeral port and how many there are (net.ipv4.ip_local_port_range). */
const FIRST_EPHEMERAL_PORT = 32768;
const EPHEMERAL_PORTS = 28232;
/** A packet that crosses more machines than this is lost (its time to live ends). */
const MAX_WIRES = 8;
/** Interface names that packets of pods and of other machines come in by. */
const POD_INTERFACE = 'cni0';
const WIRE_INTERFACE = 'eth0';

/** Everything that one packet's journey carries along. */
interface Journey {
  readonly packet: Packet;
  readonly original: FlowTuple;
  readonly trace: Trace;
  readonly isTracked: boolean;
  readonly isRouted: boolean;
  readonly sourcePod: Pod | undefined;
  wires: number;
  proxyDelayUs: number;
}

type Delivery = Omit<ConnectOutcome, 'flow' | 'wires' | 'proxyDelayUs' | 'hops' | 'sourceSeen'>;

export interface DataPlaneOptions {
  readonly environment: Environment;
  readonly policies?: (book: AddressBook) => PolicyEngine;
  readonly pods?: Pick<PolicyWorld, 'podByIP'>;
}

export class DataPlane {
  readonly kernels: Map<string, NodeKernel>;
  readonly book: AddressBook;
  readonly #env: Environment;
  readonly #policies: PolicyEngine | undefined;
  readonly #pods: Pick<PolicyWorld, 'podByIP'> | undefined;
  readonly #endpoints: Map<string, Endpoint>;
  readonly #listeners: Map<string, Listener>;
  readonly #iptables = new IndexedIptables();
  readonly #nftables: NftablesPath;
  #nextPort = 0;

  /** `base`: begin with the machines of another plane as they are, and share its addresses, listeners and policies. */
  constructor(options: DataPlaneOptions, base?: DataPlane) {
    this.kernels = new Map();
    for (const [name, kernel] of base?.kernels ?? []) this.kernels.set(name, new NodeKernel(name, kernel));
    this.book = base === undefined ? new AddressBook() : base.book;
    this.#endpoints = base === undefined ? new Map() : base.#endpoints;
    this.#listeners = base === undefined ? new Map() : base.#listeners;
    this.#env = options.environment;
    this.#policies = base === undefined ? options.policies?.(this.book) : base.#policies;
    this.#pods = base === undefined ? options.pods : base.#pods;
    this.#nftables = new NftablesPath(this.book);
  }

  /** The same machines with other draws and another clock, for questions from outside: connections there leave no trace here. */
  asIf(environment: Environment): DataPlane {
    return new DataPlane({ environment }, this);
  }

  /** The kernel of a node, made at its first mention. */
  kernel(node: string): NodeKernel {
    let kernel = this.kernels.get(node);
    if (kernel === undefined) this.kernels.set(node, (kernel = new NodeKernel(node)));
    return kernel;
  }

  setRules(node: string, rules: NodeRules): void {
    this.kernel(node).rules.set(rules.family, rules);
  }

  /** A node's pod CIDRs: the first address of each is the node's own in the pod network. */
  setPodCIDRs(node: string, cidrs: readonly string[]): void {
    const { gateways } = this.kernel(node);
    for (const text of cidrs) {
      const cidr = parseCIDR(text);
      if (cidr === undefined) continue;
      const words = [...cidr.words];
      words[words.length - 1] = (words[words.length - 1] as number) + 1;
      gateways.set(cidr.family, formatIP(words));
    }
  }

  /** An address appears on a node. */
  addEndpoint(endpoint: Endpoint): void {
    this.#endpoints.set(endpoint.ip, endpoint);
    if (endpoint.hostNetwork && endpoint.node !== '') this.kernel(endpoint.node).addresses.add(endpoint.ip);
    if ((endpoint.hostPorts ?? []).length > 0) this.kernel(endpoint.node).hostPorts.set(endpoint.ip, endpoint.hostPorts ?? []);
  }

  removeEndpoint(ip: string): void {
    const endpoint = this.#endpoints.get(ip);
    this.#endpoints.delete(ip);
    if (endpoint?.hostNetwork === true) this.kernels.get(endpoint.node)?.addresses.delete(ip);
    if (endpoint !== undefined) this.kernels.get(endpoint.node)?.hostPorts.delete(ip);
  }

  endpoint(ip: string): Endpoint | undefined {
    return this.#endpoints.get(ip);
  }

  /** A program starts to listen. A wildcard address (`''`) needs the node. */
  listen(ip: string, port: number, protocol: Protocol, listener: Listener, node = ''): void {
    this.#listeners.set(listenerKey(ip, port, protocol, node), listener);
  }

  unlisten(ip: string, port: number, protocol: Protocol, node = ''): void {
    this.#listeners.delete(listenerKey(ip, port, protocol, node));
  }

  #listenerAt(node: string, ip: string, port: number, protocol: Protocol): Listener | undefined {
    const own = this.#listeners.get(listenerKey(ip, port, protocol, ''));
    if (own !== undefined || node === '' || !this.kernel(node).isLocal(ip)) return own;
    return this.#listeners.get(listenerKey('', port, protocol, node));
  }

  /** Follows the first packet of a connection. */
  connect(request: ConnectRequest): ConnectOutcome {
    const sourcePort = request.sourcePort ?? FIRST_EPHEMERAL_PORT + (this.#nextPort++ % EPHEMERAL_PORTS);
    const original: FlowTuple = {
      protocol: request.protocol,
      sourceIP: request.fromIP,
      sourcePort,
      destinationIP: request.toIP,
      destinationPort: request.port,
    };
    const origin = this.#originOf(request);
    const inInterface = origin === 'process' ? '' : origin === 'pod' ? POD_INTERFACE : WIRE_INTERFACE;
    const journey: Journey = {
      packet: { ...original, mark: 0, inInterface },
      original,
      trace: request.trace === true ? [] : undefined,
      isTracked: request.track === true || request.sourcePort !== undefined,
      isRouted: request.isRouted === true,
      sourcePod: origin === 'pod' ? this.#pods?.podByIP(request.fromIP) : undefined,
      wires: 0,
      proxyDelayUs: 0,
    };
    const delivery = request.node === '' ? this.#fromOutside(journey) : this.#onNode(request.node, origin, journey);
    const { wires, proxyDelayUs, trace, packet } = journey;
    return { ...delivery, sourceSeen: packet.sourceIP, flow: original, wires, proxyDelayUs, hops: trace ?? [] };
  }

  /** Ends a tracked flow. */
  close(flow: FlowTuple): void {
    for (const kernel of this.kernels.values()) if (kernel.conntrack.size > 0) kernel.conntrack.remove(flow);
  }

  #originOf(request: ConnectRequest): Origin {
    if (request.node === '') return 'wire';
    const endpoint = this.#endpoints.get(request.fromIP);
    if (endpoint?.hostNetwork === true || this.kernel(request.node).isLocal(request.fromIP)) return 'process';
    return 'pod';
  }

  /** Where a packet from outside enters: the node with the address, or one that a load balancer finds healthy. */
  #fromOutside(journey: Journey): Delivery {
    const { packet } = journey;
    const target = this.#endpoints.get(packet.destinationIP);
    if (target !== undefined && target.node === '') return this.#deliver('', journey);
    if (target !== undefined && (target.hostNetwork || journey.isRouted))
      return this.#onNode(target.node, 'wire', this.#wire(journey));
    if (target !== undefined) return this.#lost(journey, '', 'pod addresses are not routed outside of the cluster');
    const nodes = this.#entryNodes(packet);
    if (nodes.length === 0) return this.#lost(journey, '', `nobody has the address ${packet.destinationIP}`);
    const node = nodes[this.#env.choose('load-balancer', nodes.length, packet.destinationIP)] as string;
    journey.trace?.push({ node: '', at: 'load balancer', rule: `${packet.destinationIP} goes to ${node}` });
    return this.#onNode(node, 'wire', this.#wire(journey));
  }

  /** Nodes to which a load balancer or router sends packets for an external address, sorted by name. */
  #entryNodes(packet: Packet): string[] {
    const nodes: string[] = [];
    for (const kernel of this.kernels.values()) {
      const rules = kernel.rules.get(familyOf(packet.destinationIP));
      if (rules === undefined || kernel.addresses.size === 0) continue;
      if (rules.table.hasClusterIP(packet.destinationIP)) continue;
      const { destinationIP, protocol, destinationPort } = packet;
      if (!rules.table.acceptsExternal(destinationIP, protocol, destinationPort)) continue;
      nodes.push(kernel.name);
    }
    return nodes.sort();
  }

  #wire(journey: Journey): Journey {
    journey.wires += 1;
    // Marks are the kernel's own notes; they do not travel.
    journey.packet.mark = 0;
    journey.packet.inInterface = WIRE_INTERFACE;
    return journey;
  }

  /** One machine: translation, routing, filtering, masquerading. */
  #onNode(node: string, origin: Origin, journey: Journey): Delivery {
    const kernel = this.kernel(node);
    const { packet } = journey;
    if (journey.wires > MAX_WIRES) return this.#lost(journey, node, 'time to live exceeded');
    const tracked = journey.isTracked ? kernel.conntrack.find(packet, this.#env.now) : undefined;
    if (tracked !== undefined) {
      const to = joinHostPort(tracked.replySourceIP, tracked.replySourcePort);
      journey.trace?.push({ node, at: 'conntrack', rule: `known flow to ${to}` });
      packet.destinationIP = tracked.replySourceIP;
      packet.destinationPort = tracked.replySourcePort;
      packet.sourceIP = tracked.replyDestinationIP;
      return this.#route(kernel, journey);
    }
    const before: FlowTuple = { ...packet };
    const rules = kernel.rules.get(familyOf(packet.destinationIP));
    const refused = rules === undefined ? undefined : this.#translate(kernel, rules, origin, journey);
    if (refused !== undefined) return refused;
    if (packet.destinationIP === before.destinationIP) translateHostPort(kernel, packet, journey.trace);
    const hook = this.#hookOf(kernel, origin, packet.destinationIP);
    const filtered = rules === undefined ? undefined : this.#filter(kernel, rules, hook, journey);
    if (filtered !== undefined) return filtered;
    const egress = this.#egress(kernel, journey);
    if (egress !== undefined) return egress;
    // Packets that come in for a local socket never pass POSTROUTING.
    if (hook !== 'INPUT') this.#masquerade(kernel, rules, journey);
    if (journey.isTracked) {
      const entry = { replySourceIP: packet.destinationIP, replySourcePort: packet.destinationPort };
      const { protocol } = packet;
      const tuple = { ...before, ...entry, protocol, replyDestinationIP: packet.sourceIP };
      kernel.conntrack.add(tuple, packet.protocol !== 'UDP', this.#env.now);
    }
    return this.#route(kernel, journey);
  }

  #hookOf(kernel: NodeKernel, origin: Origin, destinationIP: string): 'INPUT' | 'FORWARD' | 'OUTPUT' {
    if (origin === 'process') return 'OUTPUT';
    return kernel.isLocal(destinationIP) ? 'INPUT' : 'FORWARD';
  }

  #ended(verdict: Verdict | undefined, kernel: NodeKernel, journey: Journey): Delivery | undefined {
    if (verdict?.kind === 'drop') return this.#failed('timeout', kernel.name, journey);
    if (verdict?.kind === 'reject') return this.#failed('refused', kernel.name, journey);
    return undefined;
  }

  /** nat PREROUTING or OUTPUT. A delivery means that the packet goes no further as it is. */
  #translate(kernel: NodeKernel, rules: NodeRules, origin: Origin, journey: Journey): Delivery | undefined {
    const { packet, trace } = journey;
    let verdict: Verdict | undefined;
    switch (rules.mode) {
      case 'iptables':
        verdict = this.#iptables.nat(rules, packet, new IptablesEvaluator(kernel, this.#env, this.book, trace));
        break;
      case 'nftables': {
        const hook = origin === 'process' ? 'output' : 'prerouting';
        const early = this.#nftables.before(hook, rules, packet, kernel, this.#env, trace);
        const ended = this.#ended(early, kernel, journey);
        if (ended !== undefined) return ended;
        verdict = this.#nftables.nat(rules, packet, kernel, this.#env, trace);
        break;
      }
      case 'ipvs':
        verdict = ipvsNat(rules, packet, kernel, this.#env, this.book, trace);
        break;
      case 'userspace': {
        const block = this.#portal(kernel, rules.table, packet);
        if (block !== undefined) return this.#proxied(block, kernel, journey);
      }
    }
    if (verdict?.kind === 'dnat') {
      packet.destinationIP = verdict.ip;
      packet.destinationPort = verdict.port;
    }
    return this.#ended(verdict, kernel, journey);
  }

  #portal(
    kernel: NodeKernel,
    table: Extract<NodeRules, { mode: 'userspace' }>['table'],
    packet: Packet,
  ): UserspaceServicePort | undefined {
    const { destinationIP, protocol, destinationPort } = packet;
    const block = table.byDestination(destinationIP, protocol, destinationPort)[0];
    if (block !== undefined || !kernel.isLocal(destinationIP)) return block;
    return table.byNodePort(protocol, destinationPort)[0];
  }

  /** The userspace proxy accepts the connection itself and then dials backends until one answers. */
  #proxied(block: UserspaceServicePort, kernel: NodeKernel, journey: Journey): Delivery {
    const { packet, trace } = journey;
    const client = packet.sourceIP;
    trace?.push({ node: kernel.name, at: 'kube-proxy', rule: `${block.name}: accepted on port ${block.proxyPort}` });
    const attempts = block.protocol === 'UDP' ? 1 : DIAL_TIMEOUTS_US.length;
    for (let i = 0; i < attempts; i++) {
      const endpoint = nextEndpoint(block, client, i > 0, kernel, this.#env);
      if (endpoint === undefined) break;
      trace?.push({ node: kernel.name, at: 'kube-proxy', rule: `dials ${joinHostPort(endpoint.ip, endpoint.port)}` });
      packet.sourceIP = kernel.address(familyOf(endpoint.ip)) ?? packet.sourceIP;
      packet.destinationIP = endpoint.ip;
      packet.destinationPort = endpoint.port;
      const delivery = this.#route(kernel, journey);
      if (delivery.verdict === 'connected') return delivery;
      if (delivery.verdict === 'timeout') journey.proxyDelayUs += DIAL_TIMEOUTS_US[i] as number;
    }
    trace?.push({ node: kernel.name, at: 'kube-proxy', rule: 'no backend: the accepted connection is closed' });
    return this.#failed(block.protocol === 'UDP' ? 'timeout' : 'reset', kernel.name, journey);
  }

  #filter(
    kernel: NodeKernel,
    rules: NodeRules,
    hook: 'INPUT' | 'FORWARD' | 'OUTPUT',
    journey: Journey,
  ): Delivery | undefined {
    const { packet, trace } = journey;
    if (rules.mode === 'iptables') {
      const evaluator = new IptablesEvaluator(kernel, this.#env, this.book, trace);
      return this.#ended(this.#iptables.filter(hook, rules, packet, evaluator), kernel, journey);
    }
    if (rules.mode !== 'nftables') return undefined;
    const verdict = this.#nftables.after(hook, rules, packet, kernel, this.#env, trace);
    return this.#ended(verdict, kernel, journey);
  }

  /** POSTROUTING: marked packets leave with the address of the interface that they leave by. */
  #masquerade(kernel: NodeKernel, rules: NodeRules | undefined, journey: Journey): void {
    const { packet } = journey;
    if (rules === undefined || (packet.mark & rules.masqueradeMark) === 0) return;
    packet.mark &= ~rules.masqueradeMark;
    const family = familyOf(packet.destinationIP);
    const target = this.#endpoints.get(packet.destinationIP);
    const isOwnPod = target !== undefined && !target.hostNetwork && target.node === kernel.name;
    const address = (isOwnPod ? kernel.gateways.get(family) : undefined) ?? kernel.address(family);
    if (address === undefined) return;
    journey.trace?.push({
      node: kernel.name,
      at: 'nat POSTROUTING',
      rule: `MASQUERADE: source ${packet.sourceIP} becomes ${address}`,
    });
    packet.sourceIP = address;
  }

  /** Egress policies are judged once, on the client's node, with the translated destination. */
  #egress(kernel: NodeKernel, journey: Journey): Delivery | undefined {
    const { sourcePod, packet } = journey;
    if (sourcePod === undefined || journey.wires > 0 || this.#policies === undefined) return undefined;
    if (packet.destinationIP === journey.original.sourceIP) return undefined;
    const verdict = this.#policies.egress(sourcePod, packet.destinationIP, packet.protocol, packet.destinationPort);
    if (verdict.reason !== '') {
      journey.trace?.push({ node: kernel.name, at: 'NetworkPolicy egress', rule: verdict.reason });
    }
    return verdict.allowed ? undefined : this.#failed('timeout', kernel.name, journey);
  }

  /** Sends the packet to a local socket, to a pod, or over the wire. */
  #route(kernel: NodeKernel, journey: Journey): Delivery {
    const { packet } = journey;
    if (kernel.isLocal(packet.destinationIP)) return this.#deliver(kernel.name, journey);
    const target = this.#endpoints.get(packet.destinationIP);
    if (target === undefined) return this.#lost(journey, kernel.name, `nobody has the address ${packet.destinationIP}`);
    if (target.node === kernel.name) return this.#deliver(kernel.name, journey);
    journey.trace?.push({
      node: kernel.name,
      at: 'route',
      rule: `${packet.destinationIP} is on ${target.node === '' ? 'the outside' : target.node}`,
    });
    this.#wire(journey);
    if (target.node === '') return this.#deliver('', journey);
    return this.#onNode(target.node, 'wire', journey);
  }

  /** The packet is at its destination's machine: policies, then the socket. */
  #deliver(node: string, journey: Journey): Delivery {
    const { packet } = journey;
    const pod = this.#pods?.podByIP(packet.destinationIP);
    if (pod !== undefined && node !== '' && this.#policies !== undefined) {
      const isOwn = packet.sourceIP === packet.destinationIP || journey.original.sourceIP === packet.destinationIP;
      if (!isOwn && !this.kernel(node).isLocal(packet.sourceIP)) {
        const verdict = this.#policies.ingress(pod, packet.sourceIP, packet.protocol, packet.destinationPort);
        if (verdict.reason !== '') journey.trace?.push({ node, at: 'NetworkPolicy ingress', rule: verdict.reason });
        if (!verdict.allowed) return this.#failed('timeout', node, journey);
      }
    }
    const listener = this.#listenerAt(node, packet.destinationIP, packet.destinationPort, packet.protocol);
    const to = joinHostPort(packet.destinationIP, packet.destinationPort);
    const rule =
      listener === undefined ? `nobody listens on ${to}: refused` : `${to} accepts, client is ${packet.sourceIP}`;
    journey.trace?.push({ node, at: 'socket', rule });
    if (listener === undefined) return this.#failed('refused', node, journey);
    return {
      verdict: 'connected',
      listener,
      backendIP: packet.destinationIP,
      backendPort: packet.destinationPort,
      backendNode: node,
    };
  }

  #lost(journey: Journey, node: string, why: string): Delivery {
    journey.trace?.push({ node, at: 'route', rule: `${why}: no answer` });
    return this.#failed('timeout', node, journey);
  }

  #failed(verdict: ConnectOutcome['verdict'], node: string, journey: Journey): Delivery {
    const { destinationIP, destinationPort } = journey.packet;
    return { verdict, backendIP: destinationIP, backendPort: destinationPort, backendNode: node };
  }
}

function familyOf(ip: string): IPFamily {
  return ip.includes(':') ? 'IPv6' : 'IPv4';
}

function listenerKey(ip: string, port: number, protocol: Protocol, node: string): string {
  const isAny = ip === '' || ip === '0.0.0.0' || ip === '::';
  return isAny ? `${protocol} ${port} on ${node}` : `${protocol} ${port} ${ip}`;
}
