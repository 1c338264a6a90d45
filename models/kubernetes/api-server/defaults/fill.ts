/**
 * Copy-on-write helpers for defaulting: the same reference comes back when nothing was missing.
 */
import { NEW } from '../../object/new.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- API objects are plain JSON whose fields differ by kind.
export type Json = Record<string, any>;

/** Sets every field of `defaults` that `object` lacks. */
export function fill<T extends object>(object: T, defaults: Json): T {
  let out: Json | undefined;
  for (const name in defaults) {
    if ((object as Json)[name] !== undefined || defaults[name] === undefined) continue;
    out ??= { ...NEW, ...object };
    out[name] = defaults[name];
  }
  return (out as T | undefined) ?? object;
}

/** Replaces one field, unless it is that very value already. */
export function put<T extends object>(object: T, name: string, value: unknown): T {
  if ((object as Json)[name] === value) return object;
  const out: Json = { ...NEW, ...object };
  out[name] = value;
  return out as T;
}

/** Rewrites one field if it is set. */
export function over<T extends object>(object: T, name: string, change: (value: Json) => Json): T {
  const before = (object as Json)[name];
  return before === undefined || before === null ? object : put(object, name, change(before));
}

/** Maps a list, keeping the reference when no item changed. */
export function each<T>(list: readonly T[] | undefined | null, change: (item: T, at: number) => T): readonly T[] | undefined | null {
  if (list === undefined || list === null) return list;
  let out: T[] | undefined;
  for (let at = 0; at < list.length; at++) {
    const before = list[at] as T;
    const after = change(before, at);
    if (after === before) continue;
    out ??= [...list];
    out[at] = after;
  }
  return out ?? list;
}

/** Rewrites the items of a list field. */
export function overEach<T extends object>(object: T, name: string, change: (item: Json, at: number) => Json): T {
  const before = (object as Json)[name] as Json[] | undefined;
  return before === undefined || before === null ? object : put(object, name, each(before, change));
}
