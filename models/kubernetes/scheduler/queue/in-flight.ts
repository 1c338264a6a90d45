/**
 * What happened while pods were being tried: the events that a failed attempt could not have seen.
 *
 * One list in order of occurrence; a pod in flight remembers where the list stood when it was popped. Events that no
 * pod
 * in flight can still need are dropped from the front. Source: pkg/scheduler/backend/queue/active_queue.go.
 */
import type { KubeObject } from '../../object/types.ts';
import type { ClusterEvent } from '../framework/event.ts';

export interface Occurrence {
  readonly event: ClusterEvent;
  readonly old: KubeObject | undefined;
  readonly current: KubeObject | undefined;
}

export class InFlight {
  #events: Occurrence[] = [];
  /** Number of events dropped from the front so far; positions below count from the very first event. */
  #dropped = 0;
  readonly #positions = new Map<string, number>();

  get size(): number {
    return this.#positions.size;
  }

  has(uid: string): boolean {
    return this.#positions.has(uid);
  }

  start(uid: string): void {
    this.#positions.set(uid, this.#dropped + this.#events.length);
  }

  record(occurrence: Occurrence): void {
    if (this.#positions.size > 0) this.#events.push(occurrence);
  }

  /** Events since the pod was popped. */
  since(uid: string): readonly Occurrence[] {
    const position = this.#positions.get(uid);
    return position === undefined ? [] : this.#events.slice(position - this.#dropped);
  }

  done(uid: string): void {
    if (!this.#positions.delete(uid)) return;
    if (this.#positions.size === 0) {
      this.#dropped += this.#events.length;
      this.#events = [];
      return;
    }
    // Pods are popped in order, so the first one left holds the oldest position.
    for (const oldest of this.#positions.values()) {
      this.#events.splice(0, oldest - this.#dropped);
      this.#dropped = oldest;
      break;
    }
  }
}
