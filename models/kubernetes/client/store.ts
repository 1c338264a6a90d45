/**
 * The cache of an informer: objects by key, with indices.
 *
 * Invariant: every index holds exactly the keys that its function yields for the stored objects. Objects are the server's own
 * frozen versions, shared by reference, so reading costs nothing and nobody may change what he reads. Listings come in the
 * order in which keys first arrived (upstream: Go's random map order).
 * Source: client-go/tools/cache/{store,thread_safe_store,index}.go.
 */
import { assert } from '../../../src/index.ts';
import { namespacedName } from '../object/meta.ts';
import { isEmptySelector, selectorMatches, type Selector } from '../object/selector.ts';
import type { KubeObject } from '../object/types.ts';

/** Yields the values under which an object is found. */
export type IndexFunction<T> = (object: T) => readonly string[];
export type Indexers<T> = Readonly<Record<string, IndexFunction<T>>>;

/** The name of the index that every cache has (`cache.NamespaceIndex`). */
export const NAMESPACE_INDEX = 'namespace';

/** One way to find objects: by value, then by key. */
interface Index<T> {
  readonly valuesOf: IndexFunction<T>;
  readonly entries: Map<string, Map<string, T>>;
}

const NO_VALUES: readonly string[] = [];

export class Indexer<T extends KubeObject = KubeObject> {
  private readonly items = new Map<string, T>();
  private readonly indices = new Map<string, Index<T>>();

  constructor() {
    this.addIndexers({ [NAMESPACE_INDEX]: (object) => [object.metadata.namespace ?? ''] });
  }

  get size(): number {
    return this.items.size;
  }

  /** Adds indices and fills them from what is stored. Adding the same name again is allowed and does nothing. */
  addIndexers(indexers: Indexers<T>): void {
    for (const name of Object.keys(indexers)) {
      if (this.indices.has(name)) continue;
      const index: Index<T> = { valuesOf: indexers[name] as IndexFunction<T>, entries: new Map() };
      this.indices.set(name, index);
      for (const [key, item] of this.items) this.enter(index, key, item, index.valuesOf(item));
    }
  }

  /** Stores an object under its key, in place of what was there, which is returned. `key` is its `namespacedName`. */
  put(object: T, key: string = namespacedName(object)): T | undefined {
    const old = this.items.get(key);
    this.items.set(key, object);
    for (const index of this.indices.values()) {
      const values = index.valuesOf(object);
      if (old !== undefined) this.leave(index, key, old, values);
      this.enter(index, key, object, values);
    }
    return old;
  }

  delete(key: string): void {
    const old = this.items.get(key);
    if (old === undefined) return;
    this.items.delete(key);
    for (const index of this.indices.values()) this.leave(index, key, old, NO_VALUES);
  }

  get(key: string): T | undefined {
    return this.items.get(key);
  }

  keys(): IterableIterator<string> {
    return this.items.keys();
  }

  values(): IterableIterator<T> {
    return this.items.values();
  }

  list(): T[] {
    return [...this.items.values()];
  }

  /** The objects for which the index function yields this value. */
  byIndex(name: string, value: string): T[] {
    const entry = this.index(name).entries.get(value);
    return entry === undefined ? [] : [...entry.values()];
  }

  /** How many objects {@link byIndex} would return. */
  countByIndex(name: string, value: string): number {
    return this.index(name).entries.get(value)?.size ?? 0;
  }

  private index(name: string): Index<T> {
    const index = this.indices.get(name);
    assert(index !== undefined, `the index ${name} exists`);
    return index;
  }

  private enter({ entries }: Index<T>, key: string, object: T, values: readonly string[]): void {
    for (const value of values) {
      let entry = entries.get(value);
      if (entry === undefined) entries.set(value, (entry = new Map()));
      entry.set(key, object);
    }
  }

  /** Takes a key out of the values it had, except those that it keeps (so that it keeps its place in them). */
  private leave({ valuesOf, entries }: Index<T>, key: string, old: T, kept: readonly string[]): void {
    for (const value of valuesOf(old)) {
      if (kept.includes(value)) continue;
      const entry = entries.get(value);
      entry?.delete(key);
      if (entry?.size === 0) entries.delete(value);
    }
  }
}

/** Reads of a cache, as generated listers offer them. */
export class Lister<T extends KubeObject = KubeObject> {
  private readonly indexer: Indexer<T>;

  constructor(indexer: Indexer<T>) {
    this.indexer = indexer;
  }

  /** The object of this name, if the cache knows it. No namespace for cluster-scoped kinds. */
  get(namespace: string | undefined, name: string): T | undefined {
    return this.indexer.get(namespace ? `${namespace}/${name}` : name);
  }

  /** The objects of a namespace (of all when it is undefined or empty) that match the selector. */
  list(namespace?: string, selector?: Selector): T[] {
    const objects = namespace ? this.indexer.byIndex(NAMESPACE_INDEX, namespace) : this.indexer.list();
    if (selector === undefined || isEmptySelector(selector)) return objects;
    return objects.filter((object) => selectorMatches(selector, object.metadata.labels));
  }
}
