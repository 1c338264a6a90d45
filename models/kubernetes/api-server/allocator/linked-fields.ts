/**
 * What an update of a Service means that says only a part of what belongs together.
 *
 * A client may leave out what the server allocated, and an old one knows `clusterIP` but not `clusterIPs`. What it meant is
 * worked out before anything is allocated or validated; what it cannot have meant stays as it is, for validation to refuse.
 *
 * Source: pkg/registry/core/service/storage/storage.go (`patchAllocatedValues`, `normalizeClusterIPs`).
 */
import type { Service } from '../../object/types.ts';

type Spec = Service['spec'];

/** Addresses and ports that both types need and the update leaves out stay as they were; then the plural follows the singular. */
export function linkFields(service: Service, old: Service | undefined): Service {
  const spec = old === undefined ? withPlural(service.spec) : normalizeClusterIPs(patchAllocatedValues(service.spec, old.spec), old.spec);
  return spec === service.spec ? service : { ...service, spec };
}

/** On creation only the plural follows: whoever knows it has to give both. */
const withPlural = (spec: Spec): Spec => (spec.clusterIP && !spec.clusterIPs?.length ? { ...spec, clusterIPs: [spec.clusterIP] } : spec);

export const needsClusterIP = ({ type }: Spec): boolean => type !== 'ExternalName';
export const needsNodePort = ({ type }: Spec): boolean => type === 'NodePort' || type === 'LoadBalancer';
export const needsHealthCheckPort = ({ type, externalTrafficPolicy }: Spec): boolean => type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

function patchAllocatedValues(spec: Spec, old: Spec): Spec {
  let patched = spec;
  if (needsClusterIP(old) && needsClusterIP(spec)) {
    if (!spec.clusterIP && old.clusterIP) patched = { ...patched, clusterIP: old.clusterIP };
    if (!spec.clusterIPs?.length && old.clusterIPs?.length) patched = { ...patched, clusterIPs: old.clusterIPs };
  }
  if (needsNodePort(old) && needsNodePort(spec)) patched = withNodePorts(patched, old);
  if (needsHealthCheckPort(old) && needsHealthCheckPort(spec) && !spec.healthCheckNodePort && old.healthCheckNodePort) {
    patched = { ...patched, healthCheckNodePort: old.healthCheckNodePort };
  }
  return patched;
}

/** Node ports are known again by the names of their ports, unless another port of the update has taken them. */
function withNodePorts(spec: Spec, old: Spec): Spec {
  const known = new Map((old.ports ?? []).map((port) => [port.name ?? '', port.nodePort]));
  const used = new Set((spec.ports ?? []).map((port) => port.nodePort));
  const ports = (spec.ports ?? []).map((port) => {
    const before = known.get(port.name ?? '');
    return port.nodePort || !before || used.has(before) ? port : { ...port, nodePort: before };
  });
  return ports.some((port, at) => port !== spec.ports?.[at]) ? { ...spec, ports } : spec;
}

function normalizeClusterIPs(spec: Spec, old: Spec): Spec {
  const isSame = (spec.clusterIP ?? '') === (old.clusterIP ?? '');
  if (isSame) return old.clusterIPs?.length && !spec.clusterIPs?.length ? { ...spec, clusterIPs: old.clusterIPs } : spec;
  if (!hasSameIPs(spec, old)) return spec;
  if (spec.clusterIP) return { ...spec, clusterIPs: [spec.clusterIP] };
  const { clusterIPs: _cleared, ...rest } = spec;
  return rest;
}

const hasSameIPs = ({ clusterIPs = [] }: Spec, { clusterIPs: before = [] }: Spec): boolean =>
  clusterIPs.length === before.length && clusterIPs.every((ip, at) => ip === before[at]);
