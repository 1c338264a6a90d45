/**
 * Bounds of a run. Everything has one; hitting it is an event with a name in the log, and the run ends there.
 */

export interface Bounds {
  /** Waiting events. More means that something produces faster than anybody consumes. */
  readonly pendingMax: number;
  /** Effects of one step. */
  readonly effectsPerStepMax: number;
  /** Steps of the whole run. */
  readonly stepsMax: number;
  /** Virtual time of the whole run, in µs. */
  readonly timeMax: number;
}

/** Generous defaults: a 5,000-node cluster stays far below them, a runaway loop meets them within seconds or minutes. */
export const BOUNDS: Bounds = {
  pendingMax: 20_000_000,
  effectsPerStepMax: 1_000_000,
  stepsMax: Number.MAX_SAFE_INTEGER,
  timeMax: Number.MAX_SAFE_INTEGER,
};

/** The bound that a run has hit, if any. */
export function boundHit(bounds: Bounds, pending: number, steps: number, time: number): string | undefined {
  if (pending > bounds.pendingMax) return `pending events > ${bounds.pendingMax}`;
  if (steps >= bounds.stepsMax) return `steps ≥ ${bounds.stepsMax}`;
  if (time > bounds.timeMax) return `virtual time > ${bounds.timeMax} µs`;
  return undefined;
}
