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

/** A key with all that is pending for it. */
interface Pending<T> {
  readonly key: string;
  readonly deltas: Delta<T>[];
}

export class DeltaFifo<T extends KubeObject = KubeObject> {
  /** What came into an empty queue, until it is popped: as each event of a watch is taken out at once, mostly all there is. */
  private head: Pending<T> | undefined;
  /** What came after the head. */
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
    if (this.known.get(key) === undefined && this.pending(key) === undefined) return;
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
    const pending = [...this.items];
    if (this.head !== undefined) pending.unshift([this.head.key, this.head.deltas]);
    for (const [key, deltas] of pending) {
      if (keys.has(key)) continue;
      deletions += 1;
      this.push(key, { type: 'Deleted', object: this.known.get(key) ?? (deltas.at(-1) as Delta<T>).object, isFinalStateUnknown: true });
    }
    for (const key of [...this.known.keys()]) {
      if (keys.has(key) || this.pending(key) !== undefined) continue;
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
      if (this.pending(key) === undefined) this.push(key, { type: 'Sync', object: this.known.get(key) as T });
    }
  }

  /** The next key with all its deltas; undefined when nothing is pending. */
  pop(): { readonly key: string; readonly deltas: readonly Delta<T>[]; readonly isInInitialList: boolean } | undefined {
    const next = this.takeFirst();
    if (next === undefined) return undefined;
    const isInInitialList = !this.hasSynced;
    if (this.initialCount > 0) this.initialCount -= 1;
    return { key: next.key, deltas: next.deltas, isInInitialList };
  }

  private takeFirst(): Pending<T> | undefined {
    const { head } = this;
    if (head !== undefined) {
      this.head = undefined;
      return head;
    }
    if (this.items.size === 0) return undefined;
    const [key, deltas] = this.items.entries().next().value as [string, Delta<T>[]];
    this.items.delete(key);
    return { key, deltas };
  }

  private pending(key: string): Delta<T>[] | undefined {
    return this.head?.key === key ? this.head.deltas : this.items.get(key);
  }

  private push(key: string, delta: Delta<T>): void {
    const deltas = this.pending(key);
    if (deltas === undefined) {
      if (this.head === undefined && this.items.size === 0) this.head = { key, deltas: [delta] };
      else this.items.set(key, [delta]);
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
