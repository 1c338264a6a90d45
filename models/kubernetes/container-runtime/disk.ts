/**
 * The disk of a node: volumes by their path, and what survives what.
 *
 * Volumes live here and not in containers, so a container's restart leaves them alone; a reboot takes only those in
 * memory. Secrets and config maps are written as upstream's atomic writer does it (pkg/volume/util/atomic_writer.go): the
 * visible names are links through `..data`, which is swapped in one step.
 */
import type { VolumeContent } from '../api/cri.ts';
import { fnv32a } from '../object/hash.ts';
import { rfc3339 } from '../object/time.ts';
import { directory, file, type Inode, link } from './file-system/inode.ts';
import { partsOf } from './file-system/path.ts';
import { FileTree } from './file-system/tree.ts';
import { emptyVolume, type Volume, volumeUsage } from './file-system/volume.ts';

interface Entry {
  readonly volume: Volume;
  readonly memory: boolean;
}

/** Files that each node has, whether a pod has mounted them before or not. */
const HOST_FILES: Readonly<Record<string, string>> = {
  '/etc/hosts': '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n',
  '/etc/resolv.conf': 'nameserver 127.0.0.53\n',
  '/etc/os-release': 'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\n',
  '/etc/localtime': '',
};

export class Disk {
  /** Wall time at the start, ms. */
  readonly #epoch: number;
  readonly #volumes = new Map<string, Entry>();
  /** Shared by all pods of the node that mount the same host path, and by claims of the same volume. */
  readonly #persistent = new Map<string, Volume>();

  constructor(epoch: number) {
    this.#epoch = epoch;
  }

  /** Makes the volume at a path, or brings its files up to date. Fails with a text. */
  mount(path: string, content: VolumeContent, nowUs: number): string | undefined {
    switch (content.kind) {
      case 'empty':
        if (!this.#volumes.has(path)) {
          const options = { memory: content.memory, ...(content.capacityBytes !== undefined && content.memory ? { capacityBytes: content.capacityBytes } : {}) };
          const volume = emptyVolume(options);
          giveToGroup(volume.root, content.fsGroup, WRITABLE);
          this.#volumes.set(path, { volume, memory: content.memory });
        }
        return undefined;
      case 'files':
        return this.#writeFiles(path, content, nowUs);
      case 'host':
        return this.#mountHost(path, content.type);
      case 'persistent':
        this.#volumes.set(path, { volume: this.#shared(content.name), memory: false });
        giveToGroup(this.#shared(content.name).root, content.fsGroup, WRITABLE);
        return undefined;
    }
  }

  #shared(name: string, content?: string): Volume {
    let volume = this.#persistent.get(name);
    if (volume === undefined) {
      volume = content === undefined ? emptyVolume() : { root: file(content) };
      this.#persistent.set(name, volume);
    }
    return volume;
  }

  #mountHost(path: string, type: string): string | undefined {
    const known = this.#persistent.has(path) || (Object.hasOwn(HOST_FILES, path) && (type === 'File' || type === 'FileOrCreate'));
    if (!known && (type === 'Directory' || type === 'File' || type === 'Socket' || type.endsWith('Device'))) {
      const what = type === 'Directory' ? 'directory' : type === 'File' ? 'file' : type.toLowerCase();
      return `hostPath type check failed: ${path} is not a ${what}`;
    }
    const volume = this.#shared(path, HOST_FILES[path]);
    if (!known && type === 'FileOrCreate') volume.root = file('');
    this.#volumes.set(path, { volume, memory: false });
    return undefined;
  }

  #writeFiles(path: string, { files, memory, fsGroup }: Extract<VolumeContent, { kind: 'files' }>, nowUs: number): undefined {
    const entry = this.#volumes.get(path) ?? { volume: emptyVolume({ memory }), memory };
    this.#volumes.set(path, entry);
    const tree = new FileTree(directory());
    tree.mount({ path: '/v', volume: entry.volume, readOnly: false });
    const generation = this.#generation(path, nowUs);
    tree.makeDirectory(`/v/${generation}`, nowUs);
    const names = new Set<string>();
    for (const [name, { content, mode, uid = 0 }] of Object.entries(files)) {
      const parts = partsOf(name);
      let at = `/v/${generation}`;
      for (const part of parts.slice(0, -1)) {
        at = `${at}/${part}`;
        tree.makeDirectory(at, nowUs);
      }
      tree.write(`${at}/${parts.at(-1) ?? ''}`, content, nowUs);
      tree.change(`${at}/${parts.at(-1) ?? ''}`, { mode, uid });
      names.add(parts[0] ?? '');
    }
    const root = entry.volume.root;
    if (root.kind !== 'directory') return undefined;
    const old = root.entries.get('..data');
    root.entries.set('..data', link(generation));
    giveToGroup(root, fsGroup, READABLE);
    if (old?.kind === 'link' && old.target !== generation) root.entries.delete(old.target);
    for (const name of names) if (!root.entries.has(name)) root.entries.set(name, link(`..data/${name}`));
    for (const name of [...root.entries.keys()]) if (!name.startsWith('..') && !names.has(name)) root.entries.delete(name);
    return undefined;
  }

  /** atomic_writer.go, newTimestampDir: the second, and a number of its own for each write. */
  #generation(path: string, nowUs: number): string {
    return `..${rfc3339(this.#epoch, nowUs).slice(0, 19).replace(/[-T:]/g, '_')}.${fnv32a(`${path}@${nowUs}`)}`;
  }

  unmount(path: string): void {
    this.#volumes.delete(path);
  }

  find(path: string): Volume | undefined {
    return this.#volumes.get(path)?.volume;
  }

  /** Bytes in each emptyDir, by path. */
  emptyDirs(): Record<string, number> {
    const usage: Record<string, number> = {};
    for (const [path, { volume }] of this.#volumes) if (path.includes('/kubernetes.io~empty-dir/')) usage[path] = volumeUsage(volume);
    return usage;
  }

  usage(path: string): number {
    const volume = this.find(path);
    return volume === undefined ? 0 : volumeUsage(volume);
  }

  /** What a reboot does: tmpfs is gone. */
  reboot(): void {
    for (const [path, entry] of [...this.#volumes]) {
      if (entry.memory) this.#volumes.set(path, { volume: emptyVolume({ memory: true }), memory: true });
    }
  }
}

/** volume_linux.go, changeFilePermission: what the group gets on volumes that may be written, and on those that may not. */
const WRITABLE = { file: 0o660, directory: 0o770 };
const READABLE = { file: 0o440, directory: 0o550 };
const SET_GROUP_ID = 0o2000;

/** Makes a tree belong to the pod's fsGroup (pkg/volume/volume_linux.go, SetVolumeOwnership). */
function giveToGroup(inode: Inode, fsGroup: number | undefined, grant: typeof WRITABLE): void {
  if (fsGroup === undefined) return;
  inode.gid = fsGroup;
  if (inode.kind === 'file') inode.mode |= grant.file;
  if (inode.kind !== 'directory') return;
  inode.mode |= grant.directory | SET_GROUP_ID;
  for (const entry of inode.entries.values()) giveToGroup(entry, fsGroup, grant);
}
