/**
 * PV protection: a volume that is being deleted stays while it is bound.
 *
 * Safety: the finalizer goes only from a volume whose phase is not Bound. Liveness: a deleted volume goes once its claim is gone.
 * Source: pkg/controller/volume/pvprotection/pv_protection_controller.go.
 */
import type { Client } from '../../../client/client.ts';
import type { ControlLoop } from '../../../client/control-loop.ts';
import { failureOf, type Err } from '../../../client/failure.ts';
import type { Task } from '../../../client/process.ts';
import { PERSISTENT_VOLUMES } from '../../../client/resources.ts';
import type { SharedInformer } from '../../../client/shared-informer.ts';
import { hasFinalizer, withFinalizer, withoutFinalizer } from '../../../object/finalizer.ts';
import { isTerminating, namespacedName } from '../../../object/meta.ts';
import type { PersistentVolume } from '../../../object/types.ts';
import type { ControllerContext } from '../../controller-context.ts';

export const PV_PROTECTION = 'kubernetes.io/pv-protection';

export class PVProtectionController {
  readonly loop: ControlLoop;
  private readonly client: Client;
  private readonly volumes: SharedInformer<PersistentVolume>;

  constructor(context: ControllerContext) {
    this.client = context.client('pv-protection-controller');
    this.volumes = context.factory.informer<PersistentVolume>(PERSISTENT_VOLUMES);
    const sync = (key: string): Task<Err> => this.sync(key);
    this.loop = context.loop({ name: 'persistentvolume-protection-controller', workers: 1, client: this.client, sync }, [this.volumes]);
    const changed = (volume: PersistentVolume): void => {
      if (isTerminating(volume) === hasFinalizer(volume, PV_PROTECTION)) this.loop.queue.add(namespacedName(volume));
    };
    this.volumes.addEventHandler({ add: changed, update: (_old, volume) => changed(volume) });
  }

  private *sync(name: string): Task<Err> {
    const volume = this.volumes.lister.get(undefined, name);
    if (volume === undefined) return undefined;
    const isProtected = hasFinalizer(volume, PV_PROTECTION);
    if (!isTerminating(volume)) return isProtected ? undefined : failureOf(yield* this.client.update(PERSISTENT_VOLUMES, withFinalizer(volume, PV_PROTECTION)));
    if (!isProtected || volume.status?.phase === 'Bound') return undefined;
    return failureOf(yield* this.client.update(PERSISTENT_VOLUMES, withoutFinalizer(volume, PV_PROTECTION)));
  }
}
