/**
 * The event window of a watch cache: what a watch that starts in the past can still be told.
 *
 * A ring that grows and shrinks with the rate of change. Source: apiserver/pkg/storage/cacher/watch_cache.go
 * (`resizeCacheLocked`, `eventFreshDuration` 75 s, capacities 100 to 102,400).
 */
import type { EtcdEvent } from '../../etcd/message.ts';

const CAPACITY_MIN = 100;
const CAPACITY_MAX = 102_400;
const FRESH = 75_000_000;

interface Entry {
  readonly event: EtcdEvent;
  /** When the cache saw it, in µs. */
  readonly at: number;
}

export class EventWindow {
  private entries: Entry[] = [];
  private start = 0;
  private capacity = CAPACITY_MIN;
  /** The revision of the list that the cache began with: older watches cannot be served. */
  private listRevision = 0;
  private hasEvicted = false;

  /** Forgets everything: the cache was filled anew from a list at `revision`. */
  reset(revision: number): void {
    this.entries = [];
    this.start = 0;
    this.capacity = CAPACITY_MIN;
    this.listRevision = revision;
    this.hasEvicted = false;
  }

  add(event: EtcdEvent, now: number): void {
    const length = this.entries.length - this.start;
    if (length === this.capacity) this.resize(now);
    if (this.entries.length - this.start === this.capacity) this.evict();
    this.entries.push({ event, at: now });
  }

  /** The oldest revision from which a watch can be served: events with a later revision are all here. */
  get oldestRevision(): number {
    const first = this.entries[this.start];
    if (!this.hasEvicted || first === undefined) return this.listRevision;
    return first.event.revision - 1;
  }

  /** Events after `revision`, oldest first. Only valid for revisions ≥ {@link oldestRevision}. */
  after(revision: number): EtcdEvent[] {
    const found: EtcdEvent[] = [];
    for (let i = this.entries.length - 1; i >= this.start; i--) {
      const { event } = this.entries[i] as Entry;
      if (event.revision <= revision) break;
      found.push(event);
    }
    return found.reverse();
  }

  private resize(now: number): void {
    const oldest = this.entries[this.start] as Entry;
    if (now - oldest.at < FRESH && this.capacity < CAPACITY_MAX) {
      this.capacity = Math.min(this.capacity * 2, CAPACITY_MAX);
      return;
    }
    const quarter = this.entries[this.start + Math.floor(this.capacity / 4)] as Entry;
    if (now - quarter.at > FRESH && this.capacity > CAPACITY_MIN) {
      this.capacity = Math.max(Math.floor(this.capacity / 2), CAPACITY_MIN);
      while (this.entries.length - this.start > this.capacity) this.evict();
    }
  }

  private evict(): void {
    this.start++;
    this.hasEvicted = true;
    if (this.start > 1024 && this.start * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.start);
      this.start = 0;
    }
  }
}
