/**
 * How a kernel with kube-proxy's nftables table decides about the first packet of a flow.
 *
 * The frame's chains are known (they are the same everywhere), so each hook looks up the maps that its chains look up;
 * what the maps say is taken from the blocks of the service ports that the packet can concern.
 */
import { nftRuleText } from '../../api/nft-rule-text.ts';
import type { NftablesRules } from '../../api/net.ts';
import type { NftContainer, NftElement, NftRule, NftServicePort } from '../../api/netfilter.ts';
import type { NodeKernel } from '../kernel.ts';
import { interfaceMatches } from './iptables.ts';
import type { Verdict } from './iptables.ts';
import type { AddressBook, Environment, Packet, Trace } from './packet.ts';

interface BlockIndex {
  readonly chains: ReadonlyMap<string, readonly NftRule[]>;
  readonly elements: ReadonlyMap<string, NftElement>;
  readonly timeouts: ReadonlyMap<string, number>;
}

/** `goto` never comes back: what it leads to decides, even if that is nothing. */
const ENDED = { kind: 'accept' } as const;

export class NftablesPath {
  readonly #indexes = new WeakMap<NftServicePort, BlockIndex>();
  readonly #book: AddressBook;

  constructor(book: AddressBook) {
    this.#book = book;
  }

  #index(block: NftServicePort): BlockIndex {
    let index = this.#indexes.get(block);
    if (index === undefined) {
      index = {
        chains: new Map(block.chains.map((chain) => [chain.name, chain.rules])),
        elements: new Map(block.elements.map((element) => [`${element.container} ${element.key}`, element])),
        timeouts: new Map(block.sets.map((set) => [set.name, set.timeoutSeconds])),
      };
      this.#indexes.set(block, index);
    }
    return index;
  }

  /** The first block with this key in a map, and its element. */
  #find(
    container: NftContainer,
    rules: NftablesRules,
    packet: Packet,
    kernel: NodeKernel,
  ): { block: NftServicePort; element: NftElement } | undefined {
    const isPortMap = container === 'service-nodeports' || container === 'no-endpoint-nodeports';
    const { protocol, destinationIP, destinationPort } = packet;
    if (isPortMap && !acceptsNodePorts(rules, kernel, destinationIP)) return undefined;
    const blocks = isPortMap
      ? rules.table.byNodePort(protocol, destinationPort)
      : rules.table.byDestination(destinationIP, protocol, destinationPort);
    const key = `${isPortMap ? '' : `${destinationIP} . `}${protocol.toLowerCase()} . ${destinationPort}`;
    for (const block of blocks) {
      const element = this.#index(block).elements.get(`${container} ${key}`);
      if (element !== undefined) return { block, element };
    }
    return undefined;
  }

  /** Looks a packet up in a verdict map and follows the verdict. */
  #map(
    container: NftContainer,
    rules: NftablesRules,
    packet: Packet,
    kernel: NodeKernel,
    env: Environment,
    trace: Trace,
  ): Verdict | undefined {
    const found = this.#find(container, rules, packet, kernel);
    if (found === undefined || found.element.verdict === undefined) return undefined;
    const { verdict, key } = found.element;
    const text = verdict.kind === 'goto' ? `goto ${verdict.chain}` : 'drop';
    trace?.push({ node: kernel.name, at: `map ${container}`, rule: `${key} : ${text}` });
    if (verdict.kind === 'drop') return { kind: 'drop' };
    if (verdict.chain === 'reject-chain') return { kind: 'reject' };
    return this.#run(verdict.chain, found.block, rules, packet, kernel, env, trace);
  }

  #run(
    name: string,
    block: NftServicePort,
    rules: NftablesRules,
    packet: Packet,
    kernel: NodeKernel,
    env: Environment,
    trace: Trace,
  ): Verdict | undefined {
    if (name === 'mark-for-masquerade') {
      packet.mark |= rules.masqueradeMark;
      return undefined;
    }
    const index = this.#index(block);
    for (const rule of index.chains.get(name) ?? []) {
      if (!this.#matches(rule, packet, kernel, env, index)) continue;
      const family = packet.destinationIP.includes(':') ? 'IPv6' : 'IPv4';
      trace?.push({ node: kernel.name, at: name, rule: nftRuleText(rule, family) });
      const { action } = rule;
      if (action === undefined) continue;
      switch (action.kind) {
        case 'jump': {
          const verdict = this.#run(action.chain, block, rules, packet, kernel, env, trace);
          if (verdict !== undefined) return verdict;
          break;
        }
        case 'goto':
          return this.#run(action.chain, block, rules, packet, kernel, env, trace) ?? ENDED;
        case 'numgen': {
          const chosen = action.chains[env.choose('numgen', action.chains.length, block.name)] as string;
          return this.#run(chosen, block, rules, packet, kernel, env, trace) ?? ENDED;
        }
        case 'update':
          kernel.affinity.set(action.set, packet.sourceIP, env.now);
          break;
        case 'dnat':
          return { kind: 'dnat', ip: action.ip, port: action.port };
        case 'return':
          return undefined;
        default:
          return { kind: action.kind };
      }
    }
    return undefined;
  }

  #matches(rule: NftRule, packet: Packet, kernel: NodeKernel, env: Environment, index: BlockIndex): boolean {
    const { destination, source, inInterface, sourceSet } = rule;
    if (destination !== undefined) {
      if (destination.ip !== packet.destinationIP || destination.port !== packet.destinationPort) return false;
      if (destination.protocol.toUpperCase() !== packet.protocol) return false;
    }
    if (source !== undefined) {
      const isInside = source.ranges.some((range) => this.#inRange(range, packet.sourceIP));
      if (isInside === (source.inverted === true)) return false;
    }
    if (inInterface !== undefined) {
      const isIn = interfaceMatches(inInterface.text.replace(/\*$/, '+'), packet.inInterface);
      if (isIn === (inInterface.inverted === true)) return false;
    }
    if (rule.sourceLocal === true && !kernel.isLocal(packet.sourceIP)) return false;
    if (sourceSet !== undefined) {
      const timeout = index.timeouts.get(sourceSet) ?? 0;
      if (!kernel.affinity.check(sourceSet, packet.sourceIP, timeout, env.now)) return false;
    }
    return true;
  }

  #inRange(range: string, ip: string): boolean {
    const dash = range.indexOf('-');
    if (dash < 0) return this.#book.matches(range, ip);
    const [first, last, words] = [range.slice(0, dash), range.slice(dash + 1), this.#book.words(ip)].map((value) =>
      typeof value === 'string' ? this.#book.words(value) : value,
    );
    if (first === undefined || last === undefined || words === undefined) return false;
    return compareWords(first, words) <= 0 && compareWords(words, last) <= 0;
  }

  /** filter-prerouting (for packets that came in) or the start of filter-output; before translation. */
  before(
    hook: 'prerouting' | 'output',
    rules: NftablesRules,
    packet: Packet,
    kernel: NodeKernel,
    env: Environment,
    trace: Trace,
  ): Verdict | undefined {
    if (hook === 'output') {
      const verdict = this.#map('no-endpoint-services', rules, packet, kernel, env, trace);
      if (isFinal(verdict)) return verdict;
    }
    const verdict = this.#map('firewall-ips', rules, packet, kernel, env, trace);
    return isFinal(verdict) ? verdict : undefined;
  }

  /** nat-prerouting or nat-output. */
  nat(rules: NftablesRules, packet: Packet, kernel: NodeKernel, env: Environment, trace: Trace): Verdict | undefined {
    const verdict = this.#map('service-ips', rules, packet, kernel, env, trace);
    if (verdict !== undefined) return verdict;
    return this.#map('service-nodeports', rules, packet, kernel, env, trace);
  }

  /** filter-input, filter-forward or filter-output-post-dnat. */
  after(
    hook: 'INPUT' | 'FORWARD' | 'OUTPUT',
    rules: NftablesRules,
    packet: Packet,
    kernel: NodeKernel,
    env: Environment,
    trace: Trace,
  ): Verdict | undefined {
    if (hook === 'INPUT') {
      const verdict = this.#map('no-endpoint-nodeports', rules, packet, kernel, env, trace);
      if (isFinal(verdict)) return verdict;
    }
    if (hook !== 'OUTPUT') {
      const verdict = this.#map('no-endpoint-services', rules, packet, kernel, env, trace);
      if (isFinal(verdict)) return verdict;
    }
    if (hook !== 'INPUT' && rules.table.hasClusterIP(packet.destinationIP)) {
      const rule = 'daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"';
      trace?.push({ node: kernel.name, at: 'cluster-ips-check', rule });
      return { kind: 'reject' };
    }
    return undefined;
  }
}

function isFinal(verdict: Verdict | undefined): boolean {
  return verdict !== undefined && verdict !== ENDED;
}

function compareWords(left: readonly number[], right: readonly number[]): number {
  for (let i = 0; i < left.length; i++) {
    const difference = (left[i] as number) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function acceptsNodePorts(rules: NftablesRules, kernel: NodeKernel, ip: string): boolean {
  if (rules.nodePortIPs !== undefined) return rules.nodePortIPs.includes(ip);
  return kernel.isLocal(ip) && !ip.startsWith('127.') && ip !== '::1';
}
