/**
 * A container's view of its files: a writable layer over an image, with volumes mounted into it.
 *
 * The invariant: inodes marked `shared` are never changed. A change first copies the directories on the way (copy-up),
 * so a new container of the same image starts with a clean file system for free, and dropping the view drops the layer.
 * Operations answer with a value or an errno name; they never throw. Each costs O(depth of the path).
 */
import type { Credentials, DirectoryInode, Errno, FileInode, Inode } from './inode.ts';
import { byteLength, directory, file, link, permits, ROOT, withoutMask } from './inode.ts';
import { absolute, join, nameOf, parentOf, partsOf } from './path.ts';
import { type Mount, volumeUsage } from './volume.ts';

/** Links followed in one look-up before ELOOP, as in Linux. */
const LINKS_MAX = 40;

/** S_ISGID. */
const SET_GROUP_ID = 0o2000;

interface Place {
  readonly inode: Inode;
  readonly path: string;
  /** The mount that holds the inode; undefined for the container's own layer. */
  readonly mount: Mount | undefined;
}

export class FileTree {
  #root: DirectoryInode;
  readonly #mounts = new Map<string, Mount>();
  readonly #readOnlyRoot: boolean;
  /** Told when a file may have grown. */
  onGrowth: (() => void) | undefined = undefined;

  constructor(image: DirectoryInode, readOnlyRoot = false) {
    this.#root = image;
    this.#readOnlyRoot = readOnlyRoot;
  }

  /** The writable layer's root, for usage accounting. */
  get root(): DirectoryInode {
    return this.#root;
  }

  get mounts(): IterableIterator<Mount> {
    return this.#mounts.values();
  }

  /** Adds a mount; missing mount points are made in the container's layer, as runc does. */
  mount(mount: Mount): void {
    const path = this.#mountPoint(absolute(mount.path, '/'));
    const asFile = mount.volume.root.kind === 'file';
    const missing = this.lookup(path);
    if (missing === 'ENOENT') this.#makeMountPoint(path, asFile);
    this.#mounts.set(path, { ...mount, path });
  }

  /** Where a mount really goes: links on the way are followed (`/var/run/…` is below `/run` in most images). */
  #mountPoint(path: string): string {
    const parts = partsOf(path);
    for (let known = parts.length; known > 0; known--) {
      const real = this.realPath(`/${parts.slice(0, known).join('/')}`);
      if (real !== undefined) return absolute(parts.slice(known).join('/'), real);
    }
    return path;
  }

  #makeMountPoint(path: string, asFile: boolean): void {
    let at = '';
    const parts = partsOf(path);
    for (const [index, part] of parts.entries()) {
      const parent = this.#own(at === '' ? '/' : at);
      at = `${at}/${part}`;
      if (parent === undefined || parent.entries.has(part)) continue;
      parent.entries.set(part, asFile && index === parts.length - 1 ? file('') : directory());
    }
  }

  /** Finds what is at a path. `follow: false` stops at a symbolic link in the last part. */
  lookup(path: string, options: { follow?: boolean } = {}): Inode | Errno {
    const place = this.#walk(path, options.follow ?? true);
    return typeof place === 'string' ? place : place.inode;
  }

  /** The normal path after all links, as realpath(3). */
  realPath(path: string): string | undefined {
    const place = this.#walk(path, true);
    return typeof place === 'string' ? undefined : place.path;
  }

  #walk(path: string, follow: boolean): Place | Errno {
    let links = 0;
    let pending = path.split('/');
    let current: Place = this.#at('/', this.#root, undefined);
    while (pending.length > 0) {
      const part = pending[0] ?? '';
      pending = pending.slice(1);
      if (part === '' || part === '.') {
        if (part === '.' && current.inode.kind !== 'directory') return 'ENOTDIR';
        continue;
      }
      if (part === '..') {
        const above = this.#walk(parentOf(current.path), true);
        if (typeof above === 'string') return above;
        current = above;
        continue;
      }
      if (current.inode.kind !== 'directory') return 'ENOTDIR';
      const child = current.inode.entries.get(part);
      const next = join(current.path, part);
      if (child === undefined && !this.#mounts.has(next)) return 'ENOENT';
      const place = this.#at(next, child ?? current.inode, current.mount);
      if (place.inode.kind === 'link' && (follow || pending.some((rest) => rest !== ''))) {
        if (++links > LINKS_MAX) return 'ELOOP';
        const target = place.inode.target;
        if (target.startsWith('/')) current = this.#at('/', this.#root, undefined);
        pending = [...target.split('/'), ...pending];
      } else current = place;
    }
    return current;
  }

  #at(path: string, inode: Inode, mount: Mount | undefined): Place {
    const mounted = this.#mounts.get(path);
    if (mounted === undefined) return { path, inode, mount };
    return { path, inode: mounted.volume.root, mount: mounted };
  }

  /** The directory at a normal, link-free path, copied out of the image first if need be. */
  #own(path: string): DirectoryInode | undefined {
    if (this.#root.shared) this.#root = ownCopy(this.#root);
    let at: DirectoryInode = this.#root;
    let walked = '/';
    const top = this.#mounts.get('/');
    if (top?.volume.root.kind === 'directory') at = top.volume.root;
    for (const part of partsOf(path)) {
      walked = join(walked, part);
      const mounted = this.#mounts.get(walked);
      let next = mounted === undefined ? at.entries.get(part) : mounted.volume.root;
      if (next?.kind !== 'directory') return undefined;
      if (next.shared) {
        next = ownCopy(next);
        if (mounted === undefined) at.entries.set(part, next);
        else mounted.volume.root = next;
      }
      at = next;
    }
    return at;
  }

  /** Where a new entry for `path` would go: its real parent, checked for write permission. */
  #parent(path: string, who: Credentials): { directory: DirectoryInode; name: string; place: Place } | Errno {
    const normal = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
    const place = this.#walk(parentOf(normal), true);
    if (typeof place === 'string') return place;
    if (place.inode.kind !== 'directory') return 'ENOTDIR';
    if (this.#isReadOnly(place)) return 'EROFS';
    if (!permits(place.inode, who, 2)) return 'EACCES';
    const owned = this.#own(place.path);
    return owned === undefined ? 'ENOENT' : { directory: owned, name: nameOf(normal), place };
  }

  #isReadOnly(place: Place): boolean {
    return place.mount === undefined ? this.#readOnlyRoot : place.mount.readOnly;
  }

  /** Opens a file for reading. */
  openRead(path: string, who: Credentials = ROOT): Inode | Errno {
    const inode = this.lookup(path);
    if (typeof inode === 'string') return inode;
    return permits(inode, who, 4) ? inode : 'EACCES';
  }

  /**
   * Opens a file for writing, makes it if it is missing. `truncate` empties it. The answer is a file of the container's
   * own layer (or of a volume), or a device.
   */
  openWrite(path: string, truncate: boolean, nowUs: number, who: Credentials = ROOT): Inode | Errno {
    this.onGrowth?.();
    const found = this.#walk(path, true);
    if (found === 'ENOENT') return this.#create(path, nowUs, who);
    if (typeof found === 'string') return found;
    const { inode } = found;
    if (inode.kind === 'directory') return 'EISDIR';
    if (inode.kind === 'device' || inode.kind === 'fifo') return inode;
    if (inode.kind === 'link') return 'ELOOP';
    if (this.#isReadOnly(found)) return 'EROFS';
    if (!permits(inode, who, 2)) return 'EACCES';
    const owned = inode.shared ? this.#copyUp(found, inode) : inode;
    if (truncate) {
      owned.content = '';
      owned.padding = 0;
      owned.modifiedUs = nowUs;
    }
    return owned;
  }

  #copyUp(place: Place, inode: FileInode): FileInode {
    const copy: FileInode = { ...inode, shared: false };
    if (place.mount !== undefined && place.mount.path === place.path) place.mount.volume.root = copy;
    else this.#own(parentOf(place.path))?.entries.set(nameOf(place.path), copy);
    return copy;
  }

  #create(path: string, nowUs: number, who: Credentials): FileInode | Errno {
    const dangling = this.#walk(path, false);
    if (typeof dangling !== 'string' && dangling.inode.kind === 'link') {
      return this.#create(absolute(dangling.inode.target, parentOf(dangling.path)), nowUs, who);
    }
    const parent = this.#parent(path, who);
    if (typeof parent === 'string') return parent;
    const made = file('', { mode: withoutMask(0o666, who), uid: who.uid, gid: who.gid, modifiedUs: nowUs });
    inheritGroup(parent.directory, made);
    parent.directory.entries.set(parent.name, made);
    parent.directory.modifiedUs = nowUs;
    return made;
  }

  /** Would `bytes` more fit where `path` is? Only limited volumes say no. */
  hasRoom(path: string, bytes: number): boolean {
    const place = this.#walk(path, true);
    if (typeof place === 'string') return true;
    const limit = place.mount?.volume.capacityBytes;
    return limit === undefined || place.mount === undefined || volumeUsage(place.mount.volume) + bytes <= limit;
  }

  /** Writes a whole file at once: for image content, mounts and programs that save a file. */
  write(path: string, content: string, nowUs: number, who: Credentials = ROOT): Errno | undefined {
    const inode = this.openWrite(path, true, nowUs, who);
    if (typeof inode === 'string') return inode;
    if (inode.kind !== 'file') return undefined;
    if (!this.hasRoom(path, byteLength(content))) return 'ENOSPC';
    inode.content = content;
    return undefined;
  }

  /** Reads a whole file; undefined unless it is a readable file. */
  read(path: string, who: Credentials = ROOT): string | undefined {
    const inode = this.openRead(path, who);
    return typeof inode !== 'string' && inode.kind === 'file' ? inode.content : undefined;
  }

  /** Puts an inode at a path, as mkdir, symlink and mknod do. Fails if something is there. */
  add(path: string, inode: Inode, who: Credentials = ROOT): Errno | undefined {
    const there = this.#walk(path, false);
    if (typeof there !== 'string') return 'EEXIST';
    if (there !== 'ENOENT') return there;
    const parent = this.#parent(path, who);
    if (typeof parent === 'string') return parent;
    inheritGroup(parent.directory, inode);
    parent.directory.entries.set(parent.name, inode);
    parent.directory.modifiedUs = inode.modifiedUs;
    return undefined;
  }

  makeDirectory(path: string, nowUs: number, who: Credentials = ROOT, mode = withoutMask(0o777, who)): Errno | undefined {
    return this.add(path, directory([], { mode, uid: who.uid, gid: who.gid, modifiedUs: nowUs }), who);
  }

  makeLink(path: string, target: string, nowUs: number, who: Credentials = ROOT): Errno | undefined {
    return this.add(path, link(target, { uid: who.uid, gid: who.gid, modifiedUs: nowUs }), who);
  }

  /** Removes a file or link, or (with `recursive`) a directory with all that is in it. Mount points are busy. */
  remove(path: string, options: { recursive?: boolean; directory?: boolean } = {}, who = ROOT): Errno | undefined {
    const place = this.#walk(path, false);
    if (typeof place === 'string') return place;
    if (this.#mounts.has(place.path) || place.path === '/') return 'EBUSY';
    if (place.inode.kind === 'directory') {
      if (options.recursive !== true && options.directory !== true) return 'EISDIR';
      if (options.recursive !== true && place.inode.entries.size > 0) return 'ENOTEMPTY';
    } else if (options.directory === true) return 'ENOTDIR';
    const parent = this.#parent(place.path, who);
    if (typeof parent === 'string') return parent;
    parent.directory.entries.delete(parent.name);
    return undefined;
  }

  /** rename(2), within one container's view; also between a layer and a volume (where mv copies). */
  rename(from: string, to: string, who: Credentials = ROOT): Errno | undefined {
    const source = this.#walk(from, false);
    if (typeof source === 'string') return source;
    if (this.#mounts.has(source.path)) return 'EBUSY';
    const sourceParent = this.#parent(source.path, who);
    if (typeof sourceParent === 'string') return sourceParent;
    const targetParent = this.#parent(to, who);
    if (typeof targetParent === 'string') return targetParent;
    const moved = source.inode.shared ? deepCopy(source.inode) : source.inode;
    sourceParent.directory.entries.delete(sourceParent.name);
    targetParent.directory.entries.set(targetParent.name, moved);
    return undefined;
  }

  /** Changes attributes (chmod, chown, touch) of what is at a path. */
  change(path: string, change: Partial<{ mode: number; uid: number; gid: number; modifiedUs: number }>): Errno | undefined {
    const place = this.#walk(path, true);
    if (typeof place === 'string') return place;
    if (this.#isReadOnly(place)) return 'EROFS';
    let inode = place.inode;
    if (inode.kind === 'file' && inode.shared) inode = this.#copyUp(place, inode);
    else if (inode.kind === 'directory' && inode.shared) inode = this.#own(place.path) ?? inode;
    if (!inode.shared) Object.assign(inode, change);
    return undefined;
  }

  /** Entry names of a directory in code-unit order, mount points included. */
  list(path: string, who: Credentials = ROOT): string[] | Errno {
    const place = this.#walk(path, true);
    if (typeof place === 'string') return place;
    if (place.inode.kind !== 'directory') return 'ENOTDIR';
    if (!permits(place.inode, who, 4)) return 'EACCES';
    const names = [...place.inode.entries.keys()];
    return names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }
}

/** New entries of a directory with the set-group-id bit get its group; directories get the bit too (inode(7)). */
function inheritGroup(parent: DirectoryInode, made: Inode): void {
  if ((parent.mode & SET_GROUP_ID) === 0) return;
  made.gid = parent.gid;
  if (made.kind === 'directory') made.mode |= SET_GROUP_ID;
}

function ownCopy(source: DirectoryInode): DirectoryInode {
  return { ...source, entries: new Map(source.entries), shared: false };
}

/** A private copy of a whole subtree. */
export function deepCopy(inode: Inode): Inode {
  if (inode.kind !== 'directory') return { ...inode, shared: false };
  const copy = ownCopy(inode);
  for (const [name, entry] of copy.entries) copy.entries.set(name, deepCopy(entry));
  return copy;
}

/** Marks a subtree as image content, to be shared by containers and never changed. */
export function freezeTree(inode: Inode): void {
  inode.shared = true;
  if (inode.kind === 'directory') for (const entry of inode.entries.values()) freezeTree(entry);
}
