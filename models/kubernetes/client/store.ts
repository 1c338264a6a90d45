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

/** One way to find objects: the keys by value. It holds keys only, so an update that keeps the values leaves it alone. */
interface Index<T> {
  readonly valuesOf: IndexFunction<T>;
  readonly keys: Map<string, Set<string>>;
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
      const index: Index<T> = { valuesOf: indexers[name] as IndexFunction<T>, keys: new Map() };
      this.indices.set(name, index);
      for (const [key, item] of this.items) this.enter(index, key, index.valuesOf(item));
    }
  }

  /** Stores an object under its key, in place of what was there, which is returned. `key` is its `namespacedName`. */
  put(object: T, key: string = namespacedName(object)): T | undefined {
    const old = this.items.get(key);
    this.items.set(key, object);
    for (const index of this.indices.values()) {
      const values = index.valuesOf(object);
      const before = old === undefined ? NO_VALUES : index.valuesOf(old);
      if (areSame(before, values)) continue;
      this.leave(index, key, before, values);
      this.enter(index, key, values);
    }
    return old;
  }

  delete(key: string): void {
    const old = this.items.get(key);
    if (old === undefined) return;
    this.items.delete(key);
    for (const index of this.indices.values()) this.leave(index, key, index.valuesOf(old), NO_VALUES);
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
    const objects: T[] = [];
    for (const key of this.index(name).keys.get(value) ?? NO_VALUES) objects.push(this.items.get(key) as T);
    return objects;
  }

  /** How many objects {@link byIndex} would return. */
  countByIndex(name: string, value: string): number {
    return this.index(name).keys.get(value)?.size ?? 0;
  }

  private index(name: string): Index<T> {
    const index = this.indices.get(name);
    assert(index !== undefined, `the index ${name} exists`);
    return index;
  }

  private enter({ keys }: Index<T>, key: string, values: readonly string[]): void {
    for (const value of values) {
      const entry = keys.get(value);
      if (entry === undefined) keys.set(value, new Set([key]));
      else entry.add(key);
    }
  }

  /** Takes a key out of the values it had, except those that it keeps (so that it keeps its place in them). */
  private leave({ keys }: Index<T>, key: string, values: readonly string[], kept: readonly string[]): void {
    for (const value of values) {
      if (kept.includes(value)) continue;
      const entry = keys.get(value);
      entry?.delete(key);
      if (entry?.size === 0) keys.delete(value);
    }
  }
}

function areSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
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
