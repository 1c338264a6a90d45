/**
 * How a program says what it waits for, and what it is told when it goes on.
 *
 * A program is a generator that yields a `Wait` and gets a `Wake`. A wait is plain data, so what each process of a
 * simulation is waiting for can be shown, logged and hashed; a sleeping container costs one timer and nothing else.
 */
import type { Signal } from './signal.ts';
import type { System } from './system.ts';

/** Each wait may carry a deadline; then the wake can be `timeout`. */
export type Wait =
  /** Until a moment in virtual time. */
  | { readonly wait: 'time'; readonly atUs: number }
  /** Until a signal that the process catches. */
  | { readonly wait: 'signal' }
  | { readonly wait: 'readable'; readonly fd: number; readonly atUs?: number }
  | { readonly wait: 'writable'; readonly fd: number; readonly atUs?: number }
  /** The response to a request over the network. */
  | { readonly wait: 'exchange'; readonly exchange: number; readonly atUs?: number }
  /** A child ended; `pid` 0 means any. */
  | { readonly wait: 'child'; readonly pid: number }
  /** A name look-up was answered. */
  | { readonly wait: 'answer'; readonly query: number; readonly atUs?: number }
  /** Its turn on the processor: see `TURN_US` in `host.ts`. */
  | { readonly wait: 'turn' };

export type Wake =
  | { readonly kind: 'ready' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'signal'; readonly signal: Signal };

/** A running program. Its return value is the exit status. */
export type Run = Generator<Wait, number, Wake>;

/** What an executable does. */
export type Program = (system: System) => Run;

/** A part of a program that computes a `T` and may wait meanwhile. */
export type Step<T> = Generator<Wait, T, Wake>;
