/**
 * VolumeRestrictions: disks that only one pod of a node may have, and claims that only one pod at all may use.
 *
 * Source: pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go.
 */
import type { core, Pod } from '../../object/types.ts';
import { ADD, DELETE } from '../framework/event.ts';
import type { Cycle, Plugin } from '../framework/plugin.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { unresolvable, unschedulable } from '../framework/status.ts';

const NAME = 'VolumeRestrictions';
const DISK_CONFLICT = unschedulable(NAME, 'node(s) had no available disk');
const EXCLUSIVE_CONFLICT = unschedulable(
  NAME,
  'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
);

const needsCheck = ({ gcePersistentDisk, awsElasticBlockStore, rbd, iscsi }: core.Volume): boolean =>
  gcePersistentDisk !== undefined || awsElasticBlockStore !== undefined || rbd !== undefined || iscsi !== undefined;

const haveCommon = (a: readonly string[], b: readonly string[]): boolean => a.some((entry) => b.includes(entry));
const bothReadOnly = (a: { readOnly?: boolean }, b: { readOnly?: boolean }): boolean =>
  a.readOnly === true && b.readOnly === true;

const conflict = (a: core.Volume, b: core.Volume): boolean => {
  if (a.gcePersistentDisk && b.gcePersistentDisk && a.gcePersistentDisk.pdName === b.gcePersistentDisk.pdName) {
    if (!bothReadOnly(a.gcePersistentDisk, b.gcePersistentDisk)) return true;
  }
  if (a.awsElasticBlockStore && b.awsElasticBlockStore) {
    if (a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID) return true;
  }
  if (a.iscsi && b.iscsi && a.iscsi.iqn === b.iscsi.iqn && !bothReadOnly(a.iscsi, b.iscsi)) return true;
  if (!a.rbd || !b.rbd || !haveCommon(a.rbd.monitors, b.rbd.monitors)) return false;
  const isSameImage = (a.rbd.pool ?? 'rbd') === (b.rbd.pool ?? 'rbd') && a.rbd.image === b.rbd.image;
  return isSameImage && !bothReadOnly(a.rbd, b.rbd);
};

const podsConflict = (a: Pod, b: Pod): boolean => {
  for (const volume of a.spec.volumes ?? []) {
    if (!needsCheck(volume)) continue;
    for (const other of b.spec.volumes ?? []) if (conflict(volume, other)) return true;
  }
  return false;
};

interface State {
  readonly hasDisks: boolean;
  /** Exclusive claims of the pod, by key. */
  readonly exclusive: readonly string[];
  /** Uses of those claims anywhere in the cluster. */
  uses: number;
}

const shared = (state: State, other: PodInfo): number =>
  other.claims.filter((claim) => state.exclusive.includes(claim)).length;

const exclusiveClaims = (cycle: Cycle): { exclusive: string[]; missing?: string } => {
  const exclusive: string[] = [];
  for (const key of cycle.pod.claims) {
    const name = key.slice(key.indexOf('/') + 1);
    const claim = cycle.listers.persistentVolumeClaim(cycle.pod.namespace, name);
    if (claim === undefined) return { exclusive, missing: name };
    if ((claim.spec.accessModes ?? []).includes('ReadWriteOncePod')) exclusive.push(key);
  }
  return { exclusive };
};

export const volumeRestrictions = (): Plugin<State> => ({
  name: NAME,
  preFilter: (cycle) => {
    const hasDisks = (cycle.pod.pod.spec.volumes ?? []).some(needsCheck);
    const { exclusive, missing } = exclusiveClaims(cycle);
    if (missing !== undefined) {
      return { kind: 'reject', status: unresolvable(NAME, `persistentvolumeclaim "${missing}" not found`) };
    }
    let uses = 0;
    for (const claim of exclusive) if (cycle.snapshot.claimUses.has(claim)) uses += 1;
    if (!hasDisks && uses === 0) return { kind: 'skip' };
    return { kind: 'ok', own: { hasDisks, exclusive, uses } };
  },
  copyState: (own) => ({ ...own }),
  addPod: (_cycle, own, other) => {
    own.uses += shared(own, other);
  },
  removePod: (_cycle, own, other) => {
    own.uses -= shared(own, other);
  },
  filter: (cycle, row, own) => {
    if (own.hasDisks && row.pods.some(({ pod }) => podsConflict(cycle.pod.pod, pod))) return DISK_CONFLICT;
    return own.uses > 0 ? EXCLUSIVE_CONFLICT : undefined;
  },
  events: () => [
    {
      resource: 'Pod',
      action: DELETE,
      hint: (pod, old) => {
        const deleted = old as Pod | undefined;
        if (deleted === undefined || deleted.metadata.namespace !== pod.metadata.namespace) return 'skip';
        const claims = (spec: Pod): string[] =>
          (spec.spec.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
        return podsConflict(pod, deleted) || haveCommon(claims(pod), claims(deleted)) ? 'queue' : 'skip';
      },
    },
    { resource: 'Node', action: ADD },
    {
      resource: 'PersistentVolumeClaim',
      action: ADD,
      hint: (pod, _old, current) => {
        if (current?.metadata.namespace !== pod.metadata.namespace) return 'skip';
        const isNamed = (pod.spec.volumes ?? []).some(
          (volume) => volume.persistentVolumeClaim?.claimName === current?.metadata.name,
        );
        return isNamed ? 'queue' : 'skip';
      },
    },
  ],
});
