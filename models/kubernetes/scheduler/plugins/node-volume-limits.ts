/**
 * NodeVolumeLimits: how many volumes of a CSI driver a node can take. Source:
 * pkg/scheduler/framework/plugins/nodevolumelimits/csi.go.
 */
import type { core, CSINode, Pod } from '../../object/types.ts';
import { ADD, DELETE } from '../framework/event.ts';
import type { Listers } from '../framework/listers.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { Cycle, Plugin } from '../framework/plugin.ts';
import { type Status, unresolvable, unschedulable } from '../framework/status.ts';
import { claimClassOf, claimUsesOf, isClaimOf, usesClaim } from '../../object/claim.ts';

const NAME = 'NodeVolumeLimits';
const REFUSED = unschedulable(NAME, 'node(s) exceed max volume count');

/** Volume identity to driver. */
type Volumes = Map<string, string>;

/** Adds the CSI volumes of the pod's claims; claims that do not exist are an error only for a new pod. */
const collect = (listers: Listers, pod: Pod, isNew: boolean, volumes: Volumes): string | undefined => {
  const namespace = pod.metadata.namespace ?? '';
  for (const { name, isEphemeral } of claimUsesOf(pod)) {
    const claim = listers.persistentVolumeClaim(namespace, name);
    if (claim === undefined) {
      if (isNew) return `looking up PVC ${namespace}/${name}: persistentvolumeclaim "${name}" not found`;
      continue;
    }
    if (isEphemeral && !isClaimOf(pod, claim)) continue;
    const volume = claim.spec.volumeName === undefined ? undefined : listers.persistentVolume(claim.spec.volumeName);
    if (volume === undefined) {
      const provisioner = listers.storageClass(claimClassOf(claim))?.provisioner;
      if (provisioner !== undefined) volumes.set(`${provisioner}/${namespace}/${name}`, provisioner);
      continue;
    }
    const csi = volume.spec.csi;
    if (csi) volumes.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver);
  }
  return undefined;
};

const limitsOf = (node: CSINode | undefined): Map<string, number> => {
  const limits = new Map<string, number>();
  for (const { name, allocatable } of node?.spec.drivers ?? []) {
    if (allocatable?.count !== undefined) limits.set(name, allocatable.count);
  }
  return limits;
};

/** Volumes on the node: of its pods, and attached to it for others. */
const attachedTo = (listers: Listers, row: NodeInfo): Volumes => {
  const attached: Volumes = new Map();
  for (const { pod } of row.pods) collect(listers, pod, false, attached);
  for (const { spec } of listers.volumeAttachments()) {
    const name = spec.source.persistentVolumeName;
    if (spec.nodeName !== row.name || name === undefined) continue;
    const csi = listers.persistentVolume(name)?.spec.csi;
    if (csi) attached.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver);
  }
  return attached;
};

const filter = (cycle: Cycle, row: NodeInfo): Status | undefined => {
  const wanted: Volumes = new Map();
  const error = collect(cycle.listers, cycle.pod.pod, true, wanted);
  if (error !== undefined) return unresolvable(NAME, error);
  const limits = limitsOf(cycle.listers.csiNode(row.name));
  if (wanted.size === 0 || limits.size === 0) return undefined;
  const attached = attachedTo(cycle.listers, row);
  const counts = new Map<string, number>();
  for (const driver of attached.values()) counts.set(driver, (counts.get(driver) ?? 0) + 1);
  const fresh = new Map<string, number>();
  for (const [volume, driver] of wanted) if (!attached.has(volume)) fresh.set(driver, (fresh.get(driver) ?? 0) + 1);
  for (const [driver, count] of fresh) {
    const limit = limits.get(driver);
    if (limit !== undefined && (counts.get(driver) ?? 0) + count > limit) return REFUSED;
  }
  return undefined;
};

const hasVolumes = (pod: Pod): boolean => claimUsesOf(pod).length > 0;

export const nodeVolumeLimits = (): Plugin<true> => ({
  name: NAME,
  preFilter: (cycle) => (hasVolumes(cycle.pod.pod) ? { kind: 'ok', own: true } : { kind: 'skip' }),
  filter,
  events: () => [
    { resource: 'CSINode', action: ADD },
    {
      resource: 'Pod',
      action: DELETE,
      hint: (_pod, old) => {
        const deleted = old as Pod & { spec: core.PodSpec };
        return deleted.spec.nodeName && hasVolumes(deleted) ? 'queue' : 'skip';
      },
    },
    {
      resource: 'PersistentVolumeClaim',
      action: ADD,
      hint: (pod, _old, current) => (usesClaim(pod, current) ? 'queue' : 'skip'),
    },
    { resource: 'VolumeAttachment', action: DELETE },
  ],
});
