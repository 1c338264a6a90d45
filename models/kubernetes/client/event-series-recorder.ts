/**
 * The recorder of events.k8s.io/v1, as the scheduler uses it: an event has an action and an exact time, and repetitions become a
 * series on the first event instead of a count.
 *
 * The first event is created at once; its first repetition within six minutes makes a series (count 2); later ones only raise
 * the count in memory, which is written every six minutes. Source: client-go/tools/events/{event_broadcaster,event_recorder}.go.
 */
import { rfc3339Micro } from '../object/time.ts';
import type { KubeObject } from '../object/types.ts';
import type { GroupVersionResource } from '../api/message.ts';
import type { Client } from './client.ts';
import type { EventReference } from './event-correlator.ts';
import { EventNames, referenceTo, type EventType } from './event-recorder.ts';
import type { Process, Task } from './process.ts';
import { isNotFound, isUnreachable, type Result } from './result.ts';

const EVENTS_V1: GroupVersionResource = Object.freeze({ group: 'events.k8s.io', version: 'v1', resource: 'events' });
/** event_broadcaster.go: maxTriesPerEvent, defaultSleepDuration, finishTime, refreshTime. */
const TRIES_MAX = 12;
const RETRY_DELAY = 10_000_000;
const FINISH_AFTER = 6 * 60_000_000;
const REFRESH_EVERY = 30 * 60_000_000;

export interface SeriesRecorderOptions {
  /** `reportingController`. */
  readonly controller: string;
  /** `reportingInstance`; upstream `<controller>-<hostname>`. */
  readonly instance: string;
  /** The cluster's epoch in ms. */
  readonly epoch: number;
}

/** An events.k8s.io/v1 Event as it is sent. */
interface SeriesEvent {
  readonly apiVersion: 'events.k8s.io/v1';
  readonly kind: 'Event';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly eventTime: string;
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly action: string;
  readonly reason: string;
  readonly regarding: EventReference;
  readonly related?: EventReference;
  readonly note: string;
  readonly type: EventType;
}

interface Known {
  event: SeriesEvent;
  lastAt: number;
}

export class EventSeriesRecorder {
  private readonly process: Process;
  private readonly client: Client;
  private readonly options: SeriesRecorderOptions;
  private readonly names: EventNames;
  private readonly known = new Map<string, Known>();
  private isTicking = false;

  constructor(process: Process, client: Client, options: SeriesRecorderOptions) {
    this.process = process;
    this.client = client;
    this.options = options;
    this.names = new EventNames(process, options.epoch);
  }

  /** Records an event about `regarding`; `related` is a second object that takes part. */
  event(regarding: KubeObject, related: KubeObject | undefined, type: EventType, reason: string, action: string, note: string): void {
    const { controller, instance, epoch } = this.options;
    const reference = referenceTo(regarding);
    const now = rfc3339Micro(epoch, this.process.now);
    const key = [type, action, reason, controller, instance, ...keyOf(reference), ...(related ? keyOf(referenceTo(related)) : [])].join('\n');
    const known = this.known.get(key);
    if (known !== undefined) {
      const isNewSeries = known.event.series === undefined;
      known.event = { ...known.event, series: { count: (known.event.series?.count ?? 1) + 1, lastObservedTime: now } };
      known.lastAt = this.process.now;
      if (isNewSeries) this.process.go(this.deliver(key, known.event));
      return;
    }
    const event: SeriesEvent = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: this.names.next(reference.name), namespace: reference.namespace ?? 'default' },
      eventTime: now,
      reportingController: controller,
      reportingInstance: instance,
      action,
      reason,
      regarding: reference,
      ...(related === undefined ? {} : { related: referenceTo(related) }),
      note,
      type,
    };
    this.known.set(key, { event, lastAt: this.process.now });
    this.process.go(this.deliver(key, event));
    if (!this.isTicking) this.tick();
  }

  /** Forgets what has not been repeated lately, writing the last count; writes running series now and then. */
  private tick(): void {
    this.isTicking = true;
    this.process.after('event.series', FINISH_AFTER, () => {
      this.isTicking = false;
      for (const [key, { event, lastAt }] of [...this.known]) {
        if (this.process.now - lastAt < FINISH_AFTER) continue;
        this.known.delete(key);
        if (event.series !== undefined) this.process.go(this.deliver(key, event));
      }
      if (this.process.now % REFRESH_EVERY < FINISH_AFTER) {
        for (const [key, { event }] of this.known) if (event.series !== undefined) this.process.go(this.deliver(key, event));
      }
      if (this.known.size > 0) this.tick();
    });
  }

  private *deliver(key: string, event: SeriesEvent): Task {
    for (let tries = 1; tries <= TRIES_MAX; tries++) {
      const result = yield* this.write(event);
      if (!isUnreachable(result)) {
        if (!result.ok) this.known.delete(key);
        return;
      }
      yield* this.process.sleep('event.retry', tries === 1 ? this.process.choose('event.retry', RETRY_DELAY) : RETRY_DELAY);
    }
  }

  private *write(event: SeriesEvent): Task<Result<KubeObject>> {
    const { namespace, name } = event.metadata;
    if (event.series !== undefined) {
      const body = { series: event.series };
      const result = yield* this.client.patch(EVENTS_V1, namespace, name, 'application/strategic-merge-patch+json', body);
      if (!isNotFound(result)) return result;
    }
    return yield* this.client.create(EVENTS_V1, namespace, event);
  }
}

/** A reference with its resourceVersion: what happens to another version of an object is another event. */
function keyOf(reference: EventReference): string[] {
  return [reference.resourceVersion ?? '', reference.kind, reference.namespace ?? '', reference.name, reference.uid ?? '', reference.apiVersion ?? ''];
}
