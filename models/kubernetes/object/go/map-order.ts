/**
 * JSON as Go writes what it holds in maps: members in the order of their names. What is kept as text on upstream (the data of a
 * ControllerRevision) is compared byte by byte by clients. Source: encoding/json (`mapEncoder`).
 */

/** The same value, with the members of all its objects in the order of their names. */
export function inMapOrder<T>(value: T): T {
  if (Array.isArray(value)) return value.map(inMapOrder) as T;
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.keys(fields).sort().map((name) => [name, inMapOrder(fields[name])])) as T;
}
