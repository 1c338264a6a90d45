/** MD5 (RFC 1321): Kubernetes orders the ports of endpoints by it. Written out for the same reasons as `hash.ts`. */
import { utf8Bytes } from './hash.ts';

const INITIAL = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;
/** Rotations of the four rounds, four steps each. */
const ROTATIONS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const BLOCK = 64;

/** Step `i` adds the whole part of 2^32 * |sin(i + 1)|. */
const SINES: Readonly<Int32Array> = Int32Array.from([
  0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8,
  0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340,
  0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87,
  0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
  0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039,
  0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
  0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
  0xeb86d391,
]);

/** The digest of a text's UTF-8 bytes, in hexadecimal digits. */
export function md5(text: string): string {
  const blocks = padded(utf8Bytes(text));
  const state = Int32Array.from(INITIAL);
  for (let at = 0; at < blocks.byteLength; at += BLOCK) addBlock(state, new DataView(blocks.buffer, at, BLOCK));
  const bytes = new DataView(new ArrayBuffer(16));
  state.forEach((word, i) => bytes.setInt32(4 * i, word, true));
  return Array.from({ length: 16 }, (_, i) => bytes.getUint8(i).toString(16).padStart(2, '0')).join('');
}

/** One bit, zeros, and the length in bits, so that whole blocks come out. */
function padded(bytes: Uint8Array): Uint8Array {
  const blocks = new Uint8Array(Math.ceil((bytes.length + 9) / BLOCK) * BLOCK);
  blocks.set(bytes);
  blocks[bytes.length] = 0x80;
  new DataView(blocks.buffer).setBigUint64(blocks.length - 8, BigInt(bytes.length) * 8n, true);
  return blocks;
}

function addBlock(state: Int32Array, block: DataView): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number];
  for (let i = 0; i < BLOCK; i++) {
    const round = i >> 4;
    const [mixed, word] = mix(round, i, b, c, d);
    const sum = (a + mixed + (SINES[i] as number) + block.getInt32(4 * word, true)) | 0;
    const by = ROTATIONS[4 * round + (i & 3)] as number;
    [a, b, c, d] = [d, (b + ((sum << by) | (sum >>> (32 - by)))) | 0, b, c];
  }
  [a, b, c, d].forEach((word, i) => (state[i] = ((state[i] as number) + word) | 0));
}

/** What a step mixes, and the word of the block that it adds. */
function mix(round: number, i: number, b: number, c: number, d: number): [number, number] {
  if (round === 0) return [(b & c) | (~b & d), i];
  if (round === 1) return [(d & b) | (~d & c), (5 * i + 1) & 15];
  if (round === 2) return [b ^ c ^ d, (3 * i + 5) & 15];
  return [c ^ (b | ~d), (7 * i) & 15];
}
