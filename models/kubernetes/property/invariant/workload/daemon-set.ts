/** Laws of DaemonSets: one pod a node, and updates that leave the others alone. */
import type { DaemonSet, Pod } from '../../../object/types.ts';
import type { Invariant } from '../../invariant.ts';
import { controlledBy, controllerIn, isMarked, isReady, isTerminal, isTerminating, ownedBy, place } from './owner.ts';

const HASH = 'controller-revision-hash';

/** The node that a pod is made for. */
export function targetOf({ spec }: Pod): string | undefined {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return spec.nodeName ?? terms[0]?.matchFields?.find(({ key }) => key === 'metadata.name')?.values?.[0];
}

const surgeOf = ({ spec }: DaemonSet): boolean => {
  const surge = (spec.updateStrategy?.rollingUpdate as { maxSurge?: number | string } | undefined)?.maxSurge;
  return surge !== undefined && surge !== 0 && surge !== '0%';
};

/** How long what a controller read may be old, µs. */
const LAG = 5_000_000;

/**
 * A pod is made for a node that has none of its own. A DaemonSet that surges, or just has, makes a second one beside the first, and does
 * not wait for those that are about to go.
 */
export const onePerNode: Invariant<Map<string, number>> = {
  name: 'a DaemonSet makes one pod for a node',
  resources: ['pods', 'daemonsets'],
  state: () => new Map(),
  check: ({ resource, object, previous, isDelete }, objects, surged, time) => {
    if (resource === 'daemonsets') {
      if ([object, previous].some((set) => set !== undefined && surgeOf(set as DaemonSet))) surged.set(object.metadata.uid, time);
      return false;
    }
    const set = controllerIn<DaemonSet>(objects, 'daemonsets', object, 'DaemonSet');
    if (isDelete || previous !== undefined || set === undefined) return false;
    const node = targetOf(object as Pod);
    if (node === undefined || objects.get('minions', undefined, node) === undefined) return `${place(object)} is made for node ${node ?? 'nowhere'}, which is not there`;
    const isSurging = surgeOf(set) || (surged.get(set.metadata.uid) ?? -Infinity) > time - LAG;
    const others = ownedBy<Pod>(objects, 'pods', set.metadata.uid).filter((pod) => pod.metadata.uid !== object.metadata.uid && targetOf(pod) === node && !isTerminal(pod) && !(isSurging && isTerminating(pod)));
    return others.length <= (isSurging ? 1 : 0) ? undefined : `${place(object)} is made for node ${node}, which has ${others.map(({ metadata }) => metadata.name).join(' and ')}`;
  },
};

/** The most that a DaemonSet has allowed so far, and when a revision of it last changed, µs. */
interface Asked {
  most: number;
  minReadySeconds: number;
  changedAt: number;
}

/** What the law of updates remembers: when pods became ready, what DaemonSets have allowed so far, and which pods were fair game. */
interface Updates {
  readonly readySince: Map<string, number>;
  readonly asked: Map<string, Asked>;
  /** Pods that were deleted while they were not available: those do not count (update.go, `allowedReplacementPods`). */
  readonly free: Set<string>;
}

function askedOf({ asked }: Updates, uid: string): Asked {
  const found = asked.get(uid) ?? { most: 1, minReadySeconds: 0, changedAt: 0 };
  asked.set(uid, found);
  return found;
}

function ask(updates: Updates, { metadata, spec }: DaemonSet, nodes: number): void {
  const { maxUnavailable = 1 } = spec.updateStrategy?.rollingUpdate ?? {};
  const asked = askedOf(updates, metadata.uid);
  asked.most = Math.max(asked.most, typeof maxUnavailable === 'number' ? maxUnavailable : Math.ceil((Number.parseInt(maxUnavailable, 10) * nodes) / 100));
  asked.minReadySeconds = Math.max(asked.minReadySeconds, spec.minReadySeconds ?? 0);
}

/** Where nothing fails by itself, an update takes an available pod only when few enough nodes are without one. */
export const unavailableKept: Invariant<Updates> = {
  name: 'an update of a DaemonSet leaves enough nodes with a pod',
  resources: ['pods', 'daemonsets', 'controllerrevisions'],
  state: () => ({ readySince: new Map(), asked: new Map(), free: new Set() }),
  check: ({ resource, object, previous, isDelete }, objects, updates, time) => {
    if (resource === 'daemonsets') ask(updates, object as DaemonSet, objects.list('minions').length);
    if (resource === 'controllerrevisions') askedOf(updates, controlledBy(object, 'DaemonSet')?.uid ?? '').changedAt = time;
    if (resource !== 'pods') return false;
    const pod = object as Pod;
    const { uid } = pod.metadata;
    if (!isReady(pod)) updates.readySince.delete(uid);
    else if (!updates.readySince.has(uid)) updates.readySince.set(uid, time);
    const set = controllerIn<DaemonSet>(objects, 'daemonsets', object, 'DaemonSet');
    if (set === undefined || isTerminating(set) || surgeOf(set) || !isMarked(object, previous, isDelete)) return false;
    const { most, minReadySeconds, changedAt } = askedOf(updates, set.metadata.uid);
    // Transition times are whole seconds, and the controller looked a moment ago.
    if (time - (updates.readySince.get(uid) ?? time) < (minReadySeconds + 2) * 1_000_000) {
      updates.free.add(uid);
      return false;
    }
    const own = ownedBy<Pod>(objects, 'pods', set.metadata.uid).filter(({ metadata }) => metadata.uid !== uid);
    const onNode = (name: string | undefined): readonly Pod[] => own.filter((other) => targetOf(other) === name);
    // Of several on a node all but one go.
    if (onNode(targetOf(pod)).some((other) => !isTerminal(other) && !isTerminating(other))) return false;
    const newest = objects.list('controllerrevisions').filter((revision) => controlledBy(revision, 'DaemonSet')?.uid === set.metadata.uid).sort((a, b) => (b['revision'] as number) - (a['revision'] as number))[0];
    const isAsked = pod.metadata.labels?.[HASH] !== newest?.metadata.labels?.[HASH] && set.spec.updateStrategy?.type !== 'OnDelete';
    if (!isAsked && time - changedAt > LAG) return `${place(object)} was deleted though no update asked for it`;
    const isServed = (other: Pod): boolean => (isReady(other) && !isTerminating(other)) || updates.free.has(other.metadata.uid);
    // A node whose pod has ended or is gone does not count: the controller may have seen that just after it made the others (`getNodesToDaemonPods`).
    const isWithout = (pods: readonly Pod[]): boolean => pods.some((other) => !isTerminal(other)) && !pods.some(isServed);
    const without = objects.list('minions').filter(({ metadata: { name } }) => name !== targetOf(pod) && isWithout(onNode(name)));
    return without.length < most ? undefined : `${place(object)} was deleted while ${without.map(({ metadata }) => metadata.name).join(', ')} have no pod; ${most} may be without`;
  },
};
