/**
 * PVC protection: a claim that is being deleted stays while a scheduled pod uses it.
 *
 * Safety: the finalizer goes only when neither the cache nor, after that, a live list of the namespace's pods shows a user; pods count until
 * their objects are gone, even those that have ended. Liveness: a deleted claim goes once its last user is gone.
 * Source: pkg/controller/volume/pvcprotection/pvc_protection_controller.go.
 */
import type { Client } from '../../../client/client.ts';
import type { ControlLoop } from '../../../client/control-loop.ts';
import { failureOf, type Err } from '../../../client/failure.ts';
import type { Task } from '../../../client/process.ts';
import { PERSISTENT_VOLUME_CLAIMS, PODS } from '../../../client/resources.ts';
import type { SharedInformer } from '../../../client/shared-informer.ts';
import { claimUsesOf, isClaimOf } from '../../../object/claim.ts';
import { hasFinalizer, withFinalizer, withoutFinalizer } from '../../../object/finalizer.ts';
import { isTerminating, namespacedName, splitKey } from '../../../object/meta.ts';
import type { PersistentVolumeClaim, Pod } from '../../../object/types.ts';
import type { ControllerContext } from '../../controller-context.ts';
import { isPodTerminal } from '../../pod/pod-state.ts';
import { BY_CLAIM, claimsOfPod } from '../persistentvolume/sync-claim.ts';

export const PVC_PROTECTION = 'kubernetes.io/pvc-protection';

export class PVCProtectionController {
  readonly loop: ControlLoop;
  private readonly client: Client;
  private readonly claims: SharedInformer<PersistentVolumeClaim>;
  private readonly pods: SharedInformer<Pod>;

  constructor(context: ControllerContext) {
    this.client = context.client('pvc-protection-controller');
    this.claims = context.factory.informer<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS);
    this.pods = context.factory.informer<Pod>(PODS);
    this.pods.addIndexers({ [BY_CLAIM]: claimsOfPod });
    const sync = (key: string): Task<Err> => this.sync(key);
    this.loop = context.loop({ name: 'persistentvolumeclaim-protection-controller', workers: 1, client: this.client, sync }, [this.claims, this.pods]);
    const claimChanged = (claim: PersistentVolumeClaim): void => {
      if (isTerminating(claim) === hasFinalizer(claim, PVC_PROTECTION)) this.loop.queue.add(namespacedName(claim));
    };
    this.claims.addEventHandler({ add: claimChanged, update: (_old, claim) => claimChanged(claim) });
    this.pods.addEventHandler({
      add: (pod) => this.podChanged(pod, false),
      update: (old, pod) => {
        this.podChanged(pod, false);
        if (old.metadata.uid !== pod.metadata.uid) this.podChanged(old, true);
      },
      delete: (pod) => this.podChanged(pod, true),
    });
  }

  /** Only pods that have ended, are gone, or were never scheduled can help a claim to go. */
  private podChanged(pod: Pod, isGone: boolean): void {
    if (!isGone && !isPodTerminal(pod) && pod.spec.nodeName) return;
    for (const { name } of claimUsesOf(pod)) this.loop.queue.add(`${pod.metadata.namespace}/${name}`);
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const claim = this.claims.lister.get(namespace, name);
    if (claim === undefined) return undefined;
    const isProtected = hasFinalizer(claim, PVC_PROTECTION);
    if (!isTerminating(claim)) return isProtected ? undefined : failureOf(yield* this.client.update(PERSISTENT_VOLUME_CLAIMS, withFinalizer(claim, PVC_PROTECTION)));
    if (!isProtected || this.pods.indexer.byIndex(BY_CLAIM, key).some((pod) => isUser(pod, claim))) return undefined;
    const live = yield* this.client.list<Pod>(PODS, namespace);
    if (!live.ok) return failureOf(live);
    if (live.object.items.some((pod) => isUser(pod, claim))) return undefined;
    return failureOf(yield* this.client.update(PERSISTENT_VOLUME_CLAIMS, withoutFinalizer(claim, PVC_PROTECTION)));
  }
}

/** Kubelets see pods once they are scheduled, and start none whose claim is being deleted. */
function isUser(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if (!pod.spec.nodeName) return false;
  return claimUsesOf(pod).some(({ name, isEphemeral }) => name === claim.metadata.name && (!isEphemeral || isClaimOf(pod, claim)));
}
