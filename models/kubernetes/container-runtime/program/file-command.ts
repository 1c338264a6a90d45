/** Commands that make, move, remove and describe files: touch, rm, rmdir, mkdir, cp, mv, ln, chmod, chown, mktemp. */
import type { Errno } from '../file-system/inode.ts';
import { join, nameOf, parentOf } from '../file-system/path.ts';
import { deepCopy } from '../file-system/tree.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, errorText, options, print } from './applet.ts';

/** Runs `act` on each operand; complains about those that fail. */
function each(system: System, argv: readonly string[], names: readonly string[], act: (path: string, name: string) => string | undefined): number {
  let status = 0;
  for (const name of names) {
    const problem = act(system.path(name), name);
    if (problem !== undefined) status = complain(system, argv, problem);
  }
  return status;
}

export function* touch(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'dtr');
  return each(system, argv, rest, (path, name) => {
    const found = system.files.lookup(path);
    if (typeof found !== 'string') {
      const errno = system.files.change(path, { modifiedUs: system.nowUs });
      return errno === undefined ? undefined : `${name}: ${errorText(errno)}`;
    }
    if (flags.has('c') && found === 'ENOENT') return undefined;
    const made = system.files.openWrite(path, false, system.nowUs, system.credentials);
    return typeof made === 'string' ? `${name}: ${errorText(made)}` : undefined;
  });
}

export function* rm(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const recursive = flags.has('r') || flags.has('R');
  return each(system, argv, rest, (path, name) => {
    const errno = system.files.remove(path, { recursive }, system.credentials);
    if (errno === undefined || (errno === 'ENOENT' && flags.has('f'))) return undefined;
    return errno === 'EISDIR' ? `'${name}' is a directory` : `can't remove '${name}': ${errorText(errno)}`;
  });
}

export function* rmdir(system: System, argv: readonly string[]): Run {
  return each(system, argv, options(argv).rest, (path, name) => {
    const errno = system.files.remove(path, { directory: true }, system.credentials);
    return errno === undefined ? undefined : `'${name}': ${errorText(errno)}`;
  });
}

export function* mkdir(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'm');
  const mode = flags.has('m') ? Number.parseInt(flags.get('m') ?? '755', 8) : 0o755;
  return each(system, argv, rest, (path, name) => {
    const errno = flags.has('p') ? makePath(system, path) : system.files.makeDirectory(path, system.nowUs, system.credentials, mode);
    return errno === undefined ? undefined : `can't create directory '${name}': ${errorText(errno)}`;
  });
}

/** `mkdir -p`. */
export function makePath(system: System, path: string): Errno | undefined {
  const found = system.files.lookup(path);
  if (typeof found !== 'string') return found.kind === 'directory' ? undefined : 'EEXIST';
  const above = path === '/' ? undefined : makePath(system, parentOf(path));
  return above ?? system.files.makeDirectory(path, system.nowUs, system.credentials);
}

/** Where a copy goes: into the target if that is a directory. */
function destination(system: System, target: string, source: string): string {
  const path = system.path(target);
  const found = system.files.lookup(path);
  return typeof found !== 'string' && found.kind === 'directory' ? join(path, nameOf(source)) : path;
}

export function* cp(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const target = rest.pop() ?? '';
  const recursive = flags.has('r') || flags.has('R') || flags.has('a');
  return each(system, argv, rest, (path, name) => {
    const source = system.files.lookup(path);
    if (typeof source === 'string') return `can't stat '${name}': ${errorText(source)}`;
    if (source.kind === 'directory' && !recursive) return `omitting directory '${name}'`;
    const to = destination(system, target, path);
    if (source.kind === 'file') {
      const errno = system.files.write(to, source.content, system.nowUs, system.credentials);
      if (errno !== undefined) return `can't create '${to}': ${errorText(errno)}`;
      system.files.change(to, { mode: source.mode });
      const copied = system.files.lookup(to);
      if (typeof copied !== 'string' && copied.kind === 'file' && source.program !== undefined) copied.program = source.program;
      return undefined;
    }
    system.files.remove(to, { recursive: true }, system.credentials);
    const errno = system.files.add(to, deepCopy(source), system.credentials);
    return errno === undefined ? undefined : `can't create '${to}': ${errorText(errno)}`;
  });
}

export function* mv(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const target = rest.pop() ?? '';
  return each(system, argv, rest, (path, name) => {
    const to = destination(system, target, path);
    const errno = system.files.rename(path, to, system.credentials);
    if (errno === undefined && flags.has('v')) system.writeNow(1, `'${name}' -> '${target.endsWith('/') ? join(target, nameOf(name)) : target}'\n`);
    return errno === undefined ? undefined : `can't rename '${name}': ${errorText(errno)}`;
  });
}

export function* ln(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const [source = '', target = nameOf(source)] = rest;
  const to = destination(system, target, source);
  if (flags.has('f')) system.files.remove(to, {}, system.credentials);
  if (flags.has('s')) {
    const errno = system.files.makeLink(to, source, system.nowUs, system.credentials);
    return errno === undefined ? 0 : complain(system, argv, `${target}: ${errorText(errno)}`);
  }
  const inode = system.files.lookup(system.path(source));
  if (typeof inode === 'string') return complain(system, argv, `${source}: ${errorText(inode)}`);
  const errno = system.files.add(to, inode, system.credentials);
  return errno === undefined ? 0 : complain(system, argv, `${target}: ${errorText(errno)}`);
}

export function* chmod(system: System, argv: readonly string[]): Run {
  const [mode = '', ...names] = argv.slice(1).filter((argument) => !/^-R$/.test(argument));
  return each(system, argv, names, (path, name) => {
    const inode = system.files.lookup(path);
    if (typeof inode === 'string') return `${name}: ${errorText(inode)}`;
    const errno = system.files.change(path, { mode: newMode(inode.mode, mode) });
    return errno === undefined ? undefined : `${name}: ${errorText(errno)}`;
  });
}

function newMode(old: number, text: string): number {
  if (/^[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  let mode = old;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause);
    if (match === null) continue;
    const who = match[1] === '' || match[1]?.includes('a') === true ? 'ugo' : (match[1] ?? '');
    let bits = 0;
    for (const letter of match[3] ?? '') bits |= { r: 4, w: 2, x: 1, X: 1 }[letter] ?? 0;
    for (const class_ of who) {
      const shift = { u: 6, g: 3, o: 0 }[class_] ?? 0;
      if (match[2] === '+') mode |= bits << shift;
      else if (match[2] === '-') mode &= ~(bits << shift);
      else mode = (mode & ~(7 << shift)) | (bits << shift);
    }
  }
  return mode;
}

export function* chown(system: System, argv: readonly string[]): Run {
  const [owner = '', ...names] = argv.slice(1).filter((argument) => argument !== '-R');
  const [user, group] = owner.split(':');
  if (system.credentials.uid !== 0) return complain(system, argv, `${names[0] ?? ''}: Operation not permitted`);
  return each(system, argv, names, (path, name) => {
    const change: { uid?: number; gid?: number } = {};
    if (user !== undefined && /^[0-9]+$/.test(user)) change.uid = Number(user);
    if (group !== undefined && /^[0-9]+$/.test(group)) change.gid = Number(group);
    const errno = system.files.change(path, change);
    return errno === undefined ? undefined : `${name}: ${errorText(errno)}`;
  });
}

/** Names are counted, not drawn: `/tmp/tmp.000001`. */
export function* mktemp(system: System, argv: readonly string[]): Run {
  const { flags } = options(argv, 'p');
  for (let index = 1; ; index++) {
    const path = `/tmp/tmp.${String(index).padStart(6, '0')}`;
    if (system.files.lookup(path) !== 'ENOENT') continue;
    const errno = flags.has('d') ? system.files.makeDirectory(path, system.nowUs, system.credentials) : system.files.write(path, '', system.nowUs, system.credentials);
    if (errno !== undefined) return complain(system, argv, `${path}: ${errorText(errno)}`);
    yield* print(system, `${path}\n`);
    return 0;
  }
}
