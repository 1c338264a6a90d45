/**
 * Answers about nodes that many pods would get alike.
 *
 * A plugin may promise that its answer depends only on a text (the pod's class) and on the row. The cache then keeps the
 * answer per class and row; when the class is asked for again it forgets those of the rows that changed since, which it
 * finds by following the snapshot's list of latest changes. So whoever goes through the nodes reads one array and
 * not the rows themselves. Slots of removed rows are used again, but a row that gets one counts as changed.
 * Bounded: the least recently used class gives way.
 */
import type { Snapshot } from './snapshot.ts';
import type { Status } from './status.ts';

const CLASSES_MAX = 32;

/** What a class knows of a row. */
export const UNKNOWN = 0;
export const PASSES = 1;
export const REFUSED = 2;

/** Answers by slot. */
class ClassAnswers {
  /** What is known of each row: {@link UNKNOWN} or something else. */
  known: Uint8Array;
  #generation: number;

  constructor({ slots, generation }: Snapshot) {
    this.known = new Uint8Array(slots);
    this.#generation = generation;
  }

  /** Forgets the rows that changed since the last call. */
  sync({ newest, slots, generation }: Snapshot): void {
    if (this.known.length < slots) this.grow(slots);
    for (let row = newest; row !== undefined && row.generation > this.#generation; row = row.older) {
      if (row.slot >= 0) this.known[row.slot] = UNKNOWN;
    }
    this.#generation = generation;
  }

  protected grow(slots: number): void {
    const { known } = this;
    this.known = new Uint8Array(slots);
    this.known.set(known);
  }
}

/** What the filters of a class say: {@link PASSES} or {@link REFUSED}, and why. */
export class FilterClass extends ClassAnswers {
  /** Of the rows that are refused; filled up, so that the array stays a dense one wherever the first refusal is. */
  readonly statuses: (Status | undefined)[];

  constructor(snapshot: Snapshot) {
    super(snapshot);
    this.statuses = new Array<Status | undefined>(snapshot.slots).fill(undefined);
  }

  protected override grow(slots: number): void {
    super.grow(slots);
    while (this.statuses.length < slots) this.statuses.push(undefined);
  }
}

/** What the scores of a class are; {@link PASSES} marks those that are known. */
export class ScoreClass extends ClassAnswers {
  /** Per row, one score for each of the class's plugins. */
  readonly scores: Float64Array[];

  constructor(snapshot: Snapshot, plugins: number) {
    super(snapshot);
    this.scores = Array.from({ length: plugins }, () => new Float64Array(snapshot.slots));
  }

  protected override grow(slots: number): void {
    super.grow(slots);
    this.scores.forEach((old, column) => {
      const grown = new Float64Array(slots);
      grown.set(old);
      this.scores[column] = grown;
    });
  }
}

/** The classes that were used latest. */
class RecentClasses<T> {
  readonly #classes = new Map<string, T>();
  #latestKey = '';
  #latest: T | undefined = undefined;

  /** Looks a class up, making it when it is new, and marks it as the latest used. */
  recall(key: string, make: () => T): T {
    // Mostly one pod after another is of the same class.
    if (this.#latest !== undefined && key === this.#latestKey) return this.#latest;
    let found = this.#classes.get(key);
    if (found === undefined) {
      found = make();
      if (this.#classes.size >= CLASSES_MAX) this.#dropOldest();
    } else this.#classes.delete(key);
    this.#classes.set(key, found);
    this.#latestKey = key;
    this.#latest = found;
    return found;
  }

  #dropOldest(): void {
    for (const oldest of this.#classes.keys()) {
      this.#classes.delete(oldest);
      return;
    }
  }
}

export class ClassCache {
  readonly #filters = new RecentClasses<FilterClass>();
  readonly #scores = new RecentClasses<ScoreClass>();

  filterClass(key: string, snapshot: Snapshot): FilterClass {
    const found = this.#filters.recall(key, () => new FilterClass(snapshot));
    found.sync(snapshot);
    return found;
  }

  scoreClass(key: string, snapshot: Snapshot, plugins: number): ScoreClass {
    const found = this.#scores.recall(key, () => new ScoreClass(snapshot, plugins));
    found.sync(snapshot);
    return found;
  }
}
