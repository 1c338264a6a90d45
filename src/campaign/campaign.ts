/**
 * A campaign: many seeds of one model, and one verdict that does not depend on who ran which.
 *
 * Every 20th seed is run twice, and a different fingerprint is a failure (something outlived the first run). Before the seeds, a
 * canary has to fail: a property that nothing satisfies, so that a campaign that cannot find anything is noticed. Afterwards the
 * vacuity guard asks whether there was anything to judge.
 */
import { mergeCounts, type Counts } from '../property/sometimes.ts';
import { alwaysRecord } from '../property/property.ts';
import { vacuous } from '../property/vacuity.ts';
import type { CampaignModel, Plan } from './model.ts';
import { runPlan, type RunOptions, type RunResult } from './run.ts';

/** One of so many runs is repeated to compare fingerprints: 5 %. */
const RERUN_EVERY = 20;

export const CANARY = 'canary: nothing satisfies this';
export const SAME_AGAIN = 'the same plan gives the same run';

/** The seed of a run: base and index, told apart by a stroke. */
export function seedAt(base: string, index: number): string {
  return `${base}/${index}`;
}

/** Runs the plan of one seed; the index decides whether it is run twice. */
export function runSeed(model: CampaignModel, seed: string, index: number, options: RunOptions = {}): RunResult {
  const plan = model.plan(seed);
  return index % RERUN_EVERY === 0 ? runTwice(model, plan, options) : runPlan(model, plan, options);
}

/** Runs a plan twice and compares the fingerprints. */
export function runTwice(model: CampaignModel, plan: Plan, options: RunOptions = {}): RunResult {
  const result = runPlan(model, plan, options);
  const again = runPlan(model, plan, options);
  if (again.fingerprint === result.fingerprint) return result;
  const message = `two runs of one plan differ: fingerprints ${result.fingerprint} and ${again.fingerprint}; something outlives a run`;
  return { ...result, failure: { property: SAME_AGAIN, message, seq: -1, time: 0, actor: '', causes: [] } };
}

/** Does a campaign of this model notice a property that cannot hold? */
export function canarySings(model: CampaignModel): boolean {
  const plan = model.plan('canary');
  const result = runPlan(model, plan, { also: [alwaysRecord(CANARY, () => 'as it must be')] });
  return result.failure?.property === CANARY;
}

export interface CampaignReport {
  readonly model: string;
  readonly base: string;
  readonly runs: number;
  readonly failures: readonly RunResult[];
  /** Sums over all runs. */
  readonly hits: Counts;
  readonly marks: Counts;
  /** What was never judged or reached. */
  readonly vacuous: readonly string[];
  readonly isCanaryAlive: boolean;
  readonly steps: number;
  /** Virtual µs over all runs. */
  readonly time: number;
}

/**
 * Puts results together; `results[i]` belongs to seed i. With `stopAtFirst`, all that comes after the first failure is left
 * out, so that the report is the same however many were running when it was found.
 */
export function reportOf(
  model: string,
  base: string,
  results: readonly (RunResult | undefined)[],
  options: { readonly stopAtFirst?: boolean; readonly isCanaryAlive: boolean; readonly waived?: readonly string[] },
): CampaignReport {
  const found = results.filter((result) => result !== undefined);
  const first = options.stopAtFirst === true ? found.findIndex(({ failure }) => failure !== undefined) : -1;
  const counted = first < 0 ? found : found.slice(0, first + 1);
  const [hits, marks] = [mergeCounts(counted.map((one) => one.hits)), mergeCounts(counted.map((one) => one.marks))];
  const failures = counted.filter(({ failure }) => failure !== undefined);
  const nothing = vacuous(hits, marks, options.waived);
  return {
    model,
    base,
    runs: counted.length,
    failures,
    hits,
    marks,
    // A campaign that was ended by a failure has not had its chance to reach everything.
    vacuous: failures.length > 0 && options.stopAtFirst === true ? [] : nothing,
    isCanaryAlive: options.isCanaryAlive,
    steps: counted.reduce((sum, one) => sum + one.steps, 0),
    time: counted.reduce((sum, one) => sum + one.time, 0),
  };
}

/** Did the campaign prove something, and nothing bad? */
export function isGreen(report: CampaignReport): boolean {
  return report.failures.length === 0 && report.vacuous.length === 0 && report.isCanaryAlive;
}

/** A whole campaign in this thread. */
export function campaign(
  model: CampaignModel,
  base: string,
  runs: number,
  options: { readonly stopAtFirst?: boolean; readonly waived?: readonly string[] } = {},
): CampaignReport {
  const results: RunResult[] = [];
  for (let index = 0; index < runs; index++) {
    const result = runSeed(model, seedAt(base, index), index);
    results.push(result);
    if (options.stopAtFirst === true && result.failure !== undefined) break;
  }
  return reportOf(model.name, base, results, { ...options, isCanaryAlive: canarySings(model) });
}
