/**
 * What a cluster has to reach besides what its objects say of themselves: statuses tell the truth, nothing is left over, and nodes
 * run what is bound to them and nothing else. Pods that fit nowhere are excused, with what waits for them.
 */
import type { Kernel } from '../../../src/index.ts';
import { kubectlState } from '../cluster/kubectl.ts';
import { pendingReasons, type Read } from '../cluster/convergence.ts';
import { Process } from '../client/process.ts';
import { podsOfRunning } from '../container-runtime/inspect.ts';
import type { Store } from '../etcd/store.ts';
import type { EndpointSlice, KubeObject, Pod, ReplicaSet } from '../object/types.ts';
import { waitingForRoom } from './feasible.ts';

const isLive = ({ metadata, status }: Pod): boolean => metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
const isReady = ({ status }: Pod): boolean => (status?.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True');
const place = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

/** Kinds whose objects go with their owner. */
const OWNED = ['pods', 'replicasets', 'endpointslices', 'controllerrevisions', 'jobs'] as const;
const OWNERS = ['deployments', 'replicasets', 'statefulsets', 'daemonsets', 'jobs', 'cronjobs', 'services/specs', 'services/endpoints', 'minions', 'controllers'] as const;

/** One check: sentences about what is not yet as it should be. */
type Check = (read: Read, kernel: Kernel) => readonly string[];

/** Counts in a ReplicaSet's status are those of its pods. */
const statusesAreTrue: Check = (read) => {
  const pods = read('pods') as readonly Pod[];
  return (read('replicasets') as readonly ReplicaSet[]).flatMap((set) => {
    const own = pods.filter((pod) => isLive(pod) && pod.metadata.ownerReferences?.some(({ uid }) => uid === set.metadata.uid));
    const ready = own.filter(isReady).length;
    const { replicas = 0, readyReplicas = 0 } = set.status ?? {};
    if (replicas !== own.length) return [`replicaset ${place(set)} says it has ${replicas} pods and has ${own.length}`];
    return readyReplicas === ready ? [] : [`replicaset ${place(set)} says that ${readyReplicas} of its pods are ready; ${ready} are`];
  });
};

/** Whatever has an owner that is gone goes too. */
const ownersLive: Check = (read) => {
  const living = new Set(OWNERS.flatMap((resource) => read(resource).map(({ metadata }) => metadata.uid)));
  return OWNED.flatMap((resource) =>
    read(resource).flatMap((object) => {
      const owners = object.metadata.ownerReferences ?? [];
      return owners.length > 0 && owners.every(({ uid }) => !living.has(uid)) ? [`${resource} ${place(object)} has lost its owner ${owners[0]?.kind} ${owners[0]?.name} and is still there`] : [];
    }),
  );
};

/** A node runs containers of the pods that are bound to it and of no others. */
const containersBelong: Check = (read, kernel) => {
  const bound = new Map((read('pods') as readonly Pod[]).map((pod) => [pod.metadata.uid, pod]));
  return kernel.actors().flatMap(({ id, type }) => {
    if (type !== 'container-runtime') return [];
    const node = id.slice(id.indexOf('/') + 1);
    return podsOfRunning(kernel.state(id)).flatMap(({ uid, name }) => {
      const pod = bound.get(uid);
      if (pod?.spec.nodeName === node) return [];
      return [`node ${node} runs a container of pod ${name}, which ${pod === undefined ? 'does not exist' : 'is bound elsewhere'}`];
    });
  });
};

/** Endpoints name pods that are there. */
const endpointsExist: Check = (read) => {
  const living = new Set(read('pods').map(({ metadata }) => metadata.uid));
  return (read('endpointslices') as readonly EndpointSlice[]).flatMap((slice) =>
    (slice.endpoints ?? []).flatMap(({ targetRef }) =>
      targetRef?.kind !== 'Pod' || living.has(targetRef.uid ?? '') ? [] : [`endpointslice ${place(slice)} still has pod ${targetRef.name}, which does not exist`],
    ),
  );
};

/** A node is ready again, and its pressure passes, when the cause is gone: until then pods wait for that. */
const nodesAreWell: Check = (read) =>
  read('minions').flatMap(({ metadata, status }) =>
    ((status?.conditions ?? []) as readonly { type: string; status: string }[])
      .filter(({ type, status: value }) => (type === 'Ready' ? value !== 'True' : type.endsWith('Pressure') && value === 'True'))
      .map(({ type }) => `node ${metadata.name} ${type === 'Ready' ? 'is not ready' : `has ${type}`}`),
  );

/** Whoever has lost a watch has it back: what it has missed may make it act. A reflector waits up to a minute before it tries again. */
const watchesAreOpen: Check = (_read, kernel) =>
  kernel.actors().flatMap(({ id }) => {
    const process = kernel.state(id);
    return process instanceof Process && process.awaits('reflector.') ? [`${id} has yet to watch again`] : [];
  });

/** What the user has asked for has been answered. */
const userIsDone: Check = (_read, kernel) => {
  const process = kernel.state('kubectl') as Process | undefined;
  const user = process === undefined ? undefined : kubectlState(process);
  return user === undefined || (user.isDone && user.running === 0) ? [] : ['a command of the user has not been answered'];
};

const CHECKS: readonly Check[] = [userIsDone, watchesAreOpen, nodesAreWell, statusesAreTrue, ownersLive, endpointsExist, containersBelong];

/** Everything that is not yet as it should be, one sentence each; empty when the cluster has settled. `also`: what else has to be so. */
export function unsettled(kernel: Kernel, also: (read: Read) => readonly string[] = () => []): readonly string[] {
  const state = kernel.state('etcd') as { readonly store: Store } | undefined;
  if (state === undefined) return ['etcd is down'];
  const cache = new Map<string, readonly KubeObject[]>();
  const read: Read = (prefix) => {
    let objects = cache.get(prefix);
    if (objects === undefined) cache.set(prefix, (objects = state.store.range(`/registry/${prefix}/`, 0).map(({ object }) => object)));
    return objects;
  };
  let reasons = pendingReasons(read);
  if (reasons.length > 0) {
    const waiting = [...waitingForRoom(read)].map((name) => `${name} `);
    reasons = reasons.filter((reason) => !waiting.some((name) => reason.startsWith(name)));
  }
  return reasons.length > 0 ? reasons : [...CHECKS.flatMap((check) => check(read, kernel)), ...also(read)];
}
