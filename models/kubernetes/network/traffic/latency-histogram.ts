/**
 * Latencies in buckets that grow by an eighth of a power of two: quantiles within 12.5 %, whatever their number.
 * Integers only, so that every machine gives the same numbers.
 */

/** Buckets per power of two. */
const STEPS = 8;

export class LatencyHistogram {
  readonly #counts = new Map<number, number>();
  #total = 0;
  #max = 0;
  #min = Number.MAX_SAFE_INTEGER;

  /** Adds one latency in µs. */
  add(latency: number): void {
    this.#total += 1;
    this.#max = Math.max(this.#max, latency);
    this.#min = Math.min(this.#min, latency);
    const bucket = bucketOf(latency);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
  }

  get count(): number {
    return this.#total;
  }

  get max(): number {
    return this.#max;
  }

  get min(): number {
    return this.#total === 0 ? 0 : this.#min;
  }

  /** The least upper bound of a bucket below which `percent` of the latencies lie, at most the greatest latency. */
  quantile(percent: number): number {
    const rank = Math.ceil((this.#total * percent) / 100);
    let seen = 0;
    for (const bucket of [...this.#counts.keys()].sort((a, b) => a - b)) {
      seen += this.#counts.get(bucket) as number;
      if (seen >= rank) return Math.min(upperBound(bucket), this.#max);
    }
    return this.#max;
  }
}

function bucketOf(latency: number): number {
  if (latency < STEPS) return latency;
  const power = 31 - Math.clz32(latency);
  return power * STEPS + (Math.floor(latency / 2 ** (power - 3)) - STEPS);
}

function upperBound(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const power = Math.floor(bucket / STEPS);
  return (STEPS + (bucket % STEPS) + 1) * 2 ** (power - 3) - 1;
}
