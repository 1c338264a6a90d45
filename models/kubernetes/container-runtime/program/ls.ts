/** `ls`, `stat`, `du`, `find`, `readlink`: looking at files. */
import { type Inode, sizeOf, usageOf } from '../file-system/inode.ts';
import { join, nameOf } from '../file-system/path.ts';
import { civil } from '../../object/time.ts';
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { matches } from '../shell/pattern.ts';
import { complain, errorText, options, print } from './applet.ts';

export function* ls(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  let status = 0;
  const names = rest.length === 0 ? ['.'] : rest;
  for (const [index, name] of names.entries()) {
    const path = system.path(name);
    const inode = system.files.lookup(path, { follow: !flags.has('d') });
    if (typeof inode === 'string') {
      status = complain(system, argv, `${name}: ${errorText(inode)}`);
      continue;
    }
    if (inode.kind !== 'directory' || flags.has('d')) {
      yield* print(system, entryLine(system, name, inode, flags));
      continue;
    }
    if (names.length > 1) yield* print(system, `${index > 0 ? '\n' : ''}${name}:\n`);
    yield* list(system, path, flags);
  }
  return status;
}

function* list(system: System, path: string, flags: ReadonlyMap<string, string>): Step<void> {
  const names = system.files.list(path, system.credentials);
  if (typeof names === 'string') return;
  const all = flags.has('a') ? ['.', '..', ...names] : flags.has('A') ? names : names.filter((name) => !name.startsWith('.'));
  if (flags.has('l')) yield* print(system, 'total 0\n');
  for (const name of flags.has('r') ? all.reverse() : all) {
    const inode = system.files.lookup(name.startsWith('.') && name.length < 3 ? path : join(path, name), { follow: false });
    if (typeof inode !== 'string') yield* print(system, entryLine(system, name, inode, flags));
  }
}

function entryLine(system: System, name: string, inode: Inode, flags: ReadonlyMap<string, string>): string {
  if (!flags.has('l')) return `${name}\n`;
  const target = inode.kind === 'link' ? ` -> ${inode.target}` : '';
  const owner = `${user(inode.uid)} ${user(inode.gid)}`;
  return `${modeText(inode)} 1 ${owner} ${String(sizeOf(inode)).padStart(9)} ${shortTime(system, inode.modifiedUs)} ${name}${target}\n`;
}

function user(id: number): string {
  return (id === 0 ? 'root' : String(id)).padEnd(8);
}

function modeText(inode: Inode): string {
  const kind = { file: '-', directory: 'd', link: 'l', device: 'c' }[inode.kind];
  let text = kind;
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

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function shortTime(system: System, us: number): string {
  const seconds = Math.floor((system.epochMs + us / 1000) / 1000);
  const days = Math.floor(seconds / 86_400);
  const { month, day } = civil(days);
  const clock = seconds - days * 86_400;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${MONTHS[month - 1] ?? ''} ${String(day).padStart(2)} ${two(Math.floor(clock / 3600))}:${two(Math.floor(clock / 60) % 60)}`;
}

export function* stat(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'c');
  let status = 0;
  for (const name of rest) {
    const inode = system.files.lookup(system.path(name), { follow: flags.has('L') });
    if (typeof inode === 'string') {
      status = complain(system, argv, `can't stat '${name}': ${errorText(inode)}`);
      continue;
    }
    const format = flags.get('c') ?? 'File: %n\nSize: %s\nAccess: (0%a/%A)  Uid: %u   Gid: %g';
    const values: Record<string, string> = {
      n: name,
      s: String(sizeOf(inode)),
      a: (inode.mode & 0o7777).toString(8),
      A: modeText(inode),
      u: String(inode.uid),
      g: String(inode.gid),
      U: user(inode.uid).trim(),
      G: user(inode.gid).trim(),
      Y: String(Math.floor((system.epochMs + inode.modifiedUs / 1000) / 1000)),
      F: inode.kind === 'file' ? 'regular file' : inode.kind === 'link' ? 'symbolic link' : inode.kind,
    };
    yield* print(system, `${format.replace(/%(.)/g, (match, letter: string) => values[letter] ?? match)}\n`);
  }
  return status;
}

export function* du(system: System, argv: readonly string[]): Run {
  const { rest } = options(argv);
  for (const name of rest.length === 0 ? ['.'] : rest) {
    const inode = system.files.lookup(system.path(name));
    if (typeof inode === 'string') return complain(system, argv, `${name}: ${errorText(inode)}`);
    yield* print(system, `${Math.ceil(usageOf(inode) / 1024)}\t${name}\n`);
  }
  return 0;
}

export function* find(system: System, argv: readonly string[]): Run {
  const words = argv.slice(1);
  const first = words.findIndex((word) => word.startsWith('-'));
  const roots = words.slice(0, first < 0 ? words.length : first);
  const value = (name: string): string | undefined => (words.includes(name) ? words[words.indexOf(name) + 1] : undefined);
  const kind = { f: 'file', d: 'directory', l: 'link' }[value('-type') ?? ''];
  const depth = Number(value('-maxdepth') ?? '1000');
  const name = value('-name');
  let status = 0;
  for (const root of roots.length === 0 ? ['.'] : roots) {
    const pending: [string, number][] = [[root, 0]];
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const [path, level] = next;
      const inode = system.files.lookup(system.path(path), { follow: false });
      if (typeof inode === 'string') {
        status = complain(system, argv, `${path}: ${errorText(inode)}`);
        continue;
      }
      const wanted = (kind === undefined || inode.kind === kind) && (name === undefined || matches(name, nameOf(path)));
      if (inode.kind === 'directory' && level < depth) {
        const names = system.files.list(system.path(path));
        if (typeof names !== 'string') pending.unshift(...names.map((entry): [string, number] => [join(path, entry), level + 1]));
      }
      if (!wanted) continue;
      if (words.includes('-delete')) system.files.remove(system.path(path), { recursive: true }, system.credentials);
      else yield* print(system, `${path}\n`);
    }
  }
  return status;
}

export function* readlink(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const path = system.path(rest[0] ?? '');
  const inode = system.files.lookup(path, { follow: false });
  const target = flags.has('f') ? system.files.realPath(path) : typeof inode !== 'string' && inode.kind === 'link' ? inode.target : undefined;
  if (target === undefined) return 1;
  yield* print(system, `${target}\n`);
  return 0;
}
