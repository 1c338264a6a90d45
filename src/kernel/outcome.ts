/**
 * How a run (or a part of it) ended.
 */

/** Limits of one call of `run`; without any, it runs until nothing waits. */
export interface RunLimits {
  /** Handles events up to and including this virtual time in µs. */
  readonly until?: number;
  /** Handles at most this many events. */
  readonly steps?: number;
  /** Asked before each event; the run pauses when it says false. */
  readonly while?: () => boolean;
}

/** `idle`: nothing waits. `time`, `steps`, `condition`: a limit of the call. `stopped`: somebody called `stop`. `bound`: see bounds. */
export type Outcome =
  | { readonly kind: 'idle' | 'time' | 'steps' | 'condition' }
  | { readonly kind: 'stopped'; readonly reason: string }
  | { readonly kind: 'bound'; readonly bound: string };

/** Thrown by `run` when a step threw: names the actor, the message and the step. `cause` is what was thrown. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  readonly actor: string;
  readonly seq: number;
  /** Virtual time in µs. */
  readonly time: number;

  constructor(actor: string, kind: string, seq: number, time: number, cause: unknown) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`step #${seq} of actor ${actor} failed while handling ${kind} at ${time} µs: ${why}`, { cause });
    this.actor = actor;
    this.seq = seq;
    this.time = time;
  }
}
