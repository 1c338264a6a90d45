/**
 * A service port: the unit of kube-proxy's work, derived from a Service for one address family.
 *
 * Derivation is a pure function of the Service object, so the result is shared by all nodes that hold the same object.
 * kube-proxy never looks at the selector or at targetPort: it joins a service port with slice ports by name and protocol.
 * Upstream: pkg/proxy/serviceport.go, pkg/proxy/util/utils.go, pkg/proxy/types.go.
 */
import type { Protocol } from '../api/netfilter.ts';
import { ipFamilyOf, parseCIDR } from '../object/ip.ts';
import type { IPFamily } from '../object/ip.ts';
import type { Service } from '../object/types.ts';

/** One port of one Service, as one family's proxier sees it. */
export interface ServicePort {
  /** Sort key and identity: printed name, blank, protocol. */
  readonly key: string;
  /** `namespace/name` of the Service. */
  readonly serviceName: string;
  /** Printed name: `namespace/name` or `namespace/name:port`. */
  readonly name: string;
  readonly namespace: string;
  readonly service: string;
  readonly portName: string;
  readonly protocol: Protocol;
  readonly clusterIP: string;
  readonly port: number;
  readonly nodePort: number;
  readonly externalIPs: readonly string[];
  readonly loadBalancerVIPs: readonly string[];
  /** Canonical CIDRs, in the order of the Service. */
  readonly loadBalancerSourceRanges: readonly string[];
  /** Timeout in seconds of ClientIP affinity; undefined for None. */
  readonly affinitySeconds?: number;
  readonly healthCheckNodePort: number;
  readonly externalPolicyLocal: boolean;
  readonly internalPolicyLocal: boolean;
  /** Has a nodePort, a VIP or an external IP. */
  readonly externallyAccessible: boolean;
  readonly usesClusterEndpoints: boolean;
  readonly usesLocalEndpoints: boolean;
}

/** Default ClientIP timeout: v1.DefaultClientIPServiceAffinitySeconds. */
const AFFINITY_SECONDS = 10800;

/** Services without a usable virtual address are invisible to kube-proxy (ShouldSkipService). */
function shouldSkipService(service: Service): boolean {
  const { clusterIP, type } = service.spec;
  return clusterIP === undefined || clusterIP === '' || clusterIP === 'None' || type === 'ExternalName';
}

/** The Service's cluster IP of one family, `''` when it has none. */
function clusterIPOfFamily(service: Service, family: IPFamily): string {
  const { clusterIP, clusterIPs, ipFamilies } = service.spec;
  if (ipFamilies === undefined || ipFamilies.length === 0) {
    if (clusterIP === undefined || clusterIP === '' || clusterIP === 'None') return '';
    return ipFamilyOf(clusterIP) === family ? clusterIP : '';
  }
  const index = ipFamilies.indexOf(family);
  return index < 0 ? '' : (clusterIPs?.[index] ?? '');
}

function loadBalancerVIPs(service: Service, family: IPFamily): string[] {
  const vips: string[] = [];
  for (const ingress of service.status?.loadBalancer?.ingress ?? []) {
    const mode = (ingress as { ipMode?: string }).ipMode;
    if (ingress.ip === undefined || ingress.ip === '' || (mode !== undefined && mode !== 'VIP')) continue;
    if (ipFamilyOf(ingress.ip) === family) vips.push(ingress.ip);
  }
  return vips;
}

function sourceRanges(service: Service, family: IPFamily): string[] {
  const ranges: string[] = [];
  for (const text of service.spec.loadBalancerSourceRanges ?? []) {
    const cidr = parseCIDR(text.trim());
    if (cidr !== undefined && cidr.family === family) ranges.push(cidr.text);
  }
  return ranges;
}

function affinitySeconds(service: Service): number | undefined {
  if (service.spec.sessionAffinity !== 'ClientIP') return undefined;
  return service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS;
}

/** All service ports of a Service for one family; empty when kube-proxy ignores the Service. */
export function servicePorts(service: Service, family: IPFamily): readonly ServicePort[] {
  if (shouldSkipService(service)) return [];
  const clusterIP = clusterIPOfFamily(service, family);
  if (clusterIP === '' || clusterIP === 'None') return [];
  const { spec } = service;
  const namespace = service.metadata.namespace ?? '';
  const externalIPs = (spec.externalIPs ?? []).filter((ip) => ipFamilyOf(ip) === family);
  const vips = loadBalancerVIPs(service, family);
  const ranges = sourceRanges(service, family);
  const seconds = affinitySeconds(service);
  const mayBeExternal = spec.type === 'LoadBalancer' || spec.type === 'NodePort' || (spec.externalIPs ?? []).length > 0;
  const externalPolicyLocal = mayBeExternal && spec.externalTrafficPolicy === 'Local';
  const internalPolicyLocal = spec.internalTrafficPolicy === 'Local';
  const needsHealthCheck = spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
  const serviceName = `${namespace}/${service.metadata.name}`;
  return (spec.ports ?? []).map((port): ServicePort => {
    const portName = port.name ?? '';
    const name = portName === '' ? serviceName : `${serviceName}:${portName}`;
    const protocol = (port.protocol ?? 'TCP') as Protocol;
    const nodePort = port.nodePort ?? 0;
    const externallyAccessible = nodePort !== 0 || vips.length > 0 || externalIPs.length > 0;
    return {
      key: `${name} ${protocol}`,
      serviceName,
      name,
      namespace,
      service: service.metadata.name,
      portName,
      protocol,
      clusterIP,
      port: port.port,
      nodePort,
      externalIPs,
      loadBalancerVIPs: vips,
      loadBalancerSourceRanges: ranges,
      ...(seconds === undefined ? {} : { affinitySeconds: seconds }),
      healthCheckNodePort: needsHealthCheck ? (spec.healthCheckNodePort ?? 0) : 0,
      externalPolicyLocal,
      internalPolicyLocal,
      externallyAccessible,
      usesClusterEndpoints: !internalPolicyLocal || externallyAccessible,
      usesLocalEndpoints: internalPolicyLocal || (externalPolicyLocal && externallyAccessible),
    };
  });
}

/** Whether two derived port lists are equal: a Service change that leaves them equal is no change to kube-proxy. */
export function sameServicePorts(left: readonly ServicePort[], right: readonly ServicePort[]): boolean {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  return left.every((port, i) => samePort(port, right[i] as ServicePort));
}

function samePort(left: ServicePort, right: ServicePort): boolean {
  const fields = Object.keys(left) as (keyof ServicePort)[];
  if (fields.length !== Object.keys(right).length) return false;
  return fields.every((field) => {
    const a = left[field];
    const b = right[field];
    if (a === b) return true;
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => item === b[i]);
  });
}
