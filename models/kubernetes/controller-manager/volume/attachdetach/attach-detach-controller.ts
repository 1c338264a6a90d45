/**
 * The attach/detach controller: has volumes attached to the nodes whose pods use them, and detached where none does.
 *
 * Safety: a volume that only one node may have is not attached to a second one before it is detached from the first; a volume that a kubelet still reports as in use is not
 * detached, unless its node has not been ready for six minutes or is marked out of service; a node's status stops naming a volume before it is detached. Liveness: each
 * scheduled pod's volumes are attached eventually. Upstream looks at everything every 100 ms; here a volume is looked at, at those moments, when something about it changed.
 * Source: pkg/controller/volume/attachdetach/{attach_detach_controller,reconciler/reconciler,statusupdater/node_status_updater}.go.
 */
import type { Client } from '../../../client/client.ts';
import type { ControlLoop } from '../../../client/control-loop.ts';
import type { EventRecorder } from '../../../client/event-recorder.ts';
import { failureOf, type Err } from '../../../client/failure.ts';
import type { Task } from '../../../client/process.ts';
import { CSI_DRIVERS, NODES, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS, VOLUME_ATTACHMENTS } from '../../../client/resources.ts';
import { isAlreadyExists, isNotFound } from '../../../client/result.ts';
import { semanticEqual } from '../../../client/semantic-equal.ts';
import type { SharedInformer } from '../../../client/shared-informer.ts';
import { isAttachable, uniqueVolumeName } from '../../../object/attachable-volume.ts';
import { claimUsesOf } from '../../../object/claim.ts';
import { getCondition, isTerminating } from '../../../object/meta.ts';
import type { core, CSIDriver, Node, PersistentVolume, PersistentVolumeClaim, Pod, VolumeAttachment } from '../../../object/types.ts';
import type { ControllerContext } from '../../controller-context.ts';
import { isPodTerminal } from '../../pod/pod-state.ts';
import { BY_CLAIM, claimsOfPod } from '../persistentvolume/sync-claim.ts';
import { attachmentName, isMultiAttachAllowed } from './volume-spec.ts';

/** attach_detach_controller.go: reconcilerLoopPeriod, reconcilerMaxWaitForUnmountDuration. */
const LOOP_PERIOD = 100_000;
const FORCED_AFTER = 360 * 1_000_000;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';
const BY_VOLUME = 'volume';
const BY_NODE = 'node';

const readiness = ({ status }: Node): string | undefined => getCondition(status.conditions, 'Ready')?.status;

export class AttachDetachController {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly pods: SharedInformer<Pod>;
  private readonly nodes: SharedInformer<Node>;
  private readonly claims: SharedInformer<PersistentVolumeClaim>;
  private readonly volumes: SharedInformer<PersistentVolume>;
  private readonly drivers: SharedInformer<CSIDriver>;
  private readonly attachments: SharedInformer<VolumeAttachment>;
  /** Attachments that this controller has asked for, or took over at its start. Those that others make are none of its business. */
  private readonly ours = new Set<string>();
  /** Attachments that are being taken away: the node's status does not name them any more. */
  private readonly detaching = new Set<string>();
  /** Since when a volume that nobody wants waits for its kubelet; µs. */
  private readonly waiting = new Map<string, number>();
  /** What was told already: multi-attach errors, and attachments that succeeded. */
  private readonly told = new Set<string>();

  constructor(context: ControllerContext) {
    const { factory } = context;
    this.context = context;
    this.client = context.client('attachdetach-controller');
    this.recorder = context.recorder(this.client, 'attachdetach-controller');
    this.pods = factory.informer<Pod>(PODS);
    this.nodes = factory.informer<Node>(NODES);
    this.claims = factory.informer<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS);
    this.volumes = factory.informer<PersistentVolume>(PERSISTENT_VOLUMES);
    this.drivers = factory.informer<CSIDriver>(CSI_DRIVERS);
    this.attachments = factory.informer<VolumeAttachment>(VOLUME_ATTACHMENTS);
    this.pods.addIndexers({ [BY_CLAIM]: claimsOfPod });
    this.attachments.addIndexers({ [BY_VOLUME]: ({ spec }) => [spec.source.persistentVolumeName ?? ''], [BY_NODE]: ({ spec }) => [spec.nodeName] });
    const informers = [this.pods, this.nodes, this.claims, this.volumes, this.drivers, this.attachments];
    this.loop = context.loop({ name: 'persistentvolume-attach-detach-controller', workers: 1, client: this.client, sync: (name) => this.sync(name) }, informers);
    const podChanged = (pod: Pod): void => {
      for (const { name } of claimUsesOf(pod)) this.enqueue(this.claims.lister.get(pod.metadata.namespace, name)?.spec.volumeName);
    };
    this.pods.addEventHandler({ add: podChanged, update: (_old, pod) => podChanged(pod), delete: podChanged });
    this.claims.addEventHandler({ add: ({ spec }) => this.enqueue(spec.volumeName), update: (_old, { spec }) => this.enqueue(spec.volumeName) });
    const attachmentChanged = ({ spec }: VolumeAttachment): void => this.enqueue(spec.source.persistentVolumeName);
    this.attachments.addEventHandler({
      add: attachmentChanged,
      update: (_old, attachment) => attachmentChanged(attachment),
      delete: (attachment) => {
        this.ours.delete(attachment.metadata.name);
        attachmentChanged(attachment);
      },
    });
    const nodeChanged = ({ metadata }: Node): void => this.attachments.indexer.byIndex(BY_NODE, metadata.name).forEach(attachmentChanged);
    const concerns = (old: Node, node: Node): boolean => !semanticEqual(old.status.volumesInUse, node.status.volumesInUse) || !semanticEqual(old.spec.taints, node.spec.taints) || readiness(old) !== readiness(node);
    this.nodes.addEventHandler({ update: (old, node) => concerns(old, node) && nodeChanged(node), delete: nodeChanged });
  }

  /** At the next look of the loop, which comes every 100 ms. */
  private enqueue(volume: string | undefined): void {
    if (volume) this.loop.queue.addAfter(volume, LOOP_PERIOD - (this.context.process.now % LOOP_PERIOD));
  }

  private *sync(name: string): Task<Err> {
    const volume = this.volumes.lister.get(undefined, name);
    const present = this.attachments.indexer.byIndex(BY_VOLUME, name).filter((attachment) => this.isOwn(attachment, volume));
    const isOurs = volume !== undefined && isAttachable(volume, (driver) => this.drivers.lister.get(undefined, driver));
    const users = volume !== undefined && isOurs ? this.usersOf(volume) : new Map<string, Pod[]>();
    let error: Err;
    for (const attachment of present) {
      if (!users.has(attachment.spec.nodeName) || isTerminating(attachment)) error ??= yield* this.detach(attachment, volume);
      else this.waiting.delete(attachment.metadata.name);
    }
    if (volume === undefined || !isOurs) return error;
    for (const [node, pods] of users) error ??= yield* this.attach(volume, node, pods, present);
    return error;
  }

  /** Whether the attachment is one that this controller makes: by its name, while its volume exists (processVolumeAttachments). */
  private isOwn({ metadata, spec }: VolumeAttachment, volume: PersistentVolume | undefined): boolean {
    if (volume !== undefined && metadata.name === attachmentName(volume, spec.nodeName)) this.ours.add(metadata.name);
    return this.ours.has(metadata.name);
  }

  /** The pods that want the volume, by node; each pod until it has ended. */
  private usersOf({ metadata, spec: { claimRef } }: PersistentVolume): Map<string, Pod[]> {
    const users = new Map<string, Pod[]>();
    const key = `${claimRef?.namespace}/${claimRef?.name}`;
    const claim = this.claims.indexer.get(key);
    if (claim === undefined || claim.spec.volumeName !== metadata.name || claim.metadata.uid !== claimRef?.uid) return users;
    for (const pod of this.pods.indexer.byIndex(BY_CLAIM, key)) {
      if (!pod.spec.nodeName || isPodTerminal(pod)) continue;
      users.set(pod.spec.nodeName, [...(users.get(pod.spec.nodeName) ?? []), pod]);
    }
    return users;
  }

  private *attach(volume: PersistentVolume, node: string, pods: readonly Pod[], present: readonly VolumeAttachment[]): Task<Err> {
    const name = attachmentName(volume, node);
    const known = present.find(({ metadata }) => metadata.name === name);
    if (known !== undefined) return isTerminating(known) ? undefined : yield* this.follow(volume, known, pods);
    const others = present.filter(({ spec }) => spec.nodeName !== node);
    if (others.length > 0 && !isMultiAttachAllowed(volume)) {
      if (!this.told.has(`multi ${name}`)) pods.forEach((pod) => this.recorder.event(pod, 'Warning', 'FailedAttachVolume', this.multiAttachText(volume, pod)));
      this.told.add(`multi ${name}`);
      return undefined;
    }
    this.told.delete(`multi ${name}`);
    const spec = { attacher: volume.spec.csi?.driver, nodeName: node, source: { persistentVolumeName: volume.metadata.name } };
    const made = yield* this.client.create(VOLUME_ATTACHMENTS, undefined, { apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name }, spec });
    if (made.ok || isAlreadyExists(made)) return undefined;
    const error = failureOf(made);
    pods.forEach((pod) => this.recorder.event(pod, 'Warning', 'FailedAttachVolume', `AttachVolume.Attach failed for volume "${volume.metadata.name}" : ${error?.message ?? ''}`));
    return error;
  }

  /** An attachment that exists: the driver has answered, or has not. */
  private *follow(volume: PersistentVolume, { metadata: { name }, status, spec: { nodeName } }: VolumeAttachment, pods: readonly Pod[]): Task<Err> {
    const problem = status?.attachError?.message;
    if (problem !== undefined && !this.told.has(`${name} ${problem}`)) {
      this.told.add(`${name} ${problem}`);
      pods.forEach((pod) => this.recorder.event(pod, 'Warning', 'FailedAttachVolume', `AttachVolume.Attach failed for volume "${volume.metadata.name}" : ${problem}`));
    }
    if (status?.attached !== true) return undefined;
    const error = yield* this.report(nodeName);
    if (error !== undefined || this.told.has(name)) return error;
    this.told.add(name);
    pods.forEach((pod) => this.recorder.event(pod, 'Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded for volume "${volume.metadata.name}" `));
    return undefined;
  }

  private multiAttachText({ metadata: { name }, spec: { claimRef } }: PersistentVolume, pod: Pod): string {
    const users = this.pods.indexer.byIndex(BY_CLAIM, `${claimRef?.namespace}/${claimRef?.name}`).filter((other) => other !== pod && other.spec.nodeName && other.spec.nodeName !== pod.spec.nodeName);
    const head = `Multi-Attach error for volume "${name}" `;
    if (users.length === 0) return `${head}Volume is already exclusively attached to one node and can't be attached to another`;
    return `${head}Volume is already used by pod(s) ${users.map(({ metadata }) => metadata.name).join(', ')}`;
  }

  private *detach(attachment: VolumeAttachment, volume: PersistentVolume | undefined): Task<Err> {
    const { name } = attachment.metadata;
    const { nodeName } = attachment.spec;
    if (isTerminating(attachment)) return undefined;
    const node = this.nodes.lister.get(undefined, nodeName);
    const isUsed = volume !== undefined && node?.status.volumesInUse?.includes(uniqueVolumeName(volume)) === true;
    if (isUsed && !this.mayForce(attachment, node)) return undefined;
    this.waiting.delete(name);
    this.detaching.add(name);
    const error = node === undefined ? undefined : yield* this.report(nodeName);
    if (error !== undefined) return error;
    const removed = yield* this.client.delete(VOLUME_ATTACHMENTS, undefined, name);
    this.told.delete(name);
    this.detaching.delete(name);
    return removed.ok || isNotFound(removed) ? undefined : failureOf(removed);
  }

  /** Whether a volume that its kubelet still has in use may be taken away all the same. */
  private mayForce({ metadata: { name }, spec }: VolumeAttachment, node: Node): boolean {
    if ((node.spec.taints ?? []).some(({ key }) => key === OUT_OF_SERVICE)) return true;
    const { now } = this.context.process;
    const since = this.waiting.get(name) ?? now;
    this.waiting.set(name, since);
    const left = since + FORCED_AFTER - now;
    if (left > 0) this.loop.queue.addAfter(spec.source.persistentVolumeName ?? '', left);
    return left <= 0 && readiness(node) !== 'True';
  }

  /** Writes which volumes a node has. */
  private *report(nodeName: string): Task<Err> {
    const node = this.nodes.lister.get(undefined, nodeName);
    if (node === undefined) return undefined;
    const wanted: core.AttachedVolume[] = this.attachments.indexer.byIndex(BY_NODE, nodeName).flatMap(({ metadata, spec, status }) => {
      const volume = this.volumes.lister.get(undefined, spec.source.persistentVolumeName ?? '');
      const isThere = this.ours.has(metadata.name) && status?.attached === true && metadata.deletionTimestamp === undefined && !this.detaching.has(metadata.name);
      return volume === undefined || !isThere ? [] : [{ name: uniqueVolumeName(volume), devicePath: '' }];
    });
    wanted.sort((a, b) => (a.name < b.name ? -1 : 1));
    const known = node.status.volumesAttached ?? [];
    if (known.length === wanted.length && known.every(({ name }, at) => name === wanted[at]?.name)) return undefined;
    const body = { status: { volumesAttached: wanted.length === 0 ? null : wanted } };
    const result = yield* this.client.patch(NODES, undefined, nodeName, 'application/merge-patch+json', body, { subresource: 'status' });
    return isNotFound(result) ? undefined : failureOf(result);
  }
}

