/**
 * Which persistent volume a claim would get on a node.
 *
 * Source: component-helpers/storage/volume/pv_helpers.go (FindMatchingVolume).
 */
import { compileNodeSelector, nodeSelectorMatches } from './node-affinity.ts';
import { compareQuantity, quantityOf, type Quantity } from './quantity.ts';
import { type Labels, selectorMatches, selectorOf } from './selector.ts';
import type { PersistentVolume, PersistentVolumeClaim } from './types.ts';
import { claimClassOf } from './claim.ts';

export const requestedStorage = (claim: PersistentVolumeClaim): Quantity =>
  quantityOf((claim.spec.resources?.requests?.['storage'] as string | undefined) ?? '0');

export const capacityOf = (volume: PersistentVolume): Quantity =>
  quantityOf((volume.spec.capacity?.['storage'] as string | undefined) ?? '0');

export const volumeClassOf = (volume: PersistentVolume): string =>
  volume.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? volume.spec.storageClassName ?? '';

/** Whether the volume can be reached from a node with these labels. */
export const volumeReaches = (volume: PersistentVolume, labels: Labels): boolean => {
  const required = volume.spec.nodeAffinity?.required;
  return !required || nodeSelectorMatches(compileNodeSelector(required), '', labels);
};

/** Whether the volume is set aside for the claim (IsVolumeBoundToClaim). */
export const isPrebound = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean => {
  const reference = volume.spec.claimRef;
  if (!reference || reference.name !== claim.metadata.name || reference.namespace !== claim.metadata.namespace)
    return false;
  return !reference.uid || reference.uid === claim.metadata.uid;
};

/** Whether the volume offers every access mode that the claim asks for (CheckAccessModes). */
export const hasModes = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  (claim.spec.accessModes ?? []).every((mode) => (volume.spec.accessModes ?? []).includes(mode));

const isOffered = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  (volume.status?.phase ?? '') === 'Available' &&
  (!claim.spec.selector || selectorMatches(selectorOf(claim.spec.selector), volume.metadata.labels)) &&
  volumeClassOf(volume) === claimClassOf(claim) &&
  hasModes(volume, claim);

/** `Filesystem` unless it says otherwise. */
export const volumeModeOf = ({ spec }: PersistentVolume | PersistentVolumeClaim): string => spec.volumeMode ?? 'Filesystem';

/** The modes of a volume as a key; volumes of equal keys are searched together. */
const modesKey = (volume: PersistentVolume): string => [...(volume.spec.accessModes ?? [])].sort().join(' ');

/**
 * The volume that the volume controller, which knows no node, binds a claim to: groups of equal access modes, those with the
 * fewest modes first. With `isDelayed` only a volume that was set aside for the claim counts (persistentvolume/index.go).
 */
export function findVolumeForClaim(claim: PersistentVolumeClaim, volumes: Iterable<PersistentVolume>, isDelayed: boolean): PersistentVolume | undefined {
  const groups = new Map<string, PersistentVolume[]>();
  for (const volume of volumes) {
    if (!hasModes(volume, claim) || (isDelayed && !isPrebound(volume, claim))) continue;
    const key = modesKey(volume);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [volume]);
    else group.push(volume);
  }
  const ordered = [...groups.values()].sort((a, b) => (a[0]?.spec.accessModes?.length ?? 0) - (b[0]?.spec.accessModes?.length ?? 0));
  for (const group of ordered) {
    const found = findVolume(claim, group, undefined, () => false);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The prebound volume, or else the smallest that fits; `isTaken` names volumes that others were promised. No labels: on any node. */
export const findVolume = (
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  labels: Labels | undefined,
  isTaken: (volume: PersistentVolume) => boolean,
): PersistentVolume | undefined => {
  const wanted = requestedStorage(claim);
  const mode = volumeModeOf(claim);
  let smallest: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (isTaken(volume) || (volume.spec.claimRef && !isPrebound(volume, claim))) continue;
    if (compareQuantity(capacityOf(volume), wanted) < 0 || volumeModeOf(volume) !== mode) continue;
    if (volume.metadata.deletionTimestamp !== undefined) continue;
    const isReachable = labels === undefined || volumeReaches(volume, labels);
    if (isPrebound(volume, claim)) return isReachable ? volume : undefined;
    if (!isReachable || !isOffered(volume, claim)) continue;
    if (smallest === undefined || compareQuantity(capacityOf(smallest), capacityOf(volume)) > 0) smallest = volume;
  }
  return smallest;
};
