/**
 * The project's own source, as text: what the tidy tests read.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** The project's root. */
export const ROOT = new URL('../..', import.meta.url).pathname;

export interface SourceFile {
  /** Relative to the root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** What it imports: paths relative to the root for own files, names for packages. Types count too. */
  readonly imports: readonly string[];
}

/** All TypeScript files of the product, tests and properties. */
export function sources(): SourceFile[] {
  return ['src', 'models', 'properties', 'bench', 'examples'].flatMap((folder) => walk(join(ROOT, folder)));
}

function walk(folder: string): SourceFile[] {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    return entry.name.endsWith('.ts') ? [read(path)] : [];
  });
}

function read(path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  const found = [...text.matchAll(/^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm)];
  const imports = found.map((match) => match[1] ?? match[2] ?? match[3] ?? '').map((name) => (name.startsWith('.') ? normalize(join(dirname(relative(ROOT, path)), name)) : name));
  return { path: relative(ROOT, path), text, imports };
}

export const isTest = (path: string): boolean => /\.(test|property|bench)\.ts$/.test(path) || path.includes('/testing/');
