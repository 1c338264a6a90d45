/**
 * Volumes that have to be attached to a node, and their names: those of CSI drivers, since all in-tree plugins that attach are gone.
 *
 * Source: pkg/volume/csi/{csi_attacher,csi_plugin}.go, pkg/volume/util/util.go (IsMultiAttachAllowed).
 */
import { hex, sha256 } from '../../../object/hash.ts';
import type { CSIDriver, PersistentVolume } from '../../../object/types.ts';

const CSI_PLUGIN = 'kubernetes.io/csi';

/** Whether the volume is one that is attached: of a driver that does not say it needs none. */
export function isAttachable({ spec }: PersistentVolume, driverOf: (name: string) => CSIDriver | undefined): boolean {
  return spec.csi !== undefined && driverOf(spec.csi.driver)?.spec.attachRequired !== false;
}

/** The name of a volume in `status.volumesAttached` and `status.volumesInUse` of nodes. */
export const uniqueVolumeName = ({ spec }: PersistentVolume): string => `${CSI_PLUGIN}/${spec.csi?.driver ?? ''}^${spec.csi?.volumeHandle ?? ''}`;

/** The name of the VolumeAttachment of a volume on a node (getAttachmentName). */
export const attachmentName = ({ spec }: PersistentVolume, node: string): string => `csi-${hex(sha256(`${spec.csi?.volumeHandle ?? ''}${spec.csi?.driver ?? ''}${node}`))}`;

/** Whether the volume may be on several nodes at once. */
export const isMultiAttachAllowed = ({ spec: { accessModes = [] } }: PersistentVolume): boolean => accessModes.length === 0 || accessModes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany');
