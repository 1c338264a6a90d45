/**
 * Laws of StatefulSets: identities, and the order in which pods come and go.
 *
 * A controller sees the cluster a moment late: what it took for healthy must have been so a moment ago.
 */
import type { KubeObject, PersistentVolumeClaim, Pod, StatefulSet } from '../../../object/types.ts';
import type { ObjectView } from '../../object-view.ts';
import type { Invariant } from '../../invariant.ts';
import { controlledBy, controllerIn, isDisrupted, isMarked, isReady, isTerminal, isTerminating, place } from './owner.ts';

const REVISION = 'controller-revision-hash';
/** How old what a controller acts on may be, µs. */
const LAG = 2_000_000;

const ordinalOf = ({ metadata }: KubeObject): number => Number(/-(\d+)$/.exec(metadata.name)?.[1] ?? -1);
const startOf = ({ spec }: StatefulSet): number => (spec as { ordinals?: { start?: number } }).ordinals?.start ?? 0;
const isOrdered = ({ spec }: StatefulSet): boolean => spec.podManagementPolicy !== 'Parallel';
const endOf = (set: StatefulSet): number => startOf(set) + (set.spec.replicas ?? 1);
const isHealthy = (pod: Pod): boolean => pod.status?.phase === 'Running' && isReady(pod) && !isTerminating(pod);

/** Every incarnation of an ordinal has the same name, labels and hostname. */
export const identitiesKept: Invariant<undefined> = {
  name: "a StatefulSet's pod has the identity of its ordinal",
  resources: ['pods'],
  state: () => undefined,
  check: ({ object, previous, isDelete }) => {
    const owner = controlledBy(object, 'StatefulSet');
    if (isDelete || previous !== undefined || owner === undefined) return false;
    const { name, labels = {} } = object.metadata;
    const { hostname } = (object as Pod).spec;
    const ordinal = ordinalOf(object);
    if (ordinal < 0 || name !== `${owner.name}-${ordinal}`) return `${place(object)} is no name of a pod of ${owner.name}`;
    if (labels['statefulset.kubernetes.io/pod-name'] !== name || labels['apps.kubernetes.io/pod-index'] !== String(ordinal) || hostname !== name) return `${place(object)} was made with the identity ${JSON.stringify({ labels, hostname })}`;
    return labels[REVISION]?.startsWith(`${owner.name}-`) === true ? undefined : `${place(object)} was made without a revision`;
  },
};

/** When pods were healthy last (Infinity: they are), and when sets changed last. */
interface Seen {
  readonly healthy: Map<string, number>;
  readonly changed: Map<string, number>;
}

/** A law over pods of StatefulSets that remembers health and changes. */
function law(name: string, judge: (pod: Pod, set: StatefulSet, world: { readonly objects: ObjectView; wasHealthy(ordinal: number): boolean; readonly isSteady: boolean; readonly isCreated: boolean; readonly isMarked: boolean }) => string | false | void): Invariant<Seen> {
  return {
    name,
    resources: ['pods', 'statefulsets'],
    state: () => ({ healthy: new Map(), changed: new Map() }),
    check: ({ key, resource, object, previous, isDelete }, objects, { healthy, changed }, time) => {
      if (resource === 'statefulsets') {
        if (object.metadata.generation !== previous?.metadata.generation) changed.set(object.metadata.uid, time);
        return false;
      }
      if (controlledBy(object, 'StatefulSet') === undefined) return false;
      if (!isDelete && isHealthy(object as Pod)) healthy.set(key, Infinity);
      else if (healthy.get(key) === Infinity) healthy.set(key, time);
      const set = controllerIn<StatefulSet>(objects, 'statefulsets', object, 'StatefulSet');
      if (set === undefined || isTerminating(set)) return false;
      const prefix = key.slice(0, key.lastIndexOf('-'));
      return judge(object as Pod, set, {
        objects,
        wasHealthy: (ordinal) => (healthy.get(`${prefix}-${ordinal}`) ?? -Infinity) >= time - LAG,
        // What the status says of a spec is true when the controller has seen that spec.
        isSteady: (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0) && time - (changed.get(set.metadata.uid) ?? -Infinity) > LAG,
        isCreated: previous === undefined && !isDelete,
        isMarked: isMarked(object, previous, isDelete),
      });
    },
  };
}

/** OrderedReady: a pod is made when all before it are healthy. */
export const startsInOrder = law('OrderedReady makes a pod when all before it are healthy', (pod, set, { isCreated, wasHealthy }) => {
  if (!isCreated || !isOrdered(set)) return false;
  for (let ordinal = startOf(set); ordinal < Math.min(ordinalOf(pod), endOf(set)); ordinal++) {
    if (!wasHealthy(ordinal)) return `${place(pod)} was made while ${set.metadata.name}-${ordinal} is not healthy`;
  }
  return undefined;
});

/** OrderedReady: what is too much goes from the top, one after the other. */
export const stopsInOrder = law('OrderedReady takes the highest ordinal first', (pod, set, { isMarked: isGoing, isSteady, objects }) => {
  if (!isGoing || !isSteady || !isOrdered(set) || ordinalOf(pod) < endOf(set) || isDisrupted(pod)) return false;
  const higher = objects.list<Pod>('pods').find((other) => controlledBy(other, 'StatefulSet')?.uid === set.metadata.uid && ordinalOf(other) > ordinalOf(pod));
  return higher === undefined ? undefined : `${place(pod)} was deleted before ${higher.metadata.name}`;
});

/** A rolling update takes outdated pods only, not below the partition, and waits for those above. */
export const rollsInOrder = law('a rolling update takes the highest outdated pod, when all above are healthy', (pod, set, { isMarked: isGoing, isSteady, wasHealthy }) => {
  const ordinal = ordinalOf(pod);
  if (!isGoing || !isSteady || isDisrupted(pod) || isTerminal(pod) || ordinal < startOf(set) || ordinal >= endOf(set)) return false;
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === 'OnDelete') return `${place(pod)} was deleted though updates wait for the user`;
  if (pod.metadata.labels?.[REVISION] === set.status?.updateRevision) return `${place(pod)} was deleted though it is up to date`;
  if (ordinal < startOf(set) + (rollingUpdate?.partition ?? 0)) return `${place(pod)} was deleted though it is below the partition`;
  for (let above = ordinal + 1; above < endOf(set); above++) if (!wasHealthy(above)) return `${place(pod)} was deleted while ${set.metadata.name}-${above} is not healthy`;
  return undefined;
});

/** Claims outlive their pods unless the retention policy said otherwise. */
export const claimsKept: Invariant<undefined> = {
  name: 'no claim of a StatefulSet is deleted unless its policy says so',
  resources: ['persistentvolumeclaims'],
  state: () => undefined,
  check: ({ object, previous, isDelete }) => {
    if (!isMarked(object, previous, isDelete)) return false;
    const owners = (object as PersistentVolumeClaim).metadata.ownerReferences ?? [];
    return owners.some(({ kind }) => kind === 'StatefulSet' || kind === 'Pod') ? undefined : `${place(object)} was deleted`;
  },
};
