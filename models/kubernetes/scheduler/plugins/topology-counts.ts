/**
 * Whole numbers by topology pair (label key and value), the arithmetic of inter-pod affinity.
 *
 * Kept as one map per key, since a check knows the keys and looks up one value each. Entries carry how many additions
 * they consist of: a pair whose sum is zero is still there until every addition was taken back. What-if questions lay
 * their few changes over the counts of the whole cluster instead of copying them.
 */

interface Entry {
  sum: number;
  additions: number;
}

/** Counts that can be asked and changed. */
export interface Counts {
  /** Whether nothing was added, or everything taken back. */
  readonly isEmpty: boolean;
  /** The keys that may have entries. */
  readonly keys: readonly string[];
  get(key: string, value: string): number;
  /** Adds `amount` in `additions` steps; both are negated to take them back. */
  add(key: string, value: string, amount: number, additions: number): void;
  /** Counts that begin with these and may be changed without changing these. */
  overlay(): Counts;
}

const NO_KEYS: readonly string[] = [];

export class TopologyCounts implements Counts {
  readonly #byKey = new Map<string, Map<string, Entry>>();
  #entries = 0;
  #keys: readonly string[] | undefined = undefined;

  get isEmpty(): boolean {
    return this.#entries === 0;
  }

  /** Number of pairs that are there. */
  get entries(): number {
    return this.#entries;
  }

  get keys(): readonly string[] {
    if (this.#entries === 0) return NO_KEYS;
    return (this.#keys ??= [...this.#byKey.keys()]);
  }

  get(key: string, value: string): number {
    return this.#byKey.get(key)?.get(value)?.sum ?? 0;
  }

  /** How many additions the pair consists of. */
  additions(key: string, value: string): number {
    return this.#byKey.get(key)?.get(value)?.additions ?? 0;
  }

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

  overlay(): Counts {
    return new OverlayCounts(this, new TopologyCounts(), this.#entries);
  }

  /** An independent copy. */
  copy(): TopologyCounts {
    const copy = new TopologyCounts();
    for (const [key, values] of this.#byKey) {
      for (const [value, entry] of values) copy.add(key, value, entry.sum, entry.additions);
    }
    return copy;
  }
}

/** Changes on top of counts that stay as they are. */
class OverlayCounts implements Counts {
  readonly #below: TopologyCounts;
  readonly #changes: TopologyCounts;
  #entries: number;

  constructor(below: TopologyCounts, changes: TopologyCounts, entries: number) {
    this.#below = below;
    this.#changes = changes;
    this.#entries = entries;
  }

  get isEmpty(): boolean {
    return this.#entries === 0;
  }

  get keys(): readonly string[] {
    if (this.#changes.isEmpty) return this.#below.keys;
    return [...new Set([...this.#below.keys, ...this.#changes.keys])];
  }

  get(key: string, value: string): number {
    return this.#below.get(key, value) + this.#changes.get(key, value);
  }

  add(key: string, value: string, amount: number, additions: number): void {
    const before = this.#below.additions(key, value) + this.#changes.additions(key, value);
    const after = before + additions;
    if (before === 0 && after !== 0) this.#entries += 1;
    if (before !== 0 && after === 0) this.#entries -= 1;
    this.#changes.add(key, value, amount, additions);
  }

  overlay(): Counts {
    return new OverlayCounts(this.#below, this.#changes.copy(), this.#entries);
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
