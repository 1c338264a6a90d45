/**
 * Archives as tar(1) writes and reads them: POSIX ustar, with GNU's and pax' ways of writing long names.
 * Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Header Block".
 */
import { bytesOfText, joinedBytes, textOfBytes } from '../../object/text-bytes.ts';

/** One member of an archive. */
export interface Member {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link' | 'hard link';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly modified: number;
  /** Where a link leads. */
  readonly target?: string;
  readonly content: Uint8Array;
}

const BLOCK = 512;
const NAME_MAX = 100;
const TYPES = { file: '0', 'hard link': '1', link: '2', directory: '5' } as const;
const KINDS: Readonly<Record<string, Member['kind']>> = { '\0': 'file', '0': 'file', '7': 'file', '1': 'hard link', '2': 'link', '5': 'directory' };
/** Headers about the next member: GNU's long name and long link, and pax records; those for all members say nothing that matters here. */
const LONG_NAME = 'L';
const LONG_TARGET = 'K';
const PAX = 'x';
const PAX_GLOBAL = 'g';

/** Where the fields of a header are, and how long they are. */
const FIELD = {
  name: [0, NAME_MAX], mode: [100, 8], uid: [108, 8], gid: [116, 8], size: [124, 12], modified: [136, 12], checksum: [148, 8], type: [156, 1], target: [157, NAME_MAX],
  magic: [257, 8], prefix: [345, 155],
} as const;

/** The bytes of an archive of these members. */
export function archiveOf(members: readonly Member[]): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const member of members) {
    for (const [type, text] of [[LONG_TARGET, member.target ?? ''], [LONG_NAME, member.name]] as const) {
      const bytes = bytesOfText(text);
      if (bytes.length > NAME_MAX) blocks.push(header({ name: '././@LongLink', mode: 0, uid: 0, gid: 0, modified: 0 }, type, bytes.length + 1), padded(Uint8Array.from([...bytes, 0])));
    }
    blocks.push(header(member, TYPES[member.kind], member.content.length), padded(member.content));
  }
  return joinedBytes([...blocks, new Uint8Array(2 * BLOCK)]);
}

function header(member: Omit<Member, 'kind' | 'content'>, type: string, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (field: keyof typeof FIELD, bytes: Uint8Array): void => block.set(bytes.subarray(0, FIELD[field][1]), FIELD[field][0]);
  const octal = (field: keyof typeof FIELD, value: number): void => put(field, bytesOfText(`${Math.max(0, Math.floor(value)).toString(8).padStart(FIELD[field][1] - 1, '0')}\0`));
  put('name', bytesOfText(member.name));
  octal('mode', member.mode);
  octal('uid', member.uid);
  octal('gid', member.gid);
  octal('size', size);
  octal('modified', member.modified);
  put('type', bytesOfText(type));
  put('target', bytesOfText(member.target ?? ''));
  put('magic', bytesOfText('ustar\0' + '00'));
  put('checksum', bytesOfText(`${sumOf(block).toString(8).padStart(6, '0')}\0 `));
  return block;
}

/** The sum of a header's bytes, its own field taken for spaces. */
function sumOf(block: Uint8Array): number {
  const [start, length] = FIELD.checksum;
  return block.reduce((sum, byte, at) => sum + (at >= start && at < start + length ? 0x20 : byte), 0);
}

function padded(content: Uint8Array): Uint8Array {
  const block = new Uint8Array(Math.ceil(content.length / BLOCK) * BLOCK);
  block.set(content);
  return block;
}

/** The members of an archive, up to the first block that is none; what is wrong there, in busybox' words, if it is not the end. */
export function membersOf(bytes: Uint8Array): { readonly members: readonly Member[]; readonly error?: string } {
  const members: Member[] = [];
  let next: { name?: string; target?: string } = {};
  for (let at = 0; at < bytes.length; ) {
    const block = bytes.subarray(at, at + BLOCK);
    if (block.length < BLOCK) return { members, error: 'short read' };
    if (block.every((byte) => byte === 0)) return { members };
    if (octalOf(block, 'checksum') !== sumOf(block)) return { members, error: 'invalid tar magic' };
    const size = octalOf(block, 'size');
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) return { members, error: 'short read' };
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = textOf(block, 'type') || '\0';
    if (type === LONG_NAME) next.name = upToZero(content);
    else if (type === LONG_TARGET) next.target = upToZero(content);
    else if (type === PAX) next = { ...next, ...paxOf(content) };
    else if (type !== PAX_GLOBAL) {
      members.push(memberOf(block, KINDS[type] ?? 'file', next, content));
      next = {};
    }
  }
  return { members };
}

function memberOf(block: Uint8Array, kind: Member['kind'], { name, target }: { name?: string; target?: string }, content: Uint8Array): Member {
  const prefix = textOf(block, 'prefix');
  const full = name ?? (prefix === '' ? textOf(block, 'name') : `${prefix}/${textOf(block, 'name')}`);
  const leadsTo = target ?? textOf(block, 'target');
  return {
    name: full,
    // Before there was a type for directories, they had names that end so.
    kind: kind === 'file' && full.endsWith('/') ? 'directory' : kind,
    mode: octalOf(block, 'mode') & 0o7777, uid: octalOf(block, 'uid'), gid: octalOf(block, 'gid'), modified: octalOf(block, 'modified'),
    ...(leadsTo === '' ? {} : { target: leadsTo }),
    content,
  };
}

/** Records of the form `length name=value`. */
function paxOf(content: Uint8Array): { name?: string; target?: string } {
  const found: { name?: string; target?: string } = {};
  for (let at = 0; at < content.length; ) {
    const length = Number.parseInt(textOfBytes(content.subarray(at, at + 10)), 10);
    if (!(length > 0)) break;
    const [key = '', ...value] = textOfBytes(content.subarray(at, at + length - 1)).replace(/^\d+ /, '').split('=');
    if (key === 'path') found.name = value.join('=');
    if (key === 'linkpath') found.target = value.join('=');
    at += length;
  }
  return found;
}

function upToZero(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return textOfBytes(end < 0 ? bytes : bytes.subarray(0, end));
}

const textOf = (block: Uint8Array, field: keyof typeof FIELD): string => upToZero(block.subarray(FIELD[field][0], FIELD[field][0] + FIELD[field][1]));
const octalOf = (block: Uint8Array, field: keyof typeof FIELD): number => Number.parseInt(textOf(block, field).trim() || '0', 8) || 0;
