/**
 * Claims that a pod uses, directly or through an ephemeral volume. Source: component-helpers/storage/volume,
 * storage/ephemeral.
 */
import type { core, PersistentVolumeClaim, Pod } from './types.ts';

export interface ClaimUse {
  readonly name: string;
  readonly isEphemeral: boolean;
}

/** The claim that a volume stands for, if any; ephemeral volumes have one named after pod and volume. */
export const claimUseOf = (pod: Pod, volume: core.Volume): ClaimUse | undefined => {
  if (volume.persistentVolumeClaim) return { name: volume.persistentVolumeClaim.claimName, isEphemeral: false };
  if (volume.ephemeral) return { name: `${pod.metadata.name}-${volume.name}`, isEphemeral: true };
  return undefined;
};

const NO_VOLUMES: readonly core.Volume[] = [];
const NO_USES: readonly ClaimUse[] = [];

export const claimUsesOf = (pod: Pod): readonly ClaimUse[] => {
  let uses: ClaimUse[] | undefined;
  for (const volume of pod.spec.volumes ?? NO_VOLUMES) {
    const use = claimUseOf(pod, volume);
    if (use !== undefined) (uses ??= []).push(use);
  }
  return uses ?? NO_USES;
};

/** Whether the claim is one of the pod's, by name and namespace. */
export const usesClaim = (pod: Pod, claim: { metadata: { name: string; namespace?: string } } | undefined): boolean =>
  claim !== undefined &&
  claim.metadata.namespace === pod.metadata.namespace &&
  claimUsesOf(pod).some(({ name }) => name === claim.metadata.name);

/** The class of a claim: the old annotation wins over the field. */
export const claimClassOf = (claim: PersistentVolumeClaim): string =>
  claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? claim.spec.storageClassName ?? '';

/** Whether an ephemeral claim was made for this very pod, and not for an earlier one of the same name. */
export const isClaimOf = (pod: Pod, claim: PersistentVolumeClaim): boolean =>
  (claim.metadata.ownerReferences ?? []).some((owner) => owner.controller === true && owner.uid === pod.metadata.uid);

/** Annotations by which claims and volumes are bound and made (component-helpers/storage/volume/pv_helpers.go). */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
export const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
export const BETA_STORAGE_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner';
/** Tells a provisioner for which node to make a volume. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
