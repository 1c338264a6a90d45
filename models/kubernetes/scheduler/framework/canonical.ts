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
