/**
 * Delta debugging (Zeller and Hildebrandt, 2002): a subset of a list that still fails and from which no single item can go.
 */

/** Makes `items` small while `fails` stays true. `fails(items)` must be true; it is asked O(n²) times at worst, O(log n) at best. */
export function ddmin<T>(items: readonly T[], fails: (subset: readonly T[]) => boolean): readonly T[] {
  if (items.length > 0 && fails([])) return [];
  let kept = items;
  let parts = 2;
  while (kept.length >= 2) {
    const size = Math.ceil(kept.length / parts);
    let next: readonly T[] | undefined;
    for (let start = 0; start < kept.length && next === undefined; start += size) {
      const without = [...kept.slice(0, start), ...kept.slice(start + size)];
      if (fails(without)) next = without;
    }
    if (next !== undefined) {
      kept = next;
      parts = Math.max(2, parts - 1);
    } else if (size === 1) {
      break;
    } else {
      parts = Math.min(kept.length, parts * 2);
    }
  }
  return kept;
}

/** The least integer in [least, value] for which `fails` is true, if failing is monotone; a small failing one otherwise. */
export function smaller(value: number, least: number, fails: (value: number) => boolean): number {
  if (value <= least) return value;
  if (fails(least)) return least;
  let [passing, failing] = [least, value];
  while (failing - passing > 1) {
    const middle = Math.floor((passing + failing) / 2);
    if (fails(middle)) failing = middle;
    else passing = middle;
  }
  return failing;
}
