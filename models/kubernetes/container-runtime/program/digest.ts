/** MD5 (RFC 1321), SHA-1 and SHA-512 (FIPS 180-4) and the CRC of `cksum` (POSIX) and of gzip, over bytes. */

/** The message with its padding: a one bit, zeros, and the length in bits. */
function padded(bytes: Uint8Array, block: number, isLittleEndian: boolean): DataView {
  const lengthBytes = block / 8;
  const size = Math.ceil((bytes.length + 1 + lengthBytes) / block) * block;
  const all = new Uint8Array(size);
  all.set(bytes);
  all[bytes.length] = 0x80;
  const view = new DataView(all.buffer);
  view.setBigUint64(size - 8, BigInt(bytes.length) * 8n, isLittleEndian);
  return view;
}

const hex32 = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

const MD5_SHIFTS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/** floor(2^32 × |sin(i + 1)|), which the definition asks for; written out, because engines differ in the last bit of a sine. */
const MD5_TABLE = Uint32Array.from(
  (
    'd76aa478e8c7b756242070dbc1bdceeef57c0faf4787c62aa8304613fd469501698098d88b44f7afffff5bb1895cd7be6b901122fd987193a679438e49b40821' +
    'f61e2562c040b340265e5a51e9b6c7aad62f105d02441453d8a1e681e7d3fbc821e1cde6c33707d6f4d50d87455a14eda9e3e905fcefa3f8676f02d98d2a4c8a' +
    'fffa39428771f6816d9d6122fde5380ca4beea444bdecfa9f6bb4b60bebfbc70289b7ec6eaa127fad4ef308504881d05d9d4d039e6db99e51fa27cf8c4ac5665' +
    'f4292244432aff97ab9423a7fc93a039655b59c38f0ccc92ffeff47d85845dd16fa87e4ffe2ce6e0a30143144e0811a1f7537e82bd3af2352ad7d2bbeb86d391'
  )
    .match(/.{8}/g)
    ?.map((word) => Number.parseInt(word, 16)) ?? [],
);

export function md5(bytes: Uint8Array): string {
  const view = padded(bytes, 64, true);
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let at = 0; at < view.byteLength; at += 64) {
    let [a = 0, b = 0, c = 0, d = 0] = state;
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      const mix = round === 0 ? (b & c) | (~b & d) : round === 1 ? (d & b) | (~d & c) : round === 2 ? b ^ c ^ d : c ^ (b | ~d);
      const word = round === 0 ? i : round === 1 ? (5 * i + 1) & 15 : round === 2 ? (3 * i + 5) & 15 : (7 * i) & 15;
      const sum = (a + mix + (MD5_TABLE[i] ?? 0) + view.getUint32(at + word * 4, true)) | 0;
      [a, d, c, b] = [d, c, b, (b + rotate(sum, MD5_SHIFTS[round]?.[i & 3] ?? 0)) | 0];
    }
    for (const [index, word] of [a, b, c, d].entries()) state[index] = ((state[index] ?? 0) + word) | 0;
  }
  const output = new DataView(new ArrayBuffer(16));
  for (const [index, word] of state.entries()) output.setUint32(index * 4, word >>> 0, true);
  return [0, 4, 8, 12].map((at) => hex32(output.getUint32(at))).join('');
}

export function sha1(bytes: Uint8Array): string {
  const view = padded(bytes, 64, false);
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  const words = new Int32Array(80);
  for (let at = 0; at < view.byteLength; at += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getInt32(at + i * 4);
    for (let i = 16; i < 80; i++) words[i] = rotate((words[i - 3] ?? 0) ^ (words[i - 8] ?? 0) ^ (words[i - 14] ?? 0) ^ (words[i - 16] ?? 0), 1);
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
    for (let i = 0; i < 80; i++) {
      const [mix, constant] = i < 20 ? [(b & c) | (~b & d), 0x5a827999] : i < 40 ? [b ^ c ^ d, 0x6ed9eba1] : i < 60 ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc] : [b ^ c ^ d, 0xca62c1d6];
      const next = (rotate(a, 5) + mix + e + constant + (words[i] ?? 0)) | 0;
      [e, d, c, b, a] = [d, c, rotate(b, 30), a, next];
    }
    for (const [index, word] of [a, b, c, d, e].entries()) state[index] = ((state[index] ?? 0) + word) | 0;
  }
  return state.map(hex32).join('');
}

/** The first 64 bits of the fractions of the roots of the first primes: cube roots for the rounds, square roots for the start. */
function roots(count: number, power: 2n | 3n): bigint[] {
  const primes: bigint[] = [];
  for (let number = 2n; primes.length < count; number++) if (primes.every((prime) => number % prime !== 0n)) primes.push(number);
  return primes.map((prime) => {
    const target = prime << (64n * power);
    let [low, high] = [0n, prime << 64n];
    while (low < high) {
      const middle = (low + high + 1n) >> 1n;
      if (middle ** power <= target) low = middle;
      else high = middle - 1n;
    }
    return low & WORD;
  });
}

const WORD = 2n ** 64n - 1n;
const turn = (word: bigint, by: bigint): bigint => ((word >> by) | (word << (64n - by))) & WORD;

export function sha512(bytes: Uint8Array): string {
  const constants = roots(80, 3n);
  const state = roots(8, 2n);
  const view = padded(bytes, 128, false);
  for (let at = 0; at < view.byteLength; at += 128) {
    const words: bigint[] = Array.from({ length: 16 }, (_, index) => view.getBigUint64(at + index * 8));
    for (let i = 16; i < 80; i++) {
      const [x, y] = [words[i - 15] as bigint, words[i - 2] as bigint];
      words.push(((words[i - 16] as bigint) + (turn(x, 1n) ^ turn(x, 8n) ^ (x >> 7n)) + (words[i - 7] as bigint) + (turn(y, 19n) ^ turn(y, 61n) ^ (y >> 6n))) & WORD);
    }
    let [a, b, c, d, e, f, g, h] = state as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
    for (let i = 0; i < 80; i++) {
      const first = (h + (turn(e, 14n) ^ turn(e, 18n) ^ turn(e, 41n)) + ((e & f) ^ (~e & WORD & g)) + (constants[i] as bigint) + (words[i] as bigint)) & WORD;
      const second = (turn(a, 28n) ^ turn(a, 34n) ^ turn(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) & WORD, c, b, a, (first + second) & WORD];
    }
    for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = ((state[index] as bigint) + word) & WORD;
  }
  return state.map((word) => word.toString(16).padStart(16, '0')).join('');
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let word = index << 24;
  for (let bit = 0; bit < 8; bit++) word = word & 0x8000_0000 ? (word << 1) ^ 0x04c1_1db7 : word << 1;
  return word >>> 0;
});

/** POSIX cksum: the length comes after the bytes. */
export function cksum(bytes: Uint8Array): number {
  let crc = 0;
  const add = (byte: number): void => {
    crc = ((crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  };
  for (const byte of bytes) add(byte);
  for (let length = bytes.length; length > 0; length = Math.floor(length / 256)) add(length & 0xff);
  return ~crc >>> 0;
}

const REFLECTED = Uint32Array.from({ length: 256 }, (_, index) => {
  let word = index;
  for (let bit = 0; bit < 8; bit++) word = word & 1 ? (word >>> 1) ^ 0xedb8_8320 : word >>> 1;
  return word >>> 0;
});

/** The CRC-32 of gzip. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (REFLECTED[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}
