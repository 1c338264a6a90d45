/**
 * The event queue: a binary heap over typed arrays, ordered by (time, class, sequence).
 *
 * The order is total, so which event comes next never depends on the heap's shape. Push and pop are O(log n); RxJS's
 * virtual scheduler sorts its whole queue at each insertion instead (229 µs at 10,000 pending, see
 * docs/decisions/0002-own-heap.md). A cancelled event stays in the heap as a tombstone until it is popped or until more
 * than half of the heap is dead, when the heap is rebuilt; so cancelling is O(1) amortised and memory stays bounded.
 */
import { assert } from './assert.ts';

/** Classes order events of equal time. What a pause has held up comes first, then control events (faults); external inputs come last. */
export const EventClass = { waited: 0, control: 1, normal: 2, host: 3, input: 4 } as const;

/** Sequence numbers stay below this, so that class and sequence fit one double exactly. */
const SEQUENCE_MAX = 2 ** 50;

export class EventQueue {
  private times = new Float64Array(1024);
  private orders = new Float64Array(1024);
  private slots = new Int32Array(1024);
  private length = 0;
  private dead = 0;
  private sequence = 0;
  private readonly isDead: (slot: number) => boolean;
  private readonly free: (slot: number) => void;

  /** `isDead` tells whether a slot was cancelled; `free` is called once for every slot that leaves the heap dead. */
  constructor(isDead: (slot: number) => boolean, free: (slot: number) => void) {
    this.isDead = isDead;
    this.free = free;
  }

  /** How many events wait, cancelled ones not counted. */
  get size(): number {
    return this.length - this.dead;
  }

  /** The time of the next event, or Infinity when none waits. */
  get headTime(): number {
    this.dropDeadHead();
    return this.length === 0 ? Infinity : (this.times[0] as number);
  }

  /** Adds an event. `time` is in whole microseconds. */
  push(time: number, eventClass: number, slot: number): void {
    assert(Number.isSafeInteger(time) && time >= 0, 'event times are whole, non-negative microseconds');
    const order = eventClass * SEQUENCE_MAX + this.sequence++;
    if (this.length === this.times.length) this.grow();
    this.siftUp(this.length++, time, order, slot);
  }

  /** Removes the next event and returns its slot, or -1 when none waits. */
  pop(): number {
    this.dropDeadHead();
    return this.length === 0 ? -1 : this.removeHead();
  }

  /** Says that a waiting slot was cancelled. */
  noteDead(): void {
    this.dead++;
    if (this.dead > 4096 && this.dead * 2 > this.length) this.rebuild();
  }

  /**
   * The slots of the first `most` events with time ≤ `until`, in dispatch order, the head first: for schedulers that pick. What lies
   * below a later event in the heap is later still, so only those events and their neighbours are looked at.
   */
  ready(until: number, most: number): number[] {
    const { times, orders, slots, length } = this;
    const found: number[] = [];
    const open = length > 0 ? [0] : [];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if ((times[at] as number) > until) continue;
      if (!this.isDead(slots[at] as number)) found.push(at);
      const child = at * 2 + 1;
      if (child < length) open.push(child);
      if (child + 1 < length) open.push(child + 1);
    }
    found.sort((x, y) => (times[x] as number) - (times[y] as number) || (orders[x] as number) - (orders[y] as number));
    if (found.length > most) found.length = most;
    for (let i = 0; i < found.length; i++) found[i] = slots[found[i] as number] as number;
    return found;
  }

  /** Removes one waiting slot, wherever it is, and returns its time. O(n). */
  take(slot: number): number {
    const at = this.slots.subarray(0, this.length).indexOf(slot);
    assert(at >= 0, 'a slot that is taken is waiting');
    const time = this.times[at] as number;
    this.removeAt(at);
    return time;
  }

  private removeAt(at: number): void {
    const last = --this.length;
    if (at === last) return;
    const time = this.times[last] as number;
    const order = this.orders[last] as number;
    const slot = this.slots[last] as number;
    this.siftDown(at, time, order, slot);
    this.siftUp(at, this.times[at] as number, this.orders[at] as number, this.slots[at] as number);
  }

  private removeHead(): number {
    const slot = this.slots[0] as number;
    const last = --this.length;
    if (last > 0) this.siftDown(0, this.times[last] as number, this.orders[last] as number, this.slots[last] as number);
    return slot;
  }

  private dropDeadHead(): void {
    while (this.dead > 0 && this.length > 0 && this.isDead(this.slots[0] as number)) {
      this.dead--;
      this.free(this.removeHead());
    }
  }

  private rebuild(): void {
    let kept = 0;
    for (let i = 0; i < this.length; i++) {
      const slot = this.slots[i] as number;
      if (this.isDead(slot)) {
        this.free(slot);
        continue;
      }
      this.times[kept] = this.times[i] as number;
      this.orders[kept] = this.orders[i] as number;
      this.slots[kept++] = slot;
    }
    this.length = kept;
    this.dead = 0;
    for (let i = (kept >> 1) - 1; i >= 0; i--) {
      this.siftDown(i, this.times[i] as number, this.orders[i] as number, this.slots[i] as number);
    }
  }

  private siftUp(start: number, time: number, order: number, slot: number): void {
    const { times, orders, slots } = this;
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentTime = times[parent] as number;
      if (parentTime < time || (parentTime === time && (orders[parent] as number) < order)) break;
      times[at] = parentTime;
      orders[at] = orders[parent] as number;
      slots[at] = slots[parent] as number;
      at = parent;
    }
    times[at] = time;
    orders[at] = order;
    slots[at] = slot;
  }

  private siftDown(start: number, time: number, order: number, slot: number): void {
    const { times, orders, slots, length } = this;
    let at = start;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length && this.precedes(right, child)) child = right;
      const childTime = times[child] as number;
      if (time < childTime || (time === childTime && order < (orders[child] as number))) break;
      times[at] = childTime;
      orders[at] = orders[child] as number;
      slots[at] = slots[child] as number;
      at = child;
    }
    times[at] = time;
    orders[at] = order;
    slots[at] = slot;
  }

  private precedes(x: number, y: number): boolean {
    const tx = this.times[x] as number;
    const ty = this.times[y] as number;
    return tx < ty || (tx === ty && (this.orders[x] as number) < (this.orders[y] as number));
  }

  private grow(): void {
    const times = new Float64Array(this.times.length * 2);
    const orders = new Float64Array(this.times.length * 2);
    const slots = new Int32Array(this.times.length * 2);
    times.set(this.times);
    orders.set(this.orders);
    slots.set(this.slots);
    this.times = times;
    this.orders = orders;
    this.slots = slots;
  }
}
