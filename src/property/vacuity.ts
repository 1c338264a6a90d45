/**
 * The vacuity guard: a property that never had anything to judge, and a mark that no run reached, turn a campaign red.
 */
import type { Counts } from './sometimes.ts';

/**
 * What a campaign proved nothing about, in words; empty when all is well. `hits` and `marks` are sums over all runs; properties that
 * may be vacuous are not among the hits when they were.
 */
export function vacuous(hits: Counts, marks: Counts, waived: readonly string[] = []): readonly string[] {
  const never = (counts: Counts): string[] => Object.keys(counts).filter((name) => counts[name] === 0 && !waived.includes(name));
  return [
    ...never(hits).map((name) => `property "${name}" never had anything to judge`),
    ...never(marks).map((name) => `mark "${name}" was never reached`),
  ];
}
