/**
 * Answers about nodes that many pods would get alike.
 *
 * A plugin may promise that its answer depends only on a text (the pod's class) and on the row. The cache then keeps,
 * per class and row, the answer together with the row's generation; a row that changed since is asked again.
 * Generations
 * are never reused, and slots of removed rows are, so a stale answer cannot be taken for a fresh one.
 * Bounded: the least recently used class gives way.
 */
import type { NodeInfo } from './node-info.ts';
import type { Status } from './status.ts';

const CLASSES_MAX = 32;

export interface FilterClass {
  readonly generations: number[];
  readonly statuses: (Status | undefined)[];
}

export interface ScoreClass {
  readonly generations: number[];
  /** Per row, one score for each of the class's plugins. */
  readonly scores: Float64Array[];
}

/** Looks a class up, making it when it is new, and marks it as the latest used. */
const recall = <T>(classes: Map<string, T>, key: string, make: () => T): T => {
  let found = classes.get(key);
  if (found === undefined) {
    found = make();
    if (classes.size >= CLASSES_MAX) {
      for (const oldest of classes.keys()) {
        classes.delete(oldest);
        break;
      }
    }
  } else {
    classes.delete(key);
  }
  classes.set(key, found);
  return found;
};

const filled = (length: number): number[] => new Array<number>(length).fill(-1);

export class ClassCache {
  readonly #filters = new Map<string, FilterClass>();
  readonly #scores = new Map<string, ScoreClass>();

  filterClass(key: string, slots: number): FilterClass {
    const found = recall(this.#filters, key, (): FilterClass => ({ generations: filled(slots), statuses: [] }));
    while (found.generations.length < slots) found.generations.push(-1);
    return found;
  }

  scoreClass(key: string, slots: number, plugins: number): ScoreClass {
    const found = recall(this.#scores, key, (): ScoreClass => {
      const scores = Array.from({ length: plugins }, () => new Float64Array(slots));
      return { generations: filled(slots), scores };
    });
    if (found.generations.length >= slots) return found;
    const scores = found.scores.map((old) => {
      const grown = new Float64Array(slots);
      grown.set(old);
      return grown;
    });
    const grown: ScoreClass = { generations: [...found.generations], scores };
    while (grown.generations.length < slots) grown.generations.push(-1);
    this.#scores.set(key, grown);
    return grown;
  }

  clear(): void {
    this.#filters.clear();
    this.#scores.clear();
  }
}

export const isFresh = (generations: readonly number[], row: NodeInfo): boolean =>
  generations[row.slot] === row.generation;
