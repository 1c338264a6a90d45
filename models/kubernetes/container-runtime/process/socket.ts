/**
 * The network as a pod's processes see it: one set of ports and one loopback per sandbox.
 *
 * Containers of a pod share a `NetworkNamespace`, so they meet on localhost and collide on ports. Connections inside the
 * namespace are joined here; everything else leaves through the `Outside` that the node's owner provides, and comes back
 * as calls on the same objects. Streams are text in order, without loss: TCP as a program sees it.
 */
import type { Waitable } from './stream.ts';

export type ConnectionState = 'connecting' | 'open' | 'refused' | 'timeout' | 'unreachable' | 'closed';

export interface Connection extends Waitable {
  readonly id: number;
  readonly namespace: NetworkNamespace;
  readonly local: { readonly ip: string; readonly port: number };
  readonly remote: { readonly ip: string; readonly port: number };
  state: ConnectionState;
  /** Received and not yet read. */
  incoming: string;
  /** The other side will send no more. */
  ended: boolean;
  /** The other end, when it is in the same namespace. */
  peer: Connection | undefined;
}

export interface Listener extends Waitable {
  readonly namespace: NetworkNamespace;
  readonly port: number;
  /** `0.0.0.0` accepts on every address, `127.0.0.1` only from inside the pod. */
  readonly address: string;
  readonly queue: Connection[];
  readonly pid: number;
}

export interface NetworkNamespace {
  /** The sandbox's id, or the node's name for the host network. */
  readonly id: string;
  /** All addresses of the namespace, loopback excluded. */
  readonly ips: readonly string[];
  readonly listeners: Map<number, Listener>;
  nextPort: number;
}

/** First port handed out to clients (net.ipv4.ip_local_port_range). */
export const EPHEMERAL_PORT_MIN = 32_768;
export const EPHEMERAL_PORT_MAX = 60_999;

export function createNetworkNamespace(id: string, ips: readonly string[]): NetworkNamespace {
  return { id, ips, listeners: new Map(), nextPort: EPHEMERAL_PORT_MIN };
}

/** What lies beyond the namespace. The runtime's actor implements it with messages. */
export interface Outside {
  /** Opens a connection to another namespace; the answer comes as `settle` on the same connection. */
  connect(connection: Connection): void;
  send(connection: Connection, text: string): void;
  /** No more text will be sent on the connection. */
  close(connection: Connection): void;
  /** Asks the pod's DNS server; the answer comes as `answerQuery`. */
  resolve(query: { readonly id: number; readonly namespace: NetworkNamespace; readonly name: string;
    readonly servers: readonly string[]; readonly search: readonly string[]; readonly ndots: number }): void;
}

export function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1';
}

/** Does this address lead back into the namespace itself? */
export function isOwnAddress(namespace: NetworkNamespace, ip: string): boolean {
  return isLoopback(ip) || ip === '0.0.0.0' || namespace.ips.includes(ip);
}

/** The listener that would accept a connection to `ip:port`. */
export function listenerFor(namespace: NetworkNamespace, ip: string, port: number): Listener | undefined {
  const listener = namespace.listeners.get(port);
  if (listener === undefined) return undefined;
  if (listener.address === '0.0.0.0' || listener.address === '::') return listener;
  if (isLoopback(listener.address)) return isLoopback(ip) ? listener : undefined;
  return listener.address === ip ? listener : undefined;
}

/** The next free client port; wraps around as Linux does. */
export function takePort(namespace: NetworkNamespace): number {
  const port = namespace.nextPort;
  namespace.nextPort = port >= EPHEMERAL_PORT_MAX ? EPHEMERAL_PORT_MIN : port + 1;
  return port;
}
