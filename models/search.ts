/**
 * The library of search: campaigns, exhaustive search and shrinking, for tests and for models of one's own.
 */
import type { Parameters, Searchable } from '../src/campaign/catalogue.ts';
import { readParameters } from '../src/campaign/catalogue.ts';
import type { Plan } from '../src/campaign/model.ts';
import { runPlan, type Failure } from '../src/campaign/run.ts';
import { CATALOGUE } from './catalogue.ts';

export { actorCampaign, type ActorCampaignOptions } from '../src/campaign/actors.ts';
export { campaign, isGreen, type CampaignReport } from '../src/campaign/campaign.ts';
export type { Parameter, Parameters, Searchable } from '../src/campaign/catalogue.ts';
export { describePlan } from '../src/campaign/describe.ts';
export type { CampaignModel, Plan, World } from '../src/campaign/model.ts';
export { runPlan, type Failure, type RunOptions, type RunResult } from '../src/campaign/run.ts';
export { ActorModel, type Envelope, type ModelActor, type Reaction, type SystemState } from '../src/explore/actors.ts';
export { exploreExecutions, type ExecutionsReport } from '../src/explore/executions.ts';
export type { Model, StateProperty } from '../src/explore/model.ts';
export { reduce, type ReductionReport } from '../src/explore/reduction.ts';
export { memberOf, PORTFOLIO, type ScheduleName } from '../src/explore/schedule/portfolio.ts';
export { search, type SearchReport } from '../src/explore/search.ts';
export { plainFaults } from '../src/fault/makers.ts';
export type { Fault, FaultPlan } from '../src/fault/plan.ts';
export { swarmPlan, type FaultMaker } from '../src/fault/swarm.ts';
export type { Convergence } from '../src/property/converge.ts';
export { linearizable, type Operation, type SequentialObject } from '../src/property/history/linear.ts';
export { versionsGrow, watchersSeePrefix } from '../src/property/history/order.ts';
export { leadsToPer, temporal } from '../src/property/over-facts.ts';
export { always, alwaysRecord, type Property } from '../src/property/property.ts';
export { reach, sometimes, type Mark } from '../src/property/sometimes.ts';
export { shrink, type Shrunk } from '../src/shrink/shrink.ts';
export { CATALOGUE };

/** A plan and what it is run with. */
export interface PlanToRun {
  readonly plan: Plan;
  readonly parameters?: Parameters;
  /** Judges only properties that match this pattern. */
  readonly only?: string;
}

/** Why a plan fails in a model (one of the catalogue by name, or one of your own); undefined when it does not. */
export function failureOf(model: string | Searchable, { plan, parameters = {}, only }: PlanToRun): Failure | undefined {
  const entry = typeof model === 'string' ? CATALOGUE.find(({ name }) => name === model) : model;
  const made = entry?.campaign?.({ ...readParameters(entry, []), ...parameters });
  if (made === undefined) throw new Error(`there is no campaign of the model ${typeof model === 'string' ? model : model.name}`);
  return runPlan(made, plan, only === undefined ? {} : { only }).failure;
}
