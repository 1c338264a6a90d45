/** `du`, `df`, `mount`: how much files use, and where file systems are, as containerd mounts them. */
import { volumeUsage } from '../file-system/volume.ts';
import type { Inode } from '../file-system/inode.ts';
import { join } from '../file-system/path.ts';
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { complain, errorText, options, print } from './applet.ts';
import { blocksOf, humanSize } from './attributes.ts';

type Flags = ReadonlyMap<string, string>;

export function* du(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'd');
  let status = 0;
  let total = 0;
  for (const name of rest.length === 0 ? ['.'] : rest) {
    const inode = system.files.lookup(system.path(name), { follow: false });
    if (typeof inode === 'string') status = complain(system, argv, `${name}: ${errorText(inode)}`);
    else total += yield* usage(system, name, inode, 0, flags);
  }
  if (flags.has('c')) yield* print(system, `${shown(total, flags)}\ttotal\n`);
  return status;
}

function* usage(system: System, path: string, inode: Inode, depth: number, flags: Flags): Step<number> {
  let kilobytes = blocksOf(inode);
  if (inode.kind === 'directory') {
    const names = system.files.list(system.path(path), system.credentials);
    for (const name of typeof names === 'string' ? [] : names) {
      const below = system.files.lookup(system.path(join(path, name)), { follow: false });
      if (typeof below !== 'string') kilobytes += yield* usage(system, join(path, name), below, depth + 1, flags);
    }
  }
  const isWanted = depth === 0 || (!flags.has('s') && (inode.kind === 'directory' || flags.has('a')) && depth <= Number(flags.get('d') ?? Infinity));
  if (isWanted) yield* print(system, `${shown(kilobytes, flags)}\t${path}\n`);
  return kilobytes;
}

const shown = (kilobytes: number, flags: Flags): string => (flags.has('h') ? (kilobytes === 0 ? '0' : humanSize(kilobytes * 1024)) : flags.has('m') ? (kilobytes / 1024).toFixed(1) : String(kilobytes));

interface FileSystem {
  readonly source: string;
  readonly path: string;
  readonly type: string;
  readonly options: string;
  /** Kilobytes; 0 for those that hold none. */
  readonly size: number;
  readonly used: number;
}

/** What a node's disk has, where nobody says: that of an ordinary machine. */
const DISK_KB = 98_831_908;
const DISK_USED_KB = 12_582_912;
/** The share of the machine's memory that a tmpfs may take when it is not limited. */
const MEMORY_KB = 8_132_224;

/** The mounts of a container in order: what runc makes of the default spec, then the volumes. */
function fileSystems(system: System): FileSystem[] {
  const tmpfs = { type: 'tmpfs', size: 65_536, used: 0 };
  const none = { size: 0, used: 0 };
  const standard: FileSystem[] = [
    { source: 'overlay', path: '/', type: 'overlay', options: 'rw,relatime,lowerdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs,upperdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/2/fs,workdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/2/work', size: DISK_KB, used: DISK_USED_KB },
    { source: 'proc', path: '/proc', type: 'proc', options: 'rw,nosuid,nodev,noexec,relatime', ...none },
    { source: 'tmpfs', path: '/dev', options: 'rw,nosuid,size=65536k,mode=755', ...tmpfs },
    { source: 'devpts', path: '/dev/pts', type: 'devpts', options: 'rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=666', ...none },
    { source: 'mqueue', path: '/dev/mqueue', type: 'mqueue', options: 'rw,nosuid,nodev,noexec,relatime', ...none },
    { source: 'sysfs', path: '/sys', type: 'sysfs', options: 'ro,nosuid,nodev,noexec,relatime', ...none },
    { source: 'cgroup', path: '/sys/fs/cgroup', type: 'cgroup2', options: 'ro,nosuid,nodev,noexec,relatime', ...none },
    { source: 'shm', path: '/dev/shm', options: 'rw,nosuid,nodev,noexec,relatime,size=65536k', ...tmpfs },
  ];
  const mounted = [...system.files.mounts].filter(({ path }) => !path.startsWith('/proc') && !path.startsWith('/sys')).map((mount): FileSystem => {
    const used = Math.ceil(volumeUsage(mount.volume) / 1024);
    const capacity = mount.volume.capacityBytes;
    const access = mount.readOnly ? 'ro' : 'rw';
    if (mount.volume.memory !== true && capacity === undefined) return { source: '/dev/vda1', path: mount.path, type: 'ext4', options: `${access},relatime`, size: DISK_KB, used: DISK_USED_KB };
    const size = capacity === undefined ? MEMORY_KB : Math.floor(capacity / 1024);
    return { source: 'tmpfs', path: mount.path, type: 'tmpfs', options: `${access},relatime,size=${size}k`, size, used };
  });
  return [...standard, ...mounted];
}

export function* mount(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'to');
  if (rest.length > 0) {
    complain(system, argv, 'permission denied (are you root?)');
    return 1;
  }
  for (const { source, path, type, options: given } of fileSystems(system)) {
    if (flags.has('t') && flags.get('t') !== type) continue;
    yield* print(system, `${source} on ${path} type ${type} (${given})\n`);
  }
  return 0;
}

export function* df(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'tB');
  const all = fileSystems(system);
  let status = 0;
  const chosen: FileSystem[] = [];
  if (rest.length === 0) chosen.push(...all.filter(({ size, type }) => size > 0 && (!flags.has('t') || flags.get('t') === type)));
  for (const name of rest) {
    const path = system.files.realPath(system.path(name));
    const holds = (each: FileSystem): boolean => each.path === '/' || path === each.path || path?.startsWith(`${each.path}/`) === true;
    const found = path === undefined ? undefined : all.filter(holds).sort((a, b) => b.path.length - a.path.length)[0];
    if (found === undefined) status = complain(system, argv, `${name}: can't find mount point`);
    else chosen.push(found);
  }
  const unit = flags.has('m') ? '1M-blocks' : flags.has('h') ? 'Size' : flags.has('P') ? '1024-blocks' : '1K-blocks';
  const typeTitle = flags.has('T') ? 'Type       ' : '';
  const available = flags.has('P') ? 'Capacity' : 'Use%';
  yield* print(system, `Filesystem           ${typeTitle}${flags.has('h') ? '     Size      ' : ` ${flags.has('P') ? '' : flags.has('m') ? '' : ' '}${unit}      `.padStart(flags.has('P') ? 18 : 16)}Used Available ${available} Mounted on\n`);
  for (const each of chosen) yield* print(system, lineOf(each, flags));
  return status;
}

function lineOf({ source, path, type, size, used }: FileSystem, flags: Flags): string {
  const free = size - used;
  const percent = size === 0 ? 0 : Math.ceil((used * 100) / size);
  const number = (kilobytes: number): string => (flags.has('h') ? (kilobytes === 0 ? '0' : humanSize(kilobytes * 1024)) : String(flags.has('m') ? Math.floor(kilobytes / 1024) : kilobytes));
  const numbers = [size, used, free].map((value) => number(value).padStart(9)).join(' ');
  return `${source.padEnd(20)} ${flags.has('T') ? `${type.padEnd(10)} ` : ''}${numbers} ${String(percent).padStart(3)}% ${path}\n`;
}
