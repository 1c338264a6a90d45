/**
 * How a kernel with iptables rules decides about the first packet of a flow.
 *
 * Two ways to the same result. *Walking* goes through whole tables, chain by chain, as the kernel does. The *indexed* path
 * asks the table of service ports which blocks can concern the packet and evaluates only those, with the same primitives
 * in the same order, so it makes the same draws; a property holds the two against each other.
 */
import { saveRule } from '../../api/iptables-save.ts';
import type { IptablesRules } from '../../api/net.ts';
import { STATISTIC_RANGE } from '../../api/netfilter.ts';
import type { IptablesRule, IptablesServicePort, IptablesTable } from '../../api/netfilter.ts';
import type { NodeKernel } from '../kernel.ts';
import type { AddressBook, Environment, Packet, Trace } from './packet.ts';

/** What a chain decided; undefined means that the packet came out at its end. */
export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'reject' | 'masquerade' }
  | { readonly kind: 'dnat'; readonly ip: string; readonly port: number }
  | { readonly kind: 'redirect'; readonly port: number };

type Lookup = (chain: string) => readonly IptablesRule[] | undefined;

/** Nobody jumps deeper in kube-proxy's rules; a loop would be a bug. */
const MAX_DEPTH = 16;

/** Evaluates rules on one kernel. */
export class IptablesEvaluator {
  readonly #kernel: NodeKernel;
  readonly #env: Environment;
  readonly #book: AddressBook;
  readonly #trace: Trace;

  constructor(kernel: NodeKernel, env: Environment, book: AddressBook, trace: Trace) {
    this.#kernel = kernel;
    this.#env = env;
    this.#book = book;
    this.#trace = trace;
  }

  /** Whether all tests of a rule hold for the first packet of a flow (`-m recent --set` also takes its note). */
  matches(rule: IptablesRule, packet: Packet): boolean {
    if (rule.protocol !== undefined && rule.protocol.toUpperCase() !== packet.protocol) return false;
    if (rule.destinationPort !== undefined && rule.destinationPort !== packet.destinationPort) return false;
    const { source, destination, inInterface } = rule;
    if (destination !== undefined) {
      if (this.#book.matches(destination.text, packet.destinationIP) === (destination.inverted === true)) return false;
    }
    if (source !== undefined) {
      if (this.#book.matches(source.text, packet.sourceIP) === (source.inverted === true)) return false;
    }
    if (inInterface !== undefined) {
      if (interfaceMatches(inInterface.text, packet.inInterface) === (inInterface.inverted === true)) return false;
    }
    if (rule.sourceLocal === true && !this.#kernel.isLocal(packet.sourceIP)) return false;
    if (rule.destinationLocal === true && !this.#kernel.isLocal(packet.destinationIP)) return false;
    if (rule.mark !== undefined) {
      const isMarked = (packet.mark & rule.mark.value) === rule.mark.value;
      if (isMarked === (rule.mark.inverted === true)) return false;
    }
    if (rule.conntrack !== undefined) {
      // The first packet of a flow is NEW and not yet translated when these rules see it.
      if (rule.conntrack.states.includes('NEW') === (rule.conntrack.inverted === true)) return false;
    }
    return this.#remembers(rule, packet) && this.#draws(rule);
  }

  #remembers(rule: IptablesRule, packet: Packet): boolean {
    if (rule.recent === undefined) return true;
    if ('set' in rule.recent) {
      this.#kernel.recent.set(rule.recent.name, packet.sourceIP, this.#env.now);
      return true;
    }
    return this.#kernel.recent.check(rule.recent.name, packet.sourceIP, rule.recent.seconds, this.#env.now);
  }

  #draws(rule: IptablesRule): boolean {
    if (rule.statistic === undefined) return true;
    return this.#env.choose('statistic', STATISTIC_RANGE, rule.comment ?? 'probability') < rule.statistic;
  }

  /** Runs a list of rules as the chain `name`. */
  run(name: string, rules: readonly IptablesRule[], packet: Packet, lookup: Lookup, depth = 0): Verdict | undefined {
    if (depth > MAX_DEPTH) throw new RangeError(`iptables chains jump in a circle at ${name}`);
    for (const rule of rules) {
      const { target } = rule;
      if (target === undefined || !this.matches(rule, packet)) continue;
      this.#note(name, rule, packet);
      switch (target.kind) {
        case 'jump': {
          const verdict = this.run(target.chain, lookup(target.chain) ?? [], packet, lookup, depth + 1);
          if (verdict !== undefined) return verdict;
          break;
        }
        case 'return':
          return undefined;
        case 'mark':
          packet.mark = target.operation === 'or' ? packet.mark | target.value : packet.mark ^ target.value;
          break;
        case 'masquerade':
          return { kind: 'masquerade' };
        default:
          return target as Verdict;
      }
    }
    return undefined;
  }

  #note(chain: string, rule: IptablesRule, packet: Packet): void {
    if (this.#trace === undefined) return;
    const family = packet.destinationIP.includes(':') ? 'IPv6' : 'IPv4';
    this.#trace.push({ node: this.#kernel.name, at: chain, rule: saveRule(chain, rule, family) });
  }
}

/** A name that ends in `+` stands for all names that begin so. */
export function interfaceMatches(test: string, name: string): boolean {
  return test.endsWith('+') ? name.startsWith(test.slice(0, -1)) : test === name;
}

const MARK_RULE_CHAIN = 'KUBE-MARK-MASQ';

/** The own chains of one block, by name. */
type ChainIndex = ReadonlyMap<string, readonly IptablesRule[]>;

/** Evaluates the rules of a node by asking its table of service ports. */
export class IndexedIptables {
  readonly #chains = new WeakMap<IptablesServicePort, ChainIndex>();

  #lookup(block: IptablesServicePort, rules: IptablesRules): Lookup {
    let chains = this.#chains.get(block);
    if (chains === undefined) {
      chains = new Map(block.chains.map((chain) => [chain.name, chain.rules]));
      this.#chains.set(block, chains);
    }
    const own = chains;
    return (name) => (name === MARK_RULE_CHAIN ? markRules(rules) : own.get(name));
  }

  /** nat PREROUTING or OUTPUT: KUBE-SERVICES, and KUBE-NODEPORTS at its end. */
  nat(rules: IptablesRules, packet: Packet, evaluator: IptablesEvaluator): Verdict | undefined {
    const { table } = rules;
    for (const block of table.byDestination(packet.destinationIP, packet.protocol, packet.destinationPort)) {
      const verdict = evaluator.run('KUBE-SERVICES', block.natServices, packet, this.#lookup(block, rules));
      if (verdict !== undefined) return verdict;
    }
    const blocks = table.byNodePort(packet.protocol, packet.destinationPort);
    if (blocks.length === 0) return undefined;
    const nodePorts: Lookup = () => undefined;
    for (const tail of rules.nodePortTail) {
      // The jump itself is a rule like any other; its target is run here because it is spread over blocks.
      const isReached = evaluator.matches(tail, packet);
      if (!isReached) continue;
      evaluator.run('KUBE-SERVICES', [tail], packet, nodePorts);
      for (const block of blocks) {
        const verdict = evaluator.run('KUBE-NODEPORTS', block.natNodePorts, packet, this.#lookup(block, rules));
        if (verdict !== undefined) return verdict;
      }
    }
    return undefined;
  }

  /** The filter table for the first packet of a flow. */
  filter(
    hook: 'INPUT' | 'FORWARD' | 'OUTPUT',
    rules: IptablesRules,
    packet: Packet,
    evaluator: IptablesEvaluator,
  ): Verdict | undefined {
    const none: Lookup = () => undefined;
    if (hook !== 'FORWARD') {
      const verdict = evaluator.run('KUBE-FIREWALL', rules.firewall, packet, none);
      if (verdict !== undefined) return verdict;
    }
    const { table } = rules;
    const concerned = table.byDestination(packet.destinationIP, packet.protocol, packet.destinationPort);
    for (const block of concerned) {
      const verdict = evaluator.run('KUBE-PROXY-FIREWALL', block.filterProxyFirewall, packet, none);
      if (verdict !== undefined) return verdict;
    }
    if (hook === 'FORWARD') {
      const verdict = evaluator.run('KUBE-FORWARD', rules.forward, packet, none);
      if (verdict !== undefined) return verdict;
    }
    if (hook !== 'INPUT') {
      for (const block of concerned) {
        const verdict = evaluator.run('KUBE-SERVICES', block.filterServices, packet, none);
        if (verdict !== undefined) return verdict;
      }
    }
    if (hook === 'OUTPUT') return undefined;
    const byPort = table.byNodePort(packet.protocol, packet.destinationPort);
    for (const block of byPort.length === 0 ? concerned : merge(concerned, byPort)) {
      const verdict = evaluator.run('KUBE-EXTERNAL-SERVICES', block.filterExternalServices, packet, none);
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }
}

function markRules(rules: IptablesRules): readonly IptablesRule[] {
  return [{ target: { kind: 'mark', operation: 'or', value: rules.masqueradeMark } }];
}

function merge(left: readonly IptablesServicePort[], right: readonly IptablesServicePort[]): IptablesServicePort[] {
  const all = [...new Set([...left, ...right])];
  return all.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** Walks one built-in chain of a whole table, as the kernel does. Healthcheck accepts end the walk, as they do there. */
export function walkTable(
  table: IptablesTable,
  hook: string,
  packet: Packet,
  evaluator: IptablesEvaluator,
): Verdict | undefined {
  const chains = new Map([...table.builtin, ...table.chains].map((chain) => [chain.name, chain.rules]));
  return evaluator.run(hook, chains.get(hook) ?? [], packet, (name) => chains.get(name));
}
