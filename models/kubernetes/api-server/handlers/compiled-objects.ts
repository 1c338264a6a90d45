/**
 * What is made of stored objects and costs much to make (compiled expressions), kept as long as the object does not change.
 */
import type { KubeObject } from '../../object/types.ts';

/** More than this many are forgotten together; they are made again when they are needed. */
const ENTRIES_MAX = 1000;

export class CompiledObjects {
  private readonly entries = new Map<string, { readonly revision: string; readonly made: unknown }>();

  of<T>({ metadata: { uid, resourceVersion = '' } }: KubeObject, make: () => T): T {
    const known = this.entries.get(uid);
    if (known?.revision === resourceVersion) return known.made as T;
    if (this.entries.size >= ENTRIES_MAX) this.entries.clear();
    const made = make();
    this.entries.set(uid, { revision: resourceVersion, made });
    return made;
  }
}
