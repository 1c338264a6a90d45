/** Laws of ReplicaSets beside the number of their pods (`identity.ts`): they delete no pod that they still want. */
import type { Pod, ReplicaSet } from '../../../object/types.ts';
import type { Invariant } from '../../invariant.ts';
import { controlledBy, controllerIn, isActive, isMarked, isTerminating, ownedBy, place } from './owner.ts';

/** Where nobody else deletes pods, a ReplicaSet keeps at least as many as it ever asked for at the least. */
export const wantedPodsKept: Invariant<Map<string, number>> = {
  name: 'a ReplicaSet deletes no pod that it wants',
  resources: ['pods', 'replicasets'],
  state: () => new Map(),
  check: ({ resource, object, previous, isDelete }, objects, fewest) => {
    if (resource === 'replicasets') {
      const { uid } = object.metadata;
      const replicas = (object as ReplicaSet).spec.replicas ?? 1;
      fewest.set(uid, Math.min(fewest.get(uid) ?? replicas, replicas));
      return false;
    }
    const reference = controlledBy(object, 'ReplicaSet');
    const set = controllerIn<ReplicaSet>(objects, 'replicasets', object, 'ReplicaSet');
    if (reference === undefined || set === undefined || isTerminating(set) || !isMarked(object, previous, isDelete) || !isActive(previous as Pod)) return false;
    const left = ownedBy<Pod>(objects, 'pods', reference.uid).filter(isActive).length;
    const least = fewest.get(reference.uid) ?? 0;
    return left >= least ? undefined : `${place(object)} was deleted: ${place(set)} is left with ${left} pods and never asked for fewer than ${least}`;
  },
};
