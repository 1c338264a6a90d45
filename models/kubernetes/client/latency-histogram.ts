/**
 * A histogram of durations in virtual time: exact below 64 µs, within 1/32 of the value above, at the cost of one increment a sample.
 *
 * Buckets are a fixed function of the value, integers only, so equal runs give equal numbers on every machine (the idea of HdrHistogram).
 */

/** What a histogram amounts to; µs. A percentile is the upper bound of the bucket that it falls into, and never more than `max`. */
export interface Percentiles {
  readonly count: number;
  readonly sum: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Each power of two is cut into so many buckets. */
const SUB = 32;
const SUB_BITS = 5;

export class LatencyHistogram {
  private readonly buckets: number[] = [];
  private count = 0;
  private sum = 0;
  private max = 0;

  /** Adds a duration of whole µs. */
  add(us: number): void {
    const at = bucketOf(us);
    this.buckets[at] = (this.buckets[at] ?? 0) + 1;
    this.count++;
    this.sum += us;
    if (us > this.max) this.max = us;
  }

  percentiles(): Percentiles {
    const { count, sum, max } = this;
    const [p50 = 0, p90 = 0, p99 = 0] = [0.5, 0.9, 0.99].map((part) => Math.min(max, this.at(Math.ceil(count * part))));
    return { count, sum, p50, p90, p99, max };
  }

  /** The upper bound of the bucket that holds the `rank`th smallest sample. */
  private at(rank: number): number {
    let seen = 0;
    for (let at = 0; at < this.buckets.length; at++) {
      seen += this.buckets[at] ?? 0;
      if (seen >= rank && seen > 0) return upperBound(at);
    }
    return 0;
  }
}

function bucketOf(us: number): number {
  if (us < 2 * SUB) return us;
  let exponent = 0;
  let value = us;
  while (value >= 2 * SUB) {
    value = Math.floor(value / 2);
    exponent++;
  }
  return exponent * SUB + value;
}

function upperBound(bucket: number): number {
  if (bucket < 2 * SUB) return bucket;
  const exponent = (bucket >> SUB_BITS) - 1;
  const value = bucket - exponent * SUB;
  return (value + 1) * 2 ** exponent - 1;
}
