/**
 * Equality of CEL values: numbers across types, lists by position, maps by key.
 */
import { isObject } from '../patch/json-value.ts';

export function equalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === 'bigint' || typeof b === 'bigint') return (typeof a === 'number' || typeof a === 'bigint') && (typeof b === 'number' || typeof b === 'bigint') && a == b;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, at) => equalValues(item, b[at]));
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.prototype.hasOwnProperty.call(b, name) && equalValues(a[name], b[name]));
}
