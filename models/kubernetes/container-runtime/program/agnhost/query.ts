/** The parts of a request's path, as Go's `FormValue` reads them. */
export function queryOf(path: string): { readonly name: string; readonly get: (key: string) => string } {
  const [name = '/', query = ''] = path.split('?', 2);
  const values = new Map<string, string>();
  for (const part of query.split('&')) {
    const [key = '', value = ''] = part.split('=', 2);
    if (!values.has(key)) values.set(key, decoded(value));
  }
  return { name, get: (key) => values.get(key) ?? '' };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
