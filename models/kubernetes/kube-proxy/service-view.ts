/**
 * All Services as one family's proxiers see them, as an immutable version.
 *
 * Every node's kube-proxy receives the same changes in the same order, only at different times. So versions form one chain
 * for the whole cluster: applying a change to a version that somebody has already changed in the same way returns the
 * same next version. A node holds two references (what it has received, what its rules were made from) and nothing else.
 * Upstream: pkg/proxy/servicechangetracker.go, which keeps a map per process.
 */
import type { Protocol } from '../api/netfilter.ts';
import type { IPFamily } from '../object/ip.ts';
import type { Service } from '../object/types.ts';
import { PersistentMap } from './persistent-map.ts';
import { sameServicePorts, servicePorts } from './service-port.ts';
import type { ServicePort } from './service-port.ts';

const NO_PORTS: readonly ServicePort[] = [];

/** Key of a virtual address. */
function addressKey(ip: string, protocol: Protocol, port: number): string {
  return `${ip} ${protocol} ${port}`;
}

function nodePortKey(protocol: Protocol, port: number): string {
  return `${protocol} ${port}`;
}

type Index = PersistentMap<readonly ServicePort[]>;

function clusterIPKey(ip: string): string {
  return `cluster ${ip}`;
}

function healthCheckKey(port: number): string {
  return `health ${port}`;
}

const UDP_KEY = 'all UDP ports';

function indexKeys(port: ServicePort): string[] {
  const ips = new Set([port.clusterIP, ...port.externalIPs, ...port.loadBalancerVIPs]);
  const keys = [...ips].map((ip) => addressKey(ip, port.protocol, port.port));
  keys.push(clusterIPKey(port.clusterIP));
  if (port.protocol === 'UDP') keys.push(UDP_KEY);
  if (port.healthCheckNodePort !== 0) keys.push(healthCheckKey(port.healthCheckNodePort));
  return keys;
}

function withPort(index: Index, key: string, port: ServicePort): Index {
  const before = index.get(key) ?? NO_PORTS;
  const after = [...before, port];
  after.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return index.with(key, after);
}

function withoutPort(index: Index, key: string, port: ServicePort): Index {
  const after = (index.get(key) ?? NO_PORTS).filter((other) => other !== port);
  return after.length === 0 ? index.without(key) : index.with(key, after);
}

/** One version of all Services of one family. */
export class ServiceView {
  readonly family: IPFamily;
  /** Derived ports by `namespace/name`; Services that kube-proxy ignores are absent. */
  readonly #ports: PersistentMap<readonly ServicePort[]>;
  readonly #byAddress: Index;
  readonly #byNodePort: Index;
  /** The Service objects themselves, those that kube-proxy ignores too. */
  readonly #services: PersistentMap<Service>;
  #next: { readonly name: string; readonly service: Service | undefined; readonly view: ServiceView } | undefined;
  #sorted: readonly ServicePort[] | undefined;

  private constructor(
    family: IPFamily,
    ports: PersistentMap<readonly ServicePort[]>,
    byAddress: Index,
    byNodePort: Index,
    services: PersistentMap<Service>,
  ) {
    this.family = family;
    this.#services = services;
    this.#ports = ports;
    this.#byAddress = byAddress;
    this.#byNodePort = byNodePort;
  }

  static empty(family: IPFamily): ServiceView {
    return new ServiceView(
      family,
      PersistentMap.empty(),
      PersistentMap.empty(),
      PersistentMap.empty(),
      PersistentMap.empty(),
    );
  }

  /** The Service `namespace/name` of this version. */
  service(name: string): Service | undefined {
    return this.#services.get(name);
  }

  /** All keys, in no particular order. */
  keys(): string[] {
    const keys: string[] = [];
    this.#services.forEach((key) => keys.push(key));
    return keys;
  }

  /** The next version: Service `namespace/name` is now `service`, or gone. */
  with(name: string, service: Service | undefined): ServiceView {
    const known = this.#next;
    if (known !== undefined && known.name === name && known.service === service) return known.view;
    const view = this.#apply(name, service);
    this.#next = { name, service, view };
    return view;
  }

  #apply(name: string, service: Service | undefined): ServiceView {
    const before = this.#ports.get(name) ?? NO_PORTS;
    const after = service === undefined ? NO_PORTS : servicePorts(service, this.family);
    const services = service === undefined ? this.#services.without(name) : this.#services.with(name, service);
    if (services === this.#services) return this;
    if (sameServicePorts(before, after)) {
      return new ServiceView(this.family, this.#ports, this.#byAddress, this.#byNodePort, services);
    }
    let byAddress = this.#byAddress;
    let byNodePort = this.#byNodePort;
    for (const port of before) {
      for (const key of indexKeys(port)) byAddress = withoutPort(byAddress, key, port);
      if (port.nodePort !== 0) byNodePort = withoutPort(byNodePort, nodePortKey(port.protocol, port.nodePort), port);
    }
    for (const port of after) {
      for (const key of indexKeys(port)) byAddress = withPort(byAddress, key, port);
      if (port.nodePort !== 0) byNodePort = withPort(byNodePort, nodePortKey(port.protocol, port.nodePort), port);
    }
    const ports = after.length === 0 ? this.#ports.without(name) : this.#ports.with(name, after);
    return new ServiceView(this.family, ports, byAddress, byNodePort, services);
  }

  /** Ports of the Service `namespace/name`. */
  ports(name: string): readonly ServicePort[] {
    return this.#ports.get(name) ?? NO_PORTS;
  }

  /** Service ports that have this virtual address, in the order of their keys. */
  byAddress(ip: string, protocol: Protocol, port: number): readonly ServicePort[] {
    return this.#byAddress.get(addressKey(ip, protocol, port)) ?? NO_PORTS;
  }

  byNodePort(protocol: Protocol, port: number): readonly ServicePort[] {
    return this.#byNodePort.get(nodePortKey(protocol, port)) ?? NO_PORTS;
  }

  /** How many Services there are. */
  get size(): number {
    return this.#ports.size;
  }

  /** All service ports in the order of their keys. */
  all(): readonly ServicePort[] {
    if (this.#sorted === undefined) {
      const list: ServicePort[] = [];
      this.#ports.forEach((_, ports) => list.push(...ports));
      this.#sorted = list.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    }
    return this.#sorted;
  }

  /** Whether some service port has this cluster IP. */
  hasClusterIP(ip: string): boolean {
    return this.#byAddress.get(clusterIPKey(ip)) !== undefined;
  }

  /** Ports of the Service with this healthCheckNodePort. */
  byHealthCheck(port: number): readonly ServicePort[] {
    return this.#byAddress.get(healthCheckKey(port)) ?? NO_PORTS;
  }

  /** All service ports with protocol UDP, in the order of their keys. */
  udpPorts(): readonly ServicePort[] {
    return this.#byAddress.get(UDP_KEY) ?? NO_PORTS;
  }
}
