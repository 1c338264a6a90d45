/**
 * One small actor for each way to break determinism. Each is numbered as the rule of docs/determinism.md that it breaks.
 */
import type { Behavior, Context, Message } from '../../../src/index.ts';

/** Captured when the module is loaded, as a dependency might: the guard's traps come too late for it. */
const capturedTimer = setTimeout;

export interface Mutant {
  readonly rule: number;
  readonly name: string;
  /** What the error must name, besides the actor. */
  readonly names: string;
  readonly step: (context: Context, message: Message) => unknown;
}

/** The late work is refused too (the context is closed); nobody waits for it, so its error is dropped here. */
const later = (work: () => void): void => void Promise.resolve().then(work).catch(() => undefined);

/** Mutants that the guard catches while the step runs, or right after it. */
export const GUARDED: readonly Mutant[] = [
  { rule: 1, name: 'reads the clock', names: 'Date.now', step: () => void Date.now() },
  { rule: 1, name: 'makes a Date of now', names: 'new Date()', step: () => void new Date() },
  { rule: 1, name: 'reads the high-resolution clock', names: 'performance.now', step: () => void performance.now() },
  { rule: 1, name: 'reads the process clock', names: 'process.hrtime', step: () => void process.hrtime() },
  { rule: 1, name: 'reads the process clock as a bigint', names: 'hrtime', step: () => void process.hrtime.bigint() },
  { rule: 2, name: 'sets a timer', names: 'setTimeout', step: (context) => void setTimeout(() => context.send('other', { kind: 'late' }), 1) },
  { rule: 2, name: 'sets an interval', names: 'setInterval', step: () => void setInterval(() => undefined, 1000) },
  { rule: 2, name: 'sets an immediate', names: 'setImmediate', step: () => void setImmediate(() => undefined) },
  { rule: 2, name: 'uses a timer captured at import', names: 'Timeout', step: () => void capturedTimer(() => undefined, 0).unref() },
  { rule: 3, name: 'queues a microtask', names: 'queueMicrotask', step: () => queueMicrotask(() => undefined) },
  { rule: 3, name: 'is an async function', names: 'promise', step: async () => undefined },
  { rule: 3, name: 'sends from a promise', names: 'PROMISE', step: (context) => later(() => context.send('other', { kind: 'late' })) },
  { rule: 3, name: 'returns a value', names: 'a value', step: () => 42 },
  { rule: 4, name: 'draws from Math.random', names: 'Math.random', step: () => void Math.random() },
  { rule: 4, name: 'draws a UUID', names: 'crypto.randomUUID', step: () => void crypto.randomUUID() },
  { rule: 4, name: 'draws random bytes', names: 'crypto.getRandomValues', step: () => void crypto.getRandomValues(new Uint8Array(4)) },
  { rule: 5, name: 'fetches', names: 'fetch', step: () => void fetch('http://127.0.0.1:9/') },
  { rule: 5, name: 'measures memory', names: 'process.memoryUsage', step: () => void process.memoryUsage() },
  { rule: 6, name: 'holds a weak reference', names: 'WeakRef', step: () => void new WeakRef({}) },
  { rule: 6, name: 'registers a finalizer', names: 'FinalizationRegistry', step: () => void new FinalizationRegistry(() => undefined) },
  { rule: 7, name: 'compares by locale', names: 'localeCompare', step: () => void 'a'.localeCompare('b') },
  { rule: 7, name: 'formats a number by locale', names: 'toLocaleString', step: () => void (1234.5).toLocaleString() },
  { rule: 7, name: 'collates', names: 'Intl.Collator', step: () => void new Intl.Collator() },
];

/** An actor that takes the mutant's step when it hears `go`. */
export const behaviorOf = (mutant: Mutant): Behavior<null> => ({
  start: () => null,
  step: (_state, message, context) => mutant.step(context, message) as void,
});
