/** `ls`: one name a line where nobody looks; the long form as busybox coreutils/ls.c has it. */
import { byteLength, type Inode, sizeOf } from '../file-system/inode.ts';
import { join } from '../file-system/path.ts';
import { civil } from '../../object/time.ts';
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { complain, errorText, options, print } from './applet.ts';
import { blocksOf, humanSize, linksOf, modeText, nameOfId } from './attributes.ts';

type Flags = ReadonlyMap<string, string>;

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly inode: Inode;
}

export function* ls(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'wT');
  let status = 0;
  const [files, folders]: [Entry[], Entry[]] = [[], []];
  for (const name of rest.length === 0 ? ['.'] : rest) {
    const path = system.path(name);
    // A link on the command line is followed, unless its own attributes are asked for.
    const follows = !flags.has('d') && !flags.has('l') && !flags.has('F');
    const found = system.files.lookup(path, { follow: follows || flags.has('L') || name.endsWith('/') });
    const inode = found === 'ENOENT' && follows ? system.files.lookup(path, { follow: false }) : found;
    if (typeof inode === 'string') status = complain(system, argv, `${name}: ${errorText(inode)}`);
    else (inode.kind === 'directory' && !flags.has('d') ? folders : files).push({ name, path, inode });
  }
  yield* show(system, sorted(files, flags), flags);
  const hasTitles = rest.length > 1 || flags.has('R');
  for (const [index, folder] of sorted(folders, flags).entries()) {
    const isRead = yield* list(system, argv, folder, flags, hasTitles, index > 0 || files.length > 0);
    if (!isRead) status = 1;
  }
  return status;
}

function* list(system: System, argv: readonly string[], folder: Entry, flags: Flags, hasTitle: boolean, hasSpace: boolean): Step<boolean> {
  if (hasTitle) yield* print(system, `${hasSpace ? '\n' : ''}${folder.name}:\n`);
  const names = system.files.list(folder.path, system.credentials);
  if (typeof names === 'string') {
    complain(system, argv, `can't open '${folder.name}': ${errorText(names)}`);
    return false;
  }
  const shown = flags.has('a') ? ['.', '..', ...names] : flags.has('A') ? names : names.filter((name) => !name.startsWith('.'));
  const entries = shown.flatMap((name): Entry[] => {
    const path = name === '.' ? folder.path : name === '..' ? system.path(`${folder.path}/..`) : join(folder.path, name);
    const inode = system.files.lookup(path, { follow: flags.has('L') });
    return typeof inode === 'string' ? [] : [{ name, path, inode }];
  });
  const ordered = sorted(entries, flags);
  if (flags.has('l') || flags.has('s')) {
    const total = entries.reduce((sum, { inode }) => sum + blocksOf(inode), 0);
    yield* print(system, `total ${flags.has('h') ? humanSize(total * 1024).padEnd(7) : total}\n`);
  }
  yield* show(system, ordered, flags);
  if (!flags.has('R')) return true;
  for (const entry of ordered) {
    if (entry.inode.kind !== 'directory' || entry.name === '.' || entry.name === '..') continue;
    yield* list(system, argv, { ...entry, name: join(folder.name, entry.name) }, flags, true, true);
  }
  return true;
}

function sorted(entries: readonly Entry[], flags: Flags): Entry[] {
  const byName = (a: Entry, b: Entry): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const order = flags.has('t') || flags.has('c') || flags.has('u')
    ? (a: Entry, b: Entry): number => b.inode.modifiedUs - a.inode.modifiedUs || byName(a, b)
    : flags.has('S')
      ? (a: Entry, b: Entry): number => sizeOf(b.inode) - sizeOf(a.inode) || byName(a, b)
      : flags.has('X')
        ? (a: Entry, b: Entry): number => (extension(a.name) < extension(b.name) ? -1 : extension(a.name) > extension(b.name) ? 1 : byName(a, b))
        : byName;
  const result = [...entries].sort(order);
  return flags.has('r') ? result.reverse() : result;
}

const extension = (name: string): string => /\.[^.]*$/.exec(name)?.[0] ?? '';

function* show(system: System, entries: readonly Entry[], flags: Flags): Step<void> {
  for (const entry of entries) yield* print(system, line(system, entry, flags));
}

function line(system: System, { name, inode }: Entry, flags: Flags): string {
  const mark = markOf(inode, flags);
  const number = flags.has('i') ? `${String(inodeNumber(inode)).padStart(7)} ` : '';
  const blocks = flags.has('s') ? `${String(blocksOf(inode)).padStart(6)} ` : '';
  if (!flags.has('l') && !flags.has('n')) return `${number}${blocks}${name}${mark}\n`;
  const target = inode.kind === 'link' ? ` -> ${inode.target}` : mark;
  const owner = [inode.uid, inode.gid].map((id, index) => (flags.has('n') ? String(id) : nameOfId(system, index === 0 ? 'passwd' : 'group', id)).slice(0, 8).padEnd(8)).join(' ');
  const size = inode.kind === 'device' ? '  1,   3' : flags.has('h') ? humanSize(sizeOf(inode)) : String(sizeOf(inode));
  return `${number}${blocks}${modeText(inode)} ${String(linksOf(inode)).padStart(4)} ${owner} ${size.padStart(9)} ${timeText(system, inode.modifiedUs, flags)} ${name}${target}\n`;
}

function markOf(inode: Inode, flags: Flags): string {
  if (inode.kind === 'directory' && (flags.has('F') || flags.has('p'))) return '/';
  if (!flags.has('F')) return '';
  if (inode.kind === 'link') return '@';
  if (inode.kind === 'fifo') return '|';
  return inode.kind === 'file' && (inode.mode & 0o111) !== 0 ? '*' : '';
}

/** Nothing here has numbers; what tells inodes apart is what is in them. */
function inodeNumber(inode: Inode): number {
  return 1_000 + byteLength(modeText(inode)) + sizeOf(inode);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Older (or newer) than half a year: the year stands in the place of the time. */
const HALF_A_YEAR_S = (3600 * 24 * 365) / 2;
const FUTURE_S = 15 * 60;

function timeText(system: System, us: number, flags: Flags): string {
  const seconds = Math.floor((system.epochMs + us / 1000) / 1000);
  const days = Math.floor(seconds / 86_400);
  const { year, month, day } = civil(days);
  const clock = seconds - days * 86_400;
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `${two(Math.floor(clock / 3600))}:${two(Math.floor(clock / 60) % 60)}`;
  if (flags.has('full-time') || flags.has('e')) return `${year}-${two(month)}-${two(day)} ${time}:${two(clock % 60)} +0000`;
  const age = Math.floor((system.epochMs + system.nowUs / 1000) / 1000) - seconds;
  return `${MONTHS[month - 1] ?? ''} ${String(day).padStart(2)} ${age > HALF_A_YEAR_S || age < -FUTURE_S ? ` ${year}` : time}`;
}
