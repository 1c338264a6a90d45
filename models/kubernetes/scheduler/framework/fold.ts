/**
 * Sums over all nodes that are kept up to date instead of being recomputed for every pod.
 *
 * Upstream's topology spread and inter-pod affinity walk every node for every pod. Their sums depend only on a small
 * text (the "class": selectors, namespaces, keys) and on the rows; so one fold per class remembers each row's
 * contribution and, when asked again, replaces only those of rows that changed since. The result is the same as a
 * fresh walk because a contribution is a pure function of (class, row) and the sums are integers.
 * Cost: O(rows changed) per cycle, O(nodes) on first use and when the node set changes.
 */
import type { NodeInfo } from './node-info.ts';
import type { Snapshot } from './snapshot.ts';

/** Something that can be added to and taken from a sum. `contribution` returns undefined for nothing. */
export interface Folding<C> {
  contribution(row: NodeInfo): C | undefined;
  apply(contribution: C, sign: 1 | -1): void;
  /** Forgets all sums. */
  reset(): void;
}

class Fold<C, T extends Folding<C>> {
  readonly folding: T;
  #contributions: (C | undefined)[] = [];
  #generation = -1;
  #epoch = -1;

  constructor(folding: T) {
    this.folding = folding;
  }

  sync(snapshot: Snapshot): void {
    if (this.#epoch !== snapshot.epoch) {
      this.#epoch = snapshot.epoch;
      this.#contributions = new Array<C | undefined>(snapshot.slots).fill(undefined);
      this.folding.reset();
      for (const row of snapshot.nodes) this.#replace(row);
    } else {
      let row = snapshot.newest;
      while (row !== undefined && row.generation > this.#generation) {
        if (row.index >= 0) this.#replace(row);
        row = row.older;
      }
    }
    this.#generation = snapshot.generation;
  }

  #replace(row: NodeInfo): void {
    const old = this.#contributions[row.slot];
    if (old !== undefined) this.folding.apply(old, -1);
    const contribution = this.folding.contribution(row);
    this.#contributions[row.slot] = contribution;
    if (contribution !== undefined) this.folding.apply(contribution, 1);
  }
}

/** How many classes are remembered; beyond that the least recently used one is rebuilt when it comes again. */
const FOLDS_MAX = 64;

/** The folds of one scheduler by class. */
export class FoldCache {
  // Folds of different kinds share the map; the class text begins with the kind.
  readonly #folds = new Map<string, Fold<unknown, Folding<unknown>>>();

  /** The fold of this class, up to date. `key` must determine everything that `make` puts into the folding. */
  get<C, T extends Folding<C>>(key: string, snapshot: Snapshot, make: () => T): T {
    let fold = this.#folds.get(key) as Fold<C, T> | undefined;
    if (fold === undefined) {
      fold = new Fold<C, T>(make());
      if (this.#folds.size >= FOLDS_MAX) {
        for (const oldest of this.#folds.keys()) {
          this.#folds.delete(oldest);
          break;
        }
      }
    } else {
      this.#folds.delete(key);
    }
    this.#folds.set(key, fold as unknown as Fold<unknown, Folding<unknown>>);
    fold.sync(snapshot);
    return fold.folding;
  }
}
