/**
 * Frames: the envelopes of which a log file consists. A file is eight magic bytes, then frames, then (if the run ended in an
 * orderly way) a trailer that says where the footer is.
 *
 * A frame's 88-byte head is guarded by its own checksum, and guards its body with another, so one flipped bit anywhere is
 * found and placed, and a file that merely ends too early is told from one that was damaged. See docs/log-format.md.
 */
import { crc32 } from './crc32.ts';

/** The first bytes of a log. The high bit shows up transfers that strip it, the newline those that convert line ends. */
export const MAGIC: Uint8Array = Uint8Array.of(0x89, 0x4b, 0x54, 0x57, 0x4c, 0x4f, 0x47, 0x0a);
/** The last bytes of a log that was closed. */
const TRAILER_MAGIC: Uint8Array = Uint8Array.of(0x4b, 0x54, 0x57, 0x45, 0x4e, 0x44, 0x0a, 0x0a);
/** The first word of each frame: "KTWF", little-endian. */
const FRAME_MAGIC = 0x4657544b;

export const HEAD_SIZE = 88;
export const TRAILER_SIZE = 24;

/** What a frame holds. Types ≥ 128 are optional: a reader that does not know one skips it and a copy keeps it. */
export const FrameType = { header: 1, block: 2, footer: 3, snapshot: 129, texts: 130 } as const;

/** The head of a frame. */
export interface FrameHead {
  readonly type: number;
  /** How the body is stored; 0 is as it is. */
  readonly codec: number;
  readonly storedLength: number;
  readonly rawLength: number;
  /** CRC-32 of the stored body. */
  readonly crc: number;
  /** How many records a block holds, or how many texts there are. */
  readonly count: number;
  /** The sequence number of a block's first record; for a snapshot, of the record that follows it. */
  readonly seq: number;
  /** The virtual time in µs of that record. */
  readonly time: number;
  /** The two lanes of the chain hash after a block's last record. */
  readonly chainA: number;
  readonly chainB: number;
  /** SHA-256 of the previous block's SHA-256 and this block's raw body; zeros for other frames. */
  readonly sha: Uint8Array;
}

/** Thrown for a log that was damaged: says where in the file and, if it can, from which record on. */
export class CorruptLog extends Error {
  override readonly name = 'CorruptLog';
  /** Byte offset of the damaged part. */
  readonly offset: number;
  /** The first record that cannot be trusted. */
  readonly seq: number | undefined;

  constructor(what: string, offset: number, seq?: number) {
    super(`the log is damaged at byte ${offset}${seq === undefined ? '' : ` (records from #${seq} on)`}: ${what}`);
    this.offset = offset;
    this.seq = seq;
  }
}

/** A head as bytes. */
export function encodeHead(head: FrameHead): Uint8Array {
  const bytes = new Uint8Array(HEAD_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, FRAME_MAGIC, true);
  bytes[4] = head.type;
  bytes[5] = head.codec;
  view.setUint32(8, head.storedLength, true);
  view.setUint32(12, head.rawLength, true);
  view.setUint32(16, head.crc, true);
  view.setUint32(20, head.count, true);
  view.setFloat64(24, head.seq, true);
  view.setFloat64(32, head.time, true);
  view.setInt32(40, head.chainA, true);
  view.setInt32(44, head.chainB, true);
  bytes.set(head.sha, 48);
  view.setUint32(84, crc32(bytes, 0, 84), true);
  return bytes;
}

/** Reads a head; `offset` is where it stands in the file, for the message of a {@link CorruptLog}. */
export function decodeHead(bytes: Uint8Array, offset: number, seq?: number): FrameHead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(84, true) !== crc32(bytes, 0, 84)) throw new CorruptLog('the head of a frame fails its checksum', offset, seq);
  if (view.getUint32(0, true) !== FRAME_MAGIC) throw new CorruptLog('no frame starts here', offset, seq);
  return {
    type: bytes[4] as number,
    codec: bytes[5] as number,
    storedLength: view.getUint32(8, true),
    rawLength: view.getUint32(12, true),
    crc: view.getUint32(16, true),
    count: view.getUint32(20, true),
    seq: view.getFloat64(24, true),
    time: view.getFloat64(32, true),
    chainA: view.getInt32(40, true),
    chainB: view.getInt32(44, true),
    sha: bytes.slice(48, 80),
  };
}

/** The trailer that points to the footer. */
export function encodeTrailer(footerOffset: number): Uint8Array {
  const bytes = new Uint8Array(TRAILER_SIZE);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, footerOffset, true);
  bytes.set(TRAILER_MAGIC, 12);
  view.setUint32(20, crc32(bytes, 0, 20), true);
  return bytes;
}

/** The footer's offset, or undefined when these are not the bytes of a sound trailer. */
export function decodeTrailer(bytes: Uint8Array): number | undefined {
  if (bytes.length !== TRAILER_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(20, true) !== crc32(bytes, 0, 20)) return undefined;
  for (let i = 0; i < TRAILER_MAGIC.length; i++) if (bytes[12 + i] !== TRAILER_MAGIC[i]) return undefined;
  return view.getFloat64(0, true);
}
