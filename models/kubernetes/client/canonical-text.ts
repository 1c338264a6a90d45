/** One text for one value: fields in order of their names, absent and empty ones left out. */

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
