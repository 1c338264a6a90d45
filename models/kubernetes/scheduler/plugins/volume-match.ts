/**
 * Which persistent volume a claim would get on a node.
 *
 * Source: component-helpers/storage/volume/pv_helpers.go (FindMatchingVolume).
 */
import { compileNodeSelector, nodeSelectorMatches } from '../../object/node-affinity.ts';
import { compareQuantity, quantityOf, type Quantity } from '../../object/quantity.ts';
import { type Labels, selectorMatches, selectorOf } from '../../object/selector.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../object/types.ts';
import { claimClassOf } from './claim.ts';

export const requestedStorage = (claim: PersistentVolumeClaim): Quantity =>
  quantityOf((claim.spec.resources?.requests?.['storage'] as string | undefined) ?? '0');

const capacityOf = (volume: PersistentVolume): Quantity =>
  quantityOf((volume.spec.capacity?.['storage'] as string | undefined) ?? '0');

export const volumeClassOf = (volume: PersistentVolume): string =>
  volume.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? volume.spec.storageClassName ?? '';

/** Whether the volume can be reached from a node with these labels. */
export const volumeReaches = (volume: PersistentVolume, labels: Labels): boolean => {
  const required = volume.spec.nodeAffinity?.required;
  return !required || nodeSelectorMatches(compileNodeSelector(required), '', labels);
};

/** Whether the volume is set aside for the claim. */
const isPrebound = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean => {
  const reference = volume.spec.claimRef;
  if (!reference || reference.name !== claim.metadata.name || reference.namespace !== claim.metadata.namespace)
    return false;
  return !reference.uid || reference.uid === claim.metadata.uid;
};

const hasModes = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  (claim.spec.accessModes ?? []).every((mode) => (volume.spec.accessModes ?? []).includes(mode));

const isOffered = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  (volume.status?.phase ?? '') === 'Available' &&
  (!claim.spec.selector || selectorMatches(selectorOf(claim.spec.selector), volume.metadata.labels)) &&
  volumeClassOf(volume) === claimClassOf(claim) &&
  hasModes(volume, claim);

/** The prebound volume, or else the smallest that fits; `isTaken` names volumes that others were promised. */
export const findVolume = (
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  labels: Labels,
  isTaken: (volume: PersistentVolume) => boolean,
): PersistentVolume | undefined => {
  const wanted = requestedStorage(claim);
  const mode = claim.spec.volumeMode ?? 'Filesystem';
  let smallest: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (isTaken(volume) || (volume.spec.claimRef && !isPrebound(volume, claim))) continue;
    if (compareQuantity(capacityOf(volume), wanted) < 0 || (volume.spec.volumeMode ?? 'Filesystem') !== mode) continue;
    if (volume.metadata.deletionTimestamp !== undefined) continue;
    const isReachable = volumeReaches(volume, labels);
    if (isPrebound(volume, claim)) return isReachable ? volume : undefined;
    if (!isReachable || !isOffered(volume, claim)) continue;
    if (smallest === undefined || compareQuantity(capacityOf(smallest), capacityOf(volume)) > 0) smallest = volume;
  }
  return smallest;
};
