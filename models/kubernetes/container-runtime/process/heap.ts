/**
 * A binary heap of timers ordered by (time, order of arrival), so that equal times run in the order they were set.
 * Cancelled timers stay until they surface; `isStale` drops them then. O(log n) per push and pop.
 */
export interface Timer<T> {
  readonly atUs: number;
  readonly order: number;
  readonly item: T;
}

export class TimerHeap<T> {
  readonly #heap: Timer<T>[] = [];
  readonly #isStale: (item: T) => boolean;
  #order = 0;

  constructor(isStale: (item: T) => boolean) {
    this.#isStale = isStale;
  }

  push(atUs: number, item: T): void {
    const timer = { atUs, order: this.#order++, item };
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(timer, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = timer;
  }

  /** The earliest timer that still means something. */
  peek(): Timer<T> | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || !this.#isStale(top.item)) return top;
      this.#removeTop();
    }
  }

  pop(): Timer<T> | undefined {
    const top = this.peek();
    if (top !== undefined) this.#removeTop();
    return top;
  }

  #removeTop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      let least = left;
      if (right !== undefined && isBefore(right, left)) {
        child++;
        least = right;
      }
      if (!isBefore(least, last)) break;
      heap[index] = least;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore<T>(a: Timer<T>, b: Timer<T>): boolean {
  return a.atUs !== b.atUs ? a.atUs < b.atUs : a.order < b.order;
}
