/**
 * Structural equality of plain data, quick where versions share parts: what is the same reference is equal.
 */

/** Whether two plain values hold the same data. Members that are undefined count as absent. */
export function equal(x: unknown, y: unknown): boolean {
  if (x === y) return true;
  if (typeof x !== 'object' || typeof y !== 'object' || x === null || y === null) return false;
  if (Array.isArray(x)) {
    return Array.isArray(y) && x.length === y.length && x.every((item, at) => equal(item, y[at]));
  }
  if (Array.isArray(y)) return false;
  const left = x as Record<string, unknown>;
  const right = y as Record<string, unknown>;
  for (const key of Object.keys(left)) if (!equal(left[key], right[key])) return false;
  for (const key of Object.keys(right)) if (right[key] !== undefined && left[key] === undefined) return false;
  return true;
}
