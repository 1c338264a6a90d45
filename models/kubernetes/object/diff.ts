/**
 * The difference of two versions of an object, by reference equality.
 *
 * Versions share what did not change, so a difference costs as much as the change, not as the object. It is a list of
 * edits: `[path, value]` sets, `[path]` removes; a path is a list of keys and array indexes. Arrays of another length are
 * replaced whole. Facts hold differences, so the log stays small, and the last writer of a field can be found.
 */
import type { Json } from '../../../src/index.ts';

/** One edit: `[path, value]` or `[path]`. */
export type Edit = readonly [path: readonly (string | number)[], value?: Json];

/** The edits that make `next` of `old`. Empty when they are equal. */
export function diff(old: unknown, next: unknown): Edit[] {
  const edits: Edit[] = [];
  walk(old, next, [], edits);
  return edits;
}

function walk(old: unknown, next: unknown, path: (string | number)[], edits: Edit[]): void {
  if (old === next) return;
  if (Array.isArray(old) && Array.isArray(next) && old.length === next.length) {
    for (let i = 0; i < next.length; i++) walk(old[i], next[i], [...path, i], edits);
    return;
  }
  if (!isRecord(old) || !isRecord(next)) {
    edits.push([path, next as Json]);
    return;
  }
  for (const key of Object.keys(next)) {
    if (old[key] !== next[key]) walk(old[key], next[key], [...path, key], edits);
  }
  for (const key of Object.keys(old)) if (!(key in next)) edits.push([[...path, key]]);
}

/** Applies edits; shares what they do not touch. */
export function applyEdits<T>(value: T, edits: readonly Edit[]): T {
  let result: unknown = value;
  for (const edit of edits) result = applyAt(result, edit[0], 0, edit.length === 2, edit[1]);
  return result as T;
}

function applyAt(value: unknown, path: readonly (string | number)[], at: number, isSet: boolean, next: unknown): unknown {
  const key = path[at];
  if (key === undefined) return next;
  if (Array.isArray(value)) {
    const copy = [...value];
    copy[key as number] = applyAt(value[key as number], path, at + 1, isSet, next);
    return copy;
  }
  const source = isRecord(value) ? value : {};
  if (at === path.length - 1 && !isSet) {
    const { [key as string]: _removed, ...rest } = source;
    return rest;
  }
  return { ...source, [key]: applyAt(source[key as string], path, at + 1, isSet, next) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
