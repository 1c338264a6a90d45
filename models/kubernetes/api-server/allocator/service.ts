/**
 * Cluster IPs and node ports of Services.
 *
 * What is in use is derived from the stored Services when this server starts to allocate and kept up from then on; one of several
 * servers looks at what the others have stored each time. So there is no bitmap object to leak (fidelity.md, "allocators"). A random free value is drawn from the upper band first and
 * from the lower one, which people use for fixed addresses, last.
 * Source: pkg/registry/core/service/{ipallocator,portallocator}, pkg/registry/core/service/storage/alloc.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import { NEW } from '../../object/new.ts';
import type { KubeObject, Service } from '../../object/types.ts';
import type { Context } from '../registry/kind.ts';
import { invalidValue, type FieldError } from '../status/field-error.ts';
import { internalError, invalid, type Status } from '../status/status.ts';
import { initIPFamilies } from './ip-families.ts';
import { linkFields, needsClusterIP, needsHealthCheckPort, needsNodePort } from './linked-fields.ts';
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
  private readonly isOneOfMany: boolean;
  private isLoaded = false;

  /** `cidr` is an IPv4 range such as `10.96.0.0/16`; `isOneOfMany`: other servers give addresses and ports away as well. */
  constructor(cidr: string, isOneOfMany = false) {
    this.isOneOfMany = isOneOfMany;
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
    const before = old as Service | undefined;
    const service = dropTypeDependentFields(linkFields(object as Service, before), before);
    const reached = this.reserveIP(service, before, context);
    if (isLeft(reached)) return reached;
    const ported = this.reservePorts(reached.right, before, context);
    // Ports that were asked for and are somebody else's are no more this Service's than before.
    if (isLeft(ported)) this.releaseIPs(reached.right, before);
    return ported;
  }

  /** Gives back what `object` holds and `kept` does not. For a removed Service: `release(undefined, removed)` frees all of it. */
  release(object: KubeObject | undefined, kept: KubeObject | undefined): void {
    const holder = (object ?? kept) as Service | undefined;
    if (holder === undefined) return;
    const stays = object === undefined ? undefined : (kept as Service | undefined);
    this.releaseIPs(holder, stays);
    for (const port of portsOf(holder)) if (!portsOf(stays).includes(port)) this.ports.release(port - NODE_PORTS.first);
  }

  /** A Service that had an address before never held another one, whatever it asked for. */
  private releaseIPs(holder: Service, stays: Service | undefined): void {
    if (stays !== undefined && needsClusterIP(stays.spec)) return;
    for (const ip of addressesOf(holder)) this.ips.release(toNumber(ip) - this.base);
  }

  private load({ lookup }: Context): void {
    if (this.isLoaded && !this.isOneOfMany) return;
    this.isLoaded = true;
    const services = lookup.list({ group: '', resource: 'services' }, '') as readonly Service[];
    this.ips.observe(new Set(services.flatMap(addressesOf).map((ip) => toNumber(ip) - this.base)));
    this.ports.observe(new Set(services.flatMap(portsOf).map((port) => port - NODE_PORTS.first)));
  }

  private reserveIP(service: Service, old: Service | undefined, context: Context): Either<Status, Service> {
    if (service.spec.type === 'ExternalName') return right(service);
    const familiar = initIPFamilies(service.spec, old?.spec);
    if (isLeft(familiar)) return left(invalid(SERVICE, service.metadata.name, familiar.left));
    const { right: spec } = familiar;
    const withIP = (ip: string): Either<Status, Service> => right(addressed(service, { ...NEW, ...spec, clusterIP: ip, clusterIPs: [ip] }));
    // The address of a Service that has one does not change: validation says so, whether the other one is free or not.
    if (old !== undefined && needsClusterIP(old.spec) && (spec.clusterIP ?? '') !== (old.spec.clusterIP ?? '')) return right({ ...service, spec });
    const asked = spec.clusterIP ?? spec.clusterIPs?.[0];
    if (asked === 'None') return withIP('None');
    if (asked !== undefined && asked !== '') {
      if (addressesOf(old).includes(asked)) return withIP(asked);
      const error = this.takeIP(asked);
      return error === undefined ? withIP(asked) : left(invalid(SERVICE, service.metadata.name, [error]));
    }
    const offset = this.ips.draw((n) => context.choose('cluster-ip', n));
    if (offset === undefined) return left(internalError('failed to allocate a serviceIP: range is full'));
    return withIP(toText(this.base + offset));
  }

  private takeIP(ip: string): FieldError | undefined {
    const why = (text: string): FieldError => invalidValue('spec.clusterIPs', [ip], `failed to allocate IP ${ip}: ${text}`);
    const offset = toNumber(ip) - this.base;
    if (!this.ips.covers(offset)) return why(`the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${this.cidr}`);
    return this.ips.take(offset) ? undefined : why('provided IP is already allocated');
  }

  private reservePorts(service: Service, old: Service | undefined, context: Context): Either<Status, Service> {
    const { spec } = service;
    const allocates = spec.type !== 'LoadBalancer' || spec.allocateLoadBalancerNodePorts !== false;
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
    const ports = needsNodePort(spec) ? claimPorts(spec.ports ?? [], claim, held, allocates) : spec.ports;
    const check = needsHealthCheckPort(spec) ? claim(spec.healthCheckNodePort, 'spec.healthCheckNodePort') : undefined;
    if (errors.length > 0) {
      for (const port of taken) this.ports.release(port - NODE_PORTS.first);
      return left(invalid(SERVICE, service.metadata.name, errors));
    }
    const isSame = ports === spec.ports && check === spec.healthCheckNodePort;
    if (isSame) return right(service);
    return right({ ...service, spec: { ...spec, ...(ports === undefined ? {} : { ports }), ...(check === undefined ? {} : { healthCheckNodePort: check }) } });
  }
}

type Ports = NonNullable<Service['spec']['ports']>;

/** Ports with the same number for TCP and UDP share a node port; without allocation only what is asked for is claimed. */
function claimPorts(ports: Ports, claim: (port: number | undefined, path: string) => number | undefined, held: Set<number>, allocates: boolean): Ports {
  const byPort = new Map<number, { nodePort: number; protocols: Set<string> }>();
  return ports.map((port, at) => {
    if (!allocates && !port.nodePort) return port;
    const protocol = port.protocol ?? 'TCP';
    const twin = byPort.get(port.port);
    const shares = twin !== undefined && !twin.protocols.has(protocol) && (!port.nodePort || port.nodePort === twin.nodePort);
    const nodePort = shares ? twin.nodePort : claim(port.nodePort, `spec.ports[${at}].nodePort`);
    if (nodePort === undefined) return port;
    held.add(nodePort);
    const entry = byPort.get(port.port) ?? { nodePort, protocols: new Set<string>() };
    entry.protocols.add(protocol);
    byPort.set(port.port, entry);
    return port.nodePort === nodePort ? port : { ...port, nodePort };
  });
}

/** The Service with its addresses filled in; the same one when they are. */
function addressed(service: Service, spec: Service['spec']): Service {
  const fields = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const;
  const isSame = fields.every((field) => String(service.spec[field]) === String(spec[field]));
  return isSame ? service : { ...service, spec };
}

function addressesOf(service: Service | undefined): readonly string[] {
  if (service === undefined || service.spec.type === 'ExternalName') return [];
  return (service.spec.clusterIPs ?? []).filter((ip) => ip !== 'None' && ip !== '' && !ip.includes(':'));
}

/** What its type gives a Service; what it merely asks for is not its own. */
function portsOf(service: Service | undefined): readonly number[] {
  if (service === undefined) return [];
  const { spec } = service;
  const ports = needsNodePort(spec) ? (spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : [])) : [];
  return needsHealthCheckPort(spec) && spec.healthCheckNodePort ? [...ports, spec.healthCheckNodePort] : ports;
}

const toNumber = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const toText = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
