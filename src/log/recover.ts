/**
 * Walking a file frame by frame: how a log without a footer is opened, and how all of a log is checked.
 *
 * A file that ends in the middle of a frame was torn (the process died while writing): what is whole counts, the rest is
 * dropped and the number of bytes is told. A frame that is complete but fails its checksum was damaged: that is refused,
 * with its offset and the first record that is lost, because nobody can say what else changed.
 */
import { crc32 } from './crc32.ts';
import { CorruptLog, decodeHead, decodeTrailer, FrameType, HEAD_SIZE, MAGIC, TRAILER_SIZE, type FrameHead } from './frame.ts';

/** Random access to a log's bytes. */
export interface ByteSource {
  readonly size: number;
  /** Exactly `length` bytes from `offset`; both are within the size. */
  read(offset: number, length: number): Uint8Array;
}

/** A frame and where it stands. */
export interface PlacedFrame {
  readonly offset: number;
  readonly head: FrameHead;
}

/** What a walk found. */
export interface Walk {
  readonly frames: readonly PlacedFrame[];
  /** Where the whole frames end. */
  readonly end: number;
  /** How many bytes follow that belong to no whole frame. */
  readonly dropped: number;
  /** True when the footer and the trailer are there. */
  readonly isClosed: boolean;
}

/** A source over bytes in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** Refuses what is not a log at all. */
export function checkMagic(source: ByteSource): void {
  if (source.size === 0) throw new CorruptLog('the file is empty', 0, 0);
  const start = source.read(0, Math.min(source.size, MAGIC.length));
  for (let i = 0; i < start.length; i++) {
    if (start[i] !== MAGIC[i]) throw new CorruptLog('this is not a log: the first eight bytes are others', i, 0);
  }
  if (start.length < MAGIC.length) throw new CorruptLog('the file ends within its first eight bytes', start.length, 0);
}

/** Walks all frames. `deep` also checks every body. Throws {@link CorruptLog}. */
export function walk(source: ByteSource, deep: boolean): Walk {
  checkMagic(source);
  const frames: PlacedFrame[] = [];
  let offset = MAGIC.length;
  let seq = 0;
  let isFooterSeen = false;
  while (offset < source.size) {
    const left = source.size - offset;
    if (isFooterSeen) return finish(source, frames, offset, left);
    if (left < HEAD_SIZE || isZero(source, offset)) return { frames, end: offset, dropped: left, isClosed: false };
    const head = decodeHead(source.read(offset, HEAD_SIZE), offset, seq);
    const size = HEAD_SIZE + head.storedLength;
    if (size > left) return { frames, end: offset, dropped: left, isClosed: false };
    if (deep) checkBody(source, offset, head, seq);
    if (head.type === FrameType.block) {
      if (head.seq !== seq) throw new CorruptLog(`a block starts at #${head.seq} where #${seq} must follow`, offset, seq);
      seq += head.count;
    }
    frames.push({ offset, head });
    isFooterSeen = head.type === FrameType.footer;
    offset += size;
  }
  return { frames, end: offset, dropped: 0, isClosed: false };
}

function finish(source: ByteSource, frames: PlacedFrame[], offset: number, left: number): Walk {
  const rest = source.read(offset, left);
  if (left < TRAILER_SIZE) return { frames, end: offset, dropped: left, isClosed: false };
  const footer = frames[frames.length - 1];
  if (left > TRAILER_SIZE) throw new CorruptLog(`${left - TRAILER_SIZE} bytes follow the end`, offset + TRAILER_SIZE);
  if (decodeTrailer(rest) !== footer?.offset) throw new CorruptLog('the trailer fails its checksum', offset);
  return { frames, end: offset + left, dropped: 0, isClosed: true };
}

/** Reads a frame's stored body and checks it. */
export function checkBody(source: ByteSource, offset: number, head: FrameHead, seq?: number): Uint8Array {
  const stored = source.read(offset + HEAD_SIZE, head.storedLength);
  if (crc32(stored) !== head.crc) throw new CorruptLog('the body of a frame fails its checksum', offset + HEAD_SIZE, seq);
  return stored;
}

/** True when only zeros follow: a file system may leave them when the machine dies. */
function isZero(source: ByteSource, offset: number): boolean {
  for (let at = offset; at < source.size; at += 65536) {
    const piece = source.read(at, Math.min(65536, source.size - at));
    for (const byte of piece) if (byte !== 0) return false;
  }
  return true;
}
