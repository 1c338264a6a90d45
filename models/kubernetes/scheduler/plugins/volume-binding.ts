/**
 * VolumeBinding: claims that wait for their pod are decided together with its node.
 *
 * Volumes promised to pods that are being bound are remembered here until the informers show it, so that two pods are
 * not promised the same volume. Source: pkg/scheduler/framework/plugins/volumebinding/{volume_binding,binder}.go.
 */
import { compareQuantity, quantityOf } from '../../object/quantity.ts';
import { type Labels, selectorMatches, selectorOf } from '../../object/selector.ts';
import type { CSIDriver, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../object/types.ts';
import { sameData } from '../framework/canonical.ts';
import { ADD, UPDATE, UPDATE_NODE_LABEL } from '../framework/event.ts';
import type { CSIStorageCapacity, Listers } from '../framework/listers.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { Cycle, Plugin } from '../framework/plugin.ts';
import { failure, type Status, unresolvable } from '../framework/status.ts';
import { claimClassOf, claimUsesOf, isClaimOf, usesClaim } from './claim.ts';
import { findVolume, requestedStorage, volumeReaches } from './volume-match.ts';

const NAME = 'VolumeBinding';
const NODE_CONFLICT = 'node(s) had volume node affinity conflict';
const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind";
const NO_SPACE = 'node(s) did not have enough free storage';
const NO_VOLUME = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';
const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';
const MIGRATED_PLUGINS = 'storage.alpha.kubernetes.io/migrated-plugins';

interface State {
  readonly bound: readonly PersistentVolumeClaim[];
  /** Unbound claims that wait for the pod's node, the smallest first. */
  readonly delayed: readonly PersistentVolumeClaim[];
}

/** What a node would mean for the delayed claims. */
interface Plan {
  readonly reasons: readonly string[];
  readonly volumes: readonly PersistentVolume[];
}

/** A claim that cannot be used at all, in words. */
const claimError = (pod: Pod, name: string, isEphemeral: boolean, claim: PersistentVolumeClaim | undefined): string | undefined => {
  if (claim === undefined) {
    return isEphemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
      : `persistentvolumeclaim "${name}" not found`;
  }
  if (claim.status?.phase === 'Lost') {
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName ?? ''}"`;
  }
  if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`;
  if (!isEphemeral || isClaimOf(pod, claim)) return undefined;
  return `PVC ${claim.metadata.namespace ?? ''}/${name} was not created for pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name} (pod is not owner)`;
};

const isBound = (claim: PersistentVolumeClaim): boolean =>
  (claim.spec.volumeName ?? '') !== '' && claim.metadata.annotations?.[BIND_COMPLETED] !== undefined;

const isDelayed = (claim: PersistentVolumeClaim, listers: Listers): boolean =>
  (claim.spec.volumeName ?? '') === '' &&
  listers.storageClass(claimClassOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer';

const allowsTopology = (storageClass: StorageClass, labels: Labels): boolean => {
  const terms = storageClass.allowedTopologies ?? [];
  if (terms.length === 0) return true;
  return terms.some(({ matchLabelExpressions }) =>
    (matchLabelExpressions ?? []).every(({ key, values }) => values.includes(labels[key] ?? '')),
  );
};

const limitOf = ({ maximumVolumeSize, capacity }: CSIStorageCapacity): string | undefined => maximumVolumeSize ?? capacity;

const hasSpace = (listers: Listers, storageClass: StorageClass, claim: PersistentVolumeClaim, labels: Labels): boolean => {
  if (listers.csiDriver(storageClass.provisioner)?.spec.storageCapacity !== true) return true;
  const wanted = requestedStorage(claim);
  return listers.csiStorageCapacities().some((entry) => {
    const limit = limitOf(entry);
    if (entry.storageClassName !== storageClass.metadata.name || limit === undefined) return false;
    return compareQuantity(quantityOf(limit), wanted) >= 0 && selectorMatches(selectorOf(entry.nodeTopology), labels);
  });
};

const boundReasons = (listers: Listers, bound: readonly PersistentVolumeClaim[], row: NodeInfo): string[] => {
  for (const claim of bound) {
    const volume = listers.persistentVolume(claim.spec.volumeName ?? '');
    if (volume === undefined) return [NO_VOLUME];
    if (!volumeReaches(volume, row.labels)) return [NODE_CONFLICT];
  }
  return [];
};

/** Why a volume for the claim could not be made for this node, or undefined. */
const provisionError = (listers: Listers, claim: PersistentVolumeClaim, labels: Labels): string | undefined => {
  const storageClass = listers.storageClass(claimClassOf(claim));
  if (storageClass === undefined || storageClass.provisioner === '' || storageClass.provisioner === NO_PROVISIONER) {
    return BIND_CONFLICT;
  }
  if (!allowsTopology(storageClass, labels)) return BIND_CONFLICT;
  return hasSpace(listers, storageClass, claim, labels) ? undefined : NO_SPACE;
};

const plan = (listers: Listers, own: State, row: NodeInfo, promised: ReadonlyMap<string, string>): Plan => {
  const reasons = boundReasons(listers, own.bound, row);
  const volumes: PersistentVolume[] = [];
  const chosen = new Set<string>();
  const toProvision: PersistentVolumeClaim[] = [];
  const toMatch: PersistentVolumeClaim[] = [];
  for (const claim of own.delayed) {
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    if (selected === undefined) toMatch.push(claim);
    else if (selected === row.name) toProvision.push(claim);
    else return { reasons: [...reasons, BIND_CONFLICT], volumes };
  }
  for (const claim of toMatch) {
    const isTaken = (volume: PersistentVolume): boolean =>
      chosen.has(volume.metadata.name) || (promised.get(volume.metadata.name) ?? claim.metadata.uid) !== claim.metadata.uid;
    const volume = findVolume(claim, listers.persistentVolumes(), row.labels, isTaken);
    if (volume === undefined) toProvision.push(claim);
    else {
      chosen.add(volume.metadata.name);
      volumes.push(volume);
    }
  }
  for (const claim of toProvision) {
    const error = provisionError(listers, claim, row.labels);
    if (error !== undefined) return { reasons: [...reasons, error], volumes };
  }
  return { reasons, volumes };
};

const classify = (cycle: Cycle): Status | State => {
  const { pod } = cycle.pod;
  const bound: PersistentVolumeClaim[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  let immediate = 0;
  for (const { name, isEphemeral } of claimUsesOf(pod)) {
    const claim = cycle.listers.persistentVolumeClaim(cycle.pod.namespace, name);
    const error = claimError(pod, name, isEphemeral, claim);
    if (claim === undefined || error !== undefined) return unresolvable(NAME, error ?? '');
    if (isBound(claim)) bound.push(claim);
    else if (isDelayed(claim, cycle.listers)) delayed.push(claim);
    else immediate += 1;
  }
  if (immediate > 0) return unresolvable(NAME, 'pod has unbound immediate PersistentVolumeClaims');
  delayed.sort((a, b) => compareQuantity(requestedStorage(a), requestedStorage(b)));
  return { bound, delayed };
};

export const volumeBinding = (): Plugin<State> => {
  /** Volume name to the UID of the claim that it was promised to; lives and dies with the scheduler's process. */
  const promised = new Map<string, string>();
  const states = new Map<string, State>();
  return {
    name: NAME,
    preFilter: (cycle) => {
      if (claimUsesOf(cycle.pod.pod).length === 0) return { kind: 'skip' };
      const state = classify(cycle);
      if ('code' in state) return { kind: 'reject', status: state };
      states.clear();
      states.set(cycle.pod.uid, state);
      return { kind: 'ok', own: state };
    },
    filter: (cycle, row, own) => {
      const { reasons } = plan(cycle.listers, own, row, promised);
      return reasons.length === 0 ? undefined : unresolvable(NAME, ...reasons);
    },
    reserve: (cycle, node) => {
      const state = states.get(cycle.pod.uid);
      const row = cycle.snapshot.get(node);
      if (state === undefined || row === undefined || state.delayed.length === 0) return undefined;
      const { reasons, volumes } = plan(cycle.listers, state, row, promised);
      if (reasons.length > 0) return failure(NAME, reasons.join(', '));
      for (const volume of volumes) {
        const claim = state.delayed.find(({ metadata }) => ![...promised.values()].includes(metadata.uid));
        if (claim !== undefined) promised.set(volume.metadata.name, claim.metadata.uid);
      }
      return undefined;
    },
    unreserve: (cycle) => {
      const uids = new Set(
        claimUsesOf(cycle.pod.pod).map(
          ({ name }) => cycle.listers.persistentVolumeClaim(cycle.pod.namespace, name)?.metadata.uid,
        ),
      );
      for (const [volume, uid] of promised) if (uids.has(uid)) promised.delete(volume);
    },
    events: () => [
      {
        resource: 'StorageClass',
        action: ADD | UPDATE,
        hint: (_pod, old, current) => {
          if (old === undefined) return 'queue';
          const before = (old as StorageClass).allowedTopologies;
          return sameData(before, (current as StorageClass).allowedTopologies) ? 'skip' : 'queue';
        },
      },
      {
        resource: 'PersistentVolumeClaim',
        action: ADD | UPDATE,
        hint: (pod, _old, current) => (usesClaim(pod, current) ? 'queue' : 'skip'),
      },
      { resource: 'PersistentVolume', action: ADD | UPDATE },
      { resource: 'Node', action: ADD | UPDATE_NODE_LABEL },
      {
        resource: 'CSINode',
        action: ADD | UPDATE,
        hint: (_pod, old, current) =>
          old !== undefined && old.metadata.annotations?.[MIGRATED_PLUGINS] === current?.metadata.annotations?.[MIGRATED_PLUGINS]
            ? 'skip'
            : 'queue',
      },
      {
        resource: 'CSIDriver',
        action: UPDATE,
        hint: (pod, old, current) => {
          const usesDriver = (pod.spec.volumes ?? []).some(({ csi }) => csi?.driver === current?.metadata.name);
          const was = (old as CSIDriver | undefined)?.spec.storageCapacity === true;
          return usesDriver && was && (current as CSIDriver).spec.storageCapacity !== true ? 'queue' : 'skip';
        },
      },
      {
        resource: 'CSIStorageCapacity',
        action: ADD | UPDATE,
        hint: (_pod, old, current) => {
          if (old === undefined) return 'queue';
          const before = limitOf(old as CSIStorageCapacity);
          const after = limitOf(current as CSIStorageCapacity);
          if (after === undefined) return 'skip';
          return before === undefined || compareQuantity(quantityOf(after), quantityOf(before)) > 0 ? 'queue' : 'skip';
        },
      },
    ],
  };
};
