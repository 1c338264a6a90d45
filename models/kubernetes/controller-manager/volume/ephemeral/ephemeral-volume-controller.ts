/**
 * The ephemeral volume controller: makes the claims of pods' generic ephemeral volumes.
 *
 * Safety: the claim `<pod>-<volume>` is owned by its pod, and a foreign claim of that name is never used. Liveness: each pod that is not being
 * deleted has its claims eventually, again after somebody deleted one. The garbage collector takes them away with the pod.
 * Source: pkg/controller/volume/ephemeral/controller.go, component-helpers/storage/ephemeral.
 */
import type { Client } from '../../../client/client.ts';
import type { ControlLoop } from '../../../client/control-loop.ts';
import type { EventRecorder } from '../../../client/event-recorder.ts';
import { failure, failureOf, type Err } from '../../../client/failure.ts';
import type { Task } from '../../../client/process.ts';
import { PERSISTENT_VOLUME_CLAIMS, PODS } from '../../../client/resources.ts';
import type { SharedInformer } from '../../../client/shared-informer.ts';
import { isClaimOf } from '../../../object/claim.ts';
import { isTerminating, namespacedName, splitKey } from '../../../object/meta.ts';
import type { core, PersistentVolumeClaim, Pod } from '../../../object/types.ts';
import type { ControllerContext } from '../../controller-context.ts';
import { BY_CLAIM, claimsOfPod } from '../persistentvolume/sync-claim.ts';

export class EphemeralVolumeController {
  readonly loop: ControlLoop;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly pods: SharedInformer<Pod>;
  private readonly claims: SharedInformer<PersistentVolumeClaim>;

  constructor(context: ControllerContext) {
    this.client = context.client('ephemeral-volume-controller');
    this.recorder = context.recorder(this.client, 'ephemeral_volume');
    this.pods = context.factory.informer<Pod>(PODS);
    this.claims = context.factory.informer<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS);
    this.pods.addIndexers({ [BY_CLAIM]: claimsOfPod });
    const sync = (key: string): Task<Err> => this.sync(key);
    this.loop = context.loop({ name: 'ephemeral-volume-controller', workers: 5, client: this.client, sync }, [this.pods, this.claims]);
    const enqueue = (pod: Pod): void => {
      if (!isTerminating(pod) && (pod.spec.volumes ?? []).some(({ ephemeral }) => ephemeral !== undefined)) this.loop.queue.add(namespacedName(pod));
    };
    this.pods.addEventHandler({ add: enqueue });
    this.claims.addEventHandler({ delete: (claim) => this.pods.indexer.byIndex(BY_CLAIM, namespacedName(claim)).forEach(enqueue) });
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const pod = this.pods.lister.get(namespace, name);
    if (pod === undefined || isTerminating(pod)) return undefined;
    for (const volume of pod.spec.volumes ?? []) {
      const error = volume.ephemeral === undefined ? undefined : yield* this.provide(pod, volume);
      if (error === undefined) continue;
      const text = `ephemeral volume ${volume.name}: ${error.message}`;
      this.recorder.event(pod, 'Warning', 'FailedBinding', text);
      return failure(`pod ${key}, ${text}`);
    }
    return undefined;
  }

  private *provide(pod: Pod, volume: core.Volume): Task<Err> {
    const { namespace = '', name: owner, uid } = pod.metadata;
    const name = `${owner}-${volume.name}`;
    const claim = this.claims.lister.get(namespace, name);
    if (claim !== undefined) return isClaimOf(pod, claim) ? undefined : failure(`PVC ${namespace}/${name} was not created for pod ${namespace}/${owner} (pod is not owner)`);
    const { metadata: { annotations, labels } = {}, spec } = volume.ephemeral?.volumeClaimTemplate ?? { spec: {} };
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: owner, uid, controller: true, blockOwnerDeletion: true }];
    const metadata = { name, namespace, ownerReferences, ...(annotations === undefined ? {} : { annotations }), ...(labels === undefined ? {} : { labels }) };
    const made = yield* this.client.create(PERSISTENT_VOLUME_CLAIMS, namespace, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec });
    return made.ok ? undefined : failure(`create PVC ${name}: ${failureOf(made)?.message ?? ''}`);
  }
}
