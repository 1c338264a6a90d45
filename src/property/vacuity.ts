/**
 * The vacuity guard: a property that never had anything to judge, and a mark that no run reached, turn a campaign red.
 */
import type { Counts } from './sometimes.ts';
import type { Property } from './property.ts';

/** What a campaign proved nothing about, in words; empty when all is well. `hits` and `marks` are sums over all runs. */
export function vacuous(properties: readonly Property[], hits: Counts, marks: Counts): readonly string[] {
  const found: string[] = [];
  for (const { name, mayBeVacuous } of properties) {
    if (mayBeVacuous !== true && (hits[name] ?? 0) === 0) found.push(`property "${name}" never had anything to judge`);
  }
  for (const [name, count] of Object.entries(marks)) if (count === 0) found.push(`mark "${name}" was never reached`);
  return found;
}
