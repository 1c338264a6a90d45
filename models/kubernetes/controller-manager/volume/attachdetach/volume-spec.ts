/** Attachments of volumes. Source: pkg/volume/csi/csi_attacher.go, pkg/volume/util/util.go (IsMultiAttachAllowed). */
import { hex, sha256 } from '../../../object/hash.ts';
import type { PersistentVolume } from '../../../object/types.ts';

/** The name of the VolumeAttachment of a volume on a node (getAttachmentName). */
export const attachmentName = ({ spec }: PersistentVolume, node: string): string => `csi-${hex(sha256(`${spec.csi?.volumeHandle ?? ''}${spec.csi?.driver ?? ''}${node}`))}`;

/** Whether the volume may be on several nodes at once. */
export const isMultiAttachAllowed = ({ spec: { accessModes = [] } }: PersistentVolume): boolean => accessModes.length === 0 || accessModes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany');
