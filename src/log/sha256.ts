/**
 * SHA-256 (FIPS 180-4) in plain code: about 12 ns a byte. The fallback where no platform implementation is injected (a
 * browser's worker has none that is synchronous).
 */
import type { Sha256 } from './hash.ts';

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes, by integer arithmetic. */
const K: Int32Array = roundConstants();

function roundConstants(): Int32Array {
  const constants = new Int32Array(64);
  let found = 0;
  for (let n = 2; found < 64; n++) {
    let isPrime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) isPrime = false;
    if (isPrime) constants[found++] = rootFraction(BigInt(n), 3n);
  }
  return constants;
}

/** floor(frac(n^(1/k)) * 2^32): the integer k-th root of n * 2^(32k), of which the low 32 bits count. */
function rootFraction(n: bigint, k: bigint): number {
  const target = n << (32n * k);
  let low = 0n;
  let high = 1n << 40n;
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** k <= target) low = middle;
    else high = middle - 1n;
  }
  return Number(BigInt.asIntN(32, low));
}

const INITIAL: readonly number[] = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n].map((prime) => rootFraction(prime, 2n));

/** Makes a running SHA-256. */
export const sha256: Sha256 = () => {
  const state = Int32Array.from(INITIAL);
  const schedule = new Int32Array(64);
  const block = new Uint8Array(64);
  let filled = 0;
  let total = 0;
  const update = (bytes: Uint8Array): void => {
    total += bytes.length;
    let at = 0;
    while (at < bytes.length) {
      if (filled === 0 && bytes.length - at >= 64) {
        compress(state, schedule, bytes, at);
        at += 64;
        continue;
      }
      const take = Math.min(64 - filled, bytes.length - at);
      block.set(bytes.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled < 64) continue;
      compress(state, schedule, block, 0);
      filled = 0;
    }
  };
  return {
    update,
    digest: () => {
      const bits = total * 8;
      const padding = new Uint8Array(((filled < 56 ? 56 : 120) - filled) + 8);
      padding[0] = 0x80;
      const view = new DataView(padding.buffer);
      view.setUint32(padding.length - 8, Math.floor(bits / 4294967296));
      view.setUint32(padding.length - 4, bits >>> 0);
      update(padding);
      const digest = new Uint8Array(32);
      const out = new DataView(digest.buffer);
      state.forEach((word, i) => out.setInt32(i * 4, word));
      return digest;
    },
  };
};

function compress(state: Int32Array, w: Int32Array, bytes: Uint8Array, start: number): void {
  for (let i = 0; i < 16; i++) {
    const at = start + i * 4;
    w[i] =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number);
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number;
    const y = w[i - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (K[i] as number) + (w[i] as number)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  const next = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i++) state[i] = ((state[i] as number) + (next[i] as number)) | 0;
}
