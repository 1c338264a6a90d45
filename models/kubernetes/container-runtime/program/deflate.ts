/** DEFLATE (RFC 1951) and gzip (RFC 1952): compressing with the fixed codes, and reading all that the format has. */
import { crc32 } from './digest.ts';

const LENGTH_BASES = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASES = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const WINDOW = 32_768;

/** The bytes are no gzip. */
export class GzipProblem extends Error {}

class BitWriter {
  readonly bytes: number[] = [];
  #word = 0;
  #count = 0;

  /** Bits from the lowest on. */
  bits(value: number, count: number): void {
    for (let at = 0; at < count; at++) {
      this.#word |= ((value >> at) & 1) << this.#count;
      if (++this.#count < 8) continue;
      this.bytes.push(this.#word);
      this.#word = 0;
      this.#count = 0;
    }
  }

  /** A Huffman code comes with its highest bit first. */
  code(value: number, count: number): void {
    for (let at = count - 1; at >= 0; at--) this.bits((value >> at) & 1, 1);
  }

  end(): number[] {
    if (this.#count > 0) this.bytes.push(this.#word);
    return this.bytes;
  }
}

function symbol(writer: BitWriter, value: number): void {
  if (value < 144) writer.code(0x30 + value, 8);
  else if (value < 256) writer.code(0x190 + value - 144, 9);
  else if (value < 280) writer.code(value - 256, 7);
  else writer.code(0xc0 + value - 280, 8);
}

function deflate(bytes: Uint8Array): number[] {
  const writer = new BitWriter();
  writer.bits(0b011, 3);
  const latest = new Map<number, number>();
  for (let at = 0; at < bytes.length; ) {
    const key = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const before = at + 2 < bytes.length ? latest.get(key) : undefined;
    latest.set(key, at);
    let length = 0;
    if (before !== undefined && at - before <= WINDOW) while (length < 258 && at + length < bytes.length && bytes[before + length] === bytes[at + length]) length++;
    if (before === undefined || length < 3) {
      symbol(writer, bytes[at++] ?? 0);
      continue;
    }
    const lengthCode = LENGTH_BASES.findLastIndex((base) => base <= length);
    symbol(writer, 257 + lengthCode);
    writer.bits(length - (LENGTH_BASES[lengthCode] ?? 0), LENGTH_BITS[lengthCode] ?? 0);
    const distance = at - before;
    const distanceCode = DISTANCE_BASES.findLastIndex((base) => base <= distance);
    writer.code(distanceCode, 5);
    writer.bits(distance - (DISTANCE_BASES[distanceCode] ?? 0), DISTANCE_BITS[distanceCode] ?? 0);
    at += length;
  }
  symbol(writer, 256);
  return writer.end();
}

export function gzipOf(bytes: Uint8Array, seconds: number): Uint8Array {
  const word = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
  return Uint8Array.from([0x1f, 0x8b, 8, 0, ...word(seconds), 2, 3, ...deflate(bytes), ...word(crc32(bytes)), ...word(bytes.length)]);
}

class BitReader {
  readonly #bytes: Uint8Array;
  at: number;
  #bit = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  bits(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index++) {
      const byte = this.#bytes[this.at];
      if (byte === undefined) throw new GzipProblem('unexpected end of file');
      value |= ((byte >> this.#bit) & 1) << index;
      if (++this.#bit < 8) continue;
      this.#bit = 0;
      this.at++;
    }
    return value;
  }

  align(): void {
    if (this.#bit === 0) return;
    this.#bit = 0;
    this.at++;
  }
}

type Codes = ReadonlyMap<number, number>;

/** Canonical codes from their lengths; the key has the length in front of the code. */
function codesOf(lengths: readonly number[]): Codes {
  const codes = new Map<number, number>();
  let code = 0;
  for (let length = 1; length <= 15; length++) {
    for (const [index, each] of lengths.entries()) if (each === length) codes.set((length << 16) | code++, index);
    code <<= 1;
  }
  return codes;
}

function next(reader: BitReader, codes: Codes): number {
  let code = 0;
  for (let length = 1; length <= 15; length++) {
    code = (code << 1) | reader.bits(1);
    const found = codes.get((length << 16) | code);
    if (found !== undefined) return found;
  }
  throw new GzipProblem('corrupted data');
}

function dynamicCodes(reader: BitReader): [Codes, Codes] {
  const [literals, distances, count] = [reader.bits(5) + 257, reader.bits(5) + 1, reader.bits(4) + 4];
  const codeLengths = Array.from({ length: 19 }, () => 0);
  for (const index of CODE_ORDER.slice(0, count)) codeLengths[index] = reader.bits(3);
  const codes = codesOf(codeLengths);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const code = next(reader, codes);
    if (code < 16) lengths.push(code);
    else {
      const [value, times] = code === 16 ? [lengths.at(-1) ?? 0, 3 + reader.bits(2)] : [0, code === 17 ? 3 + reader.bits(3) : 11 + reader.bits(7)];
      for (let time = 0; time < times; time++) lengths.push(value);
    }
  }
  return [codesOf(lengths.slice(0, literals)), codesOf(lengths.slice(literals))];
}

const FIXED: [Codes, Codes] = [codesOf(Array.from({ length: 288 }, (_, index) => (index < 144 ? 8 : index < 256 ? 9 : index < 280 ? 7 : 8))), codesOf(Array.from({ length: 30 }, () => 5))];

function inflate(reader: BitReader, output: number[]): void {
  for (let isLast = false; !isLast; ) {
    isLast = reader.bits(1) === 1;
    const kind = reader.bits(2);
    if (kind === 3) throw new GzipProblem('corrupted data');
    if (kind === 0) {
      reader.align();
      const length = reader.bits(16);
      reader.bits(16);
      for (let index = 0; index < length; index++) output.push(reader.bits(8));
      continue;
    }
    const [literals, distances] = kind === 1 ? FIXED : dynamicCodes(reader);
    for (let code = next(reader, literals); code !== 256; code = next(reader, literals)) {
      if (code < 256) {
        output.push(code);
        continue;
      }
      const length = (LENGTH_BASES[code - 257] ?? 0) + reader.bits(LENGTH_BITS[code - 257] ?? 0);
      const distanceCode = next(reader, distances);
      const distance = (DISTANCE_BASES[distanceCode] ?? 0) + reader.bits(DISTANCE_BITS[distanceCode] ?? 0);
      if (distance > output.length) throw new GzipProblem('corrupted data');
      for (let index = 0; index < length; index++) output.push(output[output.length - distance] ?? 0);
    }
  }
  reader.align();
}

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The bytes of all members of a gzip file. */
export function gunzipOf(bytes: Uint8Array): Uint8Array {
  const output: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== 0x1f || bytes[at + 1] !== 0x8b) {
      if (at > 0) break;
      throw new GzipProblem('invalid magic');
    }
    const flags = bytes[at + 3] ?? 0;
    at += 10;
    if ((flags & 4) !== 0) at += 2 + (bytes[at] ?? 0) + ((bytes[at + 1] ?? 0) << 8);
    for (const flag of [8, 16]) if ((flags & flag) !== 0) while (at < bytes.length && bytes[at++] !== 0);
    if ((flags & 2) !== 0) at += 2;
    const reader = new BitReader(bytes, at);
    inflate(reader, output);
    at = reader.at + 8;
  }
  return Uint8Array.from(output);
}
