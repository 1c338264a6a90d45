/**
 * A tree that can be mounted into containers: the body of an emptyDir, a hostPath, a secret and so on.
 *
 * The tree lives as long as its owner (the pod for an emptyDir, the node for a hostPath), not as long as a container:
 * this is why files in it survive a container's restart.
 */
import { type DirectoryInode, directory, type Inode, usageOf } from './inode.ts';

export interface Volume {
  /** A directory in nearly all cases; a file when a single file is bound (hostPath File, subPath, /etc/hosts). */
  root: Inode;
  /** For tmpfs with a size limit: writes beyond it fail with ENOSPC. */
  readonly capacityBytes?: number;
  /** A tmpfs. */
  readonly memory?: boolean;
}

/** One entry of a container's mount table. */
export interface Mount {
  readonly path: string;
  readonly volume: Volume;
  readonly readOnly: boolean;
}

/** The kubelet lets everybody write (empty_dir.go, setupDir); the root of a tmpfs has the sticky bit as well. */
export function emptyVolume({ capacityBytes, memory }: { readonly capacityBytes?: number; readonly memory?: boolean } = {}): Volume {
  const root: DirectoryInode = directory([], { mode: memory === true ? 0o1777 : 0o777 });
  return { root, ...(capacityBytes === undefined ? {} : { capacityBytes }), ...(memory === true ? { memory } : {}) };
}

/** Bytes in use on the volume. O(number of files); only asked for limited volumes and by eviction. */
export function volumeUsage(volume: Volume): number {
  return usageOf(volume.root);
}
