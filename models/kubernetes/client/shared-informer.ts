/**
 * Shared informers: one cache and one watch per collection, many handlers.
 *
 * The cache is updated before each notification, so a handler never sees an object newer than the cache. What decides the
 * callback is the cache, not the event: present means update, absent means add. Handlers are called in the order of their
 * registration, one event after another (upstream's handlers run apart and may lag; here their queues, not they, take time).
 * An update with equal versions is a resync and goes only to handlers whose resync is due.
 * Source: client-go/tools/cache/{shared_informer,controller}.go, informers/factory.go.
 */
import type { GroupVersionResource } from '../api/message.ts';
import { NEW } from '../object/new.ts';
import type { KubeObject } from '../object/types.ts';
import type { Client } from './client.ts';
import { DeltaFifo, type Delta } from './delta-fifo.ts';
import type { Process, Task } from './process.ts';
import { Reflector } from './reflector.ts';
import { Indexer, Lister, type Indexers } from './store.ts';

/** shared_informer.go: minimumResyncPeriod. */
const MINIMUM_RESYNC = 1_000_000;
/** shared_informer.go: syncedPollPeriod. */
const SYNCED_POLL = 100_000;

/** What a controller wants to hear of a collection. */
export interface EventHandler<T> {
  add?(object: T, isInInitialList: boolean): void;
  update?(old: T, object: T): void;
  /** `isFinalStateUnknown`: a list showed that the object is gone; it may be stale. */
  delete?(object: T, isFinalStateUnknown: boolean): void;
}

export interface InformerOptions {
  readonly namespace?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

interface Registration<T> {
  readonly handler: EventHandler<T>;
  readonly resync: number;
  nextResync: number;
}

export class SharedInformer<T extends KubeObject = KubeObject> {
  readonly indexer = new Indexer<T>();
  readonly lister = new Lister<T>(this.indexer);
  private readonly process: Process;
  private readonly fifo = new DeltaFifo<T>(this.indexer);
  private readonly reflector: Reflector<T>;
  private readonly defaultResync: number;
  private readonly resource: string;
  private handlers: Registration<T>[] = [];
  private syncListeners: (() => void)[] = [];
  private isStarted = false;

  /** `defaultResync`: of handlers that name none, µs; 0 for never. */
  constructor(process: Process, client: Client, resource: GroupVersionResource, options: InformerOptions & { watchList?: boolean }, defaultResync: number) {
    this.process = process;
    this.resource = resource.resource;
    this.defaultResync = defaultResync;
    this.reflector = new Reflector<T>(process, client, { resource, ...options }, this.fifo, () => this.drain());
  }

  hasSynced(): boolean {
    return this.fifo.hasSynced;
  }

  /** Calls back as soon as the first list has been taken in, in the same step. */
  whenSynced(tell: () => void): void {
    if (this.hasSynced()) tell();
    else this.syncListeners.push(tell);
  }

  addIndexers(indexers: Indexers<T>): void {
    this.indexer.addIndexers(indexers);
  }

  /** Registers a handler. What is cached already is added to it at once. `resyncUs` 0 means never. */
  addEventHandler(handler: EventHandler<T>, resyncUs: number = this.defaultResync): void {
    const resync = resyncUs <= 0 ? 0 : Math.max(MINIMUM_RESYNC, Math.round(resyncUs));
    const registration = { handler, resync, nextResync: this.process.now + resync };
    this.handlers = [...this.handlers, registration];
    for (const object of this.indexer.list()) handler.add?.(object, true);
    if (this.isStarted && resync > 0) this.scheduleResync(registration);
  }

  /** Starts to list and watch. Further calls do nothing. */
  start(): void {
    if (this.isStarted) return;
    this.isStarted = true;
    for (const registration of this.handlers) if (registration.resync > 0) this.scheduleResync(registration);
    this.process.go(this.reflector.run());
  }

  /** Stops for good: the collection is no longer served. */
  stop(): void {
    this.reflector.stop();
    this.handlers = [];
  }

  private scheduleResync(registration: Registration<T>): void {
    registration.nextResync = this.process.now + registration.resync;
    this.process.after(`informer.resync.${this.resource}`, registration.resync, () => {
      if (this.hasSynced()) this.resync();
      this.scheduleResync(registration);
    });
  }

  private resync(): void {
    this.fifo.resync();
    this.drain();
  }

  private drain(): void {
    for (let popped = this.fifo.pop(); popped !== undefined; popped = this.fifo.pop()) {
      for (const delta of popped.deltas) this.handle(popped.key, delta, popped.isInInitialList);
    }
    if (this.syncListeners.length === 0 || !this.hasSynced()) return;
    for (const tell of this.syncListeners.splice(0)) tell();
  }

  private handle(key: string, delta: Delta<T>, isInInitialList: boolean): void {
    const { object } = delta;
    if (delta.type === 'Deleted') {
      this.indexer.delete(key);
      for (const { handler } of this.handlers) handler.delete?.(object, delta.isFinalStateUnknown === true);
      return;
    }
    const old = this.indexer.put(object, key);
    if (old === undefined) {
      for (const { handler } of this.handlers) handler.add?.(object, isInInitialList);
      return;
    }
    const isSync = old.metadata.resourceVersion === object.metadata.resourceVersion;
    for (const { handler, resync, nextResync } of this.handlers) {
      if (isSync && delta.type === 'Sync' && (resync === 0 || nextResync > this.process.now)) continue;
      if (isSync && delta.type !== 'Sync') continue;
      handler.update?.(old, object);
    }
  }
}

export interface FactoryOptions {
  /** Resync of handlers that name none, µs; default 0 (never). */
  readonly defaultResync?: number;
  /** First state through a watch; kube-controller-manager sets it. */
  readonly watchList?: boolean;
}

/** Makes informers, one for each collection and set of options, all on one client. */
export class SharedInformerFactory {
  private readonly process: Process;
  private readonly client: Client;
  private readonly options: FactoryOptions;
  private readonly informers = new Map<string, SharedInformer<KubeObject>>();

  constructor(process: Process, client: Client, options: FactoryOptions = {}) {
    this.process = process;
    this.client = client;
    this.options = options;
  }

  /** The informer of a collection; the same one for the same arguments. */
  informer<T extends KubeObject = KubeObject>(resource: GroupVersionResource, options: InformerOptions = {}): SharedInformer<T> {
    const { namespace = '', fieldSelector = '', labelSelector = '' } = options;
    const key = `${resource.group}\n${resource.version}\n${resource.resource}\n${namespace}\n${fieldSelector}\n${labelSelector}`;
    const known = this.informers.get(key);
    if (known !== undefined) return known as unknown as SharedInformer<T>;
    const { defaultResync = 0, watchList = false } = this.options;
    const informer = new SharedInformer<T>(this.process, this.client, resource, { ...NEW, ...options, watchList }, defaultResync);
    this.informers.set(key, informer as unknown as SharedInformer<KubeObject>);
    return informer;
  }

  /** Stops and forgets the informers of a collection (`group/version/resource`) that is no longer served. */
  drop(collection: string): void {
    for (const [key, informer] of [...this.informers]) {
      if (key.split('\n').slice(0, 3).join('/') !== collection) continue;
      informer.stop();
      this.informers.delete(key);
    }
  }

  /** Starts the informers that were made since the last call. */
  start(): void {
    for (const informer of this.informers.values()) informer.start();
  }

  /** Whether all informers have taken in their first list. */
  hasSynced(): boolean {
    for (const informer of this.informers.values()) if (!informer.hasSynced()) return false;
    return true;
  }

  /** Waits, in steps of 100 ms, until all informers have synced. */
  *waitForCacheSync(): Task {
    while (!this.hasSynced()) yield* this.process.sleep('informer.sync', SYNCED_POLL);
  }
}

/** Waits, in steps of 100 ms, until these informers have synced (`cache.WaitForCacheSync`). */
export function* waitForCacheSync(process: Process, informers: readonly { hasSynced(): boolean }[]): Task {
  while (!informers.every((informer) => informer.hasSynced())) yield* process.sleep('informer.sync', SYNCED_POLL);
}
