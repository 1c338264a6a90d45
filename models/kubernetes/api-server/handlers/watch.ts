/**
 * WATCH: a stream of changes from a revision on, as this server's cache sees them.
 *
 * Without a resourceVersion (or with `0`) the stream begins with ADDED for what is there. A revision that the cache's
 * window no longer covers is answered with HTTP 200 and one ERROR event. Bookmarks come about once a minute to those who
 * asked; a stream without `timeoutSeconds` ends after 30 to 60 minutes. Source: apiserver/pkg/endpoints/handlers/watch.go,
 * apiserver/pkg/storage/cacher/cacher.go (`Watch`), staging/src/k8s.io/apiserver/pkg/storage/cacher/time_budget.go.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import type { ApiClose, ApiWatchEvents, WatchEvent } from '../../api/message.ts';
import { isOn } from '../../api/query-flag.ts';
import type { Process, Task, TimerHandle } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import { converterOf } from '../crd/webhook-converter.ts';
import { groupVersionText, type StorageResource } from '../registry/kind.ts';
import { resourceVersionError } from '../request/number.ts';
import { plainError, tooOldResourceVersion, tooLargeResourceVersion } from '../status/status.ts';
import { isUnavailable } from '../storage/etcd-client.ts';
import { triggerFieldOf } from '../storage/registry.ts';
import { type CachedEvent, type Watcher, withRevision } from '../storage/cacher.ts';
import { readAll } from './convert.ts';
import { listOptionsErrors } from './list-options.ts';
import { type Answer, type Call, failed, type Selection, selectionOf } from './request.ts';

/** `--min-request-timeout`: the server picks between this and twice this many seconds. */
const MIN_REQUEST_TIMEOUT = 1800;
/** Bookmarks are due a minute after the last (cacher: `bookmarkFrequency`), at the latest 2 s before the end. */
const BOOKMARK_PERIOD = 60_000_000;
const BOOKMARK_BEFORE_END = 2_000_000;

/** An open watch, as the server keeps it. */
export interface OpenWatch {
  /** What is watched. */
  readonly resource: StorageResource;
  /** Ends it without a word: the client is gone. */
  readonly stop: () => void;
  /** Ends it and says so. */
  readonly close: () => void;
}

/** Starts a watch for `client`. Returns the refusal, or undefined when the stream is open; `opened` then got its handle. */
export function* watch(call: Call, client: string, opened: (watch: OpenWatch) => void): Task<Answer | undefined> {
  const { request, world, info } = call;
  const query = request.query ?? {};
  const wrong = listOptionsErrors(query, true);
  if (wrong !== undefined) return failed(wrong);
  const selection = selectionOf(call);
  if (isLeft(selection)) return failed(selection.left);
  const wanted = query['resourceVersion'] ?? '';
  const unparsed = resourceVersionError(wanted);
  if (unparsed !== undefined) return failed(plainError(unparsed));
  const revision = Number(wanted);
  const initial = query['sendInitialEvents'];
  const isInitial = isOn(initial);
  if (wanted === '' || isInitial) {
    const fresh = yield* catchUp(call, revision);
    if (fresh !== undefined) return fresh;
  }
  const stream = new WatchStream(call, client, selection.right);
  const cacher = world.storage.cacher(info.storage);
  if (isInitial || (revision === 0 && initial === undefined)) stream.sendState(isInitial || isOn(query['allowWatchBookmarks']));
  else if (revision > 0 && revision < cacher.window.oldestRevision) {
    stream.sendError(tooOldResourceVersion(revision, cacher.window.oldestRevision) as unknown as KubeObject);
    return undefined;
  } else stream.sendSince(revision);
  stream.follow();
  opened(stream);
  return undefined;
}

/** Waits until the cache shows at least `revision`, or the store's newest state for 0. */
function* catchUp({ world, info }: Call, revision: number): Task<Answer | undefined> {
  const { storage } = world;
  let target = revision;
  if (target === 0) {
    const now = yield* storage.etcd.range(`/registry/${info.keyPrefix}`);
    if (isUnavailable(now)) return undefined;
    target = now.revision;
  }
  return (yield* storage.waitFor(target)) ? undefined : failed(tooLargeResourceVersion(target, storage.revision));
}

const same = (object: KubeObject): KubeObject => object;
const everything = (): boolean => true;

class WatchStream implements OpenWatch {
  readonly resource: StorageResource;
  private readonly call: Call;
  private readonly client: string;
  private readonly process: Process;
  private readonly watcher: Watcher;
  private unsubscribe: (() => void) | undefined;
  private timeout: TimerHandle | undefined;
  private takeBookmarkBack: (() => void) | undefined;
  private endsAt = Infinity;
  private minRevision = 0;
  /** Events of a kind that a webhook converts, until they are converted. */
  private readonly unconverted: (readonly CachedEvent[])[] = [];
  private readonly selection: Selection;

  constructor(call: Call, client: string, selection: Selection) {
    const { request, info, version, world } = call;
    this.resource = info.storage;
    this.call = call;
    this.client = client;
    this.selection = selection;
    this.process = world.process;
    const isConverted = converterOf(info) !== undefined;
    const triggerField = triggerFieldOf(info.storage);
    const trigger = triggerField === undefined ? undefined : selection.exact(triggerField);
    this.watcher = {
      namespace: info.namespaced ? (request.namespace ?? '') : '',
      matches: isConverted ? everything : selection.matches,
      version: `${info.group}/${version.version}`,
      // What a webhook converts is selected and shown when it has: such events go on as they are stored.
      convert: isConverted ? same : version.fromStorage,
      wantsPrevious: isConverted && !selection.isEverything,
      ...(trigger === undefined ? {} : { trigger }),
      deliver: (events) => this.deliver(events),
    };
  }

  /** ADDED for everything that matches now, in key order, and the bookmark that ends the initial events. */
  sendState(endsWithBookmark: boolean): void {
    const { world, info } = this.call;
    const { storage } = world;
    const events: WatchEvent[] = [];
    for (const object of storage.cacher(info.storage).list(this.watcher.namespace)) {
      if (this.watcher.matches(object)) events.push(Object.freeze({ type: 'ADDED', object: this.watcher.convert(object) }));
    }
    const wantsBookmarks = isOn(this.call.request.query?.['allowWatchBookmarks']);
    if (endsWithBookmark && wantsBookmarks) events.push(this.bookmark({ 'k8s.io/initial-events-end': 'true' }));
    this.minRevision = storage.revision;
    this.send(events);
  }

  /** What happened after a revision that the window covers. */
  sendSince(revision: number): void {
    const { world, info } = this.call;
    this.minRevision = revision;
    this.send(world.storage.cacher(info.storage).replay(this.watcher, revision));
  }

  sendError(status: KubeObject): void {
    this.pass([{ type: 'ERROR', object: status }]);
    this.process.send(this.client, { kind: 'api.close', id: this.call.request.id } as ApiClose);
  }

  /** Follows the cache from now on, until the timeout. */
  follow(): void {
    const { world, info, request } = this.call;
    this.unsubscribe = world.storage.cacher(info.storage).watch(this.watcher);
    const asked = Number(request.query?.['timeoutSeconds'] ?? '0') || 0;
    const seconds = asked > 0 ? asked : MIN_REQUEST_TIMEOUT + this.process.choose('watch-timeout', MIN_REQUEST_TIMEOUT);
    this.endsAt = this.process.now + seconds * 1_000_000;
    this.timeout = this.process.after('watch.timeout', seconds * 1_000_000, () => this.close());
    if (isOn(request.query?.['allowWatchBookmarks'])) this.bookmarkLater();
  }

  stop(): void {
    this.unsubscribe?.();
    this.unconverted.length = 0;
    this.timeout?.stop();
    this.takeBookmarkBack?.();
  }

  close(): void {
    this.stop();
    this.process.send(this.client, { kind: 'api.close', id: this.call.request.id } as ApiClose);
  }

  private bookmarkLater(): void {
    const left = this.endsAt - BOOKMARK_BEFORE_END - this.process.now;
    const delay = left <= 0 ? BOOKMARK_PERIOD : Math.min(BOOKMARK_PERIOD, left);
    this.takeBookmarkBack = this.call.world.storage.bookmarks.add(this.process.now + delay, () => {
      this.send([this.bookmark()]);
      this.bookmarkLater();
    });
  }

  private bookmark(annotations?: Record<string, string>): WatchEvent {
    const { info, version, world } = this.call;
    const metadata = {
      resourceVersion: String(world.storage.revision),
      creationTimestamp: null,
      ...(annotations === undefined ? {} : { annotations }),
    };
    const object = { kind: info.kind, apiVersion: groupVersionText(info.group, version.version), metadata };
    return { type: 'BOOKMARK', object: object as unknown as KubeObject };
  }

  private deliver(events: readonly CachedEvent[]): void {
    const isNew = Number(events[0]?.object.metadata.resourceVersion) > this.minRevision;
    if (isNew) this.send(events);
  }

  private send(events: readonly CachedEvent[]): void {
    if (converterOf(this.call.info) === undefined) return this.pass(events);
    this.unconverted.push(events);
    if (this.unconverted.length === 1) this.process.go(this.convertNext());
  }

  /** Converts batch after batch, in order. */
  private *convertNext(): Task {
    for (let [batch] = this.unconverted; batch !== undefined; [batch] = this.unconverted) {
      const objects = batch.filter(({ type }) => type !== 'BOOKMARK' && type !== 'ERROR').flatMap(({ object, previous }) => (previous === undefined ? [object] : [object, previous]));
      const converted = yield* readAll(this.call, objects);
      if (isLeft(converted)) {
        this.stop();
        return this.sendError(converted.left as unknown as KubeObject);
      }
      const shown = new Map(objects.map((object, index) => [object, this.call.version.fromStorage(converted.right[index] as KubeObject)]));
      const seen = batch.flatMap((event) => this.selected(event, (object) => shown.get(object) ?? object));
      if (seen.length > 0) this.pass(seen);
      this.unconverted.shift();
    }
  }

  /** What the selectors make of an event of which `shown` has the converted objects. */
  private selected({ type, object, previous }: CachedEvent, shown: (object: KubeObject) => KubeObject): readonly WatchEvent[] {
    const now = shown(object);
    if (type === 'BOOKMARK' || this.selection.isEverything) return [{ type, object: now }];
    const { matches } = this.selection;
    const before = previous === undefined ? undefined : shown(previous);
    const matchedBefore = before !== undefined && matches(before);
    if (type !== 'DELETED' && matches(now)) return [{ type: matchedBefore ? 'MODIFIED' : 'ADDED', object: now }];
    if (!matchedBefore) return [];
    return [{ type: 'DELETED', object: type === 'DELETED' ? now : withRevision(before, Number(now.metadata.resourceVersion)) }];
  }

  private pass(events: readonly WatchEvent[]): void {
    this.process.send(this.client, { kind: 'api.watch', id: this.call.request.id, events } as ApiWatchEvents);
  }
}
