/**
 * Holds two benchmarks against each other: work has to be equal, number by number; cost is judged by medians of calibrated samples.
 *
 * Cost is noisy, so a difference counts only where the medians differ by more than the threshold and nearly every sample of one side lies beyond nearly every
 * sample of the other: of all pairs, at most one in twenty may be the other way round (the statistic of Mann and Whitney). With five runs on each side, chance
 * does that once in 126 times. Fewer than four are no ground for a verdict.
 */
import type { CostSample, PhaseWork } from './measure.ts';

/** What of a benchmark is compared. */
export interface Compared {
  readonly phases: Readonly<Record<string, { readonly work: PhaseWork; readonly costs: readonly CostSample[] }>>;
}

export interface WorkDifference {
  /** `phase.field`. */
  readonly path: string;
  readonly before: number;
  readonly now: number;
}

/** `unknown`: too few samples to tell. */
export type CostVerdict = 'same' | 'slower' | 'faster' | 'unknown';

export interface CostDifference {
  readonly phase: string;
  /** Absent: of the whole phase. */
  readonly component?: string;
  /** The median now against the median before: 1.1 is 10 % slower. */
  readonly ratio: number;
  readonly verdict: CostVerdict;
}

/** Which numbers of work differ; those that one side lacks count as 0. */
export function compareWork(before: Compared, now: Compared): WorkDifference[] {
  const phases = [...new Set([...Object.keys(before.phases), ...Object.keys(now.phases)])];
  return phases.flatMap((phase) => {
    const [old, next] = [flat(before.phases[phase]?.work), flat(now.phases[phase]?.work)];
    const fields = [...new Set([...old.keys(), ...next.keys()])].sort();
    return fields.flatMap((field) => {
      const [x, y] = [old.get(field) ?? 0, next.get(field) ?? 0];
      return x === y ? [] : [{ path: `${phase}.${field}`, before: x, now: y }];
    });
  });
}

function flat(value: object | undefined, prefix = ''): Map<string, number> {
  const fields = new Map<string, number>();
  for (const [name, inner] of Object.entries(value ?? {})) {
    if (typeof inner === 'number') fields.set(prefix + name, inner);
    else for (const [path, number] of flat(inner as object, `${prefix}${name}.`)) fields.set(path, number);
  }
  return fields;
}

/** Judges the cost of each phase that both have, as a whole and by component. `threshold`: 0.05 flags from 5 % on. */
export function compareCost(before: Compared, now: Compared, threshold = 0.05): CostDifference[] {
  return Object.keys(now.phases).flatMap((phase) => {
    const [old = [], next = []] = [before.phases[phase]?.costs, now.phases[phase]?.costs];
    if (old.length === 0 || next.length === 0) return [];
    const components = Object.keys(next[0]?.components ?? {});
    return [
      { phase, ...judged(calibrated(old), calibrated(next), threshold) },
      ...components.map((component) => ({ phase, component, ...judged(calibrated(old, component), calibrated(next, component), threshold) })),
    ];
  });
}

function judged(old: readonly number[], next: readonly number[], threshold: number): { readonly ratio: number; readonly verdict: CostVerdict } {
  const ratio = quantile(next, 0.5) / quantile(old, 0.5);
  if (old.length < SAMPLES_MIN || next.length < SAMPLES_MIN) return { ratio, verdict: 'unknown' };
  const beyond = (x: number, y: number): number => (y > x ? 1 : y === x ? 0.5 : 0);
  const greater = next.reduce((pairs, y) => pairs + old.reduce((sum, x) => sum + beyond(x, y), 0), 0) / (old.length * next.length);
  const isApart = greater >= APART || greater <= 1 - APART;
  return { ratio, verdict: !isApart || Math.abs(ratio - 1) <= threshold ? 'same' : ratio > 1 ? 'slower' : 'faster' };
}

/** Which part of all pairs has to agree, and how many samples that needs. */
const APART = 0.95;
const SAMPLES_MIN = 4;

/** Samples in calibrations, sorted: of the whole, or of one component. */
function calibrated(costs: readonly CostSample[], component?: string): number[] {
  const values = costs.map(({ cost, calibration, components }) => (component === undefined ? cost : (components[component] ?? 0)) / (calibration > 0 ? calibration : 1));
  return values.sort((a, b) => a - b);
}

/** A quantile of sorted numbers, between neighbours in proportion. */
export function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const low = Math.floor(at);
  const [x = 0, y = x] = [sorted[low], sorted[low + 1]];
  return x + (y - x) * (at - low);
}
