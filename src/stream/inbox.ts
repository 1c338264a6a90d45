/**
 * The streams of one actor: an inbox that the kernel feeds, and the effects that come out of it.
 *
 * Only the kernel calls `next`, from its flat loop, and always on the inbox of exactly one actor (a broadcast with filters
 * costs 21 ns for each subscriber of every message). The pipeline is synchronous, so the order of everything is the
 * queue's, never the call stack's.
 */
import { Subject } from 'rxjs';

/**
 * An actor's inbox: a Subject that its actor hears first, without a subscription.
 *
 * `step` makes effects of a message and `carryOut` carries them out; neither may throw: an exception inside a subscriber would surface from a
 * timer. A pipeline of RxJS's own (`inbox.pipe(map(step)).subscribe(carryOut)`) does the same with ten objects for each actor; among
 * thousands of actors none of them is in a cache, and walking along them cost a third of all that the kernel does for an event.
 */
export class Inbox<In, Out> extends Subject<In> {
  private readonly step: (message: In) => Out;
  private readonly carryOut: (effects: Out) => void;

  constructor(step: (message: In) => Out, carryOut: (effects: Out) => void) {
    super();
    this.step = step;
    this.carryOut = carryOut;
  }

  override next(message: In): void {
    this.carryOut(this.step(message));
    if (this.observed) super.next(message);
  }
}

/** The stream of committed records: fed after logging, read by projections, invariants, debuggers and users. */
export function committed<T>(): Subject<T> {
  return new Subject<T>();
}
