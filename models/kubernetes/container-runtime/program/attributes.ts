/** How files' attributes are written: permissions, owners, sizes, and the names of users and groups. */
import { type Inode, sizeOf } from '../file-system/inode.ts';
import type { System } from '../process/system.ts';

const KINDS: Readonly<Record<Inode['kind'], string>> = { file: '-', directory: 'd', link: 'l', device: 'c', fifo: 'p' };
const KIND_TEXT: Readonly<Record<Inode['kind'], string>> = { file: 'regular file', directory: 'directory', link: 'symbolic link', device: 'character special file', fifo: 'fifo' };
/** What a file system gives out at once. */
const BLOCK = 4_096;

export const kindText = (inode: Inode): string => (inode.kind === 'file' && sizeOf(inode) === 0 ? 'regular empty file' : KIND_TEXT[inode.kind]);

export function modeText(inode: Inode): string {
  let text = KINDS[inode.kind];
  for (const [index, shift] of [6, 3, 0].entries()) {
    const bits = (inode.mode >> shift) & 7;
    // Set-user-id, set-group-id and sticky take the place of the x.
    const special = (inode.mode & (0o4000 >> index)) !== 0 ? (index === 2 ? 't' : 's') : undefined;
    const canExecute = (bits & 1) !== 0;
    const last = special === undefined ? (canExecute ? 'x' : '-') : canExecute ? special : special.toUpperCase();
    text += `${(bits & 4) !== 0 ? 'r' : '-'}${(bits & 2) !== 0 ? 'w' : '-'}${last}`;
  }
  return text;
}

/** The name of a user or group, from /etc/passwd or /etc/group; the number if it has none. */
export function nameOfId(system: System, file: 'passwd' | 'group', id: number): string {
  const line = (system.files.read(`/etc/${file}`) ?? '').split('\n').find((each) => each.split(':')[2] === String(id));
  return line?.split(':')[0] ?? String(id);
}

/** The number of a user or group that is given by name or number. */
export function idOfName(system: System, file: 'passwd' | 'group', name: string): number | undefined {
  const line = (system.files.read(`/etc/${file}`) ?? '').split('\n').find((each) => each.split(':')[0] === name);
  if (line !== undefined) return Number(line.split(':')[2]);
  return /^[0-9]+$/.test(name) ? Number(name) : undefined;
}

/** Kilobytes on disk; short links are kept in the inode. */
export function blocksOf(inode: Inode): number {
  if (inode.kind === 'directory') return BLOCK / 1024;
  return inode.kind === 'file' ? (Math.ceil(sizeOf(inode) / BLOCK) * BLOCK) / 1024 : 0;
}

/** Names that an inode has: of a directory its own, `.`, and the `..` of those below. */
export function linksOf(inode: Inode): number {
  if (inode.kind !== 'directory') return 1;
  let links = 2;
  for (const entry of inode.entries.values()) if (entry.kind === 'directory') links++;
  return links;
}

/** `1.5K`, as `-h` shows sizes; 1023 and less as they are. */
export function humanSize(bytes: number, fraction = ''): string {
  let [value, unit] = [bytes, 0];
  for (; value >= 1023.95 && unit < 5; unit++) value /= 1024;
  return unit === 0 ? `${bytes}${fraction}` : `${value.toFixed(1)}${'KMGTP'[unit - 1]}`;
}
