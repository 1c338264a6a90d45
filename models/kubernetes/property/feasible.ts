/**
 * Which pods wait for room that is not there: no fault of anybody, so a cluster that holds them has converged all the same.
 *
 * An independent and simple judgement (requests, cordons, taints), so that a scheduler that forgets a pod that would fit is found.
 */
import { compareQuantity, subQuantity, ZERO } from '../object/quantity.ts';
import { addResourceLists, parseResourceList, podRequests, type ResourceList } from '../object/resources.ts';
import type { KubeObject, Node, Pod } from '../object/types.ts';
import type { Read } from '../cluster/convergence.ts';

const isFinished = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

function fits(asked: ResourceList, node: Node, onNode: readonly Pod[]): boolean {
  if (node.spec.unschedulable === true || (node.spec.taints ?? []).length > 0) return false;
  const allocatable = parseResourceList(node.status.allocatable as Readonly<Record<string, string>> | undefined);
  const used = onNode.reduce<ResourceList>((sum, pod) => addResourceLists(sum, podRequests(pod)), new Map());
  if (onNode.length >= Number(node.status.allocatable?.['pods'] ?? Infinity)) return false;
  return [...asked].every(([name, quantity]) => compareQuantity(quantity, subQuantity(allocatable.get(name) ?? ZERO, used.get(name) ?? ZERO)) <= 0);
}

/** Pods that are not bound and fit nowhere, and everything that waits for them: keys are `kind namespace/name`. */
export function waitingForRoom(read: Read): ReadonlySet<string> {
  const pods = read('pods') as readonly Pod[];
  const unbound = pods.filter(({ spec, metadata }) => !spec.nodeName && metadata.deletionTimestamp === undefined);
  if (unbound.length === 0) return new Set();
  const nodes = read('minions') as readonly Node[];
  const on = (node: Node): readonly Pod[] => pods.filter((pod) => pod.spec.nodeName === node.metadata.name && !isFinished(pod));
  const waiting = unbound.filter((pod) => !nodes.some((node) => fits(podRequests(pod), node, on(node))));
  return new Set(waiting.flatMap((pod) => [pod as KubeObject, ...owners(read, pod)].map(nameOf)));
}

function owners(read: Read, object: KubeObject): readonly KubeObject[] {
  const reference = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (reference === undefined) return [];
  const owner = read(`${reference.kind.toLowerCase()}s`).find(({ metadata }) => metadata.uid === reference.uid);
  return owner === undefined ? [] : [owner, ...owners(read, owner)];
}

/** How `cluster/convergence.ts` names an object. */
export function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind.toLowerCase()} ${metadata.namespace === undefined || metadata.namespace === 'default' ? '' : `${metadata.namespace}/`}${metadata.name}`;
}
