/**
 * A reflector keeps a delta FIFO up to date with one collection of the API server: list, then watch, and again when the
 * watch cannot be continued.
 *
 * A watch that ends normally is taken up again where it stopped, without a list. A list is repeated only when the server has
 * forgotten the position (Expired), or after an error, under a backoff. With `watchList` the first state comes as the initial
 * events of one watch instead of a list; while that watch breaks, it is begun anew, and only when the server refuses it a list takes
 * its place. Source: client-go/tools/cache/reflector.go.
 */
import type { GroupVersionResource, WatchEvent } from '../api/message.ts';
import { NEW } from '../object/new.ts';
import type { KubeObject } from '../object/types.ts';
import { Backoff } from './backoff.ts';
import type { Client } from './client.ts';
import type { DeltaFifo } from './delta-fifo.ts';
import { suspend, type Process, type Task } from './process.ts';
import { isExpired, type ObjectList, type Result, type Status } from './result.ts';

const SECOND = 1_000_000;
/** reflector.go: NewExponentialBackoffManager(800ms, 30s, 2min, 2.0, 1.0). */
const BACKOFF = { initial: 800_000, factor: 2, cap: 30 * SECOND, jitter: 1, resetAfter: 120 * SECOND };
/** reflector.go: minWatchTimeout; a watch asks for a time uniform in [5 min, 10 min). */
const MIN_WATCH_TIMEOUT_SECONDS = 300;
/** reflector.go: a watch that ends sooner than this without an event counts as an error. */
const VERY_SHORT_WATCH = SECOND;
/** metav1.InitialEventsAnnotationKey: marks the bookmark that ends the initial events. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

export interface ReflectorOptions {
  readonly resource: GroupVersionResource;
  readonly namespace?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Gets the first state from a watch (feature WatchListClient); falls back to a list when the server refuses. */
  readonly watchList?: boolean;
}

/**
 * How a watch came to its end: it can be taken up again, at once or after a while; the server no longer has the position (or not yet);
 * or it failed in another way.
 */
type WatchEnd = 'again' | 'backoff' | 'expired' | 'failed';

export class Reflector<T extends KubeObject = KubeObject> {
  private readonly process: Process;
  private readonly client: Client;
  private readonly options: ReflectorOptions;
  private readonly fifo: DeltaFifo<T>;
  private readonly drain: () => void;
  private readonly name: string;
  private readonly backoff: Backoff;
  private lastVersion = '';
  private isVersionUnavailable = false;
  private isStopped = false;
  private stopWatch: (() => void) | undefined;

  /** `drain` is called after deltas were put into `fifo`. */
  constructor(process: Process, client: Client, options: ReflectorOptions, fifo: DeltaFifo<T>, drain: () => void) {
    this.process = process;
    this.client = client;
    this.options = options;
    this.fifo = fifo;
    this.drain = drain;
    this.name = `reflector.${options.resource.resource}`;
    this.backoff = new Backoff(process, this.name, BACKOFF);
  }

  /** Ends the watch for good; nothing more is delivered. */
  stop(): void {
    this.isStopped = true;
    this.stopWatch?.();
  }

  /** Runs until it is stopped. */
  *run(): Task {
    while (!this.isStopped) {
      yield* this.listAndWatch();
      yield* this.backoff.wait();
    }
  }

  private *listAndWatch(): Task {
    let end = this.options.watchList ? yield* this.watchList() : undefined;
    if (end === undefined) {
      if (!(yield* this.list())) return;
      end = 'again';
    }
    while (!this.isStopped) {
      if (end === 'expired' || end === 'failed') return;
      if (end === 'backoff') yield* this.backoff.wait();
      end = (yield* this.watchOnce(false)).end;
    }
  }

  /** Watches from the whole state on, and says how that ended; nothing when it takes a list to get the state. */
  private *watchList(): Task<WatchEnd | undefined> {
    while (!this.isStopped) {
      const { end, isComplete } = yield* this.watchOnce(true);
      if (isComplete) return end;
      if (end === 'failed') return undefined;
      if (end === 'expired') this.isVersionUnavailable = true;
      if (end === 'backoff') yield* this.backoff.wait();
    }
    return undefined;
  }

  /** Lists once, and once more without a version when the server no longer has the one asked for. */
  private *list(): Task<boolean> {
    let result = yield* this.listFrom(this.isVersionUnavailable ? '' : this.lastVersion === '' ? '0' : this.lastVersion);
    if (isExpired(result) || (!result.ok && isTooLargeVersion(result.status))) {
      this.isVersionUnavailable = true;
      result = yield* this.listFrom('');
    }
    if (!result.ok) return false;
    this.isVersionUnavailable = false;
    this.fifo.replace(withKinds(result.object));
    this.lastVersion = result.object.metadata.resourceVersion;
    this.drain();
    return true;
  }

  private *listFrom(resourceVersion: string): Task<Result<ObjectList<T>>> {
    const query = this.selectors();
    if (resourceVersion !== '') query['resourceVersion'] = resourceVersion;
    return yield* this.client.list<T>(this.options.resource, this.options.namespace, query);
  }

  /** The beginning of every query, to which the caller adds what it asks for. */
  private selectors(): Record<string, string> {
    const { fieldSelector, labelSelector } = this.options;
    const query: Record<string, string> = {};
    if (fieldSelector) query['fieldSelector'] = fieldSelector;
    if (labelSelector) query['labelSelector'] = labelSelector;
    return query;
  }

  /** Watches until the stream ends. `isInitial`: the watch begins with the whole state, and `isComplete` says that all of it came. */
  private *watchOnce(isInitial: boolean): Task<{ end: WatchEnd; isComplete: boolean }> {
    const { resource, namespace } = this.options;
    const openedAt = this.process.now;
    const timeout = MIN_WATCH_TIMEOUT_SECONDS + this.process.choose(`${this.name}.timeout`, MIN_WATCH_TIMEOUT_SECONDS);
    const query = this.selectors();
    query['resourceVersion'] = isInitial && this.isVersionUnavailable ? '' : this.lastVersion;
    query['allowWatchBookmarks'] = 'true';
    query['timeoutSeconds'] = String(timeout);
    if (isInitial) {
      query['sendInitialEvents'] = 'true';
      query['resourceVersionMatch'] = 'NotOlderThan';
    }
    const stream = new WatchStream<T>(this.fifo, isInitial, (version) => (this.lastVersion = version), this.drain);
    const target = { ...(namespace ? { namespace } : {}), query };
    const status = yield* suspend<Status | undefined>((resume) => {
      let isOver = false;
      const finish = (end: Status | undefined): void => {
        if (isOver) return;
        isOver = true;
        resume(end);
      };
      const stop = this.client.watch(resource, target, {
        events: (events) => {
          const error = stream.take(events);
          if (error === undefined) return;
          stop();
          finish(error);
        },
        closed: finish,
      });
      this.stopWatch = stop;
    });
    if (isInitial && stream.isComplete) this.isVersionUnavailable = false;
    return { end: endOf(status, stream, this.process.now - openedAt), isComplete: stream.isComplete };
  }
}

/** How a stream that lasted so many µs came to its end. */
function endOf(status: Status | undefined, stream: { readonly isOpen: boolean; readonly count: number }, lasted: number): WatchEnd {
  if (status === undefined || (status.code === 0 && stream.isOpen)) return lasted < VERY_SHORT_WATCH && stream.count === 0 ? 'failed' : 'again';
  if (status.reason === 'Expired' || status.reason === 'Gone' || status.code === 410 || isTooLargeVersion(status)) return 'expired';
  return status.code === 0 || status.code === 429 ? 'backoff' : 'failed';
}

/** One open watch: puts its events into the FIFO. With initial events it collects them until they are complete. */
class WatchStream<T extends KubeObject> {
  /** Events seen, bookmarks too. */
  count = 0;
  /** Whether the server accepted the watch. */
  isOpen = false;
  private readonly fifo: DeltaFifo<T>;
  private readonly advance: (version: string) => void;
  private readonly drain: () => void;
  private initial: T[] | undefined;

  constructor(fifo: DeltaFifo<T>, isInitial: boolean, advance: (version: string) => void, drain: () => void) {
    this.fifo = fifo;
    this.advance = advance;
    this.drain = drain;
    this.initial = isInitial ? [] : undefined;
  }

  /** Whether the initial events are over. */
  get isComplete(): boolean {
    return this.initial === undefined;
  }

  /** Takes a batch; returns the status of an ERROR event. */
  take(events: readonly WatchEvent[]): Status | undefined {
    this.isOpen = true;
    for (const event of events) {
      if (event.type === 'ERROR') return event.object as unknown as Status;
      this.count += 1;
      if (this.initial === undefined) this.apply(event);
      else this.collect(event, this.initial);
    }
    return undefined;
  }

  private collect(event: WatchEvent, initial: T[]): void {
    if (event.type === 'ADDED') initial.push(event.object as T);
    if (event.type !== 'BOOKMARK' || event.object.metadata.annotations?.[INITIAL_EVENTS_END] !== 'true') return;
    this.initial = undefined;
    this.advance(event.object.metadata.resourceVersion);
    this.fifo.replace(initial);
    this.drain();
  }

  private apply(event: WatchEvent): void {
    const object = event.object as T;
    if (event.type === 'ADDED') this.fifo.add(object);
    else if (event.type === 'MODIFIED') this.fifo.update(object);
    else if (event.type === 'DELETED') this.fifo.delete(object);
    this.advance(object.metadata.resourceVersion);
    if (event.type !== 'BOOKMARK') this.drain();
  }
}

/** The items with their kind, which a typed list names only once. */
function withKinds<T extends KubeObject>(list: ObjectList<T>): readonly T[] {
  const { apiVersion } = list;
  const kind = list.kind.replace(/List$/, '');
  return list.items.map((item) => (item.kind ? item : { ...NEW, ...item, apiVersion, kind }));
}

/** `apierrors.IsTooLargeResourceVersion`: the server has not seen that version yet. */
function isTooLargeVersion({ reason, details }: Status): boolean {
  if (reason !== 'Timeout') return false;
  const causes = (details?.['causes'] ?? []) as readonly { reason?: string }[];
  return causes.some((cause) => cause.reason === 'ResourceVersionTooLarge');
}
