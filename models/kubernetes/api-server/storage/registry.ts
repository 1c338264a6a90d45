/**
 * The server's storage: a watch cache for every stored resource, fed by one watch on etcd.
 *
 * All caches move together, so `revision` says how far this server has read the store; it may lag behind, which is where
 * stale reads come from. Events are the one resource whose reads always go to etcd.
 * Source: apiserver/pkg/registry/generic/registry/store.go, apiserver/pkg/storage/cacher.
 */
import type { Process, Task } from '../../client/process.ts';
import { suspend } from '../../client/process.ts';
import type { EtcdEvents, KeyValue } from '../../etcd/message.ts';
import type { KubeObject } from '../../object/types.ts';
import type { Lookup, StorageResource } from '../registry/kind.ts';
import { KINDS, kindOf } from '../registry/kinds.ts';
import { BookmarkBuckets } from './bookmark-buckets.ts';
import { Cacher, type TriggerField } from './cacher.ts';
import { type EtcdClient, isUnavailable } from './etcd-client.ts';

const ROOT = '/registry/';
/** How long a consistent read waits for the cache (cacher: `blockTimeout`). */
const FRESHNESS_TIMEOUT = 3_000_000;
/** Pause before the store is read again. */
const RECONNECT_DELAY = 1_000_000;

/** Fields with an index for watchers (pkg/registry/core/{pod,node,secret,configmap}/strategy.go, `TriggerFunc`). */
const TRIGGERS: Readonly<Record<string, { readonly field: string; readonly value: TriggerField }>> = {
  '/pods': { field: 'spec.nodeName', value: (object) => (object['spec'] as { nodeName?: string }).nodeName ?? '' },
  '/nodes': { field: 'metadata.name', value: (object) => object.metadata.name },
  '/secrets': { field: 'metadata.name', value: (object) => object.metadata.name },
  '/configmaps': { field: 'metadata.name', value: (object) => object.metadata.name },
};

/** The field that watchers of a resource are indexed by, if any. */
export const triggerFieldOf = ({ group, resource }: StorageResource): string | undefined =>
  TRIGGERS[`${group}/${resource}`]?.field;

interface Waiter {
  readonly revision: number;
  readonly resume: (isFresh: boolean) => void;
}

export class StorageRegistry implements Lookup {
  readonly etcd: EtcdClient;
  readonly bookmarks: BookmarkBuckets;
  /** The newest revision of the store that this server has seen. */
  revision = 0;
  isReady = false;
  private readonly process: Process;
  /** By resource and group: a request asks for a dozen of them. */
  private readonly cachers = new Map<string, Map<string, Cacher>>();
  private readonly byPrefix = new Map<string, Cacher>();
  private waiters: Waiter[] = [];
  private onReady: (() => void)[] = [];
  private readonly onReset: (resource?: StorageResource) => void;
  private readonly listeners = new Map<Cacher, (name: string, object: KubeObject | undefined) => void>();

  /** `onReset` is called when watches must end: all, because the caches were filled anew, or those of a resource. */
  constructor(process: Process, etcd: EtcdClient, onReset: (resource?: StorageResource) => void) {
    this.process = process;
    this.etcd = etcd;
    this.bookmarks = new BookmarkBuckets(process);
    this.onReset = onReset;
    for (const info of KINDS) if (!info.virtual) this.add(info.storage, info.keyPrefix);
  }

  /** Serves a resource, a custom one for instance. Its cache starts empty: nothing of it is stored yet. */
  add(resource: StorageResource, keyPrefix: string): Cacher {
    const known = this.cachers.get(resource.resource)?.get(resource.group);
    if (known !== undefined) return known;
    const prefix = `${ROOT}${keyPrefix}/`;
    const cacher = new Cacher(prefix, TRIGGERS[`${resource.group}/${resource.resource}`]?.value);
    cacher.replace([], this.revision);
    const groups = this.cachers.get(resource.resource) ?? new Map<string, Cacher>();
    this.cachers.set(resource.resource, groups.set(resource.group, cacher));
    this.byPrefix.set(prefix, cacher);
    return cacher;
  }

  /** Ends the watches of a resource that is no longer served as it was. */
  close(resource: StorageResource): void {
    this.onReset(resource);
  }

  /** Calls `listener` for each change of a resource (undefined: deleted), before any later event is taken in. */
  onChange(resource: StorageResource, listener: (name: string, object: KubeObject | undefined) => void): void {
    this.listeners.set(this.cacher(resource), listener);
  }

  cacher({ group, resource }: StorageResource): Cacher {
    return this.cachers.get(resource)?.get(group) ?? this.add({ group, resource }, kindOf(group, resource)?.keyPrefix ?? resource);
  }

  /** An object as this server's cache has it. */
  get(resource: StorageResource, namespace: string, name: string): KubeObject | undefined {
    return this.cacher(resource).get(namespace === '' ? name : `${namespace}/${name}`);
  }

  list(resource: StorageResource, namespace: string): readonly KubeObject[] {
    return this.cacher(resource).list(namespace);
  }

  /** Reads the whole store, then follows it; both come back by themselves when etcd was away. */
  *start(): Task {
    for (;;) {
      const read = yield* this.etcd.range(ROOT);
      if (!isUnavailable(read)) {
        this.fill(read.kvs, read.revision);
        this.follow(read.revision + 1);
        return;
      }
      yield* this.process.sleep('etcd.reconnect', RECONNECT_DELAY);
    }
  }

  /** Waits until the first read is done. */
  *ready(): Task {
    if (!this.isReady) yield* suspend<void>((resume) => this.onReady.push(() => resume()));
  }

  /** Waits until the caches have reached a revision; false when they did not within 3 s. */
  *waitFor(revision: number): Task<boolean> {
    if (this.revision >= revision) return true;
    return yield* suspend<boolean>((resume) => {
      const waiter: Waiter = { revision, resume };
      const timeout = this.process.after('cache.freshness', FRESHNESS_TIMEOUT, () => {
        this.waiters = this.waiters.filter((other) => other !== entry);
        resume(false);
      });
      const entry: Waiter = {
        ...waiter,
        resume: (isFresh) => {
          timeout.stop();
          resume(isFresh);
        },
      };
      this.waiters.push(entry);
    });
  }

  private fill(kvs: readonly KeyValue[], revision: number): void {
    this.revision = revision;
    // What others listen to comes first: definitions decide which caches there are.
    for (const [cacher, listener] of this.listeners) {
      const before = new Set(cacher.list('').map(({ metadata }) => metadata.name));
      cacher.replace(kvs.filter(({ key }) => this.cacherOfKey(key) === cacher), revision);
      for (const object of cacher.list('')) {
        before.delete(object.metadata.name);
        listener(object.metadata.name, object);
      }
      for (const name of before) listener(name, undefined);
    }
    const groups = new Map<Cacher, KeyValue[]>();
    for (const cacher of this.byPrefix.values()) if (!this.listeners.has(cacher)) groups.set(cacher, []);
    for (const kv of kvs) {
      const cacher = this.cacherOfKey(kv.key);
      if (cacher !== undefined) groups.get(cacher)?.push(kv);
    }
    for (const [cacher, members] of groups) cacher.replace(members, revision);
    if (this.isReady) this.onReset();
    this.isReady = true;
    for (const resume of this.onReady.splice(0)) resume();
    this.wake();
  }

  private follow(from: number): void {
    this.etcd.watch(
      ROOT,
      from,
      (events) => this.take(events),
      () => this.process.go(this.resume()),
    );
  }

  /** etcd's client takes a watch up again where it was, and nobody notices (`client/v3/watch.go`). */
  private *resume(): Task {
    yield* this.etcd.connected();
    this.follow(this.revision + 1);
  }

  private take({ events, revision, error }: EtcdEvents): void {
    if (error !== undefined) {
      this.process.go(this.start());
      return;
    }
    const { now } = this.process;
    for (const event of events) {
      if (event.revision <= this.revision) continue;
      const cacher = this.cacherOfKey(event.key);
      cacher?.apply(event, now);
      this.revision = event.revision;
      const listener = cacher === undefined ? undefined : this.listeners.get(cacher);
      listener?.(event.object.metadata.name, event.type === 'put' ? event.object : undefined);
    }
    this.revision = Math.max(this.revision, revision);
    this.wake();
  }

  private wake(): void {
    if (this.waiters.length === 0) return;
    const due = this.waiters.filter(({ revision }) => revision <= this.revision);
    this.waiters = this.waiters.filter(({ revision }) => revision > this.revision);
    for (const { resume } of due) resume(true);
  }

  private cacherOfKey(key: string): Cacher | undefined {
    const first = key.indexOf('/', ROOT.length);
    const short = this.byPrefix.get(key.slice(0, first + 1));
    if (short !== undefined) return short;
    const second = key.indexOf('/', first + 1);
    return this.byPrefix.get(key.slice(0, second + 1));
  }
}
