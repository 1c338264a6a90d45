/**
 * JSON values as CEL sees them when no schema says more: whole numbers are ints.
 */
import { isObject } from '../patch/json-value.ts';

export function jsonToCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(jsonToCel);
  if (!isObject(value)) return value ?? null;
  const out: Record<string, unknown> = {};
  for (const name of Object.keys(value)) if (value[name] !== undefined) out[name] = jsonToCel(value[name]);
  return out;
}
