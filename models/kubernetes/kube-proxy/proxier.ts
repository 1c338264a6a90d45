/**
 * One proxier: one address family on one node. Tracks changes, and turns them into rules when told to sync.
 *
 * It is a pure state machine without timers; the process around it (proxy.ts) decides when to sync. `current*` is what has
 * been received, `applied*` what the node's rules were made from; between the two, changes coalesce.
 * Upstream: pkg/proxy/iptables/proxier.go, servicechangetracker.go, endpointschangetracker.go.
 */
import type { NetRules } from '../api/net.ts';
import type { EndpointSlice, Service } from '../object/types.ts';
import { affinityList } from './affinity-list.ts';
import type { BlockCache } from './block-cache.ts';
import { categoriesOn } from './block-cache.ts';
import type { NodeProfile } from './config.ts';
import { endpointsOnNode, serviceOfSlice } from './endpoint-slice-cache.ts';
import { EndpointSliceView } from './endpoint-slice-view.ts';
import { sameServicePorts } from './service-port.ts';
import type { ServicePort } from './service-port.ts';
import { AppliedTable } from './service-port-table.ts';
import type { CommentPolicy, Lister } from './service-port-table.ts';
import { ServiceView } from './service-view.ts';

/** More endpoints than this make a cluster "large": chains lose their comments (largeClusterEndpointsThreshold). */
const LARGE_CLUSTER_ENDPOINTS = 1000;

/** What all proxiers of one family in a cluster share. */
export class SharedViews {
  readonly services: ServiceView;
  readonly slices: EndpointSliceView;
  readonly #totals = new WeakMap<ServiceView, WeakMap<EndpointSliceView, number>>();

  constructor(family: 'IPv4' | 'IPv6') {
    this.services = ServiceView.empty(family);
    this.slices = EndpointSliceView.empty(family);
  }

  /** Number of endpoints over all service ports, ready or not. */
  total(services: ServiceView, slices: EndpointSliceView, count: () => number): number {
    let ofServices = this.#totals.get(services);
    if (ofServices === undefined) this.#totals.set(services, (ofServices = new WeakMap()));
    let total = ofServices.get(slices);
    if (total === undefined) ofServices.set(slices, (total = count()));
    return total;
  }
}

/** What one sync did. */
export interface SyncResult {
  readonly full: boolean;
  /** `namespace/name` of Services whose ports or endpoints changed since the last sync, sorted. */
  readonly updated: readonly string[];
  readonly staleUDP: NonNullable<NetRules['staleUDP']>;
  /** Affinity lists of endpoints that are gone. */
  readonly removedAffinity: readonly string[];
}

function endpointCount(services: ServiceView, slices: EndpointSliceView, names?: Iterable<string>): number {
  let count = 0;
  const add = (port: ServicePort): void => {
    count += slices.endpoints(port).endpoints.length;
  };
  if (names === undefined) services.all().forEach(add);
  else for (const name of names) services.ports(name).forEach(add);
  return count;
}

export class Proxier<Block> {
  readonly shared: SharedViews;
  readonly cache: BlockCache<Block>;
  profile: NodeProfile;
  services: ServiceView;
  slices: EndpointSliceView;
  table: AppliedTable<Block>;
  isLarge = false;
  #appliedServices: ServiceView;
  #appliedSlices: EndpointSliceView;
  #totalEndpoints = 0;
  #policy: CommentPolicy = { comments: true, exceptions: new Set() };
  #needsFull = true;
  /** Pending Services with the ports they had at the last sync. */
  readonly #pendingServices = new Map<string, readonly ServicePort[]>();
  /** Names of Services with pending slice changes. */
  readonly #pendingEndpoints = new Set<string>();

  readonly #lister: Lister<Block>;

  constructor(shared: SharedViews, cache: BlockCache<Block>, profile: NodeProfile, lister: Lister<Block> = () => []) {
    this.#lister = lister;
    this.shared = shared;
    this.cache = cache;
    this.profile = profile;
    this.services = this.#appliedServices = shared.services;
    this.slices = this.#appliedSlices = shared.slices;
    this.table = new AppliedTable(this.services, this.slices, profile, cache, this.#policy, lister);
  }

  /** A Service was added, changed or (undefined) deleted. Returns whether a sync is needed. */
  onService(name: string, service: Service | undefined): boolean {
    const before = this.services.ports(name);
    this.services = this.services.with(name, service);
    const after = this.services.ports(name);
    if (!this.#pendingServices.has(name)) this.#pendingServices.set(name, before);
    if (sameServicePorts(this.#pendingServices.get(name) ?? [], after)) this.#pendingServices.delete(name);
    return this.#pendingServices.size > 0;
  }

  /** An EndpointSlice was added, changed or (undefined) deleted. Returns whether a sync is needed. */
  onEndpointSlice(key: string, slice: EndpointSlice | undefined): boolean {
    const before = this.slices.slice(key);
    const after = this.slices.with(key, slice);
    if (after === this.slices) return false;
    this.slices = after;
    for (const version of [before, slice]) {
      const service = version === undefined ? undefined : serviceOfSlice(version);
      if (service !== undefined) this.#pendingEndpoints.add(service);
    }
    return true;
  }

  /** The own Node's labels or addresses changed: everything is rewritten at the next sync. */
  onNode(profile: NodeProfile): void {
    this.profile = profile;
    this.#needsFull = true;
  }

  /** The next sync rewrites everything (a failed sync, flushed tables). */
  requireFullSync(): void {
    this.#needsFull = true;
  }

  /** Makes the rules of what has been received. */
  sync(): SyncResult {
    const full = this.#needsFull;
    const names = new Set([...this.#pendingServices.keys(), ...this.#pendingEndpoints]);
    this.#countEndpoints(names);
    this.#updatePolicy(full, names);
    const staleUDP = this.#staleUDP();
    const removedAffinity = this.#removedAffinity(names);
    this.#pendingServices.clear();
    this.#pendingEndpoints.clear();
    this.#needsFull = false;
    this.#appliedServices = this.services;
    this.#appliedSlices = this.slices;
    this.table = new AppliedTable(this.services, this.slices, this.profile, this.cache, this.#policy, this.#lister);
    return { full, updated: [...names].sort(), staleUDP, removedAffinity };
  }

  #countEndpoints(names: ReadonlySet<string>): void {
    const isFirst = this.#appliedServices === this.shared.services && this.#appliedSlices === this.shared.slices;
    this.#totalEndpoints = this.shared.total(this.services, this.slices, () => {
      if (isFirst) return endpointCount(this.services, this.slices);
      const before = endpointCount(this.#appliedServices, this.#appliedSlices, names);
      return this.#totalEndpoints - before + endpointCount(this.services, this.slices, names);
    });
    this.isLarge = this.#totalEndpoints > LARGE_CLUSTER_ENDPOINTS;
  }

  #updatePolicy(full: boolean, names: ReadonlySet<string>): void {
    const comments = !this.isLarge;
    if (full) {
      this.#policy = { comments, exceptions: new Set() };
      return;
    }
    const { exceptions } = this.#policy;
    const differs = comments !== this.#policy.comments;
    if (!differs && exceptions.size === 0) return;
    const next = new Set(exceptions);
    for (const name of names) {
      if (differs) next.add(name);
      else next.delete(name);
    }
    this.#policy = { comments: this.#policy.comments, exceptions: next };
  }

  /** Lists of source addresses that belong to endpoints which changed Services no longer have. */
  #removedAffinity(names: ReadonlySet<string>): string[] {
    const removed: string[] = [];
    for (const name of names) {
      const kept = new Set<string>();
      for (const port of this.services.ports(name)) {
        if (port.affinitySeconds === undefined) continue;
        for (const { endpoint } of this.slices.endpoints(port).endpoints)
          kept.add(affinityList(port, endpoint, this.profile));
      }
      for (const port of this.#appliedServices.ports(name)) {
        if (port.affinitySeconds === undefined) continue;
        for (const { endpoint } of this.#appliedSlices.endpoints(port).endpoints) {
          const list = affinityList(port, endpoint, this.profile);
          if (!kept.has(list)) removed.push(list);
        }
      }
    }
    return removed;
  }

  /** Conntrack cleanup: only when slices of a Service with a UDP port changed, then for all UDP service ports. */
  #staleUDP(): NonNullable<NetRules['staleUDP']> {
    const isUDP = (port: ServicePort): boolean => port.protocol === 'UDP';
    let touched = false;
    for (const name of this.#pendingEndpoints) touched ||= this.services.ports(name).some(isUDP);
    if (!touched) return [];
    const stale: { ip?: string; port: number; serving: readonly string[] }[] = [];
    for (const port of this.services.udpPorts()) {
      const endpoints = endpointsOnNode(this.slices.endpoints(port), this.profile.hostname);
      const serving = endpoints.filter((endpoint) => endpoint.serving).map((endpoint) => endpoint.ip);
      if (serving.length === 0) continue;
      for (const ip of [port.clusterIP, ...port.loadBalancerVIPs, ...port.externalIPs]) {
        stale.push({ ip, port: port.port, serving });
      }
      if (port.nodePort !== 0) stale.push({ port: port.nodePort, serving });
    }
    return stale;
  }

  /** How a service port's endpoints are used here, by what has been received. */
  categories(port: ServicePort): ReturnType<typeof categoriesOn> {
    return categoriesOn(port, this.slices.endpoints(port), this.profile);
  }
}
