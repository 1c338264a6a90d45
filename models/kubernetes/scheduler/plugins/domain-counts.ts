/**
 * How many matching pods each topology domain holds, kept as the cluster changes, with the least count at hand.
 *
 * One instance serves one constraint. A domain exists as long as some node that counts has its value, however few pods
 * are there. The least count comes from a histogram of counts, so reading it does not walk the domains (a hostname
 * constraint has thousands).
 */
export class DomainCounts {
  readonly #counts = new Map<string, number>();
  readonly #nodes = new Map<string, number>();
  readonly #histogram = new Map<number, number>();
  #least = 0;

  /** Number of domains. */
  get size(): number {
    return this.#nodes.size;
  }

  /** Matching pods in the domain; 0 for one that does not exist. */
  count(value: string): number {
    return this.#counts.get(value) ?? 0;
  }

  /** The least count of any domain; 0 when there is none. */
  least(): number {
    if (this.#nodes.size === 0) return 0;
    while (!this.#histogram.has(this.#least)) this.#least += 1;
    return this.#least;
  }

  /** A node of the domain appears (`sign` 1) or goes (-1) together with its pods. */
  node(value: string, pods: number, sign: 1 | -1): void {
    const nodes = (this.#nodes.get(value) ?? 0) + sign;
    const before = this.#counts.get(value);
    if (before !== undefined) this.#tally(before, -1);
    if (nodes === 0) {
      this.#nodes.delete(value);
      this.#counts.delete(value);
      return;
    }
    this.#nodes.set(value, nodes);
    const after = (before ?? 0) + sign * pods;
    this.#counts.set(value, after);
    this.#tally(after, 1);
  }

  clear(): void {
    this.#counts.clear();
    this.#nodes.clear();
    this.#histogram.clear();
    this.#least = 0;
  }

  /** The least count if the domain's own count were changed by `delta`. Used for what-if questions about one node. */
  leastWith(value: string, delta: number): number {
    if (delta === 0) return this.least();
    const own = this.#counts.get(value);
    const changed = (own ?? 0) + delta;
    if (own === undefined) return this.#nodes.size === 0 ? changed : Math.min(this.least(), changed);
    if (this.#nodes.size === 1) return changed;
    let others = this.least();
    if (others === own && this.#histogram.get(own) === 1) {
      let next = Number.POSITIVE_INFINITY;
      for (const count of this.#histogram.keys()) if (count !== own && count < next) next = count;
      others = next;
    }
    return Math.min(others, changed);
  }

  #tally(count: number, sign: 1 | -1): void {
    const domains = (this.#histogram.get(count) ?? 0) + sign;
    if (domains === 0) this.#histogram.delete(count);
    else this.#histogram.set(count, domains);
    if (sign === 1 && count < this.#least) this.#least = count;
  }
}
