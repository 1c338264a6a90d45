/**
 * kube-proxy: the process on each node that keeps the kernel's rules in step with Services and EndpointSlices.
 *
 * Two proxiers, one per address family, receive every change; each syncs through its own frequency limit. Nothing is
 * written before both caches have synced once. The caches are the shared versions themselves: a node adds two references
 * to what the cluster holds already.
 * Upstream: cmd/kube-proxy/app/server.go (Run), pkg/proxy/config/config.go, pkg/proxy/metaproxier.
 */
import type { ActorSpec } from '../../../src/index.ts';
import type { HttpResponse, NetListen, NetRequest, NetResponse, NetRules } from '../api/net.ts';
import type { GroupVersionResource } from '../api/message.ts';
import { serviceAccountUser } from '../api/service-account.ts';
import { Client } from '../client/client.ts';
import { DeltaFifo } from '../client/delta-fifo.ts';
import { EventSeriesRecorder } from '../client/event-series-recorder.ts';
import { processBehavior } from '../client/process.ts';
import type { Process, Task } from '../client/process.ts';
import { Reflector } from '../client/reflector.ts';
import { ENDPOINT_SLICES, NODES, SERVICES } from '../client/resources.ts';
import { Indexer } from '../client/store.ts';
import type { IPFamily } from '../object/ip.ts';
import { rfc3339Nano } from '../object/time.ts';
import type { EndpointSlice, KubeObject, Node, Service } from '../object/types.ts';
import type { BlockCache } from './block-cache.ts';
import { BoundedFrequencyRunner } from './bounded-frequency-runner.ts';
import { nodeProfile } from './config.ts';
import type { KubeProxyConfiguration, NodeFacts } from './config.ts';
import { blockCache, listRules, nodeRules } from './node-rules.ts';
import type { AnyBlock } from './node-rules.ts';
import { Proxier, SharedViews } from './proxier.ts';

const SECOND = 1_000_000;
const FAMILIES: readonly IPFamily[] = ['IPv4', 'IPv6'];
/** server.go: only Services and slices that are for the default proxy and not headless. */
const LABEL_SELECTOR = '!service.kubernetes.io/service-proxy-name,!service.kubernetes.io/headless';
/** burstSyncs in every proxier. */
const BURST = 2;
/** pkg/cluster/ports: ProxyHealthzPort. */
const HEALTHZ_PORT = 10256;
/** v1alpha1 defaults: clientConnection qps 5, burst 10. */
const QPS = 5;
const CLIENT_BURST = 10;
/** utilnode.GetNodeHostIPs: tries and first delay. */
const NODE_TRIES = 6;
/** healthcheck.ToBeDeletedTaint: the cluster autoscaler's mark. */
const TO_BE_DELETED_TAINT = 'ToBeDeletedByClusterAutoscaler';

/** What all kube-proxies of a cluster share: derived data, nothing that one could tell from each having its own. */
export class KubeProxyShared {
  readonly views: Readonly<Record<IPFamily, SharedViews>>;
  readonly cache: BlockCache<AnyBlock>;
  readonly config: KubeProxyConfiguration;

  constructor(config: KubeProxyConfiguration) {
    this.config = config;
    this.views = { IPv4: new SharedViews('IPv4'), IPv6: new SharedViews('IPv6') };
    this.cache = blockCache(config.mode === undefined || config.mode === '' ? 'iptables' : config.mode);
  }
}

export interface KubeProxyOptions {
  readonly node: string;
  readonly servers: readonly string[];
  /** Wall time at the run's start, ms. */
  readonly epoch: number;
  readonly shared: KubeProxyShared;
  /** Families to proxy; default both. */
  readonly families?: readonly IPFamily[];
  /**
   * How long writing the rules takes, in µs (uniform); default no time. A real iptables-restore of a small cluster takes
   * some tens of milliseconds.
   */
  readonly syncTime?: { readonly min: number; readonly max: number };
  /** Actor id of the network; default `network`. */
  readonly network?: string;
}

/** A cache that is a version of the shared views. */
class ViewStore<T extends KubeObject> extends Indexer<T> {
  readonly #get: (key: string) => T | undefined;
  readonly #keys: () => string[];

  constructor(get: (key: string) => T | undefined, keys: () => string[]) {
    super();
    this.#get = get;
    this.#keys = keys;
  }

  override get(key: string): T | undefined {
    return this.#get(key);
  }

  override keys(): IterableIterator<string> {
    return this.#keys().values();
  }
}

/** `30s`, `1m`, `500ms` as µs; undefined when absent. */
function parseDuration(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const units: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: SECOND, m: 60 * SECOND, h: 3600 * SECOND };
  let total = 0;
  for (const [, value, unit] of text.matchAll(/([0-9.]+)(us|ms|s|m|h)/g))
    total += Number(value) * (units[unit as string] as number);
  return Math.round(total);
}

function minSyncPeriod(config: KubeProxyConfiguration): number {
  if (config.mode === 'ipvs') return parseDuration(config.ipvs?.minSyncPeriod) ?? 0;
  const settings = config.mode === 'nftables' ? config.nftables : config.iptables;
  return parseDuration(settings?.minSyncPeriod) ?? SECOND;
}

function factsOf(name: string, node: Node | undefined): NodeFacts {
  const addresses = (node?.status?.addresses ?? [])
    .filter((address) => address.type === 'InternalIP')
    .map((a) => a.address);
  return {
    name,
    labels: node?.metadata.labels ?? {},
    podCIDRs: node?.spec.podCIDRs ?? (node?.spec.podCIDR === undefined ? [] : [node.spec.podCIDR]),
    addresses,
  };
}

function sameLabels(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
}

/** One kube-proxy process. */
class KubeProxy {
  readonly #process: Process;
  readonly #options: KubeProxyOptions;
  readonly #client: Client;
  readonly #proxiers = new Map<IPFamily, Proxier<AnyBlock>>();
  readonly #runners = new Map<IPFamily, BoundedFrequencyRunner>();
  readonly #services: DeltaFifo<Service>;
  readonly #slices: DeltaFifo<EndpointSlice>;
  readonly #healthPorts = new Map<number, string>();
  #facts: NodeFacts;
  #isEligible = true;
  #isInitialized = false;

  constructor(process: Process, options: KubeProxyOptions) {
    this.#process = process;
    this.#options = options;
    this.#facts = factsOf(options.node, undefined);
    const user = serviceAccountUser('kube-system', 'kube-proxy');
    const userAgent = 'kube-proxy/v1.32.0 (linux/amd64) kubernetes';
    this.#client = new Client(process, { servers: options.servers, user, userAgent, qps: QPS, burst: CLIENT_BURST });
    const first = (): Proxier<AnyBlock> => this.#proxiers.values().next().value as Proxier<AnyBlock>;
    this.#services = new DeltaFifo(
      new ViewStore<Service>(
        (key) => first().services.service(key),
        () => first().services.keys(),
      ),
    );
    const ofAny = (key: string): EndpointSlice | undefined => {
      for (const proxier of this.#proxiers.values()) {
        const slice = proxier.slices.slice(key);
        if (slice !== undefined) return slice;
      }
      return undefined;
    };
    const allKeys = (): string[] => [...this.#proxiers.values()].flatMap((proxier) => proxier.slices.keys());
    this.#slices = new DeltaFifo(new ViewStore<EndpointSlice>(ofAny, allKeys));
  }

  *run(): Task {
    const node = yield* this.#ownNode();
    this.#facts = factsOf(this.#options.node, node);
    const { shared, families = FAMILIES, epoch } = this.#options;
    for (const family of families) {
      const profile = nodeProfile(shared.config, this.#facts, family);
      const proxier = new Proxier(shared.views[family], shared.cache, profile, listRules);
      this.#proxiers.set(family, proxier);
      const limit = { minInterval: minSyncPeriod(shared.config), burst: BURST };
      this.#runners.set(
        family,
        new BoundedFrequencyRunner(this.#process, 'sync-runner', () => this.#sync(family), limit),
      );
    }
    if (node !== undefined) {
      const instance = `kube-proxy-${this.#options.node}`;
      const recorder = new EventSeriesRecorder(this.#process, this.#client, {
        controller: 'kube-proxy',
        instance,
        epoch,
      });
      const reference = {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { ...node.metadata, uid: node.metadata.name, resourceVersion: '' },
      };
      recorder.event(reference, undefined, 'Normal', 'Starting', 'StartKubeProxy', '');
    }
    this.#listen(HEALTHZ_PORT, 'healthz', true);
    this.#watch(SERVICES, this.#services, () => this.#drainServices(), {
      labelSelector: LABEL_SELECTOR,
      fieldSelector: 'spec.clusterIP!=None',
    });
    this.#watch(ENDPOINT_SLICES, this.#slices, () => this.#drainSlices(), { labelSelector: LABEL_SELECTOR });
    const nodes = new Indexer<Node>();
    const fifo = new DeltaFifo<Node>(nodes);
    this.#watch(NODES, fifo, () => this.#drainNode(fifo, nodes), {
      fieldSelector: `metadata.name=${this.#options.node}`,
    });
  }

  #watch<T extends KubeObject>(
    resource: GroupVersionResource,
    fifo: DeltaFifo<T>,
    drain: () => void,
    selectors: { labelSelector?: string; fieldSelector?: string },
  ): void {
    const reflector = new Reflector<T>(this.#process, this.#client, { resource, ...selectors }, fifo, drain);
    this.#process.go(reflector.run());
  }

  /** The own Node, tried six times with growing delays; undefined when it cannot be had. */
  *#ownNode(): Task<Node | undefined> {
    let delay = SECOND;
    for (let tries = 0; tries < NODE_TRIES; tries++) {
      const result = yield* this.#client.get<Node>(NODES, undefined, this.#options.node);
      if (result.ok && (result.object.status?.addresses ?? []).length > 0) return result.object;
      yield* this.#process.sleep('node', delay + this.#process.choose('node.jitter', Math.floor(delay / 5)));
      delay *= 2;
    }
    return undefined;
  }

  #drainServices(): void {
    for (let popped = this.#services.pop(); popped !== undefined; popped = this.#services.pop()) {
      for (const { type, object } of popped.deltas) {
        const current = type === 'Deleted' ? undefined : object;
        for (const [family, proxier] of this.#proxiers) {
          if (proxier.onService(popped.key, current) && this.#isInitialized) this.#runners.get(family)?.request();
        }
      }
    }
    this.#initialize();
  }

  #drainSlices(): void {
    for (let popped = this.#slices.pop(); popped !== undefined; popped = this.#slices.pop()) {
      for (const { type, object } of popped.deltas) {
        const family = object.addressType as IPFamily;
        const changed = this.#proxiers
          .get(family)
          ?.onEndpointSlice(popped.key, type === 'Deleted' ? undefined : object);
        if (changed === true && this.#isInitialized) this.#runners.get(family)?.request();
      }
    }
    this.#initialize();
  }

  /** The first rules are written when both caches are complete, outside of the frequency limit. */
  #initialize(): void {
    if (this.#isInitialized || !this.#services.hasSynced || !this.#slices.hasSynced) return;
    this.#isInitialized = true;
    for (const runner of this.#runners.values()) runner.runNow();
  }

  #drainNode(fifo: DeltaFifo<Node>, store: Indexer<Node>): void {
    for (let popped = fifo.pop(); popped !== undefined; popped = fifo.pop()) {
      for (const { type, object } of popped.deltas) {
        if (object.metadata.name !== this.#options.node) continue;
        if (type === 'Deleted') store.delete(popped.key);
        else store.put(object);
        this.#onNode(type === 'Deleted' ? undefined : object);
      }
    }
  }

  #onNode(node: Node | undefined): void {
    const isMarked = (node?.spec.taints ?? []).some((taint) => taint.key === TO_BE_DELETED_TAINT);
    if (node !== undefined) this.#isEligible = node.metadata.deletionTimestamp === undefined && !isMarked;
    const labels = node?.metadata.labels ?? {};
    if (sameLabels(labels, this.#facts.labels ?? {})) return;
    this.#facts = { ...this.#facts, labels };
    for (const [family, proxier] of this.#proxiers) {
      proxier.onNode(nodeProfile(this.#options.shared.config, this.#facts, family));
      if (this.#isInitialized) this.#runners.get(family)?.request();
    }
  }

  /** Makes the rules of what has been received so far; the kernel has them when the time that it takes is over. */
  #sync(family: IPFamily): number {
    const proxier = this.#proxiers.get(family) as Proxier<AnyBlock>;
    const { full, updated, staleUDP, removedAffinity } = proxier.sync();
    const message: NetRules = {
      kind: 'net.rules',
      node: this.#options.node,
      rules: nodeRules(proxier.profile, proxier.table),
      ...(staleUDP.length > 0 ? { staleUDP } : {}),
      ...(removedAffinity.length > 0 ? { removedAffinity } : {}),
    };
    const { min, max } = this.#options.syncTime ?? { min: 0, max: 0 };
    const duration = max <= min ? min : min + this.#process.choose('sync-time', max - min + 1);
    const apply = (): void => {
      this.#process.send(this.#options.network ?? 'network', message);
      this.#updateHealthPorts(proxier, full, updated);
      if (this.#process.recording) this.#process.record('kube-proxy.sync', { family, full, updated });
    };
    if (duration === 0) apply();
    else this.#process.after('sync', duration, apply);
    return duration;
  }

  /** Opens and closes the listeners of healthCheckNodePorts. */
  #updateHealthPorts(proxier: Proxier<AnyBlock>, full: boolean, updated: readonly string[]): void {
    const names = full ? new Set(proxier.services.all().map((port) => port.serviceName)) : new Set(updated);
    for (const [port, name] of this.#healthPorts) {
      const isWanted = proxier.services.ports(name).some((candidate) => candidate.healthCheckNodePort === port);
      if (isWanted || !names.has(name)) continue;
      this.#healthPorts.delete(port);
      this.#listen(port, 'health', false);
    }
    for (const name of names) {
      const port = proxier.services.ports(name)[0]?.healthCheckNodePort ?? 0;
      if (port === 0 || this.#healthPorts.has(port)) continue;
      this.#healthPorts.set(port, name);
      this.#listen(port, 'health', true);
    }
  }

  #listen(port: number, tag: string, on: boolean): void {
    const owner = this.#process.self;
    const message: NetListen = {
      kind: 'net.listen',
      ip: '',
      node: this.#options.node,
      port,
      protocol: 'TCP',
      owner,
      tag,
      on,
    };
    this.#process.send(this.#options.network ?? 'network', message);
  }

  /** Answers health checks. */
  answer(request: NetRequest): void {
    const response = request.tag === 'healthz' ? this.#healthz(request) : this.#serviceHealth(request.port);
    const message: NetResponse = { kind: 'net.response', id: request.id, response: { ...response } };
    this.#process.send(this.#options.network ?? 'network', message);
  }

  #healthz(request: NetRequest): HttpResponse {
    const path = (request.request as { path?: string } | null)?.path ?? '/healthz';
    const now = rfc3339Nano(this.#options.epoch, this.#process.now);
    if (path !== '/healthz' && path !== '/livez') return { status: 404, body: '404 page not found\n' };
    const isLive = path === '/livez';
    const body = `{"lastUpdated": "${now}","currentTime": "${now}"${isLive ? '' : `, "nodeEligible": ${this.#isEligible}`}}`;
    const headers = { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' };
    return { status: isLive || this.#isEligible ? 200 : 503, headers, body };
  }

  #serviceHealth(port: number): HttpResponse {
    const [namespace, name] = (this.#healthPorts.get(port) ?? '/').split('/') as [string, string];
    let endpoints = 0;
    for (const proxier of this.#proxiers.values()) endpoints += proxier.table.healthCheck(port) ?? 0;
    const lines = [
      '{',
      '\t"service": {',
      `\t\t"namespace": "${namespace}",`,
      `\t\t"name": "${name}"`,
      '\t},',
      `\t"localEndpoints": ${endpoints},`,
      '\t"serviceProxyHealthy": true',
      '}',
    ];
    return {
      status: endpoints > 0 ? 200 : 503,
      headers: {
        'Content-Type': 'application/json',
        'X-Content-Type-Options': 'nosniff',
        'X-Load-Balancing-Endpoint-Weight': String(endpoints),
      },
      body: lines.join('\n'),
    };
  }
}

/** The actor `kube-proxy/<node>`. */
export function kubeProxy(options: KubeProxyOptions): ActorSpec {
  return {
    id: `kube-proxy/${options.node}`,
    type: 'kube-proxy',
    behavior: processBehavior((process) => {
      const proxy = new KubeProxy(process, options);
      process.on<NetRequest>('net.request', (request) => proxy.answer(request));
      process.go(proxy.run());
    }),
  };
}
