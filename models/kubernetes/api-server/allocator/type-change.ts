/**
 * A Service that changes its type loses what the new type does not need, if the update left it as it was; what the update
 * asks for anew stays, for validation to refuse.
 *
 * Source: pkg/registry/core/service/strategy.go (`dropTypeDependentFields`).
 */
import type { Service } from '../../object/types.ts';
import { needsClusterIP } from './linked-fields.ts';

type Spec = Service['spec'];
type Field = keyof Spec;

const isBalanced = ({ type }: Spec): boolean => type === 'LoadBalancer';
const needsNodePort = (spec: Spec): boolean => spec.type === 'NodePort' || (isBalanced(spec) && spec.allocateLoadBalancerNodePorts !== false);
const needsHealthCheck = (spec: Spec): boolean => isBalanced(spec) && spec.externalTrafficPolicy === 'Local';
const isExternallyAccessible = (spec: Spec): boolean => isBalanced(spec) || spec.type === 'NodePort' || (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);

/** Fields that go together, and who needs them. */
const DEPENDENT: readonly { readonly isNeeded: (spec: Spec) => boolean; readonly fields: readonly Field[] }[] = [
  { isNeeded: needsClusterIP, fields: ['clusterIP', 'clusterIPs'] },
  { isNeeded: needsClusterIP, fields: ['ipFamilies', 'ipFamilyPolicy'] },
  { isNeeded: needsHealthCheck, fields: ['healthCheckNodePort'] },
  { isNeeded: isBalanced, fields: ['allocateLoadBalancerNodePorts'] },
  { isNeeded: isBalanced, fields: ['loadBalancerClass'] },
  { isNeeded: isExternallyAccessible, fields: ['externalTrafficPolicy'] },
];

export function dropTypeDependentFields(service: Service, old: Service | undefined): Service {
  if (old === undefined) return service;
  const stale = DEPENDENT.filter(({ isNeeded, fields }) => isNeeded(old.spec) && !isNeeded(service.spec) && fields.every((field) => isSame(service.spec[field], old.spec[field])));
  const names = new Set<string>(stale.flatMap(({ fields }) => fields).filter((field) => service.spec[field] !== undefined));
  const isPorted = needsNodePort(old.spec) && !needsNodePort(service.spec) && hasSameNodePorts(service.spec, old.spec);
  if (names.size === 0 && !isPorted) return service;
  const spec = Object.fromEntries(Object.entries(service.spec).filter(([field]) => !names.has(field))) as unknown as Spec;
  return { ...service, spec: isPorted && spec.ports !== undefined ? { ...spec, ports: spec.ports.map(({ nodePort: _nodePort, ...port }) => port) } : spec };
}

/** Each node port of the new ones was there before. */
function hasSameNodePorts({ ports = [] }: Spec, old: Spec): boolean {
  const before = new Set((old.ports ?? []).map(({ nodePort }) => nodePort));
  return ports.every(({ nodePort }) => !nodePort || before.has(nodePort));
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? '') === JSON.stringify(b ?? '');
