/**
 * The cluster's DNS zone: an answer to a question, as a pure function of Services, EndpointSlices, Pods and Namespaces.
 *
 * Whether a name does not exist (NXDOMAIN) or exists without such a record (an empty answer) matters to resolvers: the
 * first makes them go on searching, the second may not.
 * Upstream: kubernetes/dns docs/specification.md 1.1.0; coredns/coredns plugin/kubernetes (kubernetes.go, parse.go) and
 * plugin/backend_lookup.go, v1.11.3.
 */
import type { DnsAnswer, DnsCode, DnsQuestion, DnsRecord, DnsType } from '../../api/dns.ts';
import { canonicalIP, ipFamilyOf, parseIP } from '../../object/ip.ts';
import type { EndpointSlice, Service } from '../../object/types.ts';

/** What the zone is made of. */
export interface ZoneWorld {
  service(namespace: string, name: string): Service | undefined;
  /** Slices of a Service, sorted by name. */
  slices(namespace: string, name: string): readonly EndpointSlice[];
  hasNamespace(name: string): boolean;
  /** Services with this cluster IP. */
  servicesByIP(ip: string): readonly Service[];
  /** Slices that have a ready endpoint with this address. */
  slicesByIP(ip: string): readonly EndpointSlice[];
  /** Whether a pod in the namespace has this address (only asked with `pods: 'verified'`). */
  hasPod(namespace: string, ip: string): boolean;
  /** What a server outside of the cluster answers. */
  upstream(question: DnsQuestion): DnsAnswer;
}

export interface ZoneOptions {
  /** Default `cluster.local`. */
  readonly domain: string;
  /** Seconds; kubeadm's Corefile says 30, the plugin's default is 5. */
  readonly ttl: number;
  /** kubeadm's Corefile says `insecure`. */
  readonly pods: 'disabled' | 'insecure' | 'verified';
}

export const DEFAULT_ZONE: ZoneOptions = { domain: 'cluster.local', ttl: 30, pods: 'insecure' };

/** TTL of the schema version record (plugin/kubernetes: `dns-version`). */
const SCHEMA_TTL = 28800;
const SCHEMA_VERSION = '1.1.0';
/** How many CNAMEs inside the cluster are followed. */
const MAX_LINKS = 10;
/** Port number of an endpoint without ports: no SRV record is made of it. */
const NO_PORT = -1;

/** One address behind a name. */
interface Entry {
  readonly ip: string;
  readonly port: number;
  /** Name that an SRV record points to. */
  readonly target: string;
}

/** Name under which an endpoint can be asked for: its hostname, or its address with dashes. */
function endpointName(endpoint: { readonly hostname?: string; readonly addresses: readonly string[] }): string {
  if (endpoint.hostname !== undefined && endpoint.hostname !== '') return endpoint.hostname;
  return (endpoint.addresses[0] ?? '').replaceAll(/[.:]/g, '-');
}

function isReady(endpoint: { readonly conditions?: { readonly ready?: boolean | null } }): boolean {
  return endpoint.conditions?.ready !== false;
}

function stripUnderscore(label: string): string {
  return label.startsWith('_') ? label.slice(1) : label;
}

export class Zone {
  readonly #world: ZoneWorld;
  readonly #options: ZoneOptions;

  constructor(world: ZoneWorld, options: ZoneOptions = DEFAULT_ZONE) {
    this.#world = world;
    this.#options = options;
  }

  /** Answers a question; names outside of the zone go to the upstream server. */
  answer(question: DnsQuestion): DnsAnswer {
    return this.#answer({ ...question, name: question.name.toLowerCase().replace(/\.$/, '') }, 0);
  }

  #answer(question: DnsQuestion, links: number): DnsAnswer {
    const { name } = question;
    const { domain } = this.#options;
    if (name.endsWith('.in-addr.arpa') || name.endsWith('.ip6.arpa')) return this.#reverse(question);
    if (name === domain) return this.#apex(question);
    if (!name.endsWith(`.${domain}`)) return this.#world.upstream(question);
    const labels = name.slice(0, -domain.length - 1).split('.');
    if (labels.length === 1 && labels[0] === 'dns-version') {
      return question.type === 'TXT'
        ? this.#positive([this.#record(name, 'TXT', SCHEMA_VERSION, SCHEMA_TTL)])
        : this.#empty();
    }
    const kind = labels.at(-1);
    if (kind !== 'svc' && kind !== 'pod') return this.#negative('NXDOMAIN');
    const namespace = labels.at(-2);
    if (namespace === undefined) return this.#empty();
    if (!this.#world.hasNamespace(namespace)) return this.#negative('NXDOMAIN');
    const rest = labels.slice(0, -2);
    if (rest.length === 0) return this.#empty();
    if (kind === 'pod') return this.#pod(question, namespace, rest);
    return this.#service(question, namespace, rest, links);
  }

  #record(name: string, type: DnsType, data: string, ttl = this.#options.ttl): DnsRecord {
    return { name, type, ttl, data };
  }

  #positive(answers: readonly DnsRecord[], additional: readonly DnsRecord[] = []): DnsAnswer {
    return { code: 'NOERROR', answers, additional, authority: [] };
  }

  #soa(): DnsRecord {
    const { domain, ttl } = this.#options;
    return this.#record(domain, 'SOA', `ns.dns.${domain} hostmaster.${domain} 7200 1800 86400 ${ttl}`);
  }

  #negative(code: DnsCode): DnsAnswer {
    return { code, answers: [], additional: [], authority: [this.#soa()] };
  }

  #empty(): DnsAnswer {
    return this.#negative('NOERROR');
  }

  #apex(question: DnsQuestion): DnsAnswer {
    if (question.type === 'SOA') return this.#positive([this.#soa()]);
    if (question.type === 'NS') return this.#positive([this.#record(question.name, 'NS', `ns.dns.${question.name}`)]);
    return this.#empty();
  }

  /** `10-244-1-7.ns.pod.zone` */
  #pod(question: DnsQuestion, namespace: string, labels: readonly string[]): DnsAnswer {
    const label = labels[0] as string;
    if (this.#options.pods === 'disabled' || labels.length > 1) return this.#negative('NXDOMAIN');
    const isIPv4 = label.split('-').length === 4 && !label.includes('--');
    const ip = label.replaceAll('-', isIPv4 ? '.' : ':');
    if (parseIP(ip) === undefined) return this.#negative('NXDOMAIN');
    const canonical = canonicalIP(ip);
    if (this.#options.pods === 'verified' && !this.#world.hasPod(namespace, canonical))
      return this.#negative('NXDOMAIN');
    return this.#addresses(question, [{ ip: canonical, port: NO_PORT, target: question.name }]);
  }

  #service(question: DnsQuestion, namespace: string, labels: readonly string[], links: number): DnsAnswer {
    const name = labels.at(-1) as string;
    if (labels.length > 3) return this.#negative('NXDOMAIN');
    const service = this.#world.service(namespace, name);
    if (service === undefined) return this.#negative('NXDOMAIN');
    const endpoint = labels.length === 2 ? (labels[0] as string) : '';
    const port = labels.length === 3 ? stripUnderscore(labels[0] as string) : '';
    const protocol = labels.length === 3 ? stripUnderscore(labels[1] as string) : '';
    if (service.spec.type === 'ExternalName') {
      const target = (service.spec.externalName ?? '').toLowerCase().replace(/\.$/, '');
      const isPlain = labels.length === 1 && target !== '' && parseIP(target) === undefined;
      return isPlain ? this.#alias(question, target, links) : this.#negative('NXDOMAIN');
    }
    const base = `${name}.${namespace}.svc.${this.#options.domain}`;
    const usesEndpoints = endpoint !== '' || service.spec.clusterIP === 'None';
    const entries = usesEndpoints
      ? this.#endpointEntries(namespace, name, base, endpoint, port, protocol)
      : clusterIPEntries(service, base, port, protocol);
    if (entries.length === 0) return this.#negative('NXDOMAIN');
    return question.type === 'SRV' ? this.#serviceRecords(question, entries) : this.#addresses(question, entries);
  }

  #endpointEntries(
    namespace: string,
    service: string,
    base: string,
    endpoint: string,
    port: string,
    protocol: string,
  ): Entry[] {
    const entries: Entry[] = [];
    for (const slice of this.#world.slices(namespace, service)) {
      const ports = (slice.ports ?? []).length === 0 ? [{ port: NO_PORT }] : slice.ports;
      for (const candidate of slice.endpoints ?? []) {
        const name = endpointName(candidate);
        if (!isReady(candidate) || (endpoint !== '' && name !== endpoint)) continue;
        for (const each of ports as readonly { name?: string; protocol?: string; port?: number }[]) {
          if (!portMatches(port, protocol, each)) continue;
          for (const ip of candidate.addresses) {
            entries.push({ ip, port: each.port ?? NO_PORT, target: `${name}.${base}` });
          }
        }
      }
    }
    return entries;
  }

  /** A or AAAA records of the family that was asked for; another family or type gives an empty answer. */
  #addresses(question: DnsQuestion, entries: readonly Entry[]): DnsAnswer {
    const family = question.type === 'A' ? 'IPv4' : question.type === 'AAAA' ? 'IPv6' : undefined;
    const ips = new Set(entries.filter((entry) => ipFamilyOf(entry.ip) === family).map((entry) => entry.ip));
    if (family === undefined || ips.size === 0) return this.#empty();
    return this.#positive([...ips].map((ip) => this.#record(question.name, question.type, ip)));
  }

  #serviceRecords(question: DnsQuestion, entries: readonly Entry[]): DnsAnswer {
    const weight = Math.max(1, Math.floor(100 / entries.length));
    const answers = new Map<string, DnsRecord>();
    const additional = new Map<string, DnsRecord>();
    for (const { ip, port, target } of entries) {
      if (port === NO_PORT) continue;
      const data = `0 ${weight} ${port} ${target}`;
      answers.set(data, this.#record(question.name, 'SRV', data));
      const type = ipFamilyOf(ip) === 'IPv6' ? 'AAAA' : 'A';
      additional.set(`${target} ${ip}`, this.#record(target, type, ip));
    }
    if (answers.size === 0) return this.#empty();
    return this.#positive([...answers.values()], [...additional.values()]);
  }

  /** ExternalName: an alias, followed when an address was asked for. */
  #alias(question: DnsQuestion, target: string, links: number): DnsAnswer {
    if (question.type === 'SRV') return this.#empty();
    const cname = this.#record(question.name, 'CNAME', target);
    if (question.type !== 'A' && question.type !== 'AAAA') {
      return question.type === 'CNAME' ? this.#positive([cname]) : this.#empty();
    }
    if (links >= MAX_LINKS) return this.#positive([cname]);
    const followed = this.#answer({ name: target, type: question.type }, links + 1);
    return this.#positive([cname, ...followed.answers]);
  }

  /** PTR of cluster IPs and of endpoints. */
  #reverse(question: DnsQuestion): DnsAnswer {
    const ip = addressOfReverseName(question.name);
    if (ip === undefined || question.type !== 'PTR') return this.#world.upstream(question);
    const { domain } = this.#options;
    const names = this.#world.servicesByIP(ip).map((service) => {
      return `${service.metadata.name}.${service.metadata.namespace ?? ''}.svc.${domain}`;
    });
    if (names.length === 0) {
      for (const slice of this.#world.slicesByIP(ip)) {
        const service = slice.metadata.labels?.['kubernetes.io/service-name'];
        for (const endpoint of slice.endpoints ?? []) {
          if (service === undefined || !isReady(endpoint) || !endpoint.addresses.includes(ip)) continue;
          names.push(`${endpointName(endpoint)}.${service}.${slice.metadata.namespace ?? ''}.svc.${domain}`);
        }
      }
    }
    if (names.length === 0) return this.#world.upstream(question);
    return this.#positive([...new Set(names)].map((name) => this.#record(question.name, 'PTR', name)));
  }
}

function portMatches(port: string, protocol: string, candidate: { name?: string; protocol?: string }): boolean {
  if (port !== '' && port !== (candidate.name ?? '').toLowerCase()) return false;
  return protocol === '' || protocol === (candidate.protocol ?? 'TCP').toLowerCase();
}

function clusterIPEntries(service: Service, target: string, port: string, protocol: string): Entry[] {
  const ips = service.spec.clusterIPs ?? (service.spec.clusterIP === undefined ? [] : [service.spec.clusterIP]);
  return (service.spec.ports ?? [])
    .filter((candidate) => portMatches(port, protocol, candidate))
    .flatMap((candidate) => ips.map((ip) => ({ ip, port: candidate.port, target })));
}

/** The address of a name under in-addr.arpa or ip6.arpa. */
function addressOfReverseName(name: string): string | undefined {
  if (name.endsWith('.in-addr.arpa')) {
    const ip = name.slice(0, -'.in-addr.arpa'.length).split('.').reverse().join('.');
    return parseIP(ip) === undefined ? undefined : ip;
  }
  const nibbles = name.slice(0, -'.ip6.arpa'.length).split('.').reverse();
  if (nibbles.length !== 32 || nibbles.some((nibble) => !/^[0-9a-f]$/.test(nibble))) return undefined;
  return canonicalIP((nibbles.join('').match(/.{4}/g) ?? []).join(':'));
}
