/**
 * What a file system consists of: files, directories, symbolic links and devices.
 *
 * Inodes that belong to an image are shared by every container of that image and carry `shared: true`; they are never
 * changed. The first write to one of them copies it (and the directories above it) into the container's own layer, as
 * overlayfs does, so an idle container costs one pointer. File contents are text; bytes that nobody reads (a file made
 * by `dd` or `fallocate`) are only counted, in `padding`.
 */

export type Errno =
  | 'EACCES'
  | 'EAGAIN'
  | 'EADDRINUSE'
  | 'EBADF'
  | 'EBUSY'
  | 'EEXIST'
  | 'EINVAL'
  | 'EISDIR'
  | 'ELOOP'
  | 'ENOENT'
  | 'ENOEXEC'
  | 'ENOSPC'
  | 'ENOTDIR'
  | 'ENOTEMPTY'
  | 'EPERM'
  | 'EPIPE'
  | 'EROFS'
  | 'ESRCH';

/** The texts of strerror(3), as the C libraries of the usual images print them. */
export const ERROR_TEXT: Readonly<Record<Errno, string>> = {
  EACCES: 'Permission denied',
  EAGAIN: 'Resource temporarily unavailable',
  EADDRINUSE: 'Address in use',
  EBADF: 'Bad file descriptor',
  EBUSY: 'Resource busy',
  EEXIST: 'File exists',
  EINVAL: 'Invalid argument',
  EISDIR: 'Is a directory',
  ELOOP: 'Symbolic link loop',
  ENOENT: 'No such file or directory',
  ENOEXEC: 'Exec format error',
  ENOSPC: 'No space left on device',
  ENOTDIR: 'Not a directory',
  ENOTEMPTY: 'Directory not empty',
  EPERM: 'Operation not permitted',
  EPIPE: 'Broken pipe',
  EROFS: 'Read-only file system',
  ESRCH: 'No such process',
};

interface Attributes {
  /** Permission bits, such as `0o755`. */
  mode: number;
  uid: number;
  gid: number;
  modifiedUs: number;
  /** Part of an image: copied before the first change. */
  shared: boolean;
}

export interface FileInode extends Attributes {
  readonly kind: 'file';
  content: string;
  /** Bytes that exist but whose value nobody looks at. */
  padding: number;
  /** The program that runs when this file is executed; scripts start with `#!` instead. */
  program?: string;
}

export interface DirectoryInode extends Attributes {
  readonly kind: 'directory';
  readonly entries: Map<string, Inode>;
}

export interface LinkInode extends Attributes {
  readonly kind: 'link';
  readonly target: string;
}

/** A pipe with a name; `process/stream.ts` has what is in it. */
export interface FifoInode extends Attributes {
  readonly kind: 'fifo';
  readonly pipe: { buffer: string; readers: number; writers: number; readonly waiters: Set<number>; wasOpened?: { read: boolean; write: boolean } };
}

export type DeviceName = 'full' | 'null' | 'random' | 'stderr' | 'stdin' | 'stdout' | 'tty' | 'zero';

export interface DeviceInode extends Attributes {
  readonly kind: 'device';
  readonly device: DeviceName;
}

export type Inode = FileInode | DirectoryInode | LinkInode | DeviceInode | FifoInode;

/** Who asks, for permission checks. Root (uid 0) may do anything, as with the default capabilities. */
export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Permissions that new files do not get; 022 if nothing is said. */
  readonly umask?: number;
}

/** The mode of a new file. */
export const withoutMask = (mode: number, { umask = 0o022 }: Credentials): number => mode & ~umask;

export const ROOT: Credentials = { uid: 0, gid: 0, groups: [] };

export function file(content: string, options: Partial<Omit<FileInode, 'kind'>> = {}): FileInode {
  return { kind: 'file', content, padding: 0, mode: 0o644, uid: 0, gid: 0, modifiedUs: 0, shared: false, ...options };
}

export function directory(
  entries: Iterable<readonly [string, Inode]> = [],
  options: Partial<Omit<DirectoryInode, 'kind' | 'entries'>> = {},
): DirectoryInode {
  const attributes = { mode: 0o755, uid: 0, gid: 0, modifiedUs: 0, shared: false, ...options };
  return { kind: 'directory', entries: new Map(entries), ...attributes };
}

export function link(target: string, options: Partial<Attributes> = {}): LinkInode {
  return { kind: 'link', target, mode: 0o777, uid: 0, gid: 0, modifiedUs: 0, shared: false, ...options };
}

export function device(name: DeviceName): DeviceInode {
  return { kind: 'device', device: name, mode: 0o666, uid: 0, gid: 0, modifiedUs: 0, shared: false };
}

export function fifo(options: Partial<Attributes> = {}): FifoInode {
  const pipe = { buffer: '', readers: 0, writers: 0, waiters: new Set<number>(), wasOpened: { read: false, write: false } };
  return { kind: 'fifo', pipe, mode: 0o644, uid: 0, gid: 0, modifiedUs: 0, shared: false, ...options };
}

/** Length of a text in bytes: UTF-8, and one for a byte that is none (object/text-bytes.ts); other lone surrogates count as three. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit >= 0xdc80 && unit < 0xdd00) continue;
    if (unit < 0x800) bytes += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && index + 1 < text.length) {
      bytes += 2;
      index++;
    } else bytes += 2;
  }
  return bytes;
}

/** Size in bytes as stat(2) says; a directory counts as one block. */
export function sizeOf(inode: Inode): number {
  switch (inode.kind) {
    case 'file':
      return byteLength(inode.content) + inode.padding;
    case 'directory':
      return 4096;
    case 'link':
      return byteLength(inode.target);
    case 'device':
    case 'fifo':
      return 0;
  }
}

/** Bytes used by everything below an inode, files only: what emptyDir limits and eviction count. */
export function usageOf(inode: Inode): number {
  if (inode.kind !== 'directory') return inode.kind === 'file' ? sizeOf(inode) : 0;
  let bytes = 0;
  for (const entry of inode.entries.values()) bytes += usageOf(entry);
  return bytes;
}

/** May `who` use the permission `bit` (4 read, 2 write, 1 execute/search) on the inode? */
export function permits(inode: Inode, who: Credentials, bit: 1 | 2 | 4): boolean {
  if (who.uid === 0) return bit !== 1 || inode.kind === 'directory' || (inode.mode & 0o111) !== 0;
  if (inode.uid === who.uid) return ((inode.mode >> 6) & bit) !== 0;
  if (inode.gid === who.gid || who.groups.includes(inode.gid)) return ((inode.mode >> 3) & bit) !== 0;
  return (inode.mode & bit) !== 0;
}
