/**
 * The streams of one actor: an inbox that the kernel feeds, and the effects that come out of it.
 *
 * Only the kernel calls `next`, from its flat loop, and always on the inbox of exactly one actor (a broadcast with filters
 * costs 21 ns for each subscriber of every message). The pipeline is synchronous, so the order of everything is the
 * queue's, never the call stack's.
 */
import { map, Subject, type Observable } from 'rxjs';

/** An inbox, and the stream of what each message made the actor want. */
export interface Mailbox<In, Out> {
  readonly inbox: Subject<In>;
  readonly effects$: Observable<Out>;
}

/** Connects an inbox to a step. `step` must not throw: an exception inside a subscriber would surface from a timer. */
export function mailbox<In, Out>(step: (message: In) => Out): Mailbox<In, Out> {
  const inbox = new Subject<In>();
  return { inbox, effects$: inbox.pipe(map(step)) };
}

/** The stream of committed records: fed after logging, read by projections, invariants, debuggers and users. */
export function committed<T>(): Subject<T> {
  return new Subject<T>();
}
