/**
 * A node's rules after a sync: which version of Services and EndpointSlices they were made from, and the blocks on demand.
 *
 * Rules are a pure function of the two versions and the node's profile, so a sync need not write ten thousand chains
 * that nobody will look at: it moves two references, and a block is made (or found, when another node has made it) at the
 * first packet or listing that needs it. The one thing that is not a function of the present is whether chains carry
 * comments, which is decided when a chain is written; it is kept per Service.
 */
import type { Protocol } from '../api/netfilter.ts';
import type { ServicePortTable, WrittenTable } from '../api/net.ts';
import type { BlockCache } from './block-cache.ts';
import type { NodeProfile } from './config.ts';
import { endpointsOnNode } from './endpoint-slice-cache.ts';
import type { EndpointSliceView } from './endpoint-slice-view.ts';
import type { ServicePort } from './service-port.ts';
import type { ServiceView } from './service-view.ts';

/** Which Services' chains were written without comments, because the cluster was large then. */
export interface CommentPolicy {
  readonly comments: boolean;
  readonly exceptions: ReadonlySet<string>;
}

/** Lists a node's rules as text. */
export type Lister<Block> = (profile: NodeProfile, blocks: readonly Block[]) => readonly string[];

export class AppliedTable<Block> implements ServicePortTable<Block> {
  readonly #services: ServiceView;
  readonly #slices: EndpointSliceView;
  readonly #profile: NodeProfile;
  readonly #cache: BlockCache<Block>;
  readonly #policy: CommentPolicy;
  readonly #lister: Lister<Block>;
  readonly #blocks = new Map<ServicePort, Block>();

  constructor(
    services: ServiceView,
    slices: EndpointSliceView,
    profile: NodeProfile,
    cache: BlockCache<Block>,
    policy: CommentPolicy,
    lister: Lister<Block>,
  ) {
    this.#lister = lister;
    this.#services = services;
    this.#slices = slices;
    this.#profile = profile;
    this.#cache = cache;
    this.#policy = policy;
  }

  /** The block of one service port. */
  block(port: ServicePort): Block {
    let block = this.#blocks.get(port);
    if (block === undefined) {
      const comments = this.#policy.comments !== this.#policy.exceptions.has(port.serviceName);
      block = this.#cache.get(port, this.#slices.endpoints(port), this.#profile, comments);
      this.#blocks.set(port, block);
    }
    return block;
  }

  byDestination(ip: string, protocol: Protocol, port: number): readonly Block[] {
    return this.#services.byAddress(ip, protocol, port).map((match) => this.block(match));
  }

  byNodePort(protocol: Protocol, port: number): readonly Block[] {
    return this.#services.byNodePort(protocol, port).map((match) => this.block(match));
  }

  hasClusterIP(ip: string): boolean {
    return this.#services.hasClusterIP(ip);
  }

  acceptsExternal(ip: string, protocol: Protocol, port: number): boolean {
    return this.#services.byAddress(ip, protocol, port).some((match) => match.clusterIP !== ip && this.#takesExternal(match));
  }

  #takesExternal(port: ServicePort): boolean {
    return !port.externalPolicyLocal || this.#localReadyIPs(port).length > 0;
  }

  #localReadyIPs(port: ServicePort): string[] {
    const { hostname } = this.#profile;
    const endpoints = endpointsOnNode(this.#slices.endpoints(port), hostname);
    return endpoints
      .filter((endpoint) => endpoint.ready && endpoint.nodeName === hostname)
      .map((endpoint) => endpoint.ip);
  }

  healthCheck(port: number): number | undefined {
    const ports = this.#services.byHealthCheck(port);
    if (ports.length === 0) return undefined;
    const ips = new Set<string>();
    for (const match of ports) {
      for (const ip of this.#localReadyIPs(match)) ips.add(ip);
    }
    return ips.size;
  }

  /** For logs that keep messages. */
  toJSON(): WrittenTable<Block> {
    const ports = this.#services.all();
    const health = new Set(ports.map(({ healthCheckNodePort }) => healthCheckNodePort).filter((port) => port !== 0));
    return {
      ports: ports.map((port) => ({
        ips: [...new Set([port.clusterIP, ...port.externalIPs, ...port.loadBalancerVIPs])],
        clusterIP: port.clusterIP,
        protocol: port.protocol,
        port: port.port,
        nodePort: port.nodePort,
        takesExternal: this.#takesExternal(port),
        block: this.block(port),
      })),
      health: Object.fromEntries([...health].map((port) => [String(port), this.healthCheck(port) ?? 0])),
      listing: this.listing(),
    };
  }

  listing(): readonly string[] {
    return this.#lister(this.#profile, this.all());
  }

  all(): readonly Block[] {
    return this.#services.all().map((port) => this.block(port));
  }
}
