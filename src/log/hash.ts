/**
 * The log's hashes.
 *
 * Each record is mixed into a running 64-bit hash (two 32-bit lanes, multiply-and-rotate as in MurmurHash3 and xxHash32):
 * fast enough to be always on, so two runs can be compared by one number and a replay notices the first record that
 * differs. Blocks are chained with SHA-256, which a machine's own implementation may take over (`Sha256`); the one here
 * needs nothing and gives the same digests. Neither hash is meant to withstand an attacker who can rewrite the whole log.
 */

/** Makes a running SHA-256. The edge may inject the platform's. */
export type Sha256 = () => { update(bytes: Uint8Array): void; digest(): Uint8Array };

const A1 = 0x9e3779b1 | 0;
const B1 = 0x85ebca77 | 0;
const B2 = 0x27d4eb2f | 0;

/** A running 64-bit hash over 32-bit words. Documented in docs/log-format.md, section "Chain hash". */
export class Chain {
  /** The first lane, as a signed 32-bit number. */
  a: number;
  /** The second lane, as a signed 32-bit number. */
  b: number;

  constructor(a = 0x6b756265, b = 0x7477696e) {
    this.a = a | 0;
    this.b = b | 0;
  }

  /** Mixes one 32-bit word into both lanes. */
  word(w: number): void {
    const a = Math.imul(this.a ^ w, A1);
    const b = Math.imul((this.b + w) | 0, B1);
    this.a = (((a << 13) | (a >>> 19)) + b) | 0;
    this.b = Math.imul(b ^ (b >>> 15), B2) ^ a;
  }

  /** Mixes a whole number in [-2^53, 2^53] as two words, the low one first. */
  number(value: number): void {
    this.word(value | 0);
    this.word(Math.floor(value / 4294967296) | 0);
  }

  /**
   * Mixes bytes as little-endian words, the last one padded with zeros. The length is not mixed: callers do that.
   * About 2 ns a word.
   */
  bytes(view: DataView, start: number, end: number): void {
    let a = this.a;
    let b = this.b;
    let at = start;
    const whole = end - 3;
    for (; at < whole; at += 4) {
      const w = view.getInt32(at, true);
      const x = Math.imul(a ^ w, A1);
      const y = Math.imul((b + w) | 0, B1);
      a = (((x << 13) | (x >>> 19)) + y) | 0;
      b = Math.imul(y ^ (y >>> 15), B2) ^ x;
    }
    this.a = a;
    this.b = b;
    if (at === end) return;
    let w = 0;
    for (let shift = 0; at < end; at++, shift += 8) w |= view.getUint8(at) << shift;
    this.word(w);
  }

  /** Ends a record: every bit of the lanes reaches every other. */
  finish(): void {
    let a = this.a ^ (this.b >>> 7);
    a = Math.imul(a ^ (a >>> 16), 0x85ebca6b);
    a = Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
    let b = (this.b + a) | 0;
    b = Math.imul(b ^ (b >>> 16), 0x7feb352d);
    b = Math.imul(b ^ (b >>> 15), 0x846ca68b);
    this.a = a ^ (a >>> 16);
    this.b = b ^ (b >>> 16);
  }

  /** The hash as 16 hexadecimal digits. */
  hex(): string {
    return hex32(this.a) + hex32(this.b);
  }

  /** A copy that continues on its own. */
  fork(): Chain {
    return new Chain(this.a, this.b);
  }

  /** The chain whose {@link hex} is `text`. */
  static parse(text: string): Chain {
    return new Chain(Number.parseInt(text.slice(0, 8), 16), Number.parseInt(text.slice(8, 16), 16));
  }
}

/** FNV-1a over the UTF-8 bytes of a name: how actors and kinds enter the chain. */
export function hashName(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash;
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}

/** Bytes as hexadecimal digits. */
export function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
