/**
 * The event recorder of a component: makes Events, correlates them and sends them one after another.
 *
 * Recording never blocks and never fails the caller: events wait in a bounded queue, overflow is dropped, and what the server
 * refuses is dropped too. Source: client-go/tools/record/event.go.
 */
import { fnv32a } from '../object/hash.ts';
import { rfc3339 } from '../object/time.ts';
import type { KubeObject } from '../object/types.ts';
import type { Client } from './client.ts';
import { EventCorrelator, type Correlated, type EventDraft, type EventReference } from './event-correlator.ts';
import { suspend, type Process, type Task } from './process.ts';
import { EVENTS } from './resources.ts';
import { isNotFound, isUnreachable, type Result } from './result.ts';

/** event.go: maxTriesPerEvent, defaultSleepDuration, maxQueuedEvents. */
const TRIES_MAX = 12;
const RETRY_DELAY = 10_000_000;
const QUEUE_MAX = 1000;

export type EventType = 'Normal' | 'Warning';

export interface RecorderOptions {
  /** `source.component` and `reportingComponent`. */
  readonly component: string;
  /** The cluster's epoch in ms. */
  readonly epoch: number;
  /** `source.host`; for components that run on nodes. */
  readonly host?: string;
}

export class EventRecorder {
  private readonly process: Process;
  private readonly client: Client;
  private readonly options: RecorderOptions;
  private readonly correlator: EventCorrelator;
  private readonly names: EventNames;
  private queue: EventDraft[] = [];
  private wake: (() => void) | undefined;

  constructor(process: Process, client: Client, options: RecorderOptions) {
    this.process = process;
    this.client = client;
    this.options = options;
    this.correlator = new EventCorrelator(() => process.now);
    this.names = new EventNames(process, options.epoch);
    process.go(this.send());
  }

  /** Records that `reason` happened to `object`. */
  event(object: KubeObject, type: EventType, reason: string, message: string, annotations?: Readonly<Record<string, string>>): void {
    this.eventFor(referenceTo(object), type, reason, message, annotations);
  }

  /** As {@link event}, for a reference (with a field path, or to an object that is not at hand). */
  eventFor(object: EventReference, type: EventType, reason: string, message: string, annotations?: Readonly<Record<string, string>>): void {
    if (this.queue.length >= QUEUE_MAX) return;
    const { component, epoch, host } = this.options;
    const now = rfc3339(epoch, this.process.now);
    this.queue.push({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: this.names.next(object.name), namespace: object.namespace || 'default', ...(annotations ? { annotations } : {}) },
      involvedObject: object,
      reason,
      message,
      source: { component, ...(host === undefined ? {} : { host }) },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type,
      reportingComponent: component,
      reportingInstance: host ?? '',
    });
    const wake = this.wake;
    this.wake = undefined;
    if (wake !== undefined) this.process.soon(wake);
  }

  private *send(): Task {
    for (;;) {
      while (this.queue.length === 0) yield* suspend<void>((resume) => (this.wake = resume));
      const batch = this.queue;
      this.queue = [];
      for (const event of batch) {
        const correlated = this.correlator.correlate(event);
        if (correlated !== undefined) yield* this.deliver(correlated);
      }
    }
  }

  private *deliver(correlated: Correlated): Task {
    for (let tries = 1; ; tries++) {
      const result = yield* this.write(correlated);
      if (result.ok) this.correlator.updateState(result.object);
      if (!isUnreachable(result) || tries >= TRIES_MAX) return;
      const delay = tries === 1 ? this.process.choose('event.retry', RETRY_DELAY) : RETRY_DELAY;
      yield* this.process.sleep('event.retry', delay);
    }
  }

  private *write({ event, isRepetition }: Correlated): Task<Result<KubeObject>> {
    const { namespace, name } = event.metadata;
    if (isRepetition) {
      const body = { count: event.count, lastTimestamp: event.lastTimestamp, message: event.message };
      const result = yield* this.client.patch(EVENTS, namespace, name, 'application/strategic-merge-patch+json', body);
      if (!isNotFound(result)) return result;
    }
    return yield* this.client.create(EVENTS, namespace, event);
  }
}

/** Names `<object>.<unix time in ns, hex>`; what virtual time lacks below the µs is made up, and no two are equal. */
export class EventNames {
  private readonly process: Process;
  private readonly epoch: number;
  private last = 0n;
  private count = 0;

  constructor(process: Process, epoch: number) {
    this.process = process;
    this.epoch = epoch;
  }

  next(object: string): string {
    const below = fnv32a(`${this.process.self}/${object}/${this.count++}`) % 1000;
    const now = (BigInt(this.epoch) * 1000n + BigInt(this.process.now)) * 1000n + BigInt(below);
    this.last = now > this.last ? now : this.last + 1n;
    return `${object}.${this.last.toString(16)}`;
  }
}

/** The reference to an object as events carry it. */
export function referenceTo(object: KubeObject): EventReference {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    kind: object.kind,
    ...(namespace ? { namespace } : {}),
    name,
    uid,
    apiVersion: object.apiVersion,
    ...(resourceVersion ? { resourceVersion } : {}),
  };
}
