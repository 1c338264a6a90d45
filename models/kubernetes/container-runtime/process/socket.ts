/**
 * The network as a pod's processes see it: one set of ports and one loopback per sandbox.
 *
 * Containers of a pod share a `NetworkNamespace`, so they meet on localhost and collide on ports. What travels is an
 * `Exchange`: a connection that carries one request and brings one response, which is as much of TCP as the programs here
 * need. Exchanges inside the namespace are joined here; the others leave through the `Outside` that the node provides.
 */
import type { Json } from '../../../../src/index.ts';

export type ExchangeFailure = 'refused' | 'timeout' | 'unreachable' | 'reset';

export interface Exchange {
  /** Unique among the exchanges that this host opened, or those that it serves. */
  readonly id: number;
  readonly namespace: NetworkNamespace;
  readonly fromIp: string;
  readonly toIp: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  /** Null for a connection without content (`nc -z`, a TCP probe). */
  readonly request: Json;
  readonly timeoutUs: number;
  state: 'open' | 'answered' | ExchangeFailure;
  response: Json;
  /** The client is in this namespace too. */
  readonly isLocal: boolean;
  /** The process that waits for the response, by key; 0 for clients elsewhere. */
  readonly client: number;
}

export interface Listener {
  readonly namespace: NetworkNamespace;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  /** `0.0.0.0` accepts on every address, `127.0.0.1` only from inside the pod. */
  readonly address: string;
  /** Came in and not yet accepted. */
  readonly queue: Exchange[];
  /** Accepted and not yet answered: reset when the server dies. */
  readonly serving: Set<Exchange>;
  readonly pid: number;
  readonly waiters: Set<number>;
}

export interface NetworkNamespace {
  /** The node's own. */
  readonly isHost?: boolean;
  /** The sandbox's id, or the node's name for the host network. */
  readonly id: string;
  /** All addresses of the namespace, loopback excluded. */
  readonly ips: readonly string[];
  /** By `protocol/port`. */
  readonly listeners: Map<string, Listener>;
}

export function createNetworkNamespace(id: string, ips: readonly string[], isHost = false): NetworkNamespace {
  return { id, ips, isHost, listeners: new Map() };
}

/** A question to the pod's name servers. */
export interface NameQuery {
  readonly id: number;
  readonly namespace: NetworkNamespace;
  readonly name: string;
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
}

/** What lies beyond the namespace. The runtime's actor implements it with messages. */
export interface Outside {
  /** Sends a request to another namespace; the outcome comes as `Host.settle`. */
  request(exchange: Exchange): void;
  /** The response to a request that came from outside; `failure` if there will be none. */
  respond(exchange: Exchange): void;
  /** A program starts or stops to listen. */
  listening(listener: Listener, on: boolean): void;
  /** Asks a name server; the answer comes as `Host.answerQuery`. */
  resolve(query: NameQuery): void;
}

export function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1' || ip === '0.0.0.0';
}

/** Does this address lead back into the namespace itself? */
export function isOwnAddress(namespace: NetworkNamespace, ip: string): boolean {
  return isLoopback(ip) || namespace.ips.includes(ip);
}

export function listenerKey(protocol: 'TCP' | 'UDP', port: number): string {
  return `${protocol}/${port}`;
}

/** The listener that would accept a connection to `ip:port`. */
export function listenerFor(
  namespace: NetworkNamespace,
  protocol: 'TCP' | 'UDP',
  ip: string,
  port: number,
): Listener | undefined {
  const listener = namespace.listeners.get(listenerKey(protocol, port));
  if (listener === undefined) return undefined;
  if (listener.address === '0.0.0.0' || listener.address === '::') return listener;
  if (isLoopback(listener.address)) return isLoopback(ip) ? listener : undefined;
  return listener.address === ip ? listener : undefined;
}
