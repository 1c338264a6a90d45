/** Laws of DaemonSets: one pod a node, and updates that leave the others alone. */
import type { DaemonSet, Pod } from '../../../object/types.ts';
import type { Invariant } from '../../invariant.ts';
import { invariant } from '../../invariant.ts';
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

/** A pod is made for a node that has none of its own; two while an update surges. */
export const onePerNode: Invariant<undefined> = invariant('a DaemonSet makes one pod for a node', ['pods'], ({ object, previous, isDelete }, objects) => {
  const set = controllerIn<DaemonSet>(objects, 'daemonsets', object, 'DaemonSet');
  if (isDelete || previous !== undefined || set === undefined) return false;
  const node = targetOf(object as Pod);
  if (node === undefined || objects.get('minions', undefined, node) === undefined) return `${place(object)} is made for node ${node ?? 'nowhere'}, which is not there`;
  const others = ownedBy<Pod>(objects, 'pods', set.metadata.uid).filter((pod) => pod.metadata.uid !== object.metadata.uid && targetOf(pod) === node && !isTerminal(pod));
  return others.length <= (surgeOf(set) ? 1 : 0) ? undefined : `${place(object)} is made for node ${node}, which has ${others.map(({ metadata }) => metadata.name).join(' and ')}`;
});

/** Where nothing fails by itself, an update takes an available pod only when few enough nodes are without one. */
export const unavailableKept: Invariant<undefined> = invariant('an update of a DaemonSet leaves enough nodes with a pod', ['pods'], ({ object, previous, isDelete }, objects) => {
  const set = controllerIn<DaemonSet>(objects, 'daemonsets', object, 'DaemonSet');
  const pod = object as Pod;
  if (set === undefined || isTerminating(set) || surgeOf(set) || !isMarked(object, previous, isDelete) || !isReady(previous as Pod)) return false;
  const own = ownedBy<Pod>(objects, 'pods', set.metadata.uid).filter(({ metadata }) => metadata.uid !== pod.metadata.uid);
  const newest = objects.list('controllerrevisions').filter((revision) => controlledBy(revision, 'DaemonSet')?.uid === set.metadata.uid).sort((a, b) => (b['revision'] as number) - (a['revision'] as number))[0];
  if (pod.metadata.labels?.[HASH] === newest?.metadata.labels?.[HASH] || set.spec.updateStrategy?.type === 'OnDelete') return `${place(object)} was deleted though no update asked for it`;
  const nodes = objects.list('minions');
  const without = nodes.filter(({ metadata: { name } }) => name !== targetOf(pod) && !own.some((other) => targetOf(other) === name && isReady(other) && !isTerminating(other)));
  const { maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {};
  const most = typeof maxUnavailable === 'number' ? maxUnavailable : Math.ceil((Number.parseInt(maxUnavailable, 10) * nodes.length) / 100);
  return without.length < Math.max(1, most) ? undefined : `${place(object)} was deleted while ${without.map(({ metadata }) => metadata.name).join(', ')} have no pod; ${most} may be without`;
});
