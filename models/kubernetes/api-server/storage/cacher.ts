/**
 * The watch cache of one stored resource: its objects, its recent history, and who watches it.
 *
 * Promises: a watcher sees every matching change once, in revision order, as ADDED, MODIFIED or DELETED by its own selector.
 * Events are made once and shared by all watchers that see the same; watchers that name a field with an index (a kubelet
 * its node) are found through it, so a change costs nothing for the others.
 * Source: apiserver/pkg/storage/cacher/{cacher,watch_cache,cache_watcher}.go.
 */
import type { WatchEvent, WatchEventType } from '../../api/message.ts';
import type { EtcdEvent, KeyValue } from '../../etcd/message.ts';
import type { KubeObject } from '../../object/types.ts';
import { EventWindow } from './window.ts';

/** What a watcher wants to see, and where it goes. */
export interface Watcher {
  /** Selects by namespace, labels and fields. */
  readonly matches: (object: KubeObject) => boolean;
  /** The namespace that the watch is limited to; `''` for all. */
  readonly namespace: string;
  /** The value of the indexed field that the selector demands, if it demands one. */
  readonly trigger?: string;
  /** Converts a stored object to the version of the request. */
  readonly version: string;
  readonly convert: (object: KubeObject) => KubeObject;
  /** Whether events say what was there before, for a watcher that decides itself what it sees. */
  readonly wantsPrevious?: boolean;
  readonly deliver: (events: readonly CachedEvent[]) => void;
}

/** An event of the cache. */
export interface CachedEvent extends WatchEvent {
  readonly previous?: KubeObject;
}

/** The field by which watchers of a resource are indexed (pods by node; secrets and config maps by name). */
export type TriggerField = (object: KubeObject) => string;

export class Cacher {
  /** The stored objects, by their key relative to the resource's prefix (`namespace/name` or `name`). */
  private readonly objects = new Map<string, KubeObject>();
  /** The keys of each namespace. */
  private readonly namespaces = new Map<string, Set<string>>();
  private readonly sortedKeys = new Map<string, string[]>();
  readonly window = new EventWindow();
  /** The revision of the newest change of this resource that was seen. */
  revision = 0;
  /** Watchers without a trigger: few (controllers, the scheduler). */
  private readonly plain = new Set<Watcher>();
  /** Watchers by the value that they demand: as many as nodes. */
  private readonly triggered = new Map<string, Set<Watcher>>();
  private readonly prefix: string;
  private readonly triggerField: TriggerField | undefined;

  /** `prefix` is the resource's key prefix with slashes at both ends. */
  constructor(prefix: string, triggerField?: TriggerField) {
    this.prefix = prefix;
    this.triggerField = triggerField;
  }

  /** Fills the cache from a list. */
  replace(kvs: readonly KeyValue[], revision: number): void {
    this.objects.clear();
    this.namespaces.clear();
    this.sortedKeys.clear();
    for (const { key, object } of kvs) this.set(key.slice(this.prefix.length), object);
    this.revision = revision;
    this.window.reset(revision);
  }

  /** Takes a change in and tells the watchers. */
  apply(event: EtcdEvent, now: number): void {
    const key = event.key.slice(this.prefix.length);
    if (event.type === 'put') this.set(key, event.object);
    else this.unset(key);
    this.revision = event.revision;
    this.window.add(event, now);
    if (this.plain.size > 0 || this.triggered.size > 0) this.dispatch(event);
  }

  get(key: string): KubeObject | undefined {
    return this.objects.get(key);
  }

  get size(): number {
    return this.objects.size;
  }

  /** The objects of a namespace (`''`: all) in key order. */
  list(namespace: string): KubeObject[] {
    let keys = this.sortedKeys.get(namespace);
    if (keys === undefined) {
      const members = namespace === '' ? this.objects.keys() : this.namespaces.get(namespace);
      if (members === undefined) return [];
      keys = [...members].sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
      this.sortedKeys.set(namespace, keys);
    }
    return keys.map((key) => this.objects.get(key) as KubeObject);
  }

  /** Adds a watcher; returns how to remove it. */
  watch(watcher: Watcher): () => void {
    const { trigger } = watcher;
    if (trigger === undefined || this.triggerField === undefined) {
      this.plain.add(watcher);
      return () => this.plain.delete(watcher);
    }
    let set = this.triggered.get(trigger);
    if (set === undefined) this.triggered.set(trigger, (set = new Set()));
    set.add(watcher);
    return () => {
      set.delete(watcher);
      if (set.size === 0 && this.triggered.get(trigger) === set) this.triggered.delete(trigger);
    };
  }

  /** The events after `revision` as a watcher sees them. */
  replay(watcher: Watcher, revision: number): CachedEvent[] {
    return this.window.after(revision).flatMap((event) => new Delivery(event).forWatcher(watcher) ?? []);
  }

  private dispatch(event: EtcdEvent): void {
    const delivery = new Delivery(event);
    for (const watcher of this.plain) delivery.deliver(watcher);
    if (this.triggerField === undefined || this.triggered.size === 0) return;
    const now = event.type === 'put' ? this.triggerField(event.object) : undefined;
    const before = event.previous === undefined ? undefined : this.triggerField(event.previous);
    if (now !== undefined) for (const watcher of this.triggered.get(now) ?? []) delivery.deliver(watcher);
    if (before !== undefined && before !== now) for (const watcher of this.triggered.get(before) ?? []) delivery.deliver(watcher);
  }

  private set(key: string, object: KubeObject): void {
    if (!this.objects.has(key)) this.addKey(key, object.metadata.namespace ?? '');
    this.objects.set(key, object);
  }

  private addKey(key: string, namespace: string): void {
    this.sortedKeys.delete('');
    if (namespace === '') return;
    this.sortedKeys.delete(namespace);
    let members = this.namespaces.get(namespace);
    if (members === undefined) this.namespaces.set(namespace, (members = new Set()));
    members.add(key);
  }

  private unset(key: string): void {
    const object = this.objects.get(key);
    if (object === undefined) return;
    const namespace = object.metadata.namespace ?? '';
    this.objects.delete(key);
    this.sortedKeys.delete('');
    if (namespace === '') return;
    this.namespaces.get(namespace)?.delete(key);
    this.sortedKeys.delete(namespace);
  }
}

/** One change on its way to watchers; what several watchers see alike is made once. */
class Delivery {
  private readonly event: EtcdEvent;
  private readonly made = new Map<string, CachedEvent>();

  constructor(event: EtcdEvent) {
    this.event = event;
  }

  deliver(watcher: Watcher): void {
    const seen = this.forWatcher(watcher);
    if (seen !== undefined) watcher.deliver([seen]);
  }

  /** What the watcher sees of the change, by whether the object matches now and matched before. */
  forWatcher(watcher: Watcher): CachedEvent | undefined {
    const { event } = this;
    const namespace = event.object.metadata.namespace ?? '';
    if (watcher.namespace !== '' && watcher.namespace !== namespace) return undefined;
    const matchesNow = event.type === 'put' && watcher.matches(event.object);
    const matchedBefore = event.previous !== undefined && watcher.matches(event.previous);
    if (!matchesNow && !matchedBefore) return undefined;
    return this.make(matchesNow ? (matchedBefore ? 'MODIFIED' : 'ADDED') : 'DELETED', watcher);
  }

  private make(type: WatchEventType, watcher: Watcher): CachedEvent {
    const key = `${type} ${watcher.version}${watcher.wantsPrevious === true ? ' and before' : ''}`;
    let made = this.made.get(key);
    if (made === undefined) {
      const { event } = this;
      const source =
        type === 'DELETED' && event.type === 'put' && event.previous !== undefined
          ? withRevision(event.previous, event.revision)
          : event.object;
      const previous = watcher.wantsPrevious === true && event.previous !== undefined ? { previous: event.previous } : {};
      made = Object.freeze({ type, object: watcher.convert(source), ...previous });
      this.made.set(key, made);
    }
    return made;
  }
}

/** The last content that matched, with the revision of the change that ended the match. */
export function withRevision(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}
