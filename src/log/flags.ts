/**
 * Numbered behaviours.
 *
 * Whenever the engine or a model changes what a run does (not merely how fast), the change gets the next number here and
 * asks `isOn` before it acts. A log lists the numbers it ran with, so old logs replay for ever with the behaviour they were
 * made by. Numbers are never reused, not even when their behaviour is retired (Temporal's `flags.ts` has the same rule).
 */

export interface Flag {
  readonly number: number;
  readonly name: string;
  /** The first version that has it. */
  readonly since: string;
  /** What a run does with it that it did not do before. */
  readonly does: string;
}

/** All behaviours, in the order of their numbers. */
export const FLAGS: readonly Flag[] = [
  { number: 1, name: 'ordered-links', since: '0.1.0', does: 'Messages of one sender to one receiver arrive in the order they were sent.' },
];

/**
 * True when the run that `flags` belong to has the behaviour.
 *
 * @public for the first behaviour that changes.
 */
export function isOn(flags: readonly number[], number: number): boolean {
  return flags.includes(number);
}
