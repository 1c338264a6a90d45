/**
 * Assertions that stay on.
 *
 * A failed assertion is a programmer's error: the run stops and says where. Operating outcomes (a lost message, a refused
 * write) are values and never come this way.
 */

/** Thrown when something that must hold does not. The message says what must hold. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Stops the run unless `condition` holds. `claim` says what must hold, as a sentence without a full stop. */
export function assert(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new AssertionError(`must hold: ${claim}`);
}

/** Closes a `switch` over a union: the compiler complains when a case is missing. */
export function unreachable(value: never): never {
  throw new AssertionError(`must not be reached: ${String((value as { kind?: unknown })?.kind ?? value)}`);
}

/** Is this a promise, or something that passes for one? */
export function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
