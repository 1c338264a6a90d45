/**
 * Paths inside a container: always absolute, `/`-separated, without `.`, `..` or empty parts once normalised.
 *
 * Symbolic links are not looked at here; `tree.ts` resolves them while it walks. Written by hand because `node:path`
 * is not available to a simulation that also runs in a browser.
 */

/** The parts of an absolute path: `/a//b/../c` gives `['a', 'c']`. `..` at the root stays at the root. */
export function partsOf(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts;
}

/** Makes `path` absolute, seen from the directory `from`, and normal. */
export function absolute(path: string, from: string): string {
  return `/${partsOf(path.startsWith('/') ? path : `${from}/${path}`).join('/')}`;
}

/** The directory part of a normal absolute path; `/` for entries of the root and for the root itself. */
export function parentOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut <= 0 ? '/' : path.slice(0, cut);
}

/** The last part of a path, as `basename` prints it. */
export function nameOf(path: string): string {
  const trimmed = path.endsWith('/') && path.length > 1 ? path.slice(0, -1) : path;
  return trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

/** `directory` + `/` + `name` without doubling the slash of the root. */
export function join(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}
