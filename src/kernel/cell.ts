/**
 * A cell is what the kernel keeps about one actor: its behaviour and state, whether it is up, its timers and its links.
 */
import type { Subject } from 'rxjs';
import type { ActorSpec, Behavior, Message } from '../actor/actor.ts';
import type { StepContext } from '../actor/context.ts';
import type { Peer } from './network.ts';

/** No event waits: instead of a slot's number. */
export const NO_SLOT = -1;

/** Of so many timers an actor's cell keeps the keys when they are not set. */
const KEYS_KEPT = 16;

export class Cell implements Peer {
  readonly id: string;
  readonly type: string;
  readonly index: number;
  /** Another one after a restart with other flags. */
  behavior: Behavior;
  readonly context: StepContext;
  inbox!: Subject<Message>;
  state: unknown = undefined;
  /** What the last incarnation kept across its crash. */
  durable: unknown = undefined;
  isUp = false;
  /** Between its restart and its first step. */
  isStarting = false;
  isPaused = false;
  /** Counts starts; events of an earlier incarnation (its timers) are void. */
  incarnation = 0;
  /** What the actor's clock is ahead of virtual time, in µs. */
  skew = 0;
  /** Extra µs before each event is handled, while a fault slows the actor down. */
  slowness = 0;
  /** Until when events wait that were slowed down: what comes until then waits behind them. */
  slowedUntil = -1;
  /** Slots of the timers by key; {@link NO_SLOT} for one that is not set now (see {@link unset}). */
  readonly timers = new Map<string, number>();
  /** When the last message to each receiver (by index) arrives: later ones may not overtake it. */
  readonly lastArrival = new Map<number, number>();
  /** Who asked to hear of this actor's crash. */
  readonly monitors = new Set<Cell>();
  /** Slots that wait until a pause ends. */
  backlog: number[] = [];

  constructor(spec: ActorSpec, index: number, context: StepContext) {
    this.id = spec.id;
    this.type = spec.type;
    this.behavior = spec.behavior;
    this.index = index;
    this.context = context;
  }

  /** Notes that a timer is no longer set. The key stays if there are few: most are set again, and a Map that loses its last keys is made anew. */
  unset(key: string): void {
    if (this.timers.size > KEYS_KEPT) this.timers.delete(key);
    else this.timers.set(key, NO_SLOT);
  }
}
