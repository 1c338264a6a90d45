/** An associative array of awk, which is walked in the order of busybox' hash table: a script's output shows it. */
import type { Value } from './value.ts';

/** The sizes that a table has one after the other (busybox editors/awk.c). */
const SIZES = [61, 251, 1_021, 4_093, 16_381, 65_521];
/** Entries per list at which a table grows. */
const ENTRIES_PER_LIST = 10;

export class AwkArray extends Map<string, Value> {
  /** Keys as a walk finds them: list by list, in each the newest first. */
  order(): string[] {
    const keys = [...this.keys()];
    const size = SIZES.find((each) => keys.length / each <= ENTRIES_PER_LIST) ?? 65_521;
    const lists = new Map<number, string[]>();
    for (const key of keys) {
      const list = hash(key) % size;
      const found = lists.get(list);
      if (found === undefined) lists.set(list, [key]);
      else found.unshift(key);
    }
    return [...lists].sort(([a], [b]) => a - b).flatMap(([, list]) => list);
  }
}

function hash(key: string): number {
  let sum = 0;
  for (let at = 0; at < key.length; at++) sum = (key.charCodeAt(at) + Math.imul(sum, 63)) >>> 0;
  return sum;
}
