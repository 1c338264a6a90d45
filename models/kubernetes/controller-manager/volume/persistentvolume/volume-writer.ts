/**
 * The writes of the volume controller: each compares first and writes only what differs, and keeps what the server answered.
 *
 * A binding is four writes in a fixed order (the volume's claim, the volume's phase, the claim's volume, the claim's phase); a crash
 * between any two leaves a state from which the next sync goes on.
 * Source: pkg/controller/volume/persistentvolume/pv_controller.go (bind, unbindVolume, update…), component-helpers/storage/volume.
 */
import type { Client } from '../../../client/client.ts';
import type { EventRecorder, EventType } from '../../../client/event-recorder.ts';
import { failureOf, type Err } from '../../../client/failure.ts';
import type { Task } from '../../../client/process.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../../../client/resources.ts';
import type { Result } from '../../../client/result.ts';
import { semanticEqual } from '../../../client/semantic-equal.ts';
import { BETA_STORAGE_PROVISIONER, BIND_COMPLETED, BOUND_BY_CONTROLLER, STORAGE_PROVISIONER } from '../../../object/claim.ts';
import type { KubeObject, PersistentVolume, PersistentVolumeClaim } from '../../../object/types.ts';
import { isPrebound } from '../../../object/volume-match.ts';
import type { VersionedStore } from './versioned-store.ts';

export type VolumePhase = 'Available' | 'Bound' | 'Released' | 'Failed';
export type ClaimPhase = 'Pending' | 'Bound' | 'Lost';

/** An event that tells of a phase; sent only when the phase changes. */
export interface PhaseEvent {
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
}

export class VolumeWriter {
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly volumes: VersionedStore<PersistentVolume>;
  private readonly claims: VersionedStore<PersistentVolumeClaim>;

  constructor(client: Client, recorder: EventRecorder, volumes: VersionedStore<PersistentVolume>, claims: VersionedStore<PersistentVolumeClaim>) {
    this.client = client;
    this.recorder = recorder;
    this.volumes = volumes;
    this.claims = claims;
  }

  /** Makes the two belong to each other, from whichever of the four writes is missing. */
  *bind(volume: PersistentVolume, claim: PersistentVolumeClaim): Task<Err> {
    const reserved = yield* this.bindVolumeToClaim(volume, claim);
    if (!reserved.ok) return failureOf(reserved);
    const phased = yield* this.volumePhase(reserved.object, 'Bound');
    if (!phased.ok) return failureOf(phased);
    const named = yield* this.bindClaimToVolume(claim, phased.object);
    if (!named.ok) return failureOf(named);
    return failureOf(yield* this.claimStatus(named.object, 'Bound', phased.object));
  }

  private *bindVolumeToClaim(volume: PersistentVolume, claim: PersistentVolumeClaim): Task<Result<PersistentVolume>> {
    const wasOurs = isPrebound(volume, claim);
    const { namespace = '', name, uid, resourceVersion } = claim.metadata;
    const claimRef = wasOurs && volume.spec.claimRef?.uid === uid ? volume.spec.claimRef : { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion };
    const marked = wasOurs ? volume : annotated(volume, { [BOUND_BY_CONTROLLER]: 'yes' });
    if (claimRef === volume.spec.claimRef && marked === volume) return { ok: true, object: volume };
    return yield* this.saveVolume({ ...marked, spec: { ...volume.spec, claimRef } });
  }

  private *bindClaimToVolume(claim: PersistentVolumeClaim, volume: PersistentVolume): Task<Result<PersistentVolumeClaim>> {
    const { name } = volume.metadata;
    const isNamed = claim.spec.volumeName === name;
    const marked = annotated(claim, { ...(isNamed ? {} : { [BOUND_BY_CONTROLLER]: 'yes' }), [BIND_COMPLETED]: 'yes' });
    if (isNamed && marked === claim) return { ok: true, object: claim };
    return yield* this.saveClaim({ ...marked, spec: { ...claim.spec, volumeName: name } });
  }

  /** Gives a volume back: a binding of ours goes, of a user's only the identity of the claim that is gone. */
  *unbind(volume: PersistentVolume): Task<Err> {
    const { claimRef, ...rest } = volume.spec;
    const isOurs = volume.metadata.annotations?.[BOUND_BY_CONTROLLER] !== undefined;
    const { uid: _uid, ...reserved } = claimRef ?? {};
    const { [BOUND_BY_CONTROLLER]: _mark, ...annotations } = volume.metadata.annotations ?? {};
    const spec = isOurs ? rest : { ...rest, claimRef: reserved };
    const freed = yield* this.saveVolume({ ...volume, metadata: { ...volume.metadata, annotations: isOurs ? annotations : (volume.metadata.annotations ?? {}) }, spec });
    return freed.ok ? failureOf(yield* this.volumePhase(freed.object, 'Available')) : failureOf(freed);
  }

  /** Sets a volume's phase; `event` is sent when it changed. */
  *volumePhase(volume: PersistentVolume, phase: VolumePhase, event?: PhaseEvent): Task<Result<PersistentVolume>> {
    if (volume.status?.phase === phase) return { ok: true, object: volume };
    const { message: _message, ...status } = volume.status ?? {};
    const next = { ...volume, status: { ...status, phase, ...(event === undefined ? {} : { message: event.message }) } };
    const result = yield* this.client.updateStatus(PERSISTENT_VOLUMES, next);
    if (result.ok) this.volumes.put(result.object);
    if (result.ok && event !== undefined) this.recorder.event(result.object, event.type, event.reason, event.message);
    return result;
  }

  /** Sets a claim's status from the volume that it has (or has not); `event` is sent when the phase changed. */
  *claimStatus(claim: PersistentVolumeClaim, phase: ClaimPhase, volume?: PersistentVolume, event?: PhaseEvent): Task<Result<PersistentVolumeClaim>> {
    const { phase: old, accessModes, capacity, ...rest } = claim.status ?? {};
    // A bound claim keeps its capacity: it may differ from the volume's on purpose while the volume is being expanded.
    const size = volume === undefined ? undefined : old === phase ? capacity : volume.spec.capacity;
    const modes = volume?.spec.accessModes;
    const isSame = old === phase && semanticEqual(accessModes, modes) && semanticEqual(capacity, size);
    if (isSame) return { ok: true, object: claim };
    const status = { ...rest, phase, ...(modes === undefined ? {} : { accessModes: modes }), ...(size === undefined ? {} : { capacity: size }) };
    const result = yield* this.client.updateStatus(PERSISTENT_VOLUME_CLAIMS, { ...claim, status } as PersistentVolumeClaim);
    if (result.ok) this.claims.put(result.object);
    if (result.ok && event !== undefined && old !== phase) this.recorder.event(result.object, event.type, event.reason, event.message);
    return result;
  }

  /** Names the provisioner that is to make the claim's volume. */
  *provisioner(claim: PersistentVolumeClaim, name: string): Task<Result<PersistentVolumeClaim>> {
    const next = annotated(claim, { [BETA_STORAGE_PROVISIONER]: name, [STORAGE_PROVISIONER]: name });
    return next === claim ? { ok: true, object: claim } : yield* this.saveClaim(next);
  }

  *saveClaim(claim: PersistentVolumeClaim): Task<Result<PersistentVolumeClaim>> {
    const result = yield* this.client.update(PERSISTENT_VOLUME_CLAIMS, claim);
    if (result.ok) this.claims.put(result.object);
    return result;
  }

  private *saveVolume(volume: PersistentVolume): Task<Result<PersistentVolume>> {
    const result = yield* this.client.update(PERSISTENT_VOLUMES, volume);
    if (result.ok) this.volumes.put(result.object);
    return result;
  }
}

/** The object with these annotations; the same object when it has them. */
function annotated<T extends KubeObject>(object: T, wanted: Readonly<Record<string, string>>): T {
  const { annotations = {} } = object.metadata;
  if (Object.entries(wanted).every(([key, value]) => annotations[key] === value)) return object;
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, ...wanted } } };
}
