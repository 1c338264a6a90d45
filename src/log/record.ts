/**
 * What a run leaves behind: one record per step.
 *
 * A step is the handling of one event by one actor. Its record says when and where it happened, which step caused it, the
 * choices that were drawn, the facts that the actor recorded, and a digest of the effects it had. Records are addressed by
 * their sequence number (`#4711`), which is dense from 0, so an address never depends on the log's level.
 */

/** Plain JSON data: what facts, inputs and messages consist of. No `undefined`, NaN, infinities, dates or class instances. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * How a step came to be: an actor's start (or restart), a message, a timer, an external input, a fault or another control
 * event of the kernel, or a bound that was hit.
 */
export type Via = 'start' | 'message' | 'timer' | 'input' | 'control' | 'bound';

/** One draw from the choice seam: what was chosen for, among how many, and the outcome in [0, n). */
export interface Choice {
  readonly kind: string;
  readonly n: number;
  readonly value: number;
}

/** One state change that an actor recorded. `data` is frozen. */
export interface Fact {
  readonly kind: string;
  readonly data: Json;
}

/** One effect of a step, as kept at level `full`. */
export interface EffectNote {
  readonly kind: 'send' | 'timer' | 'cancel' | 'spawn' | 'stop' | 'monitor';
  /** The receiver of a message, the key of a timer, the id of an actor. */
  readonly target: string;
  /** The kind of the message that is sent or that the timer will deliver. */
  readonly message?: string;
  /** For timers: the delay in µs. */
  readonly delay?: number;
  readonly body?: Json;
}

/** The record of one step. */
export interface LogRecord {
  /** Position in the run, dense from 0. */
  readonly seq: number;
  /** Virtual time in whole µs since the run's start. */
  readonly time: number;
  readonly via: Via;
  /** The actor that made the step. */
  readonly actor: string;
  /** The kind of the message, timer, input or control event. */
  readonly kind: string;
  /** The step that sent the message, set the timer or spawned the actor; -1 for inputs and for what the plan does. */
  readonly cause: number;
  /** Who sent the message, when it came from another actor. */
  readonly from?: string;
  readonly choices: readonly Choice[];
  readonly facts: readonly Fact[];
  /** A 32-bit digest of the step's effects (kinds, receivers, delays, in order). */
  readonly digest: number;
  /** True for what came from outside the run: a replay takes it from the log. */
  readonly external?: true;
  /** The message itself: always for inputs and control events, for others at level `full`. */
  readonly message?: Json;
  /** The effects, at level `full`. */
  readonly effects?: readonly EffectNote[];
}

/** How much of a run is written: inputs and choices only, facts and causes as well, or messages and effects too. */
export type Level = 'inputs' | 'facts' | 'full';
