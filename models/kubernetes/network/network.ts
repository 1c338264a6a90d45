/**
 * The actor `network`: all kernels' packet paths and the wires between the machines.
 *
 * Programs tell it where they listen and ask it to connect; it decides with the data plane, spends the time that the wires
 * take, and carries requests and answers. A connection that is kept alive stays with its endpoint until one side
 * closes it. What happened to a connection is recorded, so that a user sees which rule sent it where.
 */
import type { ActorSpec } from '../../../src/index.ts';
import type {
  NetConnect,
  NetEndpoint,
  NetError,
  NetListen,
  NetRequest,
  NetResponse,
  NetResult,
  NetRules,
} from '../api/net.ts';
import { Client } from '../client/client.ts';
import { processBehavior } from '../client/process.ts';
import type { Process, TimerHandle } from '../client/process.ts';
import { joinHostPort } from '../object/ip.ts';
import { DataPlane } from './data-plane.ts';
import type { ConnectOutcome, Listener } from './data-plane.ts';
import { PolicyEngine } from './network-policy.ts';
import { ClusterPolicyWorld } from './policy-world.ts';

/** One-way time over one wire, µs: least and spread. Packets within a machine take no time worth counting. */
const WIRE_MIN_US = 100;
const WIRE_SPREAD_US = 400;

export interface NetworkOptions {
  readonly servers: readonly string[];
  readonly epoch: number;
  /** No time passes on wires. */
  readonly isInstant?: boolean;
  /** Enforce NetworkPolicy (default true); without it the network plugin watches nothing but nodes. */
  readonly policies?: boolean;
}

/** net/ipv4/tcp.h, TCP_TIMEOUT_INIT: the first retransmission of a SYN; each further wait is twice as long. */
const SYN_RETRY_US = 1_000_000;

/** A connection that carries a request at the moment. */
interface Exchange {
  readonly id: number;
  readonly client: string;
  readonly request: NetConnect;
  readonly outcome: ConnectOutcome;
  readonly timeout: TimerHandle;
}

/** A kept connection. */
interface Kept {
  readonly outcome: ConnectOutcome;
}

export class NetworkPlane {
  readonly plane: DataPlane;
  readonly #process: Process;
  readonly #options: NetworkOptions;
  readonly #exchanges = new Map<number, Exchange>();
  readonly #kept = new Map<string, Kept>();
  #nextId: number;

  constructor(process: Process, options: NetworkOptions) {
    this.#process = process;
    this.#nextId = process.firstId;
    this.#options = options;
    const user = { name: 'system:network-plugin', groups: ['system:authenticated'] };
    const client = new Client(process, { servers: options.servers, user, userAgent: 'network-plugin/v1' });
    const world = new ClusterPolicyWorld(process, client, (node) => {
      this.plane.setPodCIDRs(
        node.metadata.name,
        node.spec.podCIDRs ?? (node.spec.podCIDR === undefined ? [] : [node.spec.podCIDR]),
      );
    });
    this.plane = new DataPlane({
      environment: process,
      ...(options.policies === false ? {} : { policies: (book) => new PolicyEngine(world, book), pods: world }),
    });
  }

  rules(message: NetRules): void {
    this.plane.setRules(message.node, message.rules);
    const kernel = this.plane.kernel(message.node);
    for (const list of message.removedAffinity ?? []) {
      kernel.recent.remove(list);
      kernel.affinity.remove(list);
    }
    kernel.conntrack.purge(message.staleUDP ?? []);
  }

  endpoint(message: NetEndpoint): void {
    const { node, ip, up, hostNetwork = false, hostPorts = [] } = message;
    if (up) this.plane.addEndpoint({ node, ip, hostNetwork, hostPorts });
    else {
      this.plane.removeEndpoint(ip);
      this.#reset((outcome) => outcome.backendIP === ip);
    }
  }

  listen(message: NetListen): void {
    const { ip, port, protocol, owner, tag, node } = message;
    if (message.on) this.plane.listen(ip, port, protocol, { owner, tag }, node);
    else {
      this.plane.unlisten(ip, port, protocol, node);
      this.#reset(({ listener }) => listener?.owner === owner && listener.tag === tag);
    }
  }

  /** Connections to a program that has ended are reset; kept ones are forgotten. */
  #reset(concerns: (outcome: ConnectOutcome) => boolean): void {
    for (const [name, { outcome }] of this.#kept) {
      if (!concerns(outcome)) continue;
      this.#kept.delete(name);
      this.plane.close(outcome.flow);
    }
    for (const exchange of [...this.#exchanges.values()]) {
      if (concerns(exchange.outcome)) this.#finish(exchange, { error: 'reset' });
    }
  }

  /** Opens a connection. A SYN that gets no answer is sent again after 1, 3, 7 … s, over what the rules are by then. */
  connect(request: NetConnect, client: string, waitedUs = 0): void {
    const keptName =
      request.keepAlive === undefined ? undefined : `${client} ${request.keepAlive} ${request.toIp} ${request.port}`;
    const kept = keptName === undefined ? undefined : this.#kept.get(keptName);
    const outcome =
      kept?.outcome ??
      this.plane.connect({
        node: request.node,
        fromIP: request.fromIp,
        toIP: request.toIp,
        port: request.port,
        protocol: request.protocol,
        ...(request.trace === true ? { trace: true } : {}),
        ...(request.isRouted === true ? { isRouted: true } : {}),
        ...(keptName === undefined ? {} : { track: true }),
      });
    if (kept === undefined && this.#process.recording) this.#record(request, outcome);
    const delay = this.#delay(outcome) + outcome.proxyDelayUs;
    if (outcome.verdict !== 'connected') {
      this.#fail(request, client, outcome, delay, waitedUs);
      return;
    }
    if (keptName !== undefined && kept === undefined) this.#kept.set(keptName, { outcome });
    if (request.connectOnly === true) {
      // The handshake: there and back.
      this.#later(2 * delay, () => this.#reply(client, request, outcome, {}));
      return;
    }
    const timeout = this.#process.after('net.timeout', request.timeoutUs, () => {
      const exchange = this.#exchanges.get(id);
      if (exchange !== undefined) this.#finish(exchange, { error: 'timeout' });
    });
    const id = this.#nextId++;
    this.#exchanges.set(id, { id, client, request, outcome, timeout });
    this.#later(kept === undefined && request.protocol !== 'UDP' ? 3 * delay : delay, () => this.#deliver(id));
  }

  #deliver(id: number): void {
    const exchange = this.#exchanges.get(id);
    if (exchange === undefined) return;
    const { request, outcome } = exchange;
    const { owner, tag } = outcome.listener as Listener;
    const message: NetRequest = {
      kind: 'net.request',
      id,
      tag,
      fromIp: outcome.sourceSeen,
      toIp: outcome.backendIP,
      port: outcome.backendPort,
      protocol: request.protocol,
      request: request.request,
    };
    this.#process.send(owner, message);
  }

  response(message: NetResponse): void {
    const exchange = this.#exchanges.get(message.id);
    if (exchange === undefined) return;
    this.#later(this.#delay(exchange.outcome), () => {
      if (!this.#exchanges.has(message.id)) return;
      this.#finish(exchange, message.reset === true ? { error: 'reset' } : { response: message.response ?? null });
    });
  }

  #finish(exchange: Exchange, answer: Pick<NetResult, 'response' | 'error'>): void {
    this.#exchanges.delete(exchange.id);
    exchange.timeout.stop();
    this.#reply(exchange.client, exchange.request, exchange.outcome, answer);
  }

  #fail(request: NetConnect, client: string, outcome: ConnectOutcome, delay: number, waitedUs: number): void {
    const error = outcome.verdict as NetError;
    const left = request.timeoutUs - waitedUs;
    if (error !== 'timeout') {
      this.#later(Math.min(2 * delay, left), () => this.#reply(client, request, outcome, { error }));
      return;
    }
    // Nobody answers a packet that was dropped: TCP tries again, the client waits until it has had enough.
    const wait = waitedUs + SYN_RETRY_US;
    if (request.protocol === 'UDP' || wait >= left) this.#later(left, () => this.#reply(client, request, outcome, { error }));
    else this.#later(wait, () => this.connect(request, client, waitedUs + wait));
  }

  #reply(
    client: string,
    request: NetConnect,
    outcome: ConnectOutcome,
    answer: Pick<NetResult, 'response' | 'error'>,
  ): void {
    const message: NetResult = {
      kind: 'net.result',
      id: request.id,
      ok: answer.error === undefined,
      ...answer,
      backend: joinHostPort(outcome.backendIP, outcome.backendPort),
      ...(request.trace === true ? { trace: outcome.hops } : {}),
    };
    this.#process.send(client, message);
  }

  /** One-way time of a connection's packets. */
  #delay(outcome: ConnectOutcome): number {
    if (this.#options.isInstant === true) return 0;
    let delay = 0;
    for (let i = 0; i < outcome.wires; i++) delay += WIRE_MIN_US + this.#process.choose('wire', WIRE_SPREAD_US);
    return delay;
  }

  #later(delay: number, work: () => void): void {
    if (delay <= 0) work();
    else this.#process.after('net.wire', delay, work);
  }

  #record(request: NetConnect, outcome: ConnectOutcome): void {
    this.#process.record('net.connection', {
      from: request.fromIp,
      to: joinHostPort(request.toIp, request.port),
      protocol: request.protocol,
      verdict: outcome.verdict,
      backend: joinHostPort(outcome.backendIP, outcome.backendPort),
      node: outcome.backendNode,
    });
  }
}

/** The plane of a running cluster, from the state of its actor `network`; undefined while there is none. */
export const networkPlane = (state: unknown): DataPlane | undefined => (state as { readonly exposed?: NetworkPlane } | undefined)?.exposed?.plane;

/** The network's actor. `seen` gets the plane when the actor starts, for tools that look at rules and traces. */
export function network(options: NetworkOptions, seen?: (plane: NetworkPlane) => void): ActorSpec {
  return {
    id: 'network',
    type: 'network',
    behavior: processBehavior((process) => {
      const plane = new NetworkPlane(process, options);
      process.exposed = plane;
      seen?.(plane);
      process.on<NetRules>('net.rules', (message) => plane.rules(message));
      process.on<NetEndpoint>('net.endpoint', (message) => plane.endpoint(message));
      process.on<NetListen>('net.listen', (message) => plane.listen(message));
      process.on<NetConnect>('net.connect', (message) => plane.connect(message, process.from));
      process.on<NetResponse>('net.response', (message) => plane.response(message));
    }),
  };
}
