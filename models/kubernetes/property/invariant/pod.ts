/**
 * Laws of pods: bound once, never on a node that is full, and finished for good.
 */
import { compareQuantity, subQuantity, type Quantity, ZERO } from '../../object/quantity.ts';
import { addResourceLists, parseResourceList, podRequests, type ResourceList } from '../../object/resources.ts';
import type { Node, Pod } from '../../object/types.ts';
import { invariant, type Invariant } from '../invariant.ts';

const isFinished = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';
const nameOf = ({ metadata }: Pod): string => `pod ${metadata.namespace}/${metadata.name}`;

/** Once bound, a pod stays where it is. */
export const boundOnce = invariant('no pod is bound twice', ['pods'], ({ object, previous, isDelete }) => {
  const before = (previous as Pod | undefined)?.spec.nodeName;
  if (isDelete || !before || previous?.metadata.uid !== object.metadata.uid) return false;
  const now = (object as Pod).spec.nodeName;
  return now === before ? undefined : `${nameOf(object as Pod)} was bound to ${before} and is now bound to ${now ?? 'no node'}`;
});

/** What is finished does not come back: controllers have counted it. */
export const finishedForGood = invariant('a finished pod stays finished', ['pods'], ({ object, previous, isDelete }) => {
  if (isDelete || previous === undefined || !isFinished(previous as Pod)) return false;
  const [before, now] = [(previous as Pod).status.phase, (object as Pod).status.phase];
  return now === before ? undefined : `${nameOf(object as Pod)} had ${before} and is ${now} now`;
});

/** What the pods on one node ask for together. */
interface Load {
  readonly pods: Map<string, ResourceList>;
  total: ResourceList;
}

/** Never do the pods on a node ask for more than it can give; DaemonSets and mirror pods pass the scheduler as well. */
export const allocatableKept: Invariant<Map<string, Load>> = {
  name: 'allocatable is never exceeded',
  resources: ['pods'],
  state: () => new Map(),
  check: ({ key, object, isDelete }, objects, loads) => {
    const pod = object as Pod;
    const { nodeName } = pod.spec;
    if (!nodeName) return false;
    let load = loads.get(nodeName);
    if (load === undefined) loads.set(nodeName, (load = { pods: new Map(), total: new Map() }));
    const known = load.pods.get(key);
    if (isDelete || isFinished(pod)) {
      if (known !== undefined) take(load, key, known);
      return false;
    }
    if (known !== undefined) return false;
    const asked = podRequests(pod);
    load.pods.set(key, asked);
    load.total = addResourceLists(load.total, asked);
    return overfull(load, objects.get<Node>('minions', undefined, nodeName));
  },
};

function take(load: Load, key: string, asked: ResourceList): void {
  load.pods.delete(key);
  const total = new Map(load.total);
  for (const [name, quantity] of asked) total.set(name, subQuantity(total.get(name) ?? ZERO, quantity));
  load.total = total;
}

function overfull({ pods, total }: Load, node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  const allocatable = parseResourceList(node.status.allocatable as Readonly<Record<string, string>> | undefined);
  const has = (name: string): Quantity => allocatable.get(name) ?? ZERO;
  const most = Number(node.status.allocatable?.['pods'] ?? Infinity);
  if (pods.size > most) return `${pods.size} pods are on node ${node.metadata.name}, which takes ${most}`;
  for (const [name, quantity] of total) {
    if (compareQuantity(quantity, has(name)) > 0) return `the pods on node ${node.metadata.name} ask for more ${name} than it has: ${quantity.nanos / 1_000_000n}m of ${has(name).nanos / 1_000_000n}m`;
  }
  return undefined;
}
