/**
 * Joins a node's programs to the cluster's network actor: addresses, listening ports, requests in both directions.
 *
 * The `Outside` of the processes becomes messages; answers come back by id. Name look-ups are requests to port 53.
 */
import type { HostPort, NetConnect, NetEndpoint, NetListen, NetRequest, NetResponse, NetResult } from '../api/net.ts';
import type { DnsAnswer, DnsQuestion } from '../api/dns.ts';
import type { Json } from '../../../src/index.ts';
import type { Process as Actor } from '../client/process.ts';
import type { Host } from './process/host.ts';
import { type Exchange, isLoopback, type Listener, listenerFor, listenerKey, type NameQuery, type NetworkNamespace, type Outside } from './process/socket.ts';

const NETWORK = 'network';
const DNS_PORT = 53;
/** resolv.conf(5): 5 s for each attempt. */
const DNS_ATTEMPT_US = 5_000_000;

export class NodeNetwork implements Outside {
  readonly #actor: Actor;
  readonly #node: string;
  readonly #nodeIp: string;
  #host: Host | undefined;
  readonly #namespaces = new Map<string, NetworkNamespace>();
  readonly #requests = new Map<number, (result: NetResult) => void>();
  readonly #served = new Map<Exchange, number>();
  /** Connections of port-forward, which never leave the namespace. */
  readonly #inside = new Map<Exchange, (exchange: Exchange) => void>();
  #nextId: number;

  constructor(actor: Actor, node: string, nodeIp: string, touch: (work: () => void) => void) {
    this.#actor = actor;
    this.#nextId = actor.firstId;
    this.#node = node;
    this.#nodeIp = nodeIp;
    actor.on<NetRequest>('net.request', (message) => touch(() => this.#serve(message)));
    actor.on<NetResult>('net.result', (message) => touch(() => this.#settle(message)));
  }

  attach(host: Host): void {
    this.#host = host;
  }

  /** Announces a sandbox's address. */
  announce(namespace: NetworkNamespace, pod: { readonly namespace: string; readonly name: string } | undefined, up: boolean, hostPorts: readonly HostPort[] = []): void {
    if (up) this.#namespaces.set(namespace.id, namespace);
    else this.#namespaces.delete(namespace.id);
    for (const ip of namespace.ips) {
      const names = pod === undefined ? { hostNetwork: true } : { namespace: pod.namespace, pod: pod.name };
      const message: NetEndpoint = { kind: 'net.endpoint', node: this.#node, ip, up, owner: this.#actor.self, ...names, ...(up && hostPorts.length > 0 ? { hostPorts } : {}) };
      this.#actor.send(NETWORK, message);
    }
  }

  listening(listener: Listener, on: boolean): void {
    if (isLoopback(listener.address) && listener.address !== '0.0.0.0') return;
    const tag = `${listener.namespace.id} ${listener.protocol} ${listener.port}`;
    for (const ip of listener.namespace.ips) {
      const message: NetListen = {
        kind: 'net.listen', ip, port: listener.port, protocol: listener.protocol, owner: this.#actor.self, tag, on, node: this.#node,
      };
      this.#actor.send(NETWORK, message);
    }
  }

  request(exchange: Exchange): void {
    this.#connect(exchange.fromIp, exchange.toIp, exchange.port, exchange.protocol, exchange.request, exchange.timeoutUs, (result) => {
      if (result.ok) this.#host?.settle(exchange, 'answered', result.response ?? null);
      else this.#host?.settle(exchange, result.error ?? 'reset', null);
    });
  }

  #connect(fromIp: string, toIp: string, port: number, protocol: 'TCP' | 'UDP', request: Json, timeoutUs: number, done: (result: NetResult) => void): void {
    const id = this.#nextId++;
    this.#requests.set(id, done);
    const connectOnly = request === null ? { connectOnly: true } : {};
    const message: NetConnect = { kind: 'net.connect', id, node: this.#node, fromIp, toIp, port, protocol, request, timeoutUs, ...connectOnly };
    this.#actor.send(NETWORK, message);
  }

  #settle(result: NetResult): void {
    const done = this.#requests.get(result.id);
    this.#requests.delete(result.id);
    done?.(result);
  }

  #serve(message: NetRequest): void {
    const host = this.#host;
    if (host === undefined) return;
    const [id = '', protocol = 'TCP', port = '0'] = message.tag.split(' ');
    const namespace = this.#namespaces.get(id);
    const listener = namespace?.listeners.get(listenerKey(protocol as 'TCP' | 'UDP', Number(port)));
    if (namespace === undefined || listener === undefined) {
      this.#actor.send(NETWORK, { kind: 'net.response', id: message.id, reset: true } as NetResponse);
      return;
    }
    const exchange: Exchange = {
      id: host.takeNumber(),
      namespace,
      fromIp: message.fromIp,
      toIp: message.toIp,
      port: message.port,
      protocol: listener.protocol,
      request: message.request,
      timeoutUs: 0,
      state: 'open',
      response: null,
      isLocal: false,
      client: 0,
    };
    this.#served.set(exchange, message.id);
    host.deliver(exchange, listener);
  }

  /** Opens a connection from inside a namespace's loopback; `done` gets the exchange, or nothing when it is refused. */
  connectInside(namespace: NetworkNamespace | undefined, port: number, request: Json, done: (exchange: Exchange | undefined) => void): void {
    const [host, ip] = [this.#host, '127.0.0.1'];
    const listener = namespace === undefined ? undefined : listenerFor(namespace, 'TCP', ip, port);
    if (host === undefined || namespace === undefined || listener === undefined) return done(undefined);
    const exchange: Exchange = {
      id: host.takeNumber(), namespace, fromIp: ip, toIp: ip, port, protocol: 'TCP', request, timeoutUs: 0, state: 'open', response: null, isLocal: false, client: 0,
    };
    this.#inside.set(exchange, done);
    host.deliver(exchange, listener);
  }

  respond(exchange: Exchange): void {
    const inside = this.#inside.get(exchange);
    this.#inside.delete(exchange);
    if (inside !== undefined) return inside(exchange);
    const id = this.#served.get(exchange);
    if (id === undefined) return;
    this.#served.delete(exchange);
    const message: NetResponse =
      exchange.state === 'answered' ? { kind: 'net.response', id, response: exchange.response } : { kind: 'net.response', id, reset: true };
    this.#actor.send(NETWORK, message);
  }

  /** Tries the name with each search suffix, as the resolver of a C library does, until one exists. */
  resolve(query: NameQuery): void {
    const { name, search, ndots } = query;
    const dots = name.split('.').length - 1;
    const qualified = search.map((suffix) => `${name}.${suffix}`);
    const names = name.endsWith('.') ? [name.slice(0, -1)] : dots >= ndots ? [name, ...qualified] : [...qualified, name];
    this.#ask(query, names);
  }

  #ask(query: NameQuery, names: readonly string[]): void {
    const [name, ...others] = names;
    const server = query.servers[0];
    if (name === undefined || server === undefined) {
      this.#host?.answerQuery(query.id, []);
      return;
    }
    const question: DnsQuestion = { name, type: 'A' };
    const from = query.namespace.ips[0] ?? this.#nodeIp;
    this.#connect(from, server, DNS_PORT, 'UDP', question as unknown as Json, DNS_ATTEMPT_US, (result) => {
      const addresses = result.ok ? addressesOf(result.response ?? null) : [];
      if (addresses.length > 0) this.#host?.answerQuery(query.id, addresses);
      else this.#ask(query, others);
    });
  }
}

/** Addresses of a DNS server's answer. */
function addressesOf(response: Json): readonly string[] {
  if (response === null || typeof response !== 'object' || !('answers' in response)) return [];
  return (response as unknown as DnsAnswer).answers.filter(({ type }) => type === 'A' || type === 'AAAA').map(({ data }) => data);
}
