/**
 * The engine: everything that a model may use. It does not know what is simulated.
 */
export type { ActorSpec, Behavior, Context, Effect, Message, PeerMessage } from './actor/actor.ts';
export { AmbientAccess } from './actor/guard.ts';
export { assert, AssertionError, unreachable } from './kernel/assert.ts';
export { type Bounds } from './kernel/bound.ts';
export { RandomChooser, TapeChooser, type Chooser } from './kernel/choice.ts';
export type { Control } from './kernel/control.ts';
export { Kernel } from './kernel/kernel.ts';
export { KERNEL } from './kernel/ledger.ts';
export type { KernelOptions, ReadyEvent, ReadyOrder } from './kernel/options.ts';
export { LOST, PlainNetwork, type Latency, type LatencyTable, type Network, type Peer, type Routing } from './kernel/network.ts';
export { StepFailed, type Outcome, type RunLimits } from './kernel/outcome.ts';
export type { Choice, EffectNote, Fact, Json, Level, LogRecord, Via } from './log/record.ts';
export { Sfc32 } from './random/sfc32.ts';
export { stream } from './random/stream.ts';
export { hashOfRun } from './log/run-hash.ts';
