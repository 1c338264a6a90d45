/**
 * A binary heap whose entries can be found and removed by key. O(log n) for all changes.
 *
 * `before` must be a strict total order, so that what is popped next never depends on history.
 * Source: client-go/tools/cache/heap.go, pkg/scheduler/backend/heap/heap.go.
 */
export class Heap<T> {
  readonly #keyOf: (entry: T) => string;
  readonly #before: (a: T, b: T) => boolean;
  readonly #entries: T[] = [];
  readonly #positions = new Map<string, number>();

  constructor(keyOf: (entry: T) => string, before: (a: T, b: T) => boolean) {
    this.#keyOf = keyOf;
    this.#before = before;
  }

  get size(): number {
    return this.#entries.length;
  }

  has(key: string): boolean {
    return this.#positions.has(key);
  }

  get(key: string): T | undefined {
    const position = this.#positions.get(key);
    return position === undefined ? undefined : this.#entries[position];
  }

  peek(): T | undefined {
    return this.#entries[0];
  }

  /** Adds the entry, or puts it in the place of the one with its key. */
  push(entry: T): void {
    this.delete(this.#keyOf(entry));
    this.#entries.push(entry);
    this.#positions.set(this.#keyOf(entry), this.#entries.length - 1);
    this.#rise(this.#entries.length - 1);
  }

  pop(): T | undefined {
    const first = this.#entries[0];
    if (first !== undefined) this.delete(this.#keyOf(first));
    return first;
  }

  delete(key: string): boolean {
    const position = this.#positions.get(key);
    if (position === undefined) return false;
    this.#positions.delete(key);
    const last = this.#entries.pop() as T;
    if (position < this.#entries.length) {
      this.#place(last, position);
      this.#sink(position);
      this.#rise(position);
    }
    return true;
  }

  /** All entries, in no meaningful order. */
  values(): readonly T[] {
    return this.#entries;
  }

  #place(entry: T, position: number): void {
    this.#entries[position] = entry;
    this.#positions.set(this.#keyOf(entry), position);
  }

  #rise(from: number): void {
    let position = from;
    const entry = this.#entries[position] as T;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = this.#entries[parent] as T;
      if (!this.#before(entry, above)) break;
      this.#place(above, position);
      position = parent;
    }
    this.#place(entry, position);
  }

  #sink(from: number): void {
    let position = from;
    const entry = this.#entries[position] as T;
    for (;;) {
      let child = position * 2 + 1;
      if (child >= this.#entries.length) break;
      const right = child + 1;
      if (right < this.#entries.length && this.#before(this.#entries[right] as T, this.#entries[child] as T))
        child = right;
      const below = this.#entries[child] as T;
      if (!this.#before(below, entry)) break;
      this.#place(below, position);
      position = child;
    }
    this.#place(entry, position);
  }
}
