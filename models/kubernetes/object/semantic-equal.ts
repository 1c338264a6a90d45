/** Equality of plain data as Go's structs compare after decoding: a member that is absent and one that has its type's zero value are one. */
import { equal } from './equal.ts';

export function semanticEqual(a: unknown, b: unknown): boolean {
  if (equal(a, b) || (isZero(a) && isZero(b))) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((name) => semanticEqual(left[name], right[name]));
}

export function isZero(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isZero);
  return value === undefined || value === null || value === '' || value === 0 || value === false;
}
