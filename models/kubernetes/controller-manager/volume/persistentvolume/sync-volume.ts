/**
 * What the volume controller does with a volume: offer it, follow its claim, and reclaim it when the claim is gone.
 *
 * Source: pkg/controller/volume/persistentvolume/pv_controller.go (syncVolume, reclaimVolume, deleteVolumeOperation).
 */
import type { Client } from '../../../client/client.ts';
import { failureOf, type Err } from '../../../client/failure.ts';
import type { Process, Task } from '../../../client/process.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../../../client/resources.ts';
import { isNotFound } from '../../../client/result.ts';
import type { SharedInformer } from '../../../client/shared-informer.ts';
import { PROVISIONED_BY } from '../../../object/claim.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../../object/types.ts';
import { volumeModeOf } from '../../../object/volume-match.ts';
import { recycle } from './recycler.ts';
import type { VolumeContext } from './sync-claim.ts';

export interface VolumeSyncContext extends VolumeContext {
  readonly process: Process;
  readonly client: Client;
  readonly claimInformer: SharedInformer<PersistentVolumeClaim>;
  readonly requeueClaim: (key: string) => void;
}

export function* syncVolume(context: VolumeSyncContext, volume: PersistentVolume): Task<Err> {
  const { writer } = context;
  const { claimRef } = volume.spec;
  // Set aside for a claim that is not bound yet: the claim's sync does the rest.
  if (!claimRef?.uid) return failureOf(yield* writer.volumePhase(volume, 'Available'));
  const found = yield* claimOf(context, volume);
  if ('error' in found) return found.error;
  const { claim } = found;
  if (claim === undefined) return yield* release(context, volume);
  if (!claim.spec.volumeName) {
    if (volumeModeOf(claim) !== volumeModeOf(volume)) sayModes(context, volume, claim);
    else context.requeueClaim(`${claimRef.namespace}/${claimRef.name}`);
    return undefined;
  }
  if (claim.spec.volumeName === volume.metadata.name) return failureOf(yield* writer.volumePhase(volume, 'Bound'));
  // The claim chose another volume. What was made for it is not needed any more.
  const wasMade = volume.metadata.annotations?.[PROVISIONED_BY] !== undefined && volume.spec.persistentVolumeReclaimPolicy === 'Delete';
  return wasMade ? yield* release(context, volume) : yield* writer.unbind(volume);
}

/** The claim that the volume belongs to: from the own cache, the informer's, and at last the server. */
function* claimOf(context: VolumeSyncContext, volume: PersistentVolume): Task<{ readonly claim: PersistentVolumeClaim | undefined } | { readonly error: Err }> {
  const { namespace = '', name = '', uid } = volume.spec.claimRef ?? {};
  const { phase } = volume.status ?? {};
  let claim = context.claims.get(`${namespace}/${name}`);
  if (claim === undefined && phase !== 'Released' && phase !== 'Failed') claim = context.claimInformer.lister.get(namespace, name);
  const mayBeStale = claim === undefined ? phase !== 'Released' && phase !== 'Failed' : claim.metadata.uid !== uid;
  if (mayBeStale) {
    const live = yield* context.client.get<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, namespace, name);
    if (!live.ok && !isNotFound(live)) return { error: failureOf(live) };
    claim = live.ok ? live.object : undefined;
  }
  return { claim: claim?.metadata.uid === uid ? claim : undefined };
}

function sayModes({ recorder }: VolumeContext, volume: PersistentVolume, claim: PersistentVolumeClaim): void {
  recorder.event(volume, 'Warning', 'VolumeMismatch', `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${claim.metadata.name}" due to incompatible volumeMode.`);
  recorder.event(claim, 'Warning', 'VolumeMismatch', `Cannot bind PersistentVolume "${volume.metadata.name}" to requested PersistentVolumeClaim due to incompatible volumeMode.`);
}

/** The claim is gone. A failure that was told before stays told while it is tried again. */
function* release(context: VolumeSyncContext, volume: PersistentVolume): Task<Err> {
  const { phase } = volume.status ?? {};
  let released = volume;
  if (phase !== 'Released' && phase !== 'Failed') {
    const result = yield* context.writer.volumePhase(volume, 'Released');
    if (!result.ok) return failureOf(result);
    released = result.object;
  }
  return yield* reclaim(context, released);
}

function* reclaim(context: VolumeSyncContext, volume: PersistentVolume): Task<Err> {
  const { name, uid } = volume.metadata;
  switch (volume.spec.persistentVolumeReclaimPolicy) {
    case 'Retain':
      return undefined;
    case 'Recycle':
      context.operations.run(`recycle-${name}[${uid}]`, () => recycle(context, volume));
      return undefined;
    case 'Delete':
      context.operations.run(`delete-${name}[${uid}]`, () => destroy(context, volume));
      return undefined;
    default: {
      const event = { type: 'Warning', reason: 'VolumeUnknownReclaimPolicy', message: 'Volume has unrecognized reclaim policy' } as const;
      return failureOf(yield* context.writer.volumePhase(volume, 'Failed', event));
    }
  }
}

/** Whether the claim that the volume names is gone, or has another volume. */
export function isReleased({ claims }: VolumeContext, { metadata, spec: { claimRef } }: PersistentVolume): boolean {
  if (!claimRef?.uid) return false;
  const claim = claims.get(`${claimRef.namespace}/${claimRef.name}`);
  if (claim?.metadata.uid !== claimRef.uid) return true;
  return !!claim.spec.volumeName && claim.spec.volumeName !== metadata.name;
}

/** Deletes the storage and then the object; what an external provisioner made is left to it. */
function* destroy(context: VolumeSyncContext, { metadata: { name } }: PersistentVolume): Task<Err> {
  const live = yield* context.client.get<PersistentVolume>(PERSISTENT_VOLUMES, undefined, name);
  if (!live.ok) return isNotFound(live) ? undefined : failureOf(live);
  const volume = live.object;
  if (!isReleased(context, volume)) return undefined;
  const { annotations = {} } = volume.metadata;
  const maker = annotations[PROVISIONED_BY];
  if ((maker !== undefined && !maker.startsWith('kubernetes.io/')) || volume.spec.csi !== undefined) return undefined;
  const problem = deleterProblem(volume, maker);
  if (problem === undefined) {
    const result = yield* context.client.delete(PERSISTENT_VOLUMES, undefined, name);
    return isNotFound(result) ? undefined : failureOf(result);
  }
  const event = { type: 'Warning', reason: 'VolumeFailedDelete', message: problem } as const;
  const failed = yield* context.writer.volumePhase(volume, 'Failed', event);
  return failed.ok ? { message: problem } : failureOf(failed);
}

/** Which volumes kube-controller-manager itself can delete: host paths below /tmp, a plugin for tests (pkg/volume/hostpath). */
function deleterProblem({ metadata, spec }: PersistentVolume, maker: string | undefined): string | undefined {
  if (maker !== undefined) return `no deletable volume plugin matched name: ${maker}`;
  if (spec.hostPath === undefined) return `error getting deleter volume plugin for volume "${metadata.name}": no deletable volume plugin matched`;
  return /^\/tmp\/.+/.test(spec.hostPath.path) ? undefined : `host_path deleter only supports /tmp/.+ but received provided ${spec.hostPath.path}`;
}


