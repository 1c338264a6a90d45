/**
 * Laws of identity: a name keeps its uid until it is deleted, and what an object counts does not go backwards.
 */
import type { Job, KubeObject, Pod, ReplicaSet, Service } from '../../object/types.ts';
import { invariant, type Invariant } from '../invariant.ts';

const RESOURCES = ['pods', 'replicasets', 'deployments', 'statefulsets', 'daemonsets', 'jobs', 'services/specs', 'minions', 'namespaces'];
const wordsOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;

/** Between two deletes a name means one object, whose generation never falls. */
export const identityKept = invariant('a name keeps its uid, and its generation grows', RESOURCES, ({ object, previous, isDelete }) => {
  if (isDelete || previous === undefined) return false;
  if (previous.metadata.uid !== object.metadata.uid) return `${wordsOf(object)} had uid ${previous.metadata.uid} and has ${object.metadata.uid} now, without a delete`;
  const [before, now] = [previous.metadata.generation ?? 0, object.metadata.generation ?? 0];
  return now >= before ? undefined : `${wordsOf(object)} went from generation ${before} to ${now}`;
});

/** A Job forgets no pod that it has counted. */
export const jobCounts: Invariant<undefined> = {
  ...invariant('a Job never counts backwards', ['jobs'], ({ object, previous, isDelete }) => {
    if (isDelete || previous === undefined) return false;
    const [before, now] = [(previous as Job).status, (object as Job).status];
    if ((now?.succeeded ?? 0) < (before?.succeeded ?? 0)) return `${wordsOf(object)} had ${before.succeeded} succeeded pods and has ${now?.succeeded ?? 0} now`;
    return (now?.failed ?? 0) < (before?.failed ?? 0) ? `${wordsOf(object)} had ${before.failed} failed pods and has ${now?.failed ?? 0} now` : undefined;
  }),
  mayBeVacuous: true,
};

/** No two Services have one address. */
export const addressesUnique: Invariant<Map<string, string>> = {
  name: 'no two Services have the same cluster IP',
  resources: ['services/specs'],
  state: () => new Map(),
  check: ({ key, object, previous, isDelete }, _objects, owners) => {
    const addressOf = (service: KubeObject | undefined): string | undefined => {
      const ip = (service as Service | undefined)?.spec.clusterIP;
      return ip === undefined || ip === '' || ip === 'None' ? undefined : ip;
    };
    const [before, now] = [addressOf(previous), isDelete ? undefined : addressOf(object)];
    if (before !== undefined && before !== now && owners.get(before) === key) owners.delete(before);
    if (now === undefined || now === before) return false;
    const owner = owners.get(now);
    owners.set(now, key);
    return owner === undefined || owner === key ? undefined : `${wordsOf(object)} got the address ${now}, which ${owner} has`;
  },
};

/** How many pods a ReplicaSet ever asked for, and which of its pods are alive. */
interface Owned {
  most: number;
  readonly alive: Set<string>;
}

const isAlive = ({ metadata, status }: Pod): boolean => metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

/**
 * A ReplicaSet never has more living pods than it ever asked for. A controller that is unsure what it has done (it crashed, or an
 * answer was lost) may make one too many and take it away again, so this is judged until a controller is in doubt (`doubt.ts`).
 */
export const replicasKept: Invariant<Map<string, Owned>> = {
  name: 'a ReplicaSet has no more pods than it asked for',
  resources: ['pods', 'replicasets'],
  state: () => new Map(),
  check: ({ key, resource, object, isDelete }, _objects, owned) => {
    const of = (uid: string): Owned => {
      let found = owned.get(uid);
      if (found === undefined) owned.set(uid, (found = { most: 0, alive: new Set() }));
      return found;
    };
    if (resource === 'replicasets') {
      const mine = of(object.metadata.uid);
      mine.most = Math.max(mine.most, (object as ReplicaSet).spec.replicas ?? 1);
      return false;
    }
    const owner = object.metadata.ownerReferences?.find(({ controller, kind }) => controller === true && kind === 'ReplicaSet');
    if (owner === undefined) return false;
    const { alive, most } = of(owner.uid);
    if (isDelete || !isAlive(object as Pod)) {
      alive.delete(key);
      return false;
    }
    alive.add(key);
    return alive.size <= most ? undefined : `ReplicaSet ${object.metadata.namespace}/${owner.name} has ${alive.size} living pods and never asked for more than ${most}`;
  },
};
