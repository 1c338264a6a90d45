/**
 * Whole numbers by topology pair (label key and value), the arithmetic of inter-pod affinity.
 *
 * Kept as one map per key, since a check knows the keys and looks up one value each. Entries carry how many additions
 * they consist of: a pair whose sum is zero is still there until every addition was taken back.
 */

interface Entry {
  sum: number;
  additions: number;
}

const NO_KEYS: readonly string[] = [];

export class TopologyCounts {
  readonly #byKey = new Map<string, Map<string, Entry>>();
  #entries = 0;
  #keys: readonly string[] | undefined = undefined;

  /** Whether nothing was added (or everything taken back). */
  get isEmpty(): boolean {
    return this.#entries === 0;
  }

  /** The keys that have entries. */
  get keys(): readonly string[] {
    if (this.#entries === 0) return NO_KEYS;
    return (this.#keys ??= [...this.#byKey.keys()]);
  }

  get(key: string, value: string): number {
    return this.#byKey.get(key)?.get(value)?.sum ?? 0;
  }

  /** All values of one key. */
  values(key: string): ReadonlyMap<string, { readonly sum: number }> | undefined {
    return this.#byKey.get(key);
  }

  /** Adds `amount` in `additions` steps; both are negated to take them back. */
  add(key: string, value: string, amount: number, additions: number): void {
    let values = this.#byKey.get(key);
    if (values === undefined) {
      values = new Map();
      this.#byKey.set(key, values);
      this.#keys = undefined;
    }
    const entry = values.get(value);
    if (entry === undefined) {
      values.set(value, { sum: amount, additions });
      this.#entries += 1;
      return;
    }
    entry.sum += amount;
    entry.additions += additions;
    if (entry.additions !== 0) return;
    values.delete(value);
    this.#entries -= 1;
    if (values.size > 0) return;
    this.#byKey.delete(key);
    this.#keys = undefined;
  }

  clear(): void {
    this.#byKey.clear();
    this.#entries = 0;
    this.#keys = undefined;
  }

  copy(): TopologyCounts {
    const copy = new TopologyCounts();
    for (const [key, values] of this.#byKey) {
      for (const [value, entry] of values) copy.add(key, value, entry.sum, entry.additions);
    }
    return copy;
  }
}

/** What one row adds to such counts: key, value, amount and number of additions. */
export type TopologyPart = readonly [key: string, value: string, amount: number, additions: number];

/** Collects a row's parts, merging those of the same key. */
export class RowParts {
  readonly #parts = new Map<string, [amount: number, additions: number]>();

  add(key: string, amount: number): void {
    const part = this.#parts.get(key);
    if (part === undefined) this.#parts.set(key, [amount, 1]);
    else {
      part[0] += amount;
      part[1] += 1;
    }
  }

  /** The parts with the row's label values; keys that the row lacks were never added. */
  list(labels: Readonly<Record<string, string>>): readonly TopologyPart[] | undefined {
    if (this.#parts.size === 0) return undefined;
    const list: TopologyPart[] = [];
    for (const [key, [amount, additions]] of this.#parts) list.push([key, labels[key] as string, amount, additions]);
    return list;
  }
}
