/**
 * `tar`: what `kubectl cp` runs on the container's side, and what scripts pack files with, also compressed (`z`).
 * Source: busybox archival/tar.c.
 */
import type { Inode } from '../file-system/inode.ts';
import { join, nameOf, parentOf } from '../file-system/path.ts';
import { bytesOfText, textOfBytes } from '../../object/text-bytes.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, errorText, options, print, readNamed } from './applet.ts';
import { gunzipOf, gzipOf, isGzip } from './gzip-format.ts';
import { makePath } from './file-command.ts';
import { archiveOf, type Member, membersOf } from './tar-archive.ts';

/** Bytes of a file that only counts them; more are not packed. */
const PADDING_MAX = 64 * 1024 * 1024;
const NOTHING = new Uint8Array(0);

export function* tar(system: System, argv: readonly string[]): Run {
  // The first argument may come without its dash, as in `tar cf -`.
  const [name = '', first = '', ...others] = argv;
  const { flags, rest } = options([name, first.startsWith('-') ? first : `-${first}`, ...others], 'fCXT');
  const directory = system.path(flags.get('C') ?? '.');
  if (typeof system.files.lookup(directory) === 'string') return complain(system, argv, `can't change directory to '${flags.get('C')}': ${errorText('ENOENT')}`);
  if (flags.has('c')) return yield* create(system, argv, rest, directory, flags);
  if (flags.has('x') || flags.has('t')) return yield* extract(system, argv, rest, directory, flags);
  return complain(system, argv, 'must specify one of -ctx');
}

function* create(system: System, argv: readonly string[], names: readonly string[], directory: string, flags: ReadonlyMap<string, string>): Run {
  const members: Member[] = [];
  let status = 0;
  if (names.some((name) => name.startsWith('/'))) complain(system, argv, "removing leading '/' from member names");
  for (const name of names) {
    const path = name.startsWith('/') ? system.path(name) : system.path(`${directory}/${name}`);
    const inode = system.files.lookup(path, { follow: false });
    if (typeof inode === 'string') status = complain(system, argv, `${name}: ${errorText(inode)}`);
    else pack(system, path, name.replace(/^\/+/, '').replace(/(.)\/+$/, '$1') || '.', inode, members);
  }
  if (status !== 0) complain(system, argv, 'error exit delayed from previous errors');
  const output = flags.get('f') ?? '-';
  if (flags.has('v')) for (const member of members) system.writeNow(output === '-' ? 2 : 1, `${member.name}\n`);
  const archive = archiveOf(members);
  const text = textOfBytes(flags.has('z') || /\.(?:gz|tgz)$/.test(output) && flags.has('a') ? gzipOf(archive) : archive);
  if (output === '-') yield* print(system, text);
  else {
    const errno = system.files.write(system.path(output), text, system.nowUs, system.credentials);
    if (errno !== undefined) return complain(system, argv, `can't open '${output}': ${errorText(errno)}`);
  }
  return status;
}

/** A file, or a directory with all that is in it. Devices are left out. */
function pack(system: System, path: string, name: string, inode: Inode, members: Member[]): void {
  const { mode, uid, gid } = inode;
  const attributes = { mode, uid, gid, modified: Math.floor((system.epochMs * 1000 + inode.modifiedUs) / 1_000_000) };
  if (inode.kind === 'file') members.push({ name, kind: 'file', ...attributes, content: bytesOfText(inode.content + '\0'.repeat(Math.min(inode.padding, PADDING_MAX))) });
  else if (inode.kind === 'link') members.push({ name, kind: 'link', target: inode.target, ...attributes, content: NOTHING });
  if (inode.kind !== 'directory') return;
  members.push({ name: `${name}/`, kind: 'directory', ...attributes, content: NOTHING });
  const entries = system.files.list(path, system.credentials);
  if (typeof entries === 'string') return;
  for (const entry of entries) {
    const below = system.files.lookup(join(path, entry), { follow: false });
    if (typeof below !== 'string') pack(system, join(path, entry), `${name}/${entry}`, below, members);
  }
}

function* extract(system: System, argv: readonly string[], names: readonly string[], directory: string, flags: ReadonlyMap<string, string>): Run {
  const text = yield* readNamed(system, argv, flags.get('f') ?? '-');
  if (text === undefined) return 1;
  const bytes = bytesOfText(text);
  const archive = isGzip(bytes) ? gunzipOf(bytes) : bytes;
  if (typeof archive === 'string') return complain(system, argv, archive);
  const { members, error } = membersOf(archive);
  let status = 0;
  for (const member of members) {
    const name = member.name.replace(/\/$/, '');
    if (names.length > 0 && !names.some((wanted) => name === wanted || name.startsWith(`${wanted}/`))) continue;
    if (flags.has('t') || flags.has('v')) yield* print(system, `${member.name}\n`);
    if (flags.has('t')) continue;
    const problem = unpack(system, directory, member, flags.has('m'));
    if (problem !== undefined) status = complain(system, argv, problem);
  }
  return error === undefined ? status : complain(system, argv, error);
}

/** Puts one member where it belongs; what is wrong otherwise. */
function unpack(system: System, directory: string, member: Member, isNew: boolean): string | undefined {
  const { files, nowUs, credentials } = system;
  // Names with `..` stay below the directory: they are taken for absolute ones there.
  const path = system.path(`${directory}/${system.path(`/${member.name}`)}`);
  if (path === directory) return undefined;
  const above = makePath(system, parentOf(path));
  if (above !== undefined) return `can't create directory '${nameOf(parentOf(path))}': ${errorText(above)}`;
  const errno = made(system, path, member, directory);
  if (errno !== undefined) return `can't create ${member.kind} '${member.name}': ${errorText(errno)}`;
  if (member.kind === 'link' || member.kind === 'hard link') return undefined;
  const modifiedUs = isNew ? nowUs : member.modified * 1_000_000 - system.epochMs * 1000;
  files.change(path, { mode: member.mode, modifiedUs, ...(credentials.uid === 0 ? { uid: member.uid, gid: member.gid } : {}) });
  return undefined;
}

function made({ files, nowUs, credentials }: System, path: string, { kind, target = '', content }: Member, directory: string): Parameters<typeof errorText>[0] | undefined {
  const before = files.lookup(path, { follow: false });
  if (kind === 'directory') return typeof before !== 'string' && before.kind === 'directory' ? undefined : files.makeDirectory(path, nowUs, credentials);
  if (typeof before !== 'string' && before.kind !== 'directory') files.remove(path, {}, credentials);
  if (kind === 'file') return files.write(path, textOfBytes(content), nowUs, credentials);
  if (kind === 'link') return files.makeLink(path, target, nowUs, credentials);
  const linked = files.lookup(`${directory}/${target}`);
  return typeof linked === 'string' ? linked : files.add(path, linked, credentials);
}
