/**
 * A check: stored failures first, then new seeds, over whatever runs them; one verdict that does not depend on who ran what.
 *
 * Without `keepGoing` it ends at the failure with the smallest number: runs with smaller numbers that are under way are waited for,
 * runs with larger ones are left out of the report. A time budget decides only how many runs there are: those that count are
 * always the first n.
 */
import { canarySings, reportOf, seedAt, type CampaignReport } from './campaign.ts';
import { GENERATION, GuidedSearch } from './guided.ts';
import type { Job, JobResult } from './job.ts';
import type { CampaignModel, Plan } from './model.ts';
import type { RunResult } from './run.ts';
import type { Runner } from './runner.ts';
import type { SeedStore, StoredSeed } from './store.ts';

export interface CheckOptions {
  readonly model: CampaignModel;
  readonly runner: Runner;
  /** Names the campaign: run i has the seed `base/i`. */
  readonly base: string;
  readonly runs: number;
  /** False: no further run is begun (a caller with a clock, or an interruption). */
  readonly goOn?: () => boolean;
  /** Only the runs of this part: number `of` shares, this is `part` (from 1). */
  readonly shard?: { readonly part: number; readonly of: number };
  readonly only?: string;
  /** Runs all seeds even after a failure. */
  readonly keepGoing?: boolean;
  readonly guided?: boolean;
  readonly waived?: readonly string[];
  readonly store?: SeedStore;
  /** Written into stored seeds. */
  readonly revision?: string;
  /** Called after each run. */
  readonly progress?: (done: number, failures: number) => void;
}

export interface CheckOutcome {
  /** Over the new seeds. */
  readonly report: CampaignReport;
  /** Stored plans that were run again, and how many of them still fail. */
  readonly stored: { readonly tried: number; readonly failing: number };
  /** The failures with their plans: stored ones first, then by number. */
  readonly failures: readonly FoundFailure[];
}

export interface FoundFailure {
  readonly plan: Plan;
  readonly result: RunResult;
  /** It was in the store already. */
  readonly isKnown: boolean;
}

/** The model failed outside its steps: while it drew a plan or built a world. */
export class ModelFailed extends Error {
  override readonly name = 'ModelFailed';
}

export async function check(options: CheckOptions): Promise<CheckOutcome> {
  const isCanaryAlive = canarySings(options.model);
  const { tried, known } = await runStored(options);
  const isOver = known.length > 0 && options.keepGoing !== true;
  const found = isOver ? NOTHING : await (options.guided === true ? guidedSearch(options) : randomSearch(options));
  const report = reportOf(options.model.name, options.base, found.results, {
    isCanaryAlive,
    stopAtFirst: options.keepGoing !== true,
    ...(options.waived === undefined ? {} : { waived: options.waived }),
  });
  // Nothing was searched because the answer was known: there is nothing to call vacuous.
  const judged = isOver ? { ...report, vacuous: [] } : report;
  const fresh = report.failures.map((result) => ({ plan: found.plans.get(result) as Plan, result, isKnown: false }));
  return { report: judged, stored: { tried, failing: known.length }, failures: [...known, ...fresh] };
}

interface Found {
  /** By the number of the run; gaps are runs of other shards. */
  readonly results: readonly RunResult[];
  readonly plans: ReadonlyMap<RunResult, Plan>;
}

const NOTHING: Found = { results: [], plans: new Map() };

async function runStored(options: CheckOptions): Promise<{ tried: number; known: readonly FoundFailure[] }> {
  const { store, model } = options;
  const stored = store?.load(model.name) ?? [];
  const outcomes: JobResult[] = [];
  let at = 0;
  const job = (plan: Plan): Job => ({ index: at++, plan, ...only(options) });
  await options.runner.run(
    () => (at < stored.length && options.goOn?.() !== false ? job((stored[at] as StoredSeed).plan) : undefined),
    (outcome) => void (outcomes[outcome.index] = outcome),
  );
  const known: FoundFailure[] = [];
  outcomes.forEach((outcome, i) => {
    const { plan, property, state } = stored[i] as StoredSeed;
    // A plan that the model no longer understands says nothing about it.
    if ('error' in outcome) return;
    const { result } = outcome;
    if (result.failure !== undefined) known.push({ plan, result, isKnown: true });
    const now = result.failure === undefined ? 'passing' : 'failing';
    if (now !== state) store?.note(model.name, { plan, property, steps: result.steps, state: now, revision: options.revision ?? '' });
  });
  return { tried: outcomes.length, known };
}

async function randomSearch(options: CheckOptions): Promise<Found> {
  const { part, of } = options.shard ?? { part: 1, of: 1 };
  const ledger = new Ledger(options);
  let index = part - 1;
  const next = (): Job | undefined => {
    if (index >= options.runs || ledger.isOver(index) || options.goOn?.() === false) return undefined;
    const job: Job = { index, seed: seedAt(options.base, index), ...only(options) };
    index += of;
    return job;
  };
  const planOf = (i: number): Plan => options.model.plan(seedAt(options.base, i));
  await options.runner.run(next, (outcome) => void ledger.take(outcome, planOf));
  return ledger.found();
}

async function guidedSearch(options: CheckOptions): Promise<Found> {
  const search = new GuidedSearch(options.model, options.base);
  const ledger = new Ledger(options);
  for (let begin = 0; begin < options.runs && !ledger.isOver(begin) && options.goOn?.() !== false; begin += GENERATION) {
    const end = Math.min(options.runs, begin + GENERATION);
    const plans = Array.from({ length: end - begin }, (_, i) => search.plan(begin + i));
    const outcomes: JobResult[] = [];
    let at = begin;
    const next = (): Job | undefined => {
      if (at >= end || ledger.isOver(at)) return undefined;
      const index = at++;
      return { index, plan: plans[index - begin] as Plan, cover: true, ...only(options) };
    };
    await options.runner.run(next, (outcome) => {
      outcomes[outcome.index - begin] = outcome;
      ledger.take(outcome, (i) => plans[i - begin] as Plan);
    });
    outcomes.forEach((outcome, i) => {
      if ('result' in outcome) search.learn(plans[i] as Plan, outcome.covered ?? []);
    });
  }
  return ledger.found();
}

/** Collects results, and stores failures the moment they are known. */
class Ledger {
  private readonly options: CheckOptions;
  private readonly results: RunResult[] = [];
  private readonly plans = new Map<RunResult, Plan>();
  private firstFailure = Infinity;
  private done = 0;

  constructor(options: CheckOptions) {
    this.options = options;
  }

  /** Need run `index` not be begun any more? */
  isOver(index: number): boolean {
    return this.options.keepGoing !== true && index > this.firstFailure;
  }

  take(outcome: JobResult, planOf: (index: number) => Plan): void {
    const { options } = this;
    if ('error' in outcome) throw new ModelFailed(`the model ${options.model.name} failed outside its steps, in run ${outcome.index} of seed ${options.base}: ${outcome.error}`);
    const { index, result } = outcome;
    this.results[index] = result;
    this.done++;
    if (result.failure !== undefined) {
      const plan = planOf(index);
      this.plans.set(result, plan);
      this.firstFailure = Math.min(this.firstFailure, index);
      const { property } = result.failure;
      options.store?.note(options.model.name, { property, plan, steps: result.steps, state: 'failing', revision: options.revision ?? '' });
    }
    options.progress?.(this.done, this.plans.size);
  }

  found(): Found {
    // A budget may have ended the search while a later run was done and an earlier one was not begun; only a shard has gaps.
    return { results: this.results.filter((result) => result !== undefined), plans: this.plans };
  }
}

function only(options: CheckOptions): { readonly only?: string } {
  return options.only === undefined ? {} : { only: options.only };
}
