/**
 * One piece of a campaign's work, and what comes of it; plain data, so that it can go to another thread.
 */
import { runSeed, runTwice } from './campaign.ts';
import { Coverage, type Covered } from './coverage.ts';
import type { CampaignModel, Plan } from './model.ts';
import { runPlan, type RunOptions, type RunResult } from './run.ts';

/** A seed to run, or a plan. */
export interface Job {
  /** The number of the run in its campaign: results are put in this order. */
  readonly index: number;
  readonly seed?: string;
  readonly plan?: Plan;
  /** Runs the plan twice and compares. A seed's number decides that by itself. */
  readonly twice?: boolean;
  /** Judges only properties that match this pattern. */
  readonly only?: string;
  /** Reports what the run went through. */
  readonly cover?: boolean;
}

/** `error`: the model failed outside its steps (while it drew a plan or built a world). */
export type JobResult =
  | { readonly index: number; readonly result: RunResult; readonly covered?: readonly Covered[] }
  | { readonly index: number; readonly error: string };

/** Does a job. Never throws. */
export function perform(model: CampaignModel, job: Job): JobResult {
  const coverage = job.cover === true ? new Coverage() : undefined;
  const options: RunOptions = { ...(job.only === undefined ? {} : { only: job.only }), ...(coverage === undefined ? {} : { onDraw: coverage.onDraw, onWorld: coverage.onWorld }) };
  try {
    const result = run(model, job, options);
    return { index: job.index, result, ...(coverage === undefined ? {} : { covered: coverage.all() }) };
  } catch (error) {
    return { index: job.index, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function run(model: CampaignModel, { index, seed, plan, twice }: Job, options: RunOptions): RunResult {
  if (plan === undefined) return runSeed(model, seed ?? '', index, options);
  return twice === true ? runTwice(model, plan, options) : runPlan(model, plan, options);
}
