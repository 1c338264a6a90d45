/**
 * What a kernel may be told: seed, chooser, network, bounds, and how much it records and checks.
 */
import type { Behavior } from '../actor/actor.ts';
import type { Json, Level } from '../log/record.ts';
import type { Bounds } from './bound.ts';
import type { Chooser } from './choice.ts';
import type { Network } from './network.ts';

/** Picks which of several ready events is next; for search strategies. Time never runs backwards. */
export interface ReadyOrder {
  /** Events up to this many µs after the head are ready. */
  readonly window: number;
  /** How many are looked at. */
  readonly most: number;
  /**
   * The index of the event to dispatch, in [0, ready.length). It is recorded as the choice `$kernel:next`. Without a strategy
   * the chooser is asked for that choice, so that a replay needs the window only and takes the order from the log.
   */
  pick?(ready: readonly ReadyEvent[]): number;
}

/** A waiting event, as a {@link ReadyOrder} sees it. */
export interface ReadyEvent {
  readonly via: string;
  readonly actor: string;
  readonly from: string | undefined;
  readonly kind: string;
  readonly cause: number;
}

export interface KernelOptions {
  /** Names the run's random streams. Any text. */
  readonly seed: string;
  /** Answers the choices. Default: draws from the seed's streams. */
  readonly chooser?: Chooser;
  readonly network?: Network;
  readonly bounds?: Partial<Bounds>;
  /** At `full`, records hold messages and effects. Default `facts`. */
  readonly level?: Level;
  /** Freezes messages and facts as they are handed over. Default true; false is faster, and replay still notices. */
  readonly freeze?: boolean;
  /** Traps ambient clocks, randomness, timers and promises while steps run. Default true. */
  readonly guard?: boolean;
  readonly order?: ReadyOrder;
  /** What an actor becomes when it is restarted `with` changes; undefined when there is nothing that they could change. */
  readonly reconfigure?: (actor: string, changes: Json) => Behavior | undefined;
}
