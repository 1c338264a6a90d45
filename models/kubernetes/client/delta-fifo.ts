/**
 * The queue between a reflector and its cache: what happened to each key, in order.
 *
 * Keys come out in the order of their first pending delta, each with all its deltas. A list replaces everything: keys that
 * it lacks get `Deleted` with the last known object, because nobody saw how they went.
 * Source: client-go/tools/cache/delta_fifo.go.
 */
import { namespacedName } from '../object/meta.ts';
import type { KubeObject } from '../object/types.ts';
import type { Indexer } from './store.ts';

export type DeltaType = 'Added' | 'Updated' | 'Deleted' | 'Replaced' | 'Sync';

export interface Delta<T> {
  readonly type: DeltaType;
  readonly object: T;
  /** `DeletedFinalStateUnknown`: the object is the last one known, perhaps stale. */
  readonly isFinalStateUnknown?: true;
}

export class DeltaFifo<T extends KubeObject = KubeObject> {
  private readonly items = new Map<string, Delta<T>[]>();
  private readonly known: Indexer<T>;
  private isPopulated = false;
  private initialCount = 0;

  /** `known` is the cache that is filled from this queue. */
  constructor(known: Indexer<T>) {
    this.known = known;
  }

  /** Whether the first list was taken in and all its keys were popped. */
  get hasSynced(): boolean {
    return this.isPopulated && this.initialCount === 0;
  }

  add(object: T): void {
    this.isPopulated = true;
    this.push(namespacedName(object), { type: 'Added', object });
  }

  update(object: T): void {
    this.isPopulated = true;
    this.push(namespacedName(object), { type: 'Updated', object });
  }

  /** A delete of a key that neither the queue nor the cache knows is dropped. */
  delete(object: T): void {
    this.isPopulated = true;
    const key = namespacedName(object);
    if (this.known.get(key) === undefined && !this.items.has(key)) return;
    this.push(key, { type: 'Deleted', object });
  }

  /** Takes in a complete list. */
  replace(list: readonly T[]): void {
    const keys = new Set<string>();
    for (const object of list) {
      const key = namespacedName(object);
      keys.add(key);
      this.push(key, { type: 'Replaced', object });
    }
    let deletions = 0;
    for (const [key, deltas] of [...this.items]) {
      if (keys.has(key)) continue;
      deletions += 1;
      this.push(key, { type: 'Deleted', object: this.known.get(key) ?? (deltas.at(-1) as Delta<T>).object, isFinalStateUnknown: true });
    }
    for (const key of [...this.known.keys()]) {
      if (keys.has(key) || this.items.has(key)) continue;
      deletions += 1;
      this.push(key, { type: 'Deleted', object: this.known.get(key) as T, isFinalStateUnknown: true });
    }
    if (this.isPopulated) return;
    this.isPopulated = true;
    this.initialCount = keys.size + deletions;
  }

  /** Queues every cached key that has nothing pending, so that handlers see it again. */
  resync(): void {
    for (const key of this.known.keys()) {
      if (!this.items.has(key)) this.push(key, { type: 'Sync', object: this.known.get(key) as T });
    }
  }

  /** The next key with all its deltas; undefined when nothing is pending. */
  pop(): { readonly key: string; readonly deltas: readonly Delta<T>[]; readonly isInInitialList: boolean } | undefined {
    for (const [key, deltas] of this.items) {
      const isInInitialList = !this.hasSynced;
      this.items.delete(key);
      if (this.initialCount > 0) this.initialCount -= 1;
      return { key, deltas, isInInitialList };
    }
    return undefined;
  }

  private push(key: string, delta: Delta<T>): void {
    const deltas = this.items.get(key);
    if (deltas === undefined) {
      this.items.set(key, [delta]);
      return;
    }
    const last = deltas.at(-1) as Delta<T>;
    if (delta.type === 'Deleted' && last.type === 'Deleted') {
      // Of two deletions the one that saw the object's end says more.
      if (last.isFinalStateUnknown === true && delta.isFinalStateUnknown !== true) deltas[deltas.length - 1] = delta;
      return;
    }
    deltas.push(delta);
  }
}
