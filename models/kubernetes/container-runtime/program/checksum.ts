/** `md5sum`, `sha1sum`, `sha256sum`, `sha512sum`, `cksum`, and `-c`, which checks lists of them. */
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { bytesOfText } from '../../object/text-bytes.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { type Applet, complain, linesOf, options, print, readInputs, readNamed } from './applet.ts';

type Digest = (bytes: Uint8Array) => Uint8Array;

function checksum(digest: Digest): Applet {
  return function* (system, argv): Run {
    const { flags, rest } = options(argv);
    const names = rest.length === 0 ? ['-'] : rest;
    if (flags.has('c')) return yield* check(system, argv, names, digest, flags);
    let status = 0;
    for (const name of names) {
      const text = yield* readNamed(system, argv, name);
      if (text === undefined) status = 1;
      else yield* print(system, `${bytesToHex(digest(bytesOfText(text)))}  ${name}\n`);
    }
    return status;
  };
}

function* check(system: System, argv: readonly string[], names: readonly string[], digest: Digest, flags: ReadonlyMap<string, string>): Run {
  let [failed, total] = [0, 0];
  for (const list of names) {
    const text = yield* readNamed(system, argv, list);
    if (text === undefined) return 1;
    for (const line of linesOf(text)) {
      const match = /^([0-9a-fA-F]+) [ *](.*)$/.exec(line);
      if (match === null) {
        if (flags.has('w')) complain(system, argv, 'invalid format');
        continue;
      }
      total++;
      const [, wanted = '', name = ''] = match;
      const content = yield* readNamed(system, argv, name);
      const isSame = content !== undefined && bytesToHex(digest(bytesOfText(content))) === wanted.toLowerCase();
      if (!isSame) failed++;
      if (!flags.has('s')) yield* print(system, `${name}: ${isSame ? 'OK' : 'FAILED'}\n`);
    }
  }
  if (failed > 0 && !flags.has('s')) complain(system, argv, `WARNING: ${failed} of ${total} computed checksums did NOT match`);
  if (total === 0) return complain(system, argv, `no checksum lines found in '${names[0] ?? '-'}'`);
  return failed > 0 ? 1 : 0;
}

export const md5sum = checksum(md5);
export const sha1sum = checksum(sha1);
export const sha256sum = checksum(sha256);
export const sha512sum = checksum(sha512);

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let word = index << 24;
  for (let bit = 0; bit < 8; bit++) word = word & 0x8000_0000 ? (word << 1) ^ 0x04c1_1db7 : word << 1;
  return word >>> 0;
});

/** POSIX cksum: the length comes after the bytes. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0;
  const add = (byte: number): void => {
    crc = ((crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  };
  for (const byte of bytes) add(byte);
  for (let length = bytes.length; length > 0; length = Math.floor(length / 256)) add(length & 0xff);
  return ~crc >>> 0;
}

export function* cksum(system: System, argv: readonly string[]): Run {
  const { rest } = options(argv);
  const { texts, failed } = yield* readInputs(system, argv, rest);
  for (const [index, text] of texts.entries()) {
    const bytes = bytesOfText(text);
    yield* print(system, `${crcOf(bytes)} ${bytes.length}${rest[index] === undefined ? '' : ` ${rest[index]}`}\n`);
  }
  return failed ? 1 : 0;
}
