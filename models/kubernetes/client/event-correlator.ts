/**
 * What becomes of an event before it is sent: combined with similar ones, counted on an earlier one, or dropped as spam.
 *
 * Ten different messages of one reason about one object within ten minutes become one event; an exact repetition raises the
 * count of the first; a source may send 25 events about one object and then one every five minutes.
 * Source: client-go/tools/record/events_cache.go.
 */
import type { KubeObject } from '../object/types.ts';
import { Lru } from './lru.ts';
import { TokenBucket } from './rate-limiter.ts';

/** events_cache.go: maxLruCacheEntries, defaultAggregateMaxEvents, defaultAggregateIntervalInSeconds, defaultSpamBurst/QPS. */
const LRU_ENTRIES = 4096;
const AGGREGATE_MAX_EVENTS = 10;
const AGGREGATE_INTERVAL = 600 * 1_000_000;
export const SPAM_BURST = 25;
const SPAM_PER_SECOND = 1 / 300;

/** `v1.ObjectReference` of an event's object. */
export interface EventReference {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
  readonly apiVersion?: string;
  readonly resourceVersion?: string;
  readonly fieldPath?: string;
}

/** A core/v1 Event as the recorder makes it. */
export interface EventDraft {
  readonly apiVersion: 'v1';
  readonly kind: 'Event';
  readonly metadata: { readonly name: string; readonly namespace: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly involvedObject: EventReference;
  readonly reason: string;
  readonly message: string;
  readonly source: { readonly component?: string; readonly host?: string };
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly count: number;
  readonly type: string;
  readonly reportingComponent: string;
  readonly reportingInstance: string;
}

/** What to send: the event, and whether an earlier one is to be patched instead of creating it. */
export interface Correlated {
  readonly event: EventDraft;
  readonly key: string;
  readonly isRepetition: boolean;
}

interface Observation {
  readonly count: number;
  readonly firstTimestamp: string;
  readonly name: string;
}

interface Aggregate {
  readonly messages: Set<string>;
  lastAt: number;
}

export class EventCorrelator {
  private readonly now: () => number;
  private readonly aggregates = new Lru<Aggregate>(LRU_ENTRIES);
  private readonly observations = new Lru<Observation>(LRU_ENTRIES);
  private readonly buckets = new Lru<TokenBucket>(LRU_ENTRIES);

  constructor(now: () => number) {
    this.now = now;
  }

  /** What to send for this event; undefined when it is spam. */
  correlate(event: EventDraft): Correlated | undefined {
    const { event: aggregated, key } = this.aggregate(event);
    const observed = this.observe(aggregated, key);
    return this.isSpam(aggregated) ? undefined : observed;
  }

  /** Remembers the state that the server has. */
  updateState(event: KubeObject | EventDraft): void {
    const draft = event as EventDraft;
    this.observations.put(eventKey(draft), { count: draft.count, firstTimestamp: draft.firstTimestamp, name: draft.metadata.name });
  }

  private aggregate(event: EventDraft): { event: EventDraft; key: string } {
    const { source, type, reason, reportingComponent, reportingInstance } = event;
    const key = [...sourceAndObject(event), type, reason, reportingComponent, reportingInstance].join('\n');
    const now = this.now();
    const known = this.aggregates.get(key);
    const record = known === undefined || now - known.lastAt > AGGREGATE_INTERVAL ? { messages: new Set<string>(), lastAt: now } : known;
    record.messages.add(event.message);
    record.lastAt = now;
    this.aggregates.put(key, record);
    if (record.messages.size < AGGREGATE_MAX_EVENTS) return { event, key: eventKey(event) };
    for (const message of record.messages) {
      record.messages.delete(message);
      break;
    }
    const combined = { ...event, source, message: `(combined from similar events): ${event.message}`, firstTimestamp: event.lastTimestamp };
    return { event: combined, key };
  }

  private observe(event: EventDraft, key: string): Correlated {
    const last = this.observations.get(key);
    const seen =
      last === undefined
        ? event
        : { ...event, metadata: { ...event.metadata, name: last.name }, firstTimestamp: last.firstTimestamp, count: last.count + 1 };
    this.observations.put(key, { count: seen.count, firstTimestamp: seen.firstTimestamp, name: seen.metadata.name });
    return { event: seen, key, isRepetition: last !== undefined };
  }

  private isSpam(event: EventDraft): boolean {
    const key = sourceAndObject(event).join('\n');
    const bucket = this.buckets.get(key) ?? new TokenBucket(SPAM_PER_SECOND, SPAM_BURST, this.now);
    this.buckets.put(key, bucket);
    return !bucket.tryAccept();
  }
}

function sourceAndObject({ source, involvedObject }: EventDraft): string[] {
  const { kind, namespace = '', name, uid = '', apiVersion = '' } = involvedObject;
  return [source.component ?? '', source.host ?? '', kind, namespace, name, uid, apiVersion];
}

function eventKey(event: EventDraft): string {
  return [...sourceAndObject(event), event.involvedObject.fieldPath ?? '', event.type, event.reason, event.message].join('\n');
}
