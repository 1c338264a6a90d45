/**
 * The volume expander: notices bound claims that ask for more than they have.
 *
 * All in-tree plugins that could expand a volume are gone, so it does what is left: it says that an external resizer has to do it, once for
 * each change of the size. Source: pkg/controller/volume/expand/expand_controller.go.
 */
import type { ControlLoop } from '../../../client/control-loop.ts';
import type { EventRecorder } from '../../../client/event-recorder.ts';
import { failure, type Err } from '../../../client/failure.ts';
import type { Task } from '../../../client/process.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../../../client/resources.ts';
import type { SharedInformer } from '../../../client/shared-informer.ts';
import { namespacedName, splitKey } from '../../../object/meta.ts';
import { compareQuantity, quantityOf } from '../../../object/quantity.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../../object/types.ts';
import { requestedStorage } from '../../../object/volume-match.ts';
import type { ControllerContext } from '../../controller-context.ts';

const PRE_RESIZE_CAPACITY = 'volume.alpha.kubernetes.io/pre-resize-capacity';
const EXTERNAL = "Ignoring the PVC: didn't find a plugin capable of expanding the volume; waiting for an external controller to process this PVC.";

export class ExpandController {
  readonly loop: ControlLoop;
  private readonly recorder: EventRecorder;
  private readonly claims: SharedInformer<PersistentVolumeClaim>;
  private readonly volumes: SharedInformer<PersistentVolume>;

  constructor(context: ControllerContext) {
    const client = context.client('expand-controller');
    this.recorder = context.recorder(client, 'volume_expand');
    this.claims = context.factory.informer<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS);
    this.volumes = context.factory.informer<PersistentVolume>(PERSISTENT_VOLUMES);
    const sync = (key: string): Task<Err> => this.sync(key);
    this.loop = context.loop({ name: 'persistentvolume-expander-controller', workers: 10, client, sync }, [this.claims, this.volumes]);
    const enqueue = (claim: PersistentVolumeClaim): void => {
      if (claim.status?.phase === 'Bound') this.loop.queue.add(namespacedName(claim));
    };
    this.claims.addEventHandler({
      add: enqueue,
      // Somebody asks for more, or has got more: then the file system may have grown, too.
      update: (old, claim) => {
        if (compareQuantity(requestedStorage(claim), requestedStorage(old)) > 0 || compareQuantity(capacityOf(claim), capacityOf(old)) > 0) enqueue(claim);
      },
      delete: enqueue,
    });
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const claim = this.claims.lister.get(namespace, name);
    if (claim === undefined) return undefined;
    const volume = this.volumes.lister.get(undefined, claim.spec.volumeName ?? '');
    if (volume === undefined) return failure(`failed to get PV ${claim.spec.volumeName ?? ''}: persistentvolume "${claim.spec.volumeName ?? ''}" not found`);
    if (volume.spec.claimRef?.uid !== claim.metadata.uid) return failure(`persistent Volume is not bound to PVC being updated : ${key}`);
    const isPrepared = claim.metadata.annotations?.[PRE_RESIZE_CAPACITY] !== undefined;
    if (isPrepared || compareQuantity(requestedStorage(claim), capacityOf(claim)) > 0) this.recorder.event(claim, 'Warning', 'ExternalExpanding', EXTERNAL);
    return undefined;
  }
}

const capacityOf = ({ status }: PersistentVolumeClaim): ReturnType<typeof quantityOf> => quantityOf((status?.capacity?.['storage'] as string | undefined) ?? '0');
