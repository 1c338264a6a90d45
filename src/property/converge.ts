/**
 * Liveness: once the faults have stopped, the system reaches its goal in bounded time, and stays there.
 *
 * Reaching is not enough (a flapping controller passes by the goal again and again), so the goal has to hold at every moment of a
 * further window (Anvil's eventually stable reconciliation). When it is not reached, the pending reasons say what is missing.
 */
import type { Kernel } from '../kernel/kernel.ts';

/** A goal, and how long it may take. */
export interface Convergence {
  readonly name: string;
  /** What is still missing, one sentence each; empty when the goal holds. Asked whenever time moves on; should be cheap. */
  readonly pending: () => readonly string[];
  /** Virtual µs until the goal has to be reached. */
  readonly within: number;
  /** Virtual µs for which it then has to hold. */
  readonly stay: number;
  /** Looks at the goal at most once in so many µs of virtual time. Default 0: at each moment at which something happens. */
  readonly every?: number;
}

export type Convergent =
  | { readonly kind: 'converged'; /** When the goal was reached, in µs. */ readonly at: number }
  | { readonly kind: 'pending' | 'lost'; readonly at: number; readonly reasons: readonly string[] }
  | { readonly kind: 'stopped'; readonly at: number; readonly reason: string };

/** How many reasons are kept; there are as many as objects. */
const REASONS_MAX = 20;

/** Runs `kernel` on from now until the goal was reached and has held, or has failed to. Faults must have been healed before. */
export function converge(kernel: Kernel, goal: Convergence): Convergent {
  const deadline = kernel.now + goal.within;
  const stopped = runUntil(kernel, deadline, goal, () => goal.pending().length === 0);
  if (stopped !== undefined) return stopped;
  const missing = goal.pending();
  if (missing.length > 0) return { kind: 'pending', at: kernel.now, reasons: missing.slice(0, REASONS_MAX) };
  const reached = kernel.now;
  const left = runUntil(kernel, reached + goal.stay, goal, () => goal.pending().length > 0);
  if (left !== undefined) return left;
  const lost = goal.pending();
  if (lost.length > 0) return { kind: 'lost', at: kernel.now, reasons: lost.slice(0, REASONS_MAX) };
  return { kind: 'converged', at: reached };
}

/** In words, for a violation. */
export function describeConvergence(goal: Convergence, result: Convergent): string {
  switch (result.kind) {
    case 'converged':
      return `${goal.name}: reached at ${result.at} µs`;
    case 'pending':
      return `${goal.name}: not reached within ${goal.within} µs; pending: ${result.reasons.join('; ')}`;
    case 'lost':
      return `${goal.name}: reached, but did not stay; at ${result.at} µs: ${result.reasons.join('; ')}`;
    case 'stopped':
      return `${goal.name}: the run was stopped: ${result.reason}`;
  }
}

/** Runs to `deadline`, looking at `isDone` whenever time has moved on; undefined unless the run was stopped. */
function runUntil(kernel: Kernel, deadline: number, goal: Convergence, isDone: () => boolean): Convergent | undefined {
  let looked = -1;
  const isUndone = (): boolean => {
    const next = kernel.nextTime;
    if (next === kernel.now || (looked >= 0 && next < looked + (goal.every ?? 0))) return true;
    looked = next;
    return !isDone();
  };
  const outcome = kernel.run({ until: deadline, while: isUndone });
  if (outcome.kind === 'stopped') return { kind: 'stopped', at: kernel.now, reason: outcome.reason };
  if (outcome.kind === 'bound') return { kind: 'stopped', at: kernel.now, reason: outcome.bound };
  return undefined;
}
