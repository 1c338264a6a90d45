/**
 * Volumes that have to be attached to a node: those of CSI drivers, since all in-tree plugins that attach are gone.
 *
 * Source: pkg/volume/csi/csi_plugin.go (CanAttach), pkg/volume/util/util.go (GetUniqueVolumeName).
 */
import type { CSIDriver, PersistentVolume } from './types.ts';

const CSI_PLUGIN = 'kubernetes.io/csi';

/** Whether the volume is one that is attached: of a driver that does not say it needs none. */
export function isAttachable({ spec }: PersistentVolume, driverOf: (name: string) => CSIDriver | undefined): boolean {
  return spec.csi !== undefined && driverOf(spec.csi.driver)?.spec.attachRequired !== false;
}

/** The name of a volume in `status.volumesAttached` and `status.volumesInUse` of nodes. */
export const uniqueVolumeName = ({ spec }: PersistentVolume): string => `${CSI_PLUGIN}/${spec.csi?.driver ?? ''}^${spec.csi?.volumeHandle ?? ''}`;
