/**
 * A dynamic provisioner outside of kube-controller-manager: makes volumes for claims that name it, and deletes them when they are released.
 *
 * Safety: a claim's volume is named after its UID, so a crash between making and recording makes no second one; only volumes of this provisioner
 * with policy Delete are deleted. Liveness: failed claims are tried again, 15 s and longer apart.
 * Source: sigs.k8s.io/sig-storage-lib-external-provisioner/controller/controller.go.
 */
import type { Client } from '../client/client.ts';
import { ControlLoop } from '../client/control-loop.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import { failure, failureOf, type Err } from '../client/failure.ts';
import { ItemExponentialFailureRateLimiter } from '../client/rate-limiter.ts';
import { NODES, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, STORAGE_CLASSES } from '../client/resources.ts';
import { isAlreadyExists, isNotFound } from '../client/result.ts';
import type { Process, Task } from '../client/process.ts';
import { waitForCacheSync, type SharedInformer, type SharedInformerFactory } from '../client/shared-informer.ts';
import { BETA_STORAGE_PROVISIONER, claimClassOf, PROVISIONED_BY, SELECTED_NODE, STORAGE_PROVISIONER } from '../object/claim.ts';
import { isTerminating, namespacedName, splitKey } from '../object/meta.ts';
import type { core, Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../object/types.ts';

/** controller.go: DefaultExponentialBackOffOnError (15 s to 1000 s), DefaultThreadiness. */
const RETRY = 15_000_000;
const RETRY_MAX = 1000 * 1_000_000;
const WORKERS = 4;

/** A volume's source and topology, or why there can be none. */
export type Provisioned = Made | { readonly problem: string };

interface Made {
  readonly spec: Partial<core.PersistentVolumeSpec>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What is particular about one kind of storage. */
export interface Backend {
  /** The name that StorageClasses give. */
  readonly name: string;
  /** Makes the storage; `node` is the one that the claim's first pod was scheduled to, where the class waits for it. */
  provision(request: { readonly claim: PersistentVolumeClaim; readonly storageClass: StorageClass; readonly node: Node | undefined; readonly volume: string }): Task<Provisioned>;
  /** Takes the storage away. */
  destroy(volume: PersistentVolume): Task<Err>;
}

export class ProvisionController {
  readonly claimLoop: ControlLoop;
  readonly volumeLoop: ControlLoop;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly backend: Backend;
  private readonly claims: SharedInformer<PersistentVolumeClaim>;
  private readonly volumes: SharedInformer<PersistentVolume>;
  private readonly classes: SharedInformer<StorageClass>;
  private readonly nodes: SharedInformer<Node>;

  constructor(process: Process, client: Client, recorder: EventRecorder, factory: SharedInformerFactory, backend: Backend) {
    this.client = client;
    this.recorder = recorder;
    this.backend = backend;
    this.claims = factory.informer<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS);
    this.volumes = factory.informer<PersistentVolume>(PERSISTENT_VOLUMES);
    this.classes = factory.informer<StorageClass>(STORAGE_CLASSES);
    this.nodes = factory.informer<Node>(NODES);
    const limiter = (): ItemExponentialFailureRateLimiter => new ItemExponentialFailureRateLimiter(RETRY, RETRY_MAX);
    this.claimLoop = new ControlLoop(process, { name: 'claims', workers: WORKERS, client, sync: (key) => this.claim(key), limiter: limiter() });
    this.volumeLoop = new ControlLoop(process, { name: 'volumes', workers: WORKERS, client, sync: (key) => this.volume(key), limiter: limiter() });
    const claimChanged = (claim: PersistentVolumeClaim): void => {
      if (this.isWanted(claim)) this.claimLoop.queue.add(namespacedName(claim));
    };
    this.claims.addEventHandler({ add: claimChanged, update: (_old, claim) => claimChanged(claim) });
    const volumeChanged = (volume: PersistentVolume): void => {
      if (this.isReleased(volume)) this.volumeLoop.queue.add(volume.metadata.name);
    };
    this.volumes.addEventHandler({ add: volumeChanged, update: (_old, volume) => volumeChanged(volume) });
    process.go(this.start(process));
  }

  private *start(process: Process): Task {
    yield* waitForCacheSync(process, [this.claims, this.volumes, this.classes, this.nodes]);
    this.claimLoop.run();
    this.volumeLoop.run();
  }

  private isWanted({ spec, metadata: { annotations = {} } }: PersistentVolumeClaim): boolean {
    return !spec.volumeName && (annotations[STORAGE_PROVISIONER] ?? annotations[BETA_STORAGE_PROVISIONER]) === this.backend.name;
  }

  private isReleased({ spec, status, metadata }: PersistentVolume): boolean {
    return status?.phase === 'Released' && spec.persistentVolumeReclaimPolicy === 'Delete' && metadata.annotations?.[PROVISIONED_BY] === this.backend.name;
  }

  private *claim(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const claim = this.claims.lister.get(namespace, name);
    if (claim === undefined || isTerminating(claim) || !this.isWanted(claim)) return undefined;
    const className = claimClassOf(claim);
    const storageClass = this.classes.lister.get(undefined, className);
    if (storageClass === undefined) return failure(`storageclass.storage.k8s.io "${className}" not found`);
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && selected === undefined) return undefined;
    const volume = `pvc-${claim.metadata.uid}`;
    if (this.volumes.lister.get(undefined, volume) !== undefined) return undefined;
    this.recorder.event(claim, 'Normal', 'Provisioning', `External provisioner is provisioning volume for claim "${key}"`);
    const node = selected === undefined ? undefined : this.nodes.lister.get(undefined, selected);
    const made = yield* this.backend.provision({ claim, storageClass, node, volume });
    if ('problem' in made) {
      this.recorder.event(claim, 'Warning', 'ProvisioningFailed', `failed to provision volume with StorageClass "${className}": ${made.problem}`);
      return failure(made.problem);
    }
    return yield* this.record(claim, storageClass, volume, made);
  }

  private *record(claim: PersistentVolumeClaim, storageClass: StorageClass, name: string, made: Made): Task<Err> {
    const { namespace = '', name: claimName, uid, resourceVersion } = claim.metadata;
    const spec = {
      capacity: { storage: claim.spec.resources?.requests?.['storage'] },
      accessModes: claim.spec.accessModes,
      claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name: claimName, uid, resourceVersion },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      ...((storageClass.mountOptions ?? []).length > 0 ? { mountOptions: storageClass.mountOptions } : {}),
      ...made.spec,
    };
    const body = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name, annotations: { ...made.annotations, [PROVISIONED_BY]: this.backend.name } }, spec };
    const created = yield* this.client.create(PERSISTENT_VOLUMES, undefined, body);
    if (!created.ok && !isAlreadyExists(created)) return failureOf(created);
    this.recorder.event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`);
    return undefined;
  }

  private *volume(name: string): Task<Err> {
    const cached = this.volumes.lister.get(undefined, name);
    if (cached === undefined || !this.isReleased(cached)) return undefined;
    const live = yield* this.client.get<PersistentVolume>(PERSISTENT_VOLUMES, undefined, name);
    if (!live.ok) return isNotFound(live) ? undefined : failureOf(live);
    if (!this.isReleased(live.object)) return undefined;
    const error = yield* this.backend.destroy(live.object);
    if (error !== undefined) {
      this.recorder.event(live.object, 'Warning', 'VolumeFailedDelete', error.message);
      return error;
    }
    const removed = yield* this.client.delete(PERSISTENT_VOLUMES, undefined, name);
    return isNotFound(removed) ? undefined : failureOf(removed);
  }
}
