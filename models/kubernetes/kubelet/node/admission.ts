/**
 * Admission of pods on the node (pkg/kubelet/lifecycle/predicate.go): the first reason against a pod wins.
 */
import { podRequests, parseResourceList, qosClassOf } from '../../object/resources.ts';
import { quantityMilliValue, quantityValue, type Quantity } from '../../object/quantity.ts';
import type { core, Node, Pod } from '../../object/types.ts';
import type { Shortage } from './preemption.ts';
import { isExtended } from './setters.ts';

export interface Rejection {
  readonly reason: string;
  readonly message: string;
  /** Lack of resources, which a critical pod may get by preemption. */
  readonly shortage?: Shortage;
}

/** Pods that the kubelet must not turn away for lack of room. */
export function isCritical(pod: Pod): boolean {
  const annotations = pod.metadata.annotations ?? {};
  if (annotations['kubernetes.io/config.source'] !== undefined && annotations['kubernetes.io/config.source'] !== 'api') return true;
  if (annotations['kubernetes.io/config.mirror'] !== undefined) return true;
  return (pod.spec.priority ?? 0) >= 2_000_000_000;
}

export interface AdmissionInputs {
  readonly node: Node;
  /** Active pods that were admitted already. */
  readonly others: readonly Pod[];
  readonly pressures: readonly string[];
  readonly isShuttingDown: boolean;
  /** Gives the pod CPUs and memory of its own, if it is to have them. */
  allocate?(pod: Pod): Rejection | undefined;
  matchesNode(pod: Pod, node: Node): boolean;
  tolerates(pod: Pod, node: Node): boolean;
}

/** predicate.go, isOSSelectorNodeLabelDoesNotMatch and rejectPodAdmissionBasedOnOSField. */
function osRejection({ spec }: Pod): Rejection | undefined {
  const label = spec.nodeSelector?.['kubernetes.io/os'];
  if (label !== undefined && label !== 'linux') {
    return { reason: 'PodOSSelectorNodeLabelDoesNotMatch', message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label" };
  }
  if (spec.os?.name === undefined || spec.os.name === 'linux') return undefined;
  return { reason: 'PodOSNotSupported', message: 'Failed to admit pod as the OS field doesn\'t match node OS' };
}

export function admit(pod: Pod, inputs: AdmissionInputs): Rejection | undefined {
  return (
    pressureRejection(pod, inputs) ??
    inputs.allocate?.(pod) ??
    osRejection(pod) ??
    resourceRejection(pod, inputs) ??
    predicateRejection(pod, inputs) ??
    (inputs.isShuttingDown ? { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.' } : undefined)
  );
}

function pressureRejection(pod: Pod, { pressures }: AdmissionInputs): Rejection | undefined {
  if (pressures.length === 0 || isCritical(pod)) return undefined;
  if (pressures.length === 1 && pressures[0] === 'MemoryPressure') {
    if (qosClassOf(pod) !== 'BestEffort') return undefined;
    const tolerated = (pod.spec.tolerations ?? []).some(({ key, effect, operator }) => (key === 'node.kubernetes.io/memory-pressure' && (effect === undefined || effect === 'NoSchedule')) || (key === undefined && operator === 'Exists'));
    if (tolerated) return undefined;
  }
  return { reason: 'Evicted', message: `The node had condition: [${pressures.join(' ')}]. ` };
}

function amount(resource: string, quantity: Quantity | undefined): number {
  if (quantity === undefined) return 0;
  return resource === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity);
}

/** Resources of the whole cluster are extended ones that no node knows; who bound the pod has counted them (removeMissingExtendedResources). */
const isUnknown = (name: string, allocatable: ReadonlyMap<string, Quantity>): boolean => isExtended(name) && !allocatable.has(name);

function resourceRejection(pod: Pod, { node, others }: AdmissionInputs): Rejection | undefined {
  const allocatable = parseResourceList(node.status.allocatable as Record<string, string> | undefined);
  const active = others.filter(({ metadata }) => metadata.uid !== pod.metadata.uid);
  const podsMax = amount('pods', allocatable.get('pods'));
  if (active.length + 1 > podsMax) return outOf('pods', 1, active.length, podsMax);
  const requests = podRequests(pod);
  const names = ['cpu', 'memory', 'ephemeral-storage', ...[...requests.keys()].filter((name) => name.includes('/') || name.startsWith('hugepages-')).sort((a, b) => (a < b ? -1 : 1))];
  for (const name of names) {
    const requested = amount(name, requests.get(name));
    if (requested === 0 || isUnknown(name, allocatable)) continue;
    const capacity = amount(name, allocatable.get(name));
    const used = active.reduce((sum, other) => sum + amount(name, podRequests(other).get(name)), 0);
    if (requested > capacity - used) return outOf(name, requested, used, capacity);
  }
  return undefined;
}

function outOf(resource: string, requested: number, used: number, capacity: number): Rejection {
  return {
    reason: `OutOf${resource}`,
    message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
    shortage: { resource, quantity: requested - (capacity - used) },
  };
}

function predicateRejection(pod: Pod, inputs: AdmissionInputs): Rejection | undefined {
  const { node, others } = inputs;
  const failed = (name: string, why: string): Rejection => ({ reason: name, message: `Predicate ${name} failed: ${why}` });
  if (!inputs.matchesNode(pod, node)) return failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== node.metadata.name) return failed('NodeName', "node(s) didn't match the requested node name");
  if (portsCollide(pod, others)) return failed('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  if (pod.metadata.annotations?.['kubernetes.io/config.source'] !== 'file' && !inputs.tolerates(pod, node)) return failed('TaintToleration', "node(s) had taints that the pod didn't tolerate");
  return undefined;
}

function hostPorts(pod: Pod): { ip: string; key: string }[] {
  return pod.spec.containers.flatMap((container: core.Container) =>
    (container.ports ?? []).flatMap(({ hostPort, hostIP, protocol }) => (hostPort ? [{ ip: hostIP || '0.0.0.0', key: `${protocol ?? 'TCP'}/${hostPort}` }] : [])),
  );
}

function portsCollide(pod: Pod, others: readonly Pod[]): boolean {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return false;
  const taken = others.filter(({ metadata }) => metadata.uid !== pod.metadata.uid).flatMap(hostPorts);
  return wanted.some(({ ip, key }) => taken.some((other) => other.key === key && (other.ip === ip || ip === '0.0.0.0' || other.ip === '0.0.0.0')));
}
