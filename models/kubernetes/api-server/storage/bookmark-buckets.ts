/**
 * When which watch gets its next bookmark: those due in the same second get theirs together, so that thousands of watches need one timer.
 * Source: apiserver/pkg/storage/cacher/cacher.go (`watcherBookmarkTimeBuckets`).
 */
import type { Process, TimerHandle } from '../../client/process.ts';

const SECOND = 1_000_000;

export class BookmarkBuckets {
  private readonly process: Process;
  /** What to do at a second of the process's clock, in the order in which it was asked for. */
  private readonly buckets = new Map<number, Set<() => void>>();
  private timer: TimerHandle | undefined;
  private next = Infinity;

  constructor(process: Process) {
    this.process = process;
  }

  /** Calls `send` once, at the beginning of the second in which `dueAt` (µs) lies, but not now. Returns what takes it back. */
  add(dueAt: number, send: () => void): () => void {
    const second = Math.max(Math.floor(dueAt / SECOND), Math.floor(this.process.now / SECOND) + 1);
    const bucket = this.buckets.get(second) ?? new Set();
    this.buckets.set(second, bucket.add(send));
    if (second < this.next) this.wakeAt(second);
    return () => bucket.delete(send);
  }

  private wakeAt(second: number): void {
    this.timer?.stop();
    this.next = second;
    this.timer = second === Infinity ? undefined : this.process.after('watch.bookmarks', second * SECOND - this.process.now, () => this.pop(second));
  }

  private pop(second: number): void {
    const due = this.buckets.get(second);
    this.buckets.delete(second);
    this.timer = undefined;
    this.next = Infinity;
    for (const send of due ?? []) send();
    this.wakeAt(Math.min(...this.buckets.keys()));
  }
}
