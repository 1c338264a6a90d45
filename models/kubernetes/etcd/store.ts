/**
 * etcd's key-value store: one revision counter, values with mod revisions, and history back to the last compaction.
 *
 * Reads at a past revision walk history backwards; keys are kept in byte order per prefix, sorted when a range asks for it.
 * Source: etcd's mvcc package, as used by apiserver/pkg/storage/etcd3/store.go.
 */
import { assert } from '../../../src/index.ts';
import { NEW } from '../object/new.ts';
import type { KubeObject } from '../object/types.ts';
import type { EtcdEvent, KeyValue } from './message.ts';

/** The keys below one prefix (`/registry/pods/`). */
interface Directory {
  readonly keys: Set<string>;
  /** Keys in byte order, or undefined when a key was added since. */
  sorted: string[] | undefined;
}

export class Store {
  /** The revision of the last change. A fresh etcd is at 1. */
  revision = 1;
  /** History up to here is forgotten. */
  compactRevision = 0;
  /** Changes since the last compaction, oldest first. */
  private history: EtcdEvent[] = [];
  private readonly values = new Map<string, KeyValue>();
  private readonly directories = new Map<string, Directory>();

  /** A store that holds these values as of `revision`; everything before it counts as compacted. Values bring their resourceVersion. */
  static restored(values: Iterable<KeyValue>, revision: number): Store {
    const store = new Store();
    store.revision = revision;
    store.compactRevision = revision;
    for (const value of values) store.set(value);
    return store;
  }

  get(key: string): KeyValue | undefined {
    return this.values.get(key);
  }

  /** Writes a value and returns the change. */
  put(key: string, value: KubeObject): EtcdEvent {
    const revision = ++this.revision;
    const object = stamp(value, revision);
    const previous = this.values.get(key);
    const createRevision = previous?.createRevision ?? revision;
    this.set({ key, object, modRevision: revision, createRevision });
    const event: EtcdEvent = previous === undefined
      ? { type: 'put', key, revision, createRevision, object }
      : { type: 'put', key, revision, createRevision, object, previous: previous.object };
    this.history.push(event);
    return event;
  }

  /** Removes a key and returns the change. The key must exist. */
  delete(key: string): EtcdEvent {
    const previous = this.values.get(key);
    assert(previous !== undefined, `the key ${key} that is deleted exists`);
    const revision = ++this.revision;
    this.values.delete(key);
    const directory = this.directory(directoryOf(key));
    directory.keys.delete(key);
    directory.sorted = undefined;
    const event: EtcdEvent = {
      type: 'delete',
      key,
      revision,
      createRevision: previous.createRevision,
      object: stamp(previous.object, revision),
      previous: previous.object,
    };
    this.history.push(event);
    return event;
  }

  /** All values below a prefix in key order, now or as of a revision that is not compacted. */
  range(prefix: string, revision: number): KeyValue[] {
    const now: KeyValue[] = [];
    for (const [path, directory] of this.directories) {
      if (!path.startsWith(prefix) && !prefix.startsWith(path)) continue;
      for (const key of keysOf(directory)) {
        if (key.startsWith(prefix)) now.push(this.values.get(key) as KeyValue);
      }
    }
    if (revision > 0 && revision < this.revision) return this.rewind(prefix, revision, now);
    return now;
  }

  /** The changes below a prefix with a revision ≥ `from`. */
  since(prefix: string, from: number): EtcdEvent[] {
    return this.history.slice(this.firstAt(from)).filter((event) => event.key.startsWith(prefix));
  }

  compact(revision: number): void {
    if (revision <= this.compactRevision) return;
    this.compactRevision = revision;
    this.history = this.history.slice(this.firstAt(revision + 1));
  }

  /** How many keys are stored. */
  get size(): number {
    return this.values.size;
  }

  private set(value: KeyValue): void {
    const { key } = value;
    if (!this.values.has(key)) {
      const directory = this.directory(directoryOf(key));
      directory.keys.add(key);
      directory.sorted = undefined;
    }
    this.values.set(key, value);
  }

  private rewind(prefix: string, revision: number, now: readonly KeyValue[]): KeyValue[] {
    const values = new Map(now.map((kv) => [kv.key, kv]));
    const later = this.since(prefix, revision + 1);
    for (let i = later.length - 1; i >= 0; i--) {
      const { key, previous, createRevision } = later[i] as EtcdEvent;
      if (previous === undefined) values.delete(key);
      else values.set(key, { key, object: previous, modRevision: Number(previous.metadata.resourceVersion), createRevision });
    }
    return [...values.values()].sort((x, y) => (x.key < y.key ? -1 : x.key > y.key ? 1 : 0));
  }

  private firstAt(revision: number): number {
    let low = 0;
    let high = this.history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.history[middle] as EtcdEvent).revision < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private directory(path: string): Directory {
    let directory = this.directories.get(path);
    if (directory === undefined) this.directories.set(path, (directory = { keys: new Set(), sorted: undefined }));
    return directory;
  }
}

/** `/registry/pods/` of `/registry/pods/default/web`; two segments for prefixes such as `services/specs`. */
function directoryOf(key: string): string {
  const first = key.indexOf('/', 10);
  const segment = key.slice(10, first);
  if (segment !== 'services' && segment !== 'ranges' && !segment.includes('.')) return key.slice(0, first + 1);
  return key.slice(0, key.indexOf('/', first + 1) + 1);
}

function keysOf(directory: Directory): readonly string[] {
  directory.sorted ??= [...directory.keys].sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
  return directory.sorted;
}

function stamp(object: KubeObject, revision: number): KubeObject {
  const { metadata } = object;
  const resourceVersion = String(revision);
  return { ...object, metadata: metadata.resourceVersion === undefined ? { ...NEW, ...metadata, resourceVersion } : { ...metadata, resourceVersion } };
}
