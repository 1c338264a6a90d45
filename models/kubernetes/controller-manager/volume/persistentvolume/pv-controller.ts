/**
 * The persistent volume binder: gives claims their volumes, has volumes made, and reclaims them.
 *
 * Safety: a volume's claimRef names at most one claim by UID, and a claim's volumeName never changes once bound; storage is deleted only
 * when the claim it was bound to is gone, live. Liveness: a binding that was written half is completed within one resync (15 s). One worker for
 * claims and one for volumes, so two claims are never given one volume; errors are not retried, the resync is the retry.
 * Source: pkg/controller/volume/persistentvolume/{pv_controller,pv_controller_base}.go.
 */
import type { ControlLoop } from '../../../client/control-loop.ts';
import type { Err } from '../../../client/failure.ts';
import type { Task } from '../../../client/process.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS, STORAGE_CLASSES } from '../../../client/resources.ts';
import type { SharedInformer } from '../../../client/shared-informer.ts';
import { namespacedName, splitKey } from '../../../object/meta.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../../object/types.ts';
import type { ControllerContext } from '../../controller-context.ts';
import { OperationMap } from './operation-map.ts';
import { BY_CLAIM, claimsOfPod, syncClaim } from './sync-claim.ts';
import { syncVolume, type VolumeSyncContext } from './sync-volume.ts';
import { VersionedStore } from './versioned-store.ts';
import { VolumeWriter } from './volume-writer.ts';

/** `--pvclaimbinder-sync-period`. */
const RESYNC = 15_000_000;

export class PersistentVolumeController {
  readonly claimLoop: ControlLoop;
  readonly volumeLoop: ControlLoop;
  private readonly claims: SharedInformer<PersistentVolumeClaim>;
  private readonly volumes: SharedInformer<PersistentVolume>;
  private readonly shared: VolumeSyncContext;

  constructor(context: ControllerContext) {
    const { factory, process } = context;
    const client = context.client('persistent-volume-binder');
    const recorder = context.recorder(client, 'persistentvolume-controller');
    this.claims = factory.informer<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS);
    this.volumes = factory.informer<PersistentVolume>(PERSISTENT_VOLUMES);
    const classes = factory.informer<StorageClass>(STORAGE_CLASSES);
    const pods = factory.informer<Pod>(PODS);
    pods.addIndexers({ [BY_CLAIM]: claimsOfPod });
    const volumeStore = new VersionedStore<PersistentVolume>();
    const claimStore = new VersionedStore<PersistentVolumeClaim>();
    this.shared = {
      process,
      client,
      recorder,
      writer: new VolumeWriter(client, recorder, volumeStore, claimStore),
      operations: new OperationMap(process),
      volumes: volumeStore,
      claims: claimStore,
      claimInformer: this.claims,
      classes,
      pods,
      requeueClaim: (key) => this.claimLoop.queue.add(key),
    };
    const informers = [this.claims, this.volumes, classes, pods];
    const settle = (): void => undefined;
    this.claimLoop = context.loop({ name: 'persistentvolume-binder-controller', workers: 1, client, sync: (key) => this.claim(key), settle }, informers);
    this.volumeLoop = context.loop({ name: 'persistentvolume-binder-controller.volumes', workers: 1, client, sync: (key) => this.volume(key), settle }, informers);
    const claimChanged = (claim: PersistentVolumeClaim): void => this.claimLoop.queue.add(namespacedName(claim));
    const volumeChanged = (volume: PersistentVolume): void => this.volumeLoop.queue.add(namespacedName(volume));
    this.claims.addEventHandler({ add: claimChanged, update: (_old, claim) => claimChanged(claim), delete: claimChanged });
    this.volumes.addEventHandler({ add: volumeChanged, update: (_old, volume) => volumeChanged(volume), delete: volumeChanged });
    context.whenSynced(informers, () => {
      for (const claim of this.claims.indexer.values()) claimStore.put(claim);
      for (const volume of this.volumes.indexer.values()) volumeStore.put(volume);
      context.every('pv.resync', RESYNC, () => this.resync());
    });
  }

  private *resync(): Task {
    for (const key of this.claims.indexer.keys()) this.claimLoop.queue.add(key);
    for (const key of this.volumes.indexer.keys()) this.volumeLoop.queue.add(key);
  }

  private *claim(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const { claims } = this.shared;
    const claim = this.claims.lister.get(namespace, name);
    if (claim !== undefined) return claims.put(claim) ? yield* syncClaim(this.shared, claim) : undefined;
    const gone = claims.get(key);
    if (gone === undefined) return undefined;
    claims.delete(key);
    if (gone.spec.volumeName) this.volumeLoop.queue.add(gone.spec.volumeName);
    return undefined;
  }

  private *volume(key: string): Task<Err> {
    const { volumes } = this.shared;
    const volume = this.volumes.lister.get(undefined, key);
    if (volume !== undefined) return volumes.put(volume) ? yield* syncVolume(this.shared, volume) : undefined;
    const gone = volumes.get(key);
    if (gone === undefined) return undefined;
    volumes.delete(key);
    const { claimRef } = gone.spec;
    if (claimRef) this.claimLoop.queue.add(`${claimRef.namespace}/${claimRef.name}`);
    return undefined;
  }
}
