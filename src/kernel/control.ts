/**
 * Control events: what faults and operators do to actors. They are messages to the kernel, logged like any other event.
 */
import type { Json } from '../log/record.ts';
import type { Message } from '../actor/actor.ts';

/**
 * - `restart`: it starts again; `with` says what is configured differently from now on (see `KernelOptions.reconfigure`).
 * - `crash`: the actor loses its state, timers and what is sent to it, until `restart`; what is durable is kept.
 * - `pause`: it receives nothing and its timers fire late, until `resume`.
 * - `slow`: each event is handled `by` µs later; 0 ends it.
 * - `skew`: its clock is `by` µs ahead of virtual time.
 * - `note`: changes nothing; a fault that acts elsewhere (a network fault) makes itself visible in the log.
 */
export type Control =
  | { readonly kind: 'crash'; readonly actor: string; readonly reason?: string }
  | { readonly kind: 'restart'; readonly actor: string; readonly reason?: string; readonly with?: Json }
  | { readonly kind: 'pause'; readonly actor: string; readonly reason?: string }
  | { readonly kind: 'resume'; readonly actor: string; readonly reason?: string }
  | { readonly kind: 'slow'; readonly actor: string; readonly by: number; readonly reason?: string }
  | { readonly kind: 'skew'; readonly actor: string; readonly by: number; readonly reason?: string }
  | { readonly kind: 'note'; readonly actor: string; readonly note: Json };

/** Control events travel as messages. */
export type ControlMessage = Control & Message;
