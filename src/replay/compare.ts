/**
 * Comparing records and plain values: the first difference, as a JSON pointer with both sides.
 *
 * Where two lists differ by one item more, one less or two in another order, the difference says so: "an extra effect" tells
 * more than "effect 3 is another".
 */
import { escapePointer } from '../log/canonical.ts';
import type { Json, LogRecord } from '../log/record.ts';

/** How a list differs, when it is more than one changed value. */
export type Change = 'changed' | 'extra' | 'missing' | 'swapped';

/** The first difference of two values. An absent side is undefined. */
export interface Difference {
  /** RFC 6901. */
  readonly pointer: string;
  readonly expected: Json | undefined;
  readonly actual: Json | undefined;
  readonly change: Change;
}

/**
 * The fields of a record in the order in which they are compared. Effects come before choices, because an effect too many
 * also draws a latency; see {@link compareRecords} for a choice that is itself the cause.
 */
const FIELDS = ['time', 'via', 'actor', 'kind', 'from', 'cause', 'external', 'message', 'facts', 'effects', 'digest', 'choices'] as const;

/** The first difference of two records, or undefined when they are the same. */
export function compareRecords(expected: LogRecord, actual: LogRecord): Difference | undefined {
  for (const field of FIELDS) {
    const found = difference(expected[field] as unknown as Json, actual[field] as unknown as Json, `/${field}`);
    if (found === undefined) continue;
    return field === 'facts' || field === 'effects' || field === 'digest' ? (choiceBefore(expected, actual, found) ?? found) : found;
  }
  return undefined;
}

/**
 * The difference in choices, when it explains `found`: the step asked for something else than it did, rather than one latency
 * more or less for another number of messages.
 */
function choiceBefore(expected: LogRecord, actual: LogRecord, found: Difference): Difference | undefined {
  const i = expected.choices.findIndex((choice, k) => !isSame(choice as unknown as Json, actual.choices[k] as unknown as Json));
  const was = expected.choices[i];
  const is = actual.choices[i];
  if (was === undefined || is === undefined) return undefined;
  const isStructural = found.pointer.startsWith('/digest') || found.change !== 'changed' || found.pointer.endsWith('/target');
  if (was.kind === is.kind && isStructural) return undefined;
  return difference(was as unknown as Json, is as unknown as Json, `/choices/${i}`);
}

/** The first difference of two plain values, members in the order of their keys. Shared parts cost nothing. */
export function difference(expected: Json | undefined, actual: Json | undefined, pointer = ''): Difference | undefined {
  if (expected === actual) return undefined;
  if (typeof expected !== 'object' || typeof actual !== 'object' || expected === null || actual === null) {
    if (expected === undefined) return { pointer, expected, actual, change: 'extra' };
    return { pointer, expected, actual, change: actual === undefined ? 'missing' : 'changed' };
  }
  if (Array.isArray(expected) || Array.isArray(actual)) {
    if (!Array.isArray(expected) || !Array.isArray(actual)) return { pointer, expected, actual, change: 'changed' };
    return listDifference(expected, actual, pointer);
  }
  return memberDifference(expected as Members, actual as Members, pointer);
}

/** True when both values are the same plain data. */
export function isSame(x: Json | undefined, y: Json | undefined): boolean {
  return difference(x, y) === undefined;
}

type Members = { readonly [key: string]: Json | undefined };

function memberDifference(expected: Members, actual: Members, pointer: string): Difference | undefined {
  const keys = new Set(Object.keys(expected));
  let first: Difference | undefined;
  let firstKey: string | undefined;
  const consider = (key: string): void => {
    // What a thing is comes before how it is: a fact of another kind has other members, of course.
    if (firstKey === 'kind' || (firstKey !== undefined && key > firstKey && key !== 'kind')) return;
    const found = difference(expected[key], actual[key], `${pointer}/${escapePointer(key)}`);
    if (found !== undefined) [first, firstKey] = [found, key];
  };
  for (const key of keys) consider(key);
  for (const key of Object.keys(actual)) if (!keys.has(key)) consider(key);
  return first;
}

function listDifference(expected: readonly Json[], actual: readonly Json[], pointer: string): Difference | undefined {
  const length = Math.max(expected.length, actual.length);
  for (let i = 0; i < length; i++) {
    const found = difference(expected[i], actual[i], `${pointer}/${i}`);
    if (found === undefined) continue;
    const change = changeAt(expected, actual, i);
    if (change === 'changed') return found;
    return { pointer: `${pointer}/${i}`, expected: expected[i], actual: actual[i], change };
  }
  return undefined;
}

function changeAt(expected: readonly Json[], actual: readonly Json[], i: number): Change {
  if (actual.length > expected.length && isSameRun(expected, i, actual, i + 1)) return 'extra';
  if (actual.length < expected.length && isSameRun(expected, i + 1, actual, i)) return 'missing';
  const isSwapped =
    actual.length === expected.length &&
    i + 1 < actual.length &&
    isSame(expected[i], actual[i + 1]) &&
    isSame(expected[i + 1], actual[i]);
  return isSwapped ? 'swapped' : 'changed';
}

/** True when at least the next item after a gap fits, or nothing follows it. */
function isSameRun(expected: readonly Json[], e: number, actual: readonly Json[], a: number): boolean {
  if (e >= expected.length || a >= actual.length) return e >= expected.length && a >= actual.length;
  return isSame(expected[e], actual[a]);
}
