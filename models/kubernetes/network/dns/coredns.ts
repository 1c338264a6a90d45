/**
 * The actor `coredns`: watches the API, answers questions on port 53 and keeps answers about names outside of the cluster for up to 30 seconds.
 *
 * It has the cluster DNS address itself, as if a Service with one endpoint stood before it; where a real `kube-dns`
 * Service with other endpoints exists, its rules come first. Until its caches have synced it answers SERVFAIL.
 * Upstream: kubeadm's Corefile (cmd/kubeadm/app/phases/addons/dns/manifests.go), coredns/coredns plugin/{kubernetes,cache,loadbalance}.
 */
import type { ActorSpec, Json } from '../../../../src/index.ts';
import { shuffled } from '../../../../src/random/shuffle.ts';
import { DNS_PORT } from '../../api/dns.ts';
import type { DnsAnswer, DnsQuestion, DnsRecord } from '../../api/dns.ts';
import type { NetEndpoint, NetListen, NetRequest, NetResponse } from '../../api/net.ts';
import { serviceAccountUser } from '../../api/service-account.ts';
import { Client } from '../../client/client.ts';
import { processBehavior } from '../../client/process.ts';
import type { Process } from '../../client/process.ts';
import { ENDPOINT_SLICES, NAMESPACES, SERVICES } from '../../client/resources.ts';
import { SharedInformerFactory } from '../../client/shared-informer.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import type { EndpointSlice, Namespace, Service } from '../../object/types.ts';
import { DEFAULT_ZONE, Zone } from './zone.ts';
import type { ZoneOptions, ZoneWorld } from './zone.ts';

/** Corefile: `cache 30 { disable success cluster.local; disable denial cluster.local }`: the cluster's own names are always asked for. */
const CACHE_SECONDS = 30;
/** plugin/cache: defaultCap. */
const CACHE_SIZE = 9984;

export interface CoreDnsOptions {
  readonly servers: readonly string[];
  readonly epoch: number;
  /** The address that pods use; kubeadm's default is the tenth of the Service range. */
  readonly ip: string;
  readonly zone?: ZoneOptions;
  /** Names outside of the cluster with their addresses; others do not exist. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
}

interface Cached {
  readonly answer: DnsAnswer;
  readonly storedAt: number;
}

const SERVICE_INDEX = 'service';
const IP_INDEX = 'ip';

/** The zone's world, from caches. */
class CachedWorld implements ZoneWorld {
  readonly #services: SharedInformer<Service>;
  readonly #slices: SharedInformer<EndpointSlice>;
  readonly #namespaces: SharedInformer<Namespace>;
  readonly #hosts: Readonly<Record<string, readonly string[]>>;

  constructor(factory: SharedInformerFactory, hosts: Readonly<Record<string, readonly string[]>>) {
    this.#hosts = hosts;
    this.#services = factory.informer<Service>(SERVICES);
    this.#slices = factory.informer<EndpointSlice>(ENDPOINT_SLICES);
    this.#namespaces = factory.informer<Namespace>(NAMESPACES);
    this.#services.addIndexers({ [IP_INDEX]: (service) => service.spec.clusterIPs ?? [] });
    this.#slices.addIndexers({
      [SERVICE_INDEX]: (slice) => {
        const name = slice.metadata.labels?.['kubernetes.io/service-name'];
        return name === undefined ? [] : [`${slice.metadata.namespace ?? ''}/${name}`];
      },
      [IP_INDEX]: (slice) => [
        ...new Set((slice.endpoints ?? []).filter((e) => e.conditions?.ready !== false).flatMap((e) => e.addresses)),
      ],
    });
  }

  service(namespace: string, name: string): Service | undefined {
    return this.#services.indexer.get(`${namespace}/${name}`);
  }

  slices(namespace: string, name: string): readonly EndpointSlice[] {
    const slices = this.#slices.indexer.byIndex(SERVICE_INDEX, `${namespace}/${name}`);
    return slices.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0));
  }

  hasNamespace(name: string): boolean {
    return this.#namespaces.indexer.get(name) !== undefined;
  }

  servicesByIP(ip: string): readonly Service[] {
    return this.#services.indexer.byIndex(IP_INDEX, ip);
  }

  slicesByIP(ip: string): readonly EndpointSlice[] {
    return this.#slices.indexer.byIndex(IP_INDEX, ip);
  }

  /** Asked for with verified pod records only; without a pod cache no address is known. */
  hasPod(): boolean {
    return false;
  }

  upstream({ name, type }: DnsQuestion): DnsAnswer {
    const ips = this.#hosts[name];
    const answers: DnsRecord[] = (ips ?? [])
      .filter((ip) => (type === 'AAAA') === ip.includes(':'))
      .map((ip) => ({ name, type, ttl: CACHE_SECONDS, data: ip }));
    return { code: ips === undefined ? 'NXDOMAIN' : 'NOERROR', answers, additional: [], authority: [] };
  }
}

class CoreDns {
  readonly #process: Process;
  readonly #zone: Zone;
  readonly #domain: string;
  readonly #factory: SharedInformerFactory;
  readonly #cache = new Map<string, Cached>();

  constructor(process: Process, options: CoreDnsOptions) {
    this.#process = process;
    const user = serviceAccountUser('kube-system', 'coredns');
    const client = new Client(process, { servers: options.servers, user, userAgent: 'CoreDNS/1.11.3' });
    this.#factory = new SharedInformerFactory(process, client);
    this.#domain = (options.zone ?? DEFAULT_ZONE).domain;
    this.#zone = new Zone(new CachedWorld(this.#factory, options.hosts ?? {}), options.zone ?? DEFAULT_ZONE);
    this.#factory.start();
    const owner = process.self;
    const endpoint: NetEndpoint = { kind: 'net.endpoint', node: '', ip: options.ip, up: true, owner };
    process.send('network', endpoint);
    for (const protocol of ['UDP', 'TCP'] as const) {
      const listen: NetListen = {
        kind: 'net.listen',
        ip: options.ip,
        port: DNS_PORT,
        protocol,
        owner,
        tag: 'dns',
        on: true,
      };
      process.send('network', listen);
    }
  }

  answer(request: NetRequest): void {
    const question = request.request as unknown as DnsQuestion;
    const response = this.#lookup({ name: question.name.toLowerCase().replace(/\.$/, ''), type: question.type });
    const message: NetResponse = { kind: 'net.response', id: request.id, response: response as unknown as Json };
    this.#process.send('network', message);
  }

  #lookup(question: DnsQuestion): DnsAnswer {
    if (!this.#factory.hasSynced()) return { code: 'SERVFAIL', answers: [], additional: [], authority: [] };
    if (question.name === this.#domain || question.name.endsWith(`.${this.#domain}`)) return this.#shuffled(this.#zone.answer(question));
    const key = `${question.type} ${question.name}`;
    const now = this.#process.now;
    const cached = this.#cache.get(key);
    if (cached !== undefined && now - cached.storedAt < lifetime(cached.answer) * 1_000_000) {
      return this.#shuffled(aged(cached.answer, Math.floor((now - cached.storedAt) / 1_000_000)));
    }
    const answer = this.#zone.answer(question);
    if (this.#cache.size >= CACHE_SIZE) this.#cache.delete(this.#cache.keys().next().value as string);
    this.#cache.delete(key);
    this.#cache.set(key, { answer, storedAt: now });
    return this.#shuffled(answer);
  }

  /** plugin/loadbalance: addresses in random order. */
  #shuffled(answer: DnsAnswer): DnsAnswer {
    const addresses = answer.answers.filter((record) => record.type === 'A' || record.type === 'AAAA');
    if (addresses.length < 2) return answer;
    const others = answer.answers.filter((record) => record.type !== 'A' && record.type !== 'AAAA');
    return { ...answer, answers: [...others, ...shuffled(addresses, (n) => this.#process.choose('loadbalance', n))] };
  }
}

/** How long an answer may be kept, in seconds: its smallest TTL, at most 30. */
function lifetime(answer: DnsAnswer): number {
  let seconds = CACHE_SECONDS;
  for (const record of [...answer.answers, ...answer.authority]) seconds = Math.min(seconds, record.ttl);
  return seconds;
}

/** The answer as it is given some seconds later. */
function aged(answer: DnsAnswer, seconds: number): DnsAnswer {
  if (seconds === 0) return answer;
  const older = (records: readonly DnsRecord[]): DnsRecord[] => {
    return records.map((record) => ({ ...record, ttl: Math.max(0, record.ttl - seconds) }));
  };
  return {
    code: answer.code,
    answers: older(answer.answers),
    additional: older(answer.additional),
    authority: older(answer.authority),
  };
}

/** The cluster's DNS server. */
export function coreDns(options: CoreDnsOptions): ActorSpec {
  return {
    id: 'coredns',
    type: 'coredns',
    behavior: processBehavior((process) => {
      const server = new CoreDns(process, options);
      process.on<NetRequest>('net.request', (request) => server.answer(request));
    }),
  };
}
