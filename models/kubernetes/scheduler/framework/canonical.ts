/**
 * A text for plain data: equal data written in the same key order gives equal text, different data different text.
 *
 * Used for class keys only, where a needless difference costs a cache entry and nothing else.
 */
export const canonicalText = (value: unknown): string => {
  if (value === undefined || value === null) return '~';
  if (typeof value === 'string') return `"${value.length}:${value}`;
  if (typeof value === 'number' || typeof value === 'boolean') return `#${String(value)}`;
  if (Array.isArray(value)) {
    let text = '[';
    for (const entry of value) text += `${canonicalText(entry)},`;
    return `${text}]`;
  }
  let text = '{';
  const record = value as Record<string, unknown>;
  for (const key in record) text += `${key.length}:${key}=${canonicalText(record[key])};`;
  return `${text}}`;
};

/** Whether two pieces of plain data are equal, key order aside. Shared parts are recognised by reference. */
export const sameData = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  let keys = 0;
  for (const key in left) {
    if (left[key] === undefined) continue;
    keys += 1;
    if (!sameData(left[key], right[key])) return false;
  }
  for (const key in right) if (right[key] !== undefined) keys -= 1;
  return keys === 0;
};
