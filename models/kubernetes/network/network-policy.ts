/**
 * NetworkPolicy: which connections a pod may make and accept. Pure functions of policies, pods and namespaces.
 *
 * A direction of a pod without any policy that selects it is open. Otherwise a connection needs one rule of one of those
 * policies; policies only ever add. Egress is judged by the destination after translation, ingress by the source as the
 * pod sees it.
 * Source: staging/src/k8s.io/api/networking/v1/types.go; the enforcement belongs to the network plugin.
 */
import type { Protocol } from '../api/netfilter.ts';
import { selectorMatches, selectorOf } from '../object/selector.ts';
import type { LabelSelector, Selector } from '../object/selector.ts';
import type { Namespace, NetworkPolicy, networking, Pod } from '../object/types.ts';
import type { AddressBook } from './packet-path/packet.ts';

type Direction = 'Ingress' | 'Egress';

/** What policies are judged against. */
export interface PolicyWorld {
  policies(namespace: string): readonly NetworkPolicy[];
  /** The pod that has an address; undefined for nodes, host-network pods and the outside. */
  podByIP(ip: string): Pod | undefined;
  namespace(name: string): Namespace | undefined;
}

/** What decided about a connection. */
export interface PolicyVerdict {
  readonly allowed: boolean;
  /** A sentence for the trace; empty when no policy selects the pod. */
  readonly reason: string;
}

interface Peer {
  readonly kind: 'pods';
  readonly namespaces: Selector | undefined;
  readonly pods: Selector | undefined;
}

interface Block {
  readonly kind: 'block';
  readonly cidr: string;
  readonly except: readonly string[];
}

interface Rule {
  /** Undefined: every peer. */
  readonly peers: readonly (Peer | Block)[] | undefined;
  /** Undefined: every port. */
  readonly ports: readonly networking.NetworkPolicyPort[] | undefined;
}

interface CompiledPolicy {
  readonly pods: Selector;
  readonly types: readonly Direction[];
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
}

function selector(field: unknown): Selector | undefined {
  return field === undefined || field === null ? undefined : selectorOf(field as LabelSelector);
}

function compilePeer(peer: networking.NetworkPolicyPeer): Peer | Block {
  if (peer.ipBlock !== undefined) {
    return { kind: 'block', cidr: peer.ipBlock.cidr, except: peer.ipBlock.except ?? [] };
  }
  return { kind: 'pods', namespaces: selector(peer.namespaceSelector), pods: selector(peer.podSelector) };
}

function compileRule(
  peers: readonly networking.NetworkPolicyPeer[] | undefined,
  ports: readonly networking.NetworkPolicyPort[] | undefined,
): Rule {
  return {
    peers: peers === undefined || peers.length === 0 ? undefined : peers.map(compilePeer),
    ports: ports === undefined || ports.length === 0 ? undefined : ports,
  };
}

function compile(policy: NetworkPolicy): CompiledPolicy {
  const { spec } = policy;
  const egress = spec.egress ?? [];
  const types = spec.policyTypes ?? (egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress']);
  return {
    pods: selectorOf(spec.podSelector as LabelSelector),
    types: types as Direction[],
    ingress: (spec.ingress ?? []).map((rule) => compileRule(rule.from, rule.ports)),
    egress: egress.map((rule) => compileRule(rule.to, rule.ports)),
  };
}

/** The number that a named port has in a pod's containers, per protocol. */
function namedPort(pod: Pod, name: string, protocol: string): number | undefined {
  for (const container of pod.spec.containers) {
    for (const port of container.ports ?? []) {
      if (port.name === name && (port.protocol ?? 'TCP') === protocol) return port.containerPort;
    }
  }
  return undefined;
}

/** One connection, as seen by the pod it is judged for. */
interface Attempt {
  readonly peerIP: string;
  readonly destinationPod: Pod | undefined;
  readonly protocol: Protocol;
  readonly port: number;
}

function portMatches(rule: networking.NetworkPolicyPort, attempt: Attempt): boolean {
  if ((rule.protocol ?? 'TCP') !== attempt.protocol) return false;
  if (rule.port === undefined) return true;
  if (typeof rule.port === 'string') {
    const pod = attempt.destinationPod;
    return pod !== undefined && namedPort(pod, rule.port, attempt.protocol) === attempt.port;
  }
  if (rule.endPort === undefined) return rule.port === attempt.port;
  return rule.port <= attempt.port && attempt.port <= rule.endPort;
}

/** Judges connections; compiled policies are kept as long as the policy objects live. */
export class PolicyEngine {
  readonly #world: PolicyWorld;
  readonly #book: AddressBook;
  readonly #compiled = new WeakMap<NetworkPolicy, CompiledPolicy>();

  constructor(world: PolicyWorld, book: AddressBook) {
    this.#world = world;
    this.#book = book;
  }

  #of(policy: NetworkPolicy): CompiledPolicy {
    let compiled = this.#compiled.get(policy);
    if (compiled === undefined) this.#compiled.set(policy, (compiled = compile(policy)));
    return compiled;
  }

  /** May `pod` open this connection? */
  egress(pod: Pod, destinationIP: string, protocol: Protocol, port: number): PolicyVerdict {
    const destinationPod = this.#world.podByIP(destinationIP);
    return this.#judge('Egress', pod, { peerIP: destinationIP, destinationPod, protocol, port });
  }

  /** May `pod` be reached by this connection? */
  ingress(pod: Pod, sourceIP: string, protocol: Protocol, port: number): PolicyVerdict {
    return this.#judge('Ingress', pod, { peerIP: sourceIP, destinationPod: pod, protocol, port });
  }

  #judge(direction: Direction, pod: Pod, attempt: Attempt): PolicyVerdict {
    const namespace = pod.metadata.namespace ?? '';
    const names: string[] = [];
    for (const policy of this.#world.policies(namespace)) {
      const compiled = this.#of(policy);
      if (!compiled.types.includes(direction)) continue;
      if (!selectorMatches(compiled.pods, pod.metadata.labels)) continue;
      const rules = direction === 'Ingress' ? compiled.ingress : compiled.egress;
      if (rules.some((rule) => this.#ruleMatches(rule, namespace, attempt))) {
        return { allowed: true, reason: `allowed by NetworkPolicy ${namespace}/${policy.metadata.name}` };
      }
      names.push(`${namespace}/${policy.metadata.name}`);
    }
    if (names.length === 0) return { allowed: true, reason: '' };
    return { allowed: false, reason: `no rule of NetworkPolicy ${names.join(', ')} allows it: dropped` };
  }

  #ruleMatches(rule: Rule, namespace: string, attempt: Attempt): boolean {
    const { peers, ports } = rule;
    if (ports !== undefined && !ports.some((port) => portMatches(port, attempt))) return false;
    return peers === undefined || peers.some((peer) => this.#peerMatches(peer, namespace, attempt.peerIP));
  }

  #peerMatches(peer: Peer | Block, namespace: string, ip: string): boolean {
    if (peer.kind === 'block') {
      return this.#book.matches(peer.cidr, ip) && !peer.except.some((except) => this.#book.matches(except, ip));
    }
    const pod = this.#world.podByIP(ip);
    if (pod === undefined) return false;
    const podNamespace = pod.metadata.namespace ?? '';
    if (peer.namespaces === undefined) {
      if (podNamespace !== namespace) return false;
    } else if (!selectorMatches(peer.namespaces, this.#world.namespace(podNamespace)?.metadata.labels)) return false;
    return peer.pods === undefined || selectorMatches(peer.pods, pod.metadata.labels);
  }
}
