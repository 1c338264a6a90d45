/**
 * Plain values on one line of a terminal.
 */
import { canonical } from '../log/canonical.ts';
import type { Json } from '../log/record.ts';

/** A value as text, cut after `most` characters; `nothing` when it is absent. */
export function shownValue(value: Json | undefined, most = 200): string {
  if (value === undefined) return 'nothing';
  const text = canonical(value);
  return text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text;
}
