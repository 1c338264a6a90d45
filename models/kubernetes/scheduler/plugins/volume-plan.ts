/**
 * What a node would mean for a pod's claims: which volumes they would get there, and which would have to be made.
 *
 * Source: pkg/scheduler/framework/plugins/volumebinding/binder.go.
 */
import { compareQuantity, quantityOf } from '../../object/quantity.ts';
import { type Labels, selectorMatches, selectorOf } from '../../object/selector.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../object/types.ts';
import type { CSIStorageCapacity, Listers } from '../framework/listers.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { VolumeView } from './volume-assume.ts';
import { BIND_COMPLETED, claimClassOf, isClaimOf, SELECTED_NODE } from '../../object/claim.ts';
import { findVolume, requestedStorage, volumeReaches } from '../../object/volume-match.ts';

const NODE_CONFLICT = 'node(s) had volume node affinity conflict';
const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind";
const NO_SPACE = 'node(s) did not have enough free storage';
const NO_VOLUME = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/** A pod's claims, as far as a node matters to them. */
export interface ClaimState {
  readonly bound: readonly PersistentVolumeClaim[];
  /** Unbound claims that wait for the pod's node, the smallest first. */
  readonly delayed: readonly PersistentVolumeClaim[];
}

/** What a node would mean for the delayed claims; `reasons` say why it cannot be. */
export interface VolumePlan {
  readonly reasons: readonly string[];
  readonly bindings: readonly { readonly volume: PersistentVolume; readonly claim: PersistentVolumeClaim }[];
  readonly provisions: readonly PersistentVolumeClaim[];
}

/** A claim that cannot be used at all, in words. */
export const claimError = (
  pod: Pod,
  name: string,
  isEphemeral: boolean,
  claim: PersistentVolumeClaim | undefined,
): string | undefined => {
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
  const namespace = pod.metadata.namespace ?? '';
  return `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`;
};

export const isBound = (claim: PersistentVolumeClaim): boolean =>
  (claim.spec.volumeName ?? '') !== '' && claim.metadata.annotations?.[BIND_COMPLETED] !== undefined;

export const isDelayed = (claim: PersistentVolumeClaim, listers: Listers): boolean =>
  (claim.spec.volumeName ?? '') === '' &&
  listers.storageClass(claimClassOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer';

const allowsTopology = (storageClass: StorageClass, labels: Labels): boolean => {
  const terms = storageClass.allowedTopologies ?? [];
  if (terms.length === 0) return true;
  return terms.some(({ matchLabelExpressions }) =>
    (matchLabelExpressions ?? []).every(({ key, values }) => values.includes(labels[key] ?? '')),
  );
};

/** The size of the biggest volume that can be made there. */
export const limitOf = ({ maximumVolumeSize, capacity }: CSIStorageCapacity): string | undefined =>
  maximumVolumeSize ?? capacity;

const hasSpace = (
  listers: Listers,
  storageClass: StorageClass,
  claim: PersistentVolumeClaim,
  labels: Labels,
): boolean => {
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

/** Splits unbound claims by whether a node was selected for them before; undefined when it was another one. */
const splitDelayed = (
  delayed: readonly PersistentVolumeClaim[],
  node: string,
): { readonly toMatch: PersistentVolumeClaim[]; readonly toProvision: PersistentVolumeClaim[] } | undefined => {
  const toMatch: PersistentVolumeClaim[] = [];
  const toProvision: PersistentVolumeClaim[] = [];
  for (const claim of delayed) {
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    if (selected === undefined) toMatch.push(claim);
    else if (selected === node) toProvision.push(claim);
    else return undefined;
  }
  return { toMatch, toProvision };
};

/** Plans the claims for one node. Only volumes of a claim's class are looked at, even for one that is set aside for it. */
export const planVolumes = (view: VolumeView, own: ClaimState, row: NodeInfo): VolumePlan => {
  const reasons = boundReasons(view, own.bound, row);
  const bindings: { volume: PersistentVolume; claim: PersistentVolumeClaim }[] = [];
  const split = splitDelayed(own.delayed, row.name);
  if (split === undefined) return { reasons: [...reasons, BIND_CONFLICT], bindings, provisions: [] };
  const provisions = split.toProvision;
  const chosen = new Set<string>();
  for (const claim of split.toMatch) {
    const isTaken = ({ metadata }: PersistentVolume): boolean => chosen.has(metadata.name);
    const volume = findVolume(claim, view.volumesOfClass(claimClassOf(claim)), row.labels, isTaken);
    if (volume === undefined) provisions.push(claim);
    else {
      chosen.add(volume.metadata.name);
      bindings.push({ volume, claim });
    }
  }
  for (const claim of provisions) {
    const error = provisionError(view, claim, row.labels);
    if (error !== undefined) return { reasons: [...reasons, error], bindings, provisions };
  }
  return { reasons, bindings, provisions };
};
