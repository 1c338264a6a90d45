/**
 * A set of small integers, from which fixed or random members are taken.
 *
 * Random members come from above the static band first: the band is for people who choose numbers themselves.
 * Source: pkg/registry/core/service/allocator/bitmap.go (`AllocateNext` with an offset).
 */
export class RangeAllocator {
  private readonly used = new Set<number>();
  /** Those in use that others were seen to hold, and may have given back since. */
  private seen: ReadonlySet<number> = new Set();
  private readonly size: number;
  private readonly band: number;

  /** Members are 0 to `size` − 1; the first `band` are the static band. */
  constructor(size: number, band: number) {
    this.size = size;
    this.band = band;
  }

  covers(member: number): boolean {
    return Number.isInteger(member) && member >= 0 && member < this.size;
  }

  /** Takes a member; false when it is in use or outside the range. */
  take(member: number): boolean {
    if (!this.covers(member) || this.used.has(member)) return false;
    this.used.add(member);
    return true;
  }

  release(member: number): void {
    this.used.delete(member);
  }

  /** Others hold these now; what they held when they were last seen, and do no longer, is free. */
  observe(held: ReadonlySet<number>): void {
    for (const member of this.seen) if (!held.has(member)) this.used.delete(member);
    // What was taken here before it was seen stays taken until it is given back here.
    this.seen = new Set([...held].filter((member) => this.seen.has(member) || this.take(member)));
  }

  /** Takes a random free member, or none when all are in use. */
  draw(choose: (n: number) => number): number | undefined {
    return this.drawFrom(this.band, this.size, choose) ?? this.drawFrom(0, this.band, choose);
  }

  /** Begins at a random place and takes the next free member from there, around the end. */
  private drawFrom(low: number, high: number, choose: (n: number) => number): number | undefined {
    const count = high - low;
    if (count <= 0) return undefined;
    const start = choose(count);
    for (let step = 0; step < count; step++) {
      const member = low + ((start + step) % count);
      if (this.take(member)) return member;
    }
    return undefined;
  }
}
