/** Commands that make, move, remove and describe files: touch, rm, rmdir, mkdir, cp, mv, ln, chmod, chown, mktemp. */
import type { Errno } from '../file-system/inode.ts';
import { join, nameOf, parentOf } from '../file-system/path.ts';
import { deepCopy } from '../file-system/tree.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, errorText, options, print } from './applet.ts';
import { idOfName } from './attributes.ts';
import { parseDate } from './date.ts';

/** What a command says that has nothing to work on. */
function usage(system: System, argv: readonly string[], text: string): number {
  const name = (argv[0] ?? '').replace(/^.*\//, '');
  system.writeNow(2, `BusyBox v1.36.1 (2023-05-18 22:34:17 UTC) multi-call binary.\n\nUsage: ${name} ${text}\n`);
  return 1;
}

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
  const { flags, rest } = options(argv.map((word) => (word === '--no-create' ? '-c' : word.replace(/^--date=/, '-d').replace(/^--reference=/, '-r'))), 'dtr');
  if (rest.length === 0) return usage(system, argv, '[-cham] [-d DATE] [-t DATE] [-r FILE] FILE...');
  let modifiedUs = system.nowUs;
  const text = flags.get('d') ?? flags.get('t');
  if (text !== undefined) {
    const seconds = parseDate(text, system.epochMs * 1000 + system.nowUs);
    if (seconds === undefined) return complain(system, argv, `invalid date '${text}'`);
    modifiedUs = seconds * 1_000_000 - system.epochMs * 1000;
  }
  if (flags.has('r')) {
    const other = system.files.lookup(system.path(flags.get('r') ?? ''));
    if (typeof other === 'string') return complain(system, argv, `${flags.get('r')}: ${errorText(other)}`);
    ({ modifiedUs } = other);
  }
  return each(system, argv, rest, (path, name) => {
    const found = system.files.lookup(path);
    if (flags.has('c') && found === 'ENOENT') return undefined;
    if (typeof found === 'string') {
      const made = system.files.openWrite(path, false, modifiedUs, system.credentials);
      if (typeof made === 'string') return `${name}: ${errorText(made)}`;
    }
    const errno = system.files.change(path, { modifiedUs });
    return errno === undefined ? undefined : `${name}: ${errorText(errno)}`;
  });
}

export function* rm(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const recursive = flags.has('r') || flags.has('R');
  if (rest.length === 0 && !flags.has('f')) return usage(system, argv, '[-irf] FILE...');
  return each(system, argv, rest, (path, name) => {
    if (/(?:^|\/)\.\.?\/*$/.test(name)) return `can't remove '.' or '..'`;
    const errno = system.files.remove(path, { recursive }, system.credentials);
    if (errno === undefined || (errno === 'ENOENT' && flags.has('f'))) return undefined;
    return errno === 'EISDIR' ? `'${name}' is a directory` : `can't remove '${name}': ${errorText(errno)}`;
  });
}

export function* rmdir(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv.map((word) => (word === '--ignore-fail-on-non-empty' ? '-I' : word)));
  return each(system, argv, rest, (path, name) => {
    let errno = system.files.remove(path, { directory: true }, system.credentials);
    for (let above = parentOf(path); errno === undefined && flags.has('p') && above !== '/' && above !== system.directory; above = parentOf(above)) {
      errno = system.files.remove(above, { directory: true }, system.credentials);
    }
    if (errno === 'ENOTEMPTY' && flags.has('I')) return undefined;
    return errno === undefined ? undefined : `'${name}': ${errorText(errno)}`;
  });
}

export function* mkdir(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'm');
  const mode = flags.has('m') ? newMode(0o777, flags.get('m') ?? '755', true) : undefined;
  if (rest.length === 0) return usage(system, argv, '[-m MODE] [-p] DIRECTORY...');
  return each(system, argv, rest, (path, name) => {
    const errno = flags.has('p') ? makePath(system, path) : system.files.makeDirectory(path, system.nowUs, system.credentials, mode);
    if (errno === undefined && flags.has('p') && mode !== undefined) system.files.change(path, { mode });
    if (errno === undefined && flags.has('v')) system.writeNow(1, `created directory: '${name}'\n`);
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

const isFolder = (system: System, path: string): boolean => {
  const found = system.files.lookup(path);
  return typeof found !== 'string' && found.kind === 'directory';
};

/** Where a copy goes: into the target if that is a directory. The answer is as it is shown, and absolute. */
function destination(system: System, target: string, source: string, asFile = false): { shown: string; path: string } {
  if (asFile || (!target.endsWith('/') && !isFolder(system, system.path(target)))) return { shown: target, path: system.path(target) };
  const shown = join(target.replace(/(.)\/+$/, '$1'), nameOf(source.replace(/(.)\/+$/, '$1')));
  return { shown, path: system.path(shown) };
}

/** Sources and target; what is wrong with them otherwise. */
function operands(system: System, argv: readonly string[], flags: ReadonlyMap<string, string>, rest: string[], text: string): string | number {
  const target = flags.get('t') ?? rest.pop();
  if (target === undefined || rest.length === 0) return usage(system, argv, text);
  // Several go below what has to be a directory then; that it is none shows with each of them.
  if (rest.length > 1 && !isFolder(system, system.path(target))) return `${target.replace(/(.)\/+$/, '$1')}/`;
  return target;
}

export function* cp(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv.map((word) => (word === '--parents' ? '-Q' : word)), 't');
  const target = operands(system, argv, flags, rest, '[-arPLHpfinlsTu] SOURCE DEST');
  if (typeof target === 'number') return target;
  const recursive = flags.has('r') || flags.has('R') || flags.has('a');
  const keepsLinks = (recursive || flags.has('d') || flags.has('P')) && !flags.has('L');
  return each(system, argv, rest, (path, name) => copyTo(system, path, name, destination(system, target, name, flags.has('T')), { flags, recursive, keepsLinks }));
}

interface CopyOptions {
  readonly flags: ReadonlyMap<string, string>;
  readonly recursive: boolean;
  readonly keepsLinks: boolean;
}

function copyTo(system: System, path: string, name: string, to: { shown: string; path: string }, how: CopyOptions): string | undefined {
  const { files, credentials, nowUs } = system;
  const { flags, recursive, keepsLinks } = how;
  const source = files.lookup(path, { follow: !keepsLinks });
  if (typeof source === 'string') return `can't stat '${name}': ${errorText(source)}`;
  if (source.kind === 'directory' && !recursive) return `omitting directory '${name}'`;
  const there = files.lookup(to.path, { follow: false });
  if (typeof there !== 'string') {
    if (flags.has('n')) return undefined;
    if (flags.has('u') && there.modifiedUs >= source.modifiedUs) return undefined;
    if (there === source) return `'${name}' and '${to.shown}' are the same file`;
    if (there.kind === 'directory' && source.kind !== 'directory') return `'${to.shown}' exists and is a directory`;
  }
  if (flags.has('v')) system.writeNow(1, `'${name}' -> '${to.shown}'\n`);
  const keeps = flags.has('p') || flags.has('a');
  const attributes = { mode: keeps ? source.mode : source.mode & ~(credentials.umask ?? 0o022), ...(keeps ? { uid: source.uid, gid: source.gid, modifiedUs: source.modifiedUs } : {}) };
  if (source.kind === 'directory') {
    if (typeof there === 'string') {
      const errno = files.makeDirectory(to.path, nowUs, credentials, source.mode);
      if (errno !== undefined) return `can't create directory '${to.shown}': ${errorText(errno)}`;
    } else if (there.kind !== 'directory') return `target '${to.shown}' is not a directory`;
    let problem: string | undefined;
    const names = files.list(path, credentials);
    for (const entry of typeof names === 'string' ? [] : names) problem ??= copyTo(system, join(path, entry), join(name, entry), { shown: join(to.shown, entry), path: join(to.path, entry) }, how);
    if (typeof there === 'string') files.change(to.path, attributes);
    return problem;
  }
  if (source.kind !== 'file' || flags.has('s') || flags.has('l')) {
    if (typeof there !== 'string') files.remove(to.path, {}, credentials);
    const errno = flags.has('s') ? files.makeLink(to.path, name, nowUs, credentials) : files.add(to.path, flags.has('l') ? source : deepCopy(source), credentials);
    return errno === undefined ? undefined : `can't create '${to.shown}': ${errorText(errno)}`;
  }
  if (flags.has('f') && typeof there !== 'string' && there.kind === 'file' && files.openWrite(to.path, false, nowUs, credentials) === 'EACCES') files.remove(to.path, {}, credentials);
  const errno = files.write(to.path, source.content, nowUs, credentials);
  if (errno !== undefined) return errno === 'ENOSPC' ? `write error: ${errorText(errno)}` : `can't create '${to.shown}': ${errorText(errno)}`;
  if (typeof there === 'string' || keeps) files.change(to.path, attributes);
  const copied = files.lookup(to.path);
  if (typeof copied !== 'string' && copied.kind === 'file') {
    if (source.program !== undefined) copied.program = source.program;
    if (files.hasRoom(to.path, source.padding)) copied.padding = source.padding;
    else return `write error: ${errorText('ENOSPC')}`;
  }
  return undefined;
}

export function* mv(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 't');
  const target = operands(system, argv, flags, rest, '[-finT] SOURCE DEST');
  if (typeof target === 'number') return target;
  return each(system, argv, rest, (path, name) => {
    const { files, credentials } = system;
    const source = files.lookup(path, { follow: false });
    if (typeof source === 'string') return `can't rename '${name}': ${errorText(source)}`;
    const to = destination(system, target, name, flags.has('T'));
    const there = files.lookup(to.path, { follow: false });
    if (flags.has('n') && typeof there !== 'string') return undefined;
    if (there === source) return undefined;
    if (typeof there !== 'string' && there.kind === 'directory') {
      if (source.kind !== 'directory') return `can't rename '${name}': Is a directory`;
      if (there.entries.size > 0) return `can't rename '${name}': Directory not empty`;
    }
    const errno = files.rename(path, to.path, credentials);
    if (errno === undefined && flags.has('v')) system.writeNow(1, `'${name}' -> '${to.shown}'\n`);
    return errno === undefined ? undefined : `can't rename '${name}': ${errorText(errno)}`;
  });
}

export function* ln(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'S');
  if (rest.length === 0) return usage(system, argv, '[-sfnbtv] [-S SUF] TARGET... LINK|DIR');
  const target = rest.length === 1 ? nameOf(rest[0] ?? '') : (rest.pop() ?? '');
  return each(system, argv, rest, (path, source) => {
    const { files, credentials, nowUs } = system;
    const last = files.lookup(system.path(target), { follow: false });
    const isLink = flags.has('n') && typeof last !== 'string' && last.kind === 'link';
    const to = destination(system, target, source, flags.has('T') || isLink);
    const inode = files.lookup(path, { follow: false });
    if (!flags.has('s') && typeof inode === 'string') return `${source}: ${errorText(inode)}`;
    if (flags.has('f')) files.remove(to.path, {}, credentials);
    const errno = flags.has('s') ? files.makeLink(to.path, source, nowUs, credentials) : typeof inode === 'string' ? inode : inode.kind === 'directory' ? 'EPERM' : files.add(to.path, inode, credentials);
    if (errno === undefined && flags.has('v')) system.writeNow(1, `'${to.shown}' -> '${source}'\n`);
    return errno === undefined ? undefined : `${to.shown}: ${errorText(errno)}`;
  });
}

/** The named files, with `-R` all that is below them too. */
function withBelow(system: System, names: readonly string[], isDeep: boolean): string[] {
  return names.flatMap((name) => {
    const inode = isDeep ? system.files.lookup(system.path(name), { follow: false }) : undefined;
    if (inode === undefined || typeof inode === 'string' || inode.kind !== 'directory') return [name];
    const below = system.files.list(system.path(name), system.credentials);
    return [name, ...withBelow(system, typeof below === 'string' ? [] : below.map((entry) => join(name, entry)), true)];
  });
}

const MODE_WORD = /^-?(?:[0-7]+|[ugoa]*[-+=][rwxXstugo]*(?:,[ugoa]*[-+=][rwxXstugo]*)*)$/;

export function* chmod(system: System, argv: readonly string[]): Run {
  const words = argv.slice(1);
  let flags = '';
  while (/^-[Rcvf]+$/.test(words[0] ?? '')) flags += words.shift() ?? '';
  const [mode, ...names] = words;
  if (mode === undefined || names.length === 0) return usage(system, argv, '[-Rcvf] MODE[,MODE]... FILE...');
  if (!MODE_WORD.test(mode)) return complain(system, argv, `invalid mode '${mode}'`);
  return each(system, argv, withBelow(system, names, flags.includes('R')), (path, name) => {
    const inode = system.files.lookup(path);
    if (typeof inode === 'string') return flags.includes('f') ? undefined : `${name}: ${errorText(inode)}`;
    const { uid } = system.credentials;
    const errno = uid !== 0 && uid !== inode.uid ? 'EPERM' : system.files.change(path, { mode: newMode(inode.mode, mode, inode.kind === 'directory', system.credentials.umask) });
    return errno === undefined ? undefined : `${name}: ${errorText(errno)}`;
  });
}

const SHIFTS: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };

/** A mode after a change such as `755`, `u+x,go-w` or `a=rX`. */
function newMode(old: number, text: string, isDirectory: boolean, umask = 0o022): number {
  if (/^[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  let mode = old;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)([-+=])(.*)$/.exec(clause);
    if (match === null) continue;
    const [, given = '', operator, letters = ''] = match;
    const who = given === '' || given.includes('a') ? 'ugo' : given;
    for (const name of who) {
      const shift = SHIFTS[name] ?? 0;
      let bits = 0;
      for (const letter of letters) {
        if (SHIFTS[letter] !== undefined) bits |= (mode >> (SHIFTS[letter] ?? 0)) & 7;
        else if (letter === 'X') bits |= isDirectory || (mode & 0o111) !== 0 ? 1 : 0;
        else bits |= { r: 4, w: 2, x: 1 }[letter] ?? 0;
      }
      let change = bits << shift;
      // Without a class only what the umask allows is changed.
      if (given === '') change &= ~umask;
      if (letters.includes('s') && name !== 'o') change |= name === 'u' ? 0o4000 : 0o2000;
      if (letters.includes('t') && (name === 'o' || given === '' || given.includes('a'))) change |= 0o1000;
      if (operator === '+') mode |= change;
      else if (operator === '-') mode &= ~change;
      else mode = (mode & ~(7 << shift)) | change;
    }
  }
  return mode;
}

function* changeOwner(system: System, argv: readonly string[], owner: string, names: readonly string[], isDeep: boolean): Run {
  const [user = '', group = ''] = owner.includes(':') ? owner.split(':') : owner.split('.');
  const change: { uid?: number; gid?: number } = {};
  for (const [name, file, key] of [[user, 'passwd', 'uid'], [group, 'group', 'gid']] as const) {
    if (name === '') continue;
    const id = idOfName(system, file, name);
    if (id === undefined) return complain(system, argv, `unknown ${file === 'passwd' ? 'user' : 'group'} ${name}`);
    change[key] = id;
  }
  return each(system, argv, withBelow(system, names, isDeep), (path, name) => {
    const inode = system.files.lookup(path);
    if (typeof inode === 'string') return `${name}: ${errorText(inode)}`;
    const { uid, gid, groups } = system.credentials;
    const mayGroup = inode.uid === uid && change.uid === undefined && (change.gid === gid || groups.includes(change.gid ?? -1));
    const errno = uid !== 0 && !mayGroup ? 'EPERM' : system.files.change(path, change);
    return errno === undefined ? undefined : `${name}: ${errorText(errno)}`;
  });
}

export function* chown(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const [owner, ...names] = rest;
  if (owner === undefined || names.length === 0) return usage(system, argv, '[-Rhcvf]... USER[:[GRP]] FILE...');
  return yield* changeOwner(system, argv, owner, names, flags.has('R'));
}

export function* chgrp(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const [group, ...names] = rest;
  if (group === undefined || names.length === 0) return usage(system, argv, '[-Rhcvf]... GROUP FILE...');
  return yield* changeOwner(system, argv, `:${group}`, names, flags.has('R'));
}

const NAME_LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** The `XXXXXX` of the template become letters that no file has yet. */
export function* mktemp(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'p');
  const [template = 'tmp.XXXXXX'] = rest;
  const marks = /X+$/.exec(template)?.[0] ?? '';
  if (marks.length < 6) return complain(system, argv, 'Invalid argument');
  const inFolder = rest.length === 0 || flags.has('t') || flags.has('p');
  const folder = flags.get('p') ?? system.environment.get('TMPDIR') ?? '/tmp';
  for (;;) {
    const letters = Array.from(marks, () => NAME_LETTERS[Math.floor(system.random() * NAME_LETTERS.length)]).join('');
    const name = template.slice(0, -marks.length) + letters;
    const shown = inFolder ? join(folder, name) : name;
    const path = system.path(shown);
    if (system.files.lookup(path) !== 'ENOENT') continue;
    if (!flags.has('u')) {
      const errno = flags.has('d') ? system.files.makeDirectory(path, system.nowUs, system.credentials, 0o700) : system.files.write(path, '', system.nowUs, system.credentials);
      if (errno !== undefined) return flags.has('q') ? 1 : complain(system, argv, `${shown}: ${errorText(errno)}`);
      system.files.change(path, { mode: flags.has('d') ? 0o700 : 0o600 });
    }
    yield* print(system, `${shown}\n`);
    return 0;
  }
}
