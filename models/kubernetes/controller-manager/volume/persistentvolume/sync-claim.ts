/**
 * What the volume controller does with a claim: find it a volume, have one made, or say that its volume is lost.
 *
 * Source: pkg/controller/volume/persistentvolume/pv_controller.go (syncClaim, syncUnboundClaim, syncBoundClaim, provisionClaim).
 */
import type { EventRecorder } from '../../../client/event-recorder.ts';
import { failure, failureOf, type Err } from '../../../client/failure.ts';
import type { Task } from '../../../client/process.ts';
import type { SharedInformer } from '../../../client/shared-informer.ts';
import { BIND_COMPLETED, BOUND_BY_CONTROLLER, claimClassOf, claimUsesOf, SELECTED_NODE } from '../../../object/claim.ts';
import { namespacedName } from '../../../object/meta.ts';
import { compareQuantity } from '../../../object/quantity.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../../object/types.ts';
import { capacityOf, findVolumeForClaim, hasModes, isPrebound, requestedStorage, volumeClassOf, volumeModeOf } from '../../../object/volume-match.ts';
import type { OperationMap } from './operation-map.ts';
import type { VersionedStore } from './versioned-store.ts';
import type { VolumeWriter } from './volume-writer.ts';

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
const BETA_DEFAULT_CLASS = 'storageclass.beta.kubernetes.io/is-default-class';

/** What both halves of the controller use. */
export interface VolumeContext {
  readonly writer: VolumeWriter;
  readonly recorder: EventRecorder;
  readonly operations: OperationMap;
  readonly volumes: VersionedStore<PersistentVolume>;
  readonly claims: VersionedStore<PersistentVolumeClaim>;
  readonly classes: SharedInformer<StorageClass>;
  readonly pods: SharedInformer<Pod>;
}

export function* syncClaim(context: VolumeContext, claim: PersistentVolumeClaim): Task<Err> {
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return yield* syncBoundClaim(context, claim);
  return claim.spec.volumeName ? yield* syncNamedClaim(context, claim, claim.spec.volumeName) : yield* syncUnboundClaim(context, claim);
}

/** Any volume will do. */
function* syncUnboundClaim(context: VolumeContext, claim: PersistentVolumeClaim): Task<Err> {
  const { writer, recorder } = context;
  const className = claimClassOf(claim);
  const isDelayed = context.classes.lister.get(undefined, className)?.volumeBindingMode === 'WaitForFirstConsumer';
  const volume = findVolumeForClaim(claim, context.volumes.values(), isDelayed);
  if (volume !== undefined) return yield* writer.bind(volume, claim);
  if (claim.spec.storageClassName === undefined && className === '') {
    const chosen = defaultClass(context.classes.lister.list());
    if (chosen !== undefined) return failureOf(yield* writer.saveClaim({ ...claim, spec: { ...claim.spec, storageClassName: chosen.metadata.name } }));
  }
  if (isDelayed && claim.metadata.annotations?.[SELECTED_NODE] === undefined) sayWaiting(context, claim);
  else if (className !== '') return provision(context, claim, className);
  else recorder.event(claim, 'Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
  return failureOf(yield* writer.claimStatus(claim, 'Pending'));
}

/** The class that claims without one get: the newest of the defaults. */
function defaultClass(classes: readonly StorageClass[]): StorageClass | undefined {
  const isDefault = ({ metadata: { annotations = {} } }: StorageClass): boolean => annotations[DEFAULT_CLASS] === 'true' || annotations[BETA_DEFAULT_CLASS] === 'true';
  const age = ({ metadata }: StorageClass): string => metadata.creationTimestamp;
  return classes.filter(isDefault).sort((a, b) => (age(a) !== age(b) ? (age(a) > age(b) ? -1 : 1) : a.metadata.name < b.metadata.name ? -1 : 1))[0];
}

function sayWaiting({ pods, recorder }: VolumeContext, claim: PersistentVolumeClaim): void {
  const users = pods.indexer.byIndex(BY_CLAIM, namespacedName(claim)).filter(({ spec }) => !spec.nodeName);
  const names = users.map(({ metadata }) => metadata.name);
  if (names.length === 0) recorder.event(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
  else recorder.event(claim, 'Normal', 'WaitForPodScheduled', `waiting for ${names.length === 1 ? 'pod' : 'pods'} ${names.join(',')} to be scheduled`);
}

/** Name and function of the index of pods by the claims that they use. */
export const BY_CLAIM = 'pvc';
export function claimsOfPod(pod: Pod): readonly string[] {
  const uses = claimUsesOf(pod);
  return uses.length === 0 ? NO_CLAIMS : uses.map(({ name }) => `${pod.metadata.namespace}/${name}`);
}

const NO_CLAIMS: readonly string[] = [];

/** Has somebody outside make the volume. In-tree provisioners are gone since 1.31. */
function provision(context: VolumeContext, claim: PersistentVolumeClaim, className: string): Err {
  const { classes, operations, recorder } = context;
  const provisioner = classes.lister.get(undefined, className)?.provisioner;
  if (provisioner === undefined || provisioner.startsWith('kubernetes.io/')) {
    const text = provisioner === undefined ? `storageclass.storage.k8s.io "${className}" not found` : `no volume plugin matched name: ${provisioner}`;
    recorder.event(claim, 'Warning', 'ProvisioningFailed', text);
    return undefined;
  }
  operations.run(`provision-${namespacedName(claim)}[${claim.metadata.uid}]`, () => provisionExternally(context, claim, provisioner));
  return undefined;
}

function* provisionExternally({ recorder, writer }: VolumeContext, claim: PersistentVolumeClaim, provisioner: string): Task<Err> {
  const named = yield* writer.provisioner(claim, provisioner);
  if (!named.ok) return failureOf(named);
  const text = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  recorder.event(named.object, 'Normal', 'ExternalProvisioning', text);
  return undefined;
}

/** The claim names its volume. */
function* syncNamedClaim({ writer, recorder, volumes }: VolumeContext, claim: PersistentVolumeClaim, name: string): Task<Err> {
  const volume = volumes.get(name);
  if (volume === undefined) return failureOf(yield* writer.claimStatus(claim, 'Pending'));
  if (!volume.spec.claimRef) {
    const mismatch = mismatchOf(volume, claim);
    if (mismatch === undefined) return yield* writer.bind(volume, claim);
    recorder.event(claim, 'Warning', 'VolumeMismatch', `Cannot bind to requested volume "${name}": ${mismatch}`);
    return failureOf(yield* writer.claimStatus(claim, 'Pending'));
  }
  if (isPrebound(volume, claim)) return yield* writer.bind(volume, claim);
  if (claim.metadata.annotations?.[BOUND_BY_CONTROLLER] !== undefined) {
    const { namespace, name: owner } = volume.spec.claimRef;
    return failure(`invalid binding of claim "${namespacedName(claim)}" to volume "${name}": volume already claimed by "${namespace}/${owner}"`);
  }
  recorder.event(claim, 'Warning', 'FailedBinding', `volume "${name}" already bound to a different claim.`);
  return failureOf(yield* writer.claimStatus(claim, 'Pending'));
}

/** checkVolumeSatisfyClaim. */
function mismatchOf(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (compareQuantity(requestedStorage(claim), capacityOf(volume)) > 0) return 'requested PV is too small';
  if (claimClassOf(claim) !== volumeClassOf(volume)) return 'storageClassName does not match';
  if (volumeModeOf(claim) !== volumeModeOf(volume)) return 'incompatible volumeMode';
  return hasModes(volume, claim) ? undefined : 'incompatible accessMode';
}

/** The claim was bound once. */
function* syncBoundClaim({ writer, volumes }: VolumeContext, claim: PersistentVolumeClaim): Task<Err> {
  const lost = (reason: string, message: string): Task<Err> => lose(writer, claim, reason, message);
  if (!claim.spec.volumeName) return yield* lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  const volume = volumes.get(claim.spec.volumeName);
  if (volume === undefined) return yield* lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  if (!volume.spec.claimRef || volume.spec.claimRef.uid === claim.metadata.uid) return yield* writer.bind(volume, claim);
  return yield* lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
}

function* lose(writer: VolumeWriter, claim: PersistentVolumeClaim, reason: string, message: string): Task<Err> {
  return failureOf(yield* writer.claimStatus(claim, 'Lost', undefined, { type: 'Warning', reason, message }));
}
