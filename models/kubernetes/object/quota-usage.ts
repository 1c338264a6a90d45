/**
 * What an object counts for in a ResourceQuota. Admission and the quota controller use the same rules.
 * Source: pkg/quota/v1/evaluator/core/{pods,services,persistent_volume_claims}.go, apiserver/pkg/quota/v1/generic/evaluator.go.
 */
import { type Quantity, quantityOf } from './quantity.ts';
import { computeQosClass, podLimits, podRequests } from './resources.ts';
import type { core, KubeObject, Pod, ResourceQuota, Service } from './types.ts';

/** A resource by group and plural. */
export interface CountedResource {
  readonly group: string;
  readonly resource: string;
}

/** Plain names that count objects, besides `count/<resource>[.<group>]`. */
const PLAIN: readonly string[] = ['pods', 'services', 'configmaps', 'secrets', 'persistentvolumeclaims', 'replicationcontrollers', 'resourcequotas'];
/** Compute resources that a quota may force pods to specify. */
const COMPUTE: readonly string[] = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

/** Usage by quota resource name. */
export function usageOf({ group, resource }: CountedResource, object: KubeObject): Map<string, Quantity> {
  const usage = new Map<string, Quantity>([[`count/${resource}${group === '' ? '' : `.${group}`}`, quantityOf('1')]]);
  if (group !== '') return usage;
  if (PLAIN.includes(resource) && resource !== 'pods') usage.set(resource, quantityOf('1'));
  if (resource === 'pods') addPod(usage, object as Pod);
  if (resource === 'services') addService(usage, object as Service);
  if (resource === 'persistentvolumeclaims') addClaim(usage, object);
  return usage;
}

function addPod(usage: Map<string, Quantity>, pod: Pod): void {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return;
  usage.set('pods', quantityOf('1'));
  for (const [name, amount] of podRequests(pod)) {
    if (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage') usage.set(name, amount);
    usage.set(`requests.${name}`, amount);
    if (name.startsWith('hugepages-')) usage.set(name, amount);
  }
  for (const [name, amount] of podLimits(pod)) {
    if (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage') usage.set(`limits.${name}`, amount);
  }
}

function addService(usage: Map<string, Quantity>, { spec }: Service): void {
  const ports = spec.ports ?? [];
  if (spec.type === 'NodePort') usage.set('services.nodeports', quantityOf(String(ports.length)));
  if (spec.type !== 'LoadBalancer') return;
  usage.set('services.loadbalancers', quantityOf('1'));
  const allocated = spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => Boolean(nodePort)) : ports;
  usage.set('services.nodeports', quantityOf(String(allocated.length)));
}

function addClaim(usage: Map<string, Quantity>, claim: KubeObject): void {
  const storage = claim['spec']?.resources?.requests?.storage as string | undefined;
  const storageClass = claim['spec']?.storageClassName as string | undefined;
  if (storage !== undefined) usage.set('requests.storage', quantityOf(storage));
  if (storageClass === undefined) return;
  const prefix = `${storageClass}.storageclass.storage.k8s.io`;
  usage.set(`${prefix}/persistentvolumeclaims`, quantityOf('1'));
  if (storage !== undefined) usage.set(`${prefix}/requests.storage`, quantityOf(storage));
}

/** Whether a quota's scopes include the object. A quota with scopes only concerns pods. */
export function matchesScopes(quota: ResourceQuota, { group, resource }: CountedResource, object: KubeObject): boolean {
  const scopes = [
    ...(quota.spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists', values: [] as string[] })),
    ...(quota.spec.scopeSelector?.matchExpressions ?? []).map((each) => ({ values: [] as string[], ...each })),
  ];
  if (scopes.length === 0) return true;
  return group === '' && resource === 'pods' && scopes.every((scope) => inScope(object as Pod, scope));
}

function inScope(pod: Pod, { scopeName, operator, values }: core.ScopedResourceSelectorRequirement & { values: string[] }): boolean {
  switch (scopeName) {
    case 'Terminating':
      return pod.spec.activeDeadlineSeconds !== undefined;
    case 'NotTerminating':
      return pod.spec.activeDeadlineSeconds === undefined;
    case 'BestEffort':
      return computeQosClass(pod) === 'BestEffort';
    case 'NotBestEffort':
      return computeQosClass(pod) !== 'BestEffort';
    case 'PriorityClass':
      return classMatches(pod.spec.priorityClassName ?? '', operator, values);
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(pod);
    default:
      return false;
  }
}

function classMatches(name: string, operator: string, values: readonly string[]): boolean {
  if (operator === 'Exists') return name !== '';
  if (operator === 'DoesNotExist') return name === '';
  return operator === 'In' ? values.includes(name) : !values.includes(name);
}

function crossesNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const terms = [podAffinity, podAntiAffinity].flatMap((each) => [
    ...(each?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(each?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
  return terms.some(({ namespaces, namespaceSelector }) => (namespaces?.length ?? 0) > 0 || namespaceSelector !== undefined);
}

/** What a quota demands that a pod's containers leave out, as `cpu for: a,b; memory for: a`; empty when nothing. */
export function constrainedButMissing({ group, resource }: CountedResource, object: KubeObject, constrained: readonly string[]): string {
  if (group !== '' || resource !== 'pods') return '';
  const missing = new Map<string, Set<string>>();
  const spec = object['spec'] as core.PodSpec;
  for (const name of constrained.filter((each) => COMPUTE.includes(each))) {
    const isLimit = name.startsWith('limits.');
    const bare = name.replace(/^(requests|limits)\./, '');
    for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
      const given = (isLimit ? container.resources?.limits : container.resources?.requests) as Record<string, string> | undefined;
      if (given?.[bare] !== undefined) continue;
      const names = missing.get(name) ?? new Set<string>();
      missing.set(name, names.add(container.name));
    }
  }
  return [...missing].sort(([x], [y]) => (x < y ? -1 : 1)).map(([name, containers]) => `${name} for: ${[...containers].sort((x, y) => (x < y ? -1 : 1)).join(',')}`).join('; ');
}
