/**
 * The contract of an actor.
 *
 * An actor is a behaviour: a state, and a step that takes one message. A step is synchronous, reads no clock and draws from
 * no global source; all it may use is its state, the message and its context. What it wants to happen it says through
 * the context, which collects effects as data; the kernel carries them out after the step has returned. So a step can be
 * run again, alone, from a log.
 */
import type { Json } from '../log/record.ts';

/** A message: any frozen plain data with a `kind`. */
export interface Message {
  readonly kind: string;
}

/** An effect, as data. The kernel interprets these in order after the step. */
export type Effect =
  | { readonly kind: 'send'; readonly to: string; readonly message: Message }
  | { readonly kind: 'timer'; readonly key: string; readonly delay: number; readonly message: Message }
  | { readonly kind: 'cancel'; readonly key: string }
  | { readonly kind: 'spawn'; readonly actor: ActorSpec }
  | { readonly kind: 'stop'; readonly id: string }
  | { readonly kind: 'monitor'; readonly id: string };

/** What a step may use. It is closed when the step has returned: using it later is an error that names the actor. */
export interface Context {
  /** The actor's own id. */
  readonly self: string;
  /** The actor's clock in whole µs since the run's start: virtual time plus the actor's clock skew. */
  readonly now: number;
  /** Who sent the message that is being handled; undefined for timers, inputs and starts. */
  readonly from: string | undefined;
  /** Sends a message. It arrives after the link's latency, if the network lets it; to itself at once, after this step. */
  send(to: string, message: Message): void;
  /** Sets the timer `key` to deliver `message` to this actor after `delay` µs. Replaces a timer of the same key. */
  setTimer(key: string, delay: number, message: Message): void;
  /** Cancels the timer `key`, if it is set. */
  cancelTimer(key: string): void;
  /** Records a state change: it lands in the log, and whoever follows the run sees it. `data` must be plain JSON. */
  record(kind: string, data: Json): void;
  /** True when somebody reads facts in this run; lets an actor skip making data that nobody keeps. */
  readonly recording: boolean;
  /**
   * The only source of nondeterminism: an integer in [0, n), drawn from this actor's stream for `kind`.
   * `label` says in words what is chosen; it is kept for people, never for behaviour.
   */
  choose(kind: string, n: number, label?: string): number;
  /** Starts another actor. Its id must not be in use. */
  spawn(actor: ActorSpec): void;
  /** Stops an actor for good. */
  stop(id: string): void;
  /** Asks for a message `{ kind: 'down', actor }` when that actor crashes or has crashed, and `{ kind: 'up', actor }` when it is back. */
  monitor(id: string): void;
}

/** What monitors receive. It travels over the network like any message, so a partition can hide it. */
export interface PeerMessage extends Message {
  readonly kind: 'down' | 'up';
  readonly actor: string;
}

/** What an actor does. `State` belongs to the kernel's cell; only the step of its own actor may change it. */
export interface Behavior<State = unknown, Received extends Message = Message> {
  /** Makes the state. `durable` is what {@link Behavior.durable} kept at the last crash, undefined at the first start. */
  start(context: Context, durable?: unknown): State;
  /** Handles one message. May change `state` in place. Must not return anything (a promise least of all). */
  step(state: State, message: Received, context: Context): void;
  /** What outlives a crash (a disk's content). Everything else is lost. */
  durable?(state: State): unknown;
}

/** An actor to be started. `type` groups actors of one sort (`kubelet`): links and faults are configured by it. */
export interface ActorSpec {
  readonly id: string;
  readonly type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each behaviour has its own state and messages.
  readonly behavior: Behavior<any, any>;
}
