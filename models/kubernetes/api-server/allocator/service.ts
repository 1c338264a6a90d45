/**
 * Cluster IPs and node ports of Services.
 *
 * What is in use is derived from the stored Services when this server starts to allocate and kept up from then on, so there
 * is no bitmap object to leak (fidelity.md, "allocators"). A random free value is drawn from the upper band first and
 * from the lower one, which people use for fixed addresses, last.
 * Source: pkg/registry/core/service/{ipallocator,portallocator}, pkg/registry/core/service/storage/alloc.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { KubeObject, Service } from '../../object/types.ts';
import type { Context } from '../registry/kind.ts';
import { invalidValue, type FieldError } from '../status/field-error.ts';
import { internalError, invalid, type Status } from '../status/status.ts';
import { validateClusterIPs } from '../validation/service.ts';
import { RangeAllocator } from './range.ts';
import { dropTypeDependentFields } from './type-change.ts';

/** `--service-node-port-range`. */
const NODE_PORTS = { first: 30_000, size: 2_768 };
/** portallocator: min(max(16, size/32), 128); ipallocator: min(max(16, size/16), 256). */
const bandOf = (size: number, divisor: number, most: number): number => Math.min(Math.max(16, Math.floor(size / divisor)), most);
const SERVICE = { group: '', kind: 'Service' };

export class ServiceAllocators {
  private readonly ips: RangeAllocator;
  private readonly ports: RangeAllocator;
  private readonly base: number;
  private readonly cidr: string;
  private isLoaded = false;

  /** `cidr` is an IPv4 range such as `10.96.0.0/16`. */
  constructor(cidr: string) {
    const [address, bits] = cidr.split('/') as [string, string];
    const size = 2 ** (32 - Number(bits)) - 2;
    this.cidr = cidr;
    this.base = toNumber(address) + 1;
    this.ips = new RangeAllocator(size, bandOf(size + 2, 16, 256));
    this.ports = new RangeAllocator(NODE_PORTS.size, bandOf(NODE_PORTS.size, 32, 128));
  }

  /** The range's first address: the `kubernetes` Service's. */
  get firstIP(): string {
    return toText(this.base);
  }

  /** The Service with addresses and ports filled in. `old` is the stored one, whose values stay. */
  reserve(object: KubeObject, old: KubeObject | undefined, context: Context): Either<Status, KubeObject> {
    this.load(context);
    const service = dropTypeDependentFields(carryOver(object as Service, old as Service | undefined), old as Service | undefined);
    const addressed = this.reserveIP(service, old as Service | undefined, context);
    if (isLeft(addressed)) return addressed;
    const ported = this.reservePorts(addressed.right, old as Service | undefined, context);
    if (isLeft(ported)) this.release(addressed.right, old);
    return ported;
  }

  /** Gives back what `object` holds and `kept` does not. For a removed Service: `release(undefined, removed)` frees all of it. */
  release(object: KubeObject | undefined, kept: KubeObject | undefined): void {
    const holder = (object ?? kept) as Service | undefined;
    if (holder === undefined) return;
    const stays = object === undefined ? undefined : (kept as Service | undefined);
    for (const ip of addressesOf(holder)) if (!addressesOf(stays).includes(ip)) this.ips.release(toNumber(ip) - this.base);
    for (const port of portsOf(holder)) if (!portsOf(stays).includes(port)) this.ports.release(port - NODE_PORTS.first);
  }

  private load({ lookup }: Context): void {
    if (this.isLoaded) return;
    this.isLoaded = true;
    for (const service of lookup.list({ group: '', resource: 'services' }, '') as readonly Service[]) {
      for (const ip of addressesOf(service)) this.ips.take(toNumber(ip) - this.base);
      for (const port of portsOf(service)) this.ports.take(port - NODE_PORTS.first);
    }
  }

  private reserveIP(service: Service, old: Service | undefined, context: Context): Either<Status, Service> {
    const { spec } = service;
    if (spec.type === 'ExternalName') return right(service);
    const wrong = [...validateClusterIPs(spec), ...unconfiguredFamilies(spec)];
    if (wrong.length > 0) return left(invalid(SERVICE, service.metadata.name, wrong));
    const asked = spec.clusterIP ?? spec.clusterIPs?.[0];
    if (asked === 'None') return right(withIP(service, 'None'));
    if (asked !== undefined && asked !== '') {
      if (addressesOf(old).includes(asked)) return right(withIP(service, asked));
      const error = this.takeIP(asked);
      return error === undefined ? right(withIP(service, asked)) : left(invalid(SERVICE, service.metadata.name, [error]));
    }
    const offset = this.ips.draw((n) => context.choose('cluster-ip', n));
    if (offset === undefined) return left(internalError('failed to allocate a serviceIP: range is full'));
    return right(withIP(service, toText(this.base + offset)));
  }

  private takeIP(ip: string): FieldError | undefined {
    const why = (text: string): FieldError => invalidValue('spec.clusterIPs', [ip], `failed to allocate IP ${ip}: ${text}`);
    const offset = toNumber(ip) - this.base;
    if (!this.ips.covers(offset)) return why(`the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${this.cidr}`);
    return this.ips.take(offset) ? undefined : why('provided IP is already allocated');
  }

  private reservePorts(service: Service, old: Service | undefined, context: Context): Either<Status, Service> {
    const { spec } = service;
    const wants = spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
    const held = new Set(portsOf(old));
    const taken: number[] = [];
    const errors: FieldError[] = [];
    const claim = (port: number | undefined, path: string): number | undefined => {
      if (port !== undefined && port > 0) {
        if (held.has(port)) return port;
        const offset = port - NODE_PORTS.first;
        if (!this.ports.covers(offset)) errors.push(invalidValue(path, port, 'provided port is not in the valid range. The range of valid ports is 30000-32767'));
        else if (this.ports.take(offset)) taken.push(port);
        else errors.push(invalidValue(path, port, 'provided port is already allocated'));
        return port;
      }
      const drawn = this.ports.draw((n) => context.choose('node-port', n));
      if (drawn !== undefined) taken.push(drawn + NODE_PORTS.first);
      return drawn === undefined ? undefined : drawn + NODE_PORTS.first;
    };
    const ports = wants ? this.claimPorts(spec.ports ?? [], claim, held) : spec.ports;
    const needsCheck = spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
    const check = needsCheck ? claim(spec.healthCheckNodePort, 'spec.healthCheckNodePort') : undefined;
    if (errors.length > 0) {
      for (const port of taken) this.ports.release(port - NODE_PORTS.first);
      return left(invalid(SERVICE, service.metadata.name, errors));
    }
    const isSame = ports === spec.ports && check === spec.healthCheckNodePort;
    if (isSame) return right(service);
    return right({ ...service, spec: { ...spec, ...(ports === undefined ? {} : { ports }), ...(check === undefined ? {} : { healthCheckNodePort: check }) } });
  }

  /** Ports with the same number for TCP and UDP share a node port. */
  private claimPorts(ports: NonNullable<Service['spec']['ports']>, claim: (port: number | undefined, path: string) => number | undefined, held: Set<number>): NonNullable<Service['spec']['ports']> {
    const byPort = new Map<number, { nodePort: number; protocols: Set<string> }>();
    return ports.map((port, at) => {
      const protocol = port.protocol ?? 'TCP';
      const twin = byPort.get(port.port);
      const shares = twin !== undefined && !twin.protocols.has(protocol) && (port.nodePort === undefined || port.nodePort === 0 || port.nodePort === twin.nodePort);
      const nodePort = shares ? twin.nodePort : claim(port.nodePort, `spec.ports[${at}].nodePort`);
      if (nodePort === undefined) return port;
      held.add(nodePort);
      const entry = byPort.get(port.port) ?? { nodePort, protocols: new Set<string>() };
      entry.protocols.add(protocol);
      byPort.set(port.port, entry);
      return port.nodePort === nodePort ? port : { ...port, nodePort };
    });
  }
}

/** An update that leaves addresses and ports out keeps those of the stored Service (ports by name). */
function carryOver(service: Service, old: Service | undefined): Service {
  if (old === undefined || service.spec.type === 'ExternalName' || old.spec.type === 'ExternalName') return service;
  let { spec } = service;
  if (!spec.clusterIP && !spec.clusterIPs?.length && old.spec.clusterIP) spec = { ...spec, clusterIP: old.spec.clusterIP, clusterIPs: old.spec.clusterIPs ?? [] };
  const wantsPorts = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (wantsPorts && (old.spec.type === 'NodePort' || old.spec.type === 'LoadBalancer')) {
    const known = new Map((old.spec.ports ?? []).map((port) => [port.name ?? '', port.nodePort]));
    const used = new Set((spec.ports ?? []).map((port) => port.nodePort));
    const ports = (spec.ports ?? []).map((port) => {
      const before = known.get(port.name ?? '');
      return port.nodePort || !before || used.has(before) ? port : { ...port, nodePort: before };
    });
    if (ports.some((port, at) => port !== spec.ports?.[at])) spec = { ...spec, ports };
    if (!spec.healthCheckNodePort && old.spec.healthCheckNodePort) spec = { ...spec, healthCheckNodePort: old.spec.healthCheckNodePort };
  }
  return spec === service.spec ? service : { ...service, spec };
}

function withIP(service: Service, ip: string): Service {
  const { spec } = service;
  if (spec.clusterIP === ip && spec.clusterIPs?.[0] === ip && spec.ipFamilies !== undefined && spec.ipFamilyPolicy !== undefined) return service;
  const isHeadlessWithoutSelector = ip === 'None' && spec.selector === undefined;
  return {
    ...service,
    spec: {
      ...spec,
      clusterIP: ip,
      clusterIPs: [ip],
      ipFamilies: spec.ipFamilies ?? (isHeadlessWithoutSelector ? ['IPv4', 'IPv6'] : ['IPv4']),
      ipFamilyPolicy: spec.ipFamilyPolicy ?? (isHeadlessWithoutSelector ? 'RequireDualStack' : 'SingleStack'),
    },
  };
}

/** This cluster has one family (storage/alloc.go, `initIPFamilyFields`). */
function unconfiguredFamilies({ clusterIP, selector, ipFamilies, ipFamilyPolicy }: Service['spec']): FieldError[] {
  if (clusterIP === 'None' && selector === undefined) return [];
  const errors: FieldError[] = [];
  if (ipFamilyPolicy === 'RequireDualStack') errors.push(invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy, 'this cluster is not configured for dual-stack services'));
  (ipFamilies ?? []).forEach((family, at) => {
    if (family !== 'IPv4' && ['IPv4', 'IPv6'].includes(family)) errors.push(invalidValue(`spec.ipFamilies[${at}]`, family, 'not configured on this cluster'));
  });
  return errors;
}

function addressesOf(service: Service | undefined): readonly string[] {
  if (service === undefined || service.spec.type === 'ExternalName') return [];
  return (service.spec.clusterIPs ?? []).filter((ip) => ip !== 'None' && ip !== '' && !ip.includes(':'));
}

function portsOf(service: Service | undefined): readonly number[] {
  if (service === undefined) return [];
  const ports = (service.spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : []));
  return service.spec.healthCheckNodePort ? [...ports, service.spec.healthCheckNodePort] : ports;
}

const toNumber = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const toText = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
