/**
 * One text for one value: fields in order of their names, absent and empty ones left out.
 *
 * Template hashes and revision data are made of it. Upstream hashes a dump of Go structures; only stability and the form of
 * the hash are visible to users, so the dump is ours.
 */
import { fnv32a, safeEncodeString } from '../object/hash.ts';

/** A text that is equal exactly for semantically equal values. */
export function canonicalText(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return `"${value.replace(/[\\"]/g, '\\$&')}"`;
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  const fields = value as Record<string, unknown>;
  const parts: string[] = [];
  for (const name of Object.keys(fields).sort()) {
    const text = canonicalText(fields[name]);
    if (text !== 'null' && text !== '{}' && text !== '[]') parts.push(`"${name}":${text}`);
  }
  return `{${parts.join(',')}}`;
}

/** `ComputeHash`: FNV-1a over the text, with the collision count behind it when there is one, in the safe alphabet. */
export function templateHash(template: unknown, collisionCount: number | undefined): string {
  const text = canonicalText(template) + (collisionCount === undefined ? '' : `#${collisionCount}`);
  return safeEncodeString(String(fnv32a(text)));
}
