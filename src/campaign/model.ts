/**
 * What a campaign needs of a model: plans drawn from seeds as plain data, and a world built from a plan.
 *
 * A plan is all of a run's input besides the code: seed, schedule, configuration, workload, faults. It is JSON, so that it can be
 * printed, stored, shrunk and run again.
 */
import type { Kernel } from '../kernel/kernel.ts';
import type { KernelOptions } from '../kernel/options.ts';
import type { Network } from '../kernel/network.ts';
import type { ScheduleName } from '../explore/schedule/portfolio.ts';
import type { ModelAction, ModelEvents } from '../fault/injector.ts';
import type { FaultPlan } from '../fault/plan.ts';
import type { Json } from '../log/record.ts';
import type { Convergence } from '../property/converge.ts';
import type { Property } from '../property/property.ts';
import type { Mark } from '../property/sometimes.ts';

/** All that makes a run. */
export interface Plan {
  readonly seed: string;
  readonly schedule: ScheduleName;
  /** How many µs of events a schedule may reorder. */
  readonly window: number;
  readonly config: { readonly [name: string]: Json };
  /** What users do, in the model's own words. */
  readonly workload: readonly Json[];
  readonly faults: FaultPlan;
  /** Kinds of choices (with `*`) that always have the outcome 0; a shrinker calms whatever does not matter. */
  readonly calm: readonly string[];
  /** Streams (with `*`) whose outcomes tell things apart, names and ids: always drawn, whatever is calmed. */
  readonly distinct?: readonly string[];
  /**
   * Outcomes of single choices: by `owner:kind`, the nth draw of that stream (from 0). They go before everything else, so that a
   * shrinker can keep the two draws that matter and calm all others.
   */
  readonly answers?: Answers;
  /** From the nth choice of the run on (from 0), draws come from another seed; in the order of `at`. */
  readonly reseeds?: readonly { readonly at: number; readonly seed: string }[];
}

export type Answers = { readonly [stream: string]: { readonly [draw: string]: number } };

/** A world that is ready to run: actors are started, the workload is scheduled. */
export interface World {
  readonly kernel: Kernel;
  readonly properties: readonly Property[];
  readonly marks?: readonly Mark[];
  /** What the world has to reach after the faults were healed. Without it, it runs until nothing waits. */
  readonly goal?: Convergence;
  /** Fault kinds of the model. */
  readonly actions?: Readonly<Record<string, ModelAction>>;
  /** What facts mean in the model's own words, for triggers. */
  readonly events?: ModelEvents;
  /** An actor's state as one of a few words, for guided search. Default: the kind of the last fact that it recorded. */
  readonly stateOf?: (actor: string) => string | undefined;
}

export interface CampaignModel {
  readonly name: string;
  /** Changes when a run of one plan may differ from what it was before; part of the header of the logs that are written. */
  readonly fingerprint?: string;
  /** Draws a plan. Must depend on the seed alone. */
  plan(seed: string): Plan;
  network(plan: Plan): Network;
  /** Makes a kernel with `options`, starts the actors and schedules the workload. */
  build(plan: Plan, options: KernelOptions): World;
}
