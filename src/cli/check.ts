/**
 * `kubetwin check`: searches for a run that violates a property, shrinks it, and says how to see it again.
 */
import { availableParallelism } from 'node:os';
import { existsSync, readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { join } from 'node:path';
import { isGreen } from '../campaign/campaign.ts';
import type { Parameters, Searchable } from '../campaign/catalogue.ts';
import { check, ModelFailed, type CheckOptions, type CheckOutcome, type FoundFailure } from '../campaign/check.ts';
import type { CampaignModel, Plan } from '../campaign/model.ts';
import { INLINE, parsePlanFile, type PlanFile } from '../campaign/plan-file.ts';
import { runPlan, startPlan, type RunResult } from '../campaign/run.ts';
import { LocalRunner, ThreadRunner, type Runner } from '../campaign/runner.ts';
import { SeedStore } from '../campaign/store.ts';
import { matches } from '../fault/plan.ts';
import type { Json } from '../log/record.ts';
import { NotFailing, shrink } from '../shrink/shrink.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { CliError, EXIT, systemReason } from './exit.ts';
import { failureReport, failureWords, quoted, reproduce, writeFailure, writeLog, type FailureFiles } from './found.ts';
import { campaignOf, findModel, settings } from './models.ts';
import { Progress } from './progress.ts';
import { describePlan } from '../campaign/describe.ts';

export interface CheckCommandOptions {
  readonly model: string;
  readonly set?: readonly string[];
  readonly plan?: string;
  readonly seed: string;
  readonly runs: string;
  readonly for?: string;
  readonly workers?: string;
  readonly shard?: string;
  readonly property?: string;
  readonly guided?: boolean;
  readonly keepGoing?: boolean;
  readonly waive?: readonly string[];
  /** False: `--no-shrink`. */
  readonly shrink: boolean;
  readonly shrinkFor: string;
  /** The folder, or false: `--no-store`. */
  readonly store: string | false;
  readonly revision?: string;
  readonly out: string;
  readonly log?: string;
  readonly emitTest?: string;
  readonly json?: boolean;
}

/** What the command needs of the program around it. */
export interface SearchEnvironment {
  readonly catalogue: readonly Searchable[];
  /** The script of a worker thread. */
  readonly worker: URL;
}

/** @returns {@link EXIT}: `ok` when all held, `failed` when a property was violated or nothing was proved. */
export async function checkCommand(options: CheckCommandOptions, environment: SearchEnvironment): Promise<number> {
  try {
    return options.plan === undefined ? await search(options, environment) : await runPlanFile(options.plan, options, environment);
  } catch (error) {
    if (error instanceof ModelFailed) throw new CliError(error.message);
    throw error;
  }
}

/** Reads a plan: a file, `-` for standard input, or the text that the last line of a report has. Says what is wrong with it. */
export function readPlanFile(path: string): PlanFile {
  const text = planText(path);
  try {
    return parsePlanFile(text);
  } catch (error) {
    throw new CliError(`cannot read the plan ${shortened(path)}: ${(error as Error).message}`);
  }
}

function planText(path: string): string {
  if (path.startsWith(INLINE)) {
    try {
      return inflateRawSync(Buffer.from(path.slice(INLINE.length), 'base64url')).toString();
    } catch {
      throw new CliError(`cannot read the plan ${shortened(path)}: the text is damaged; copy the whole line`);
    }
  }
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new CliError(`cannot read the plan ${path}: ${systemReason(error)}`);
  }
}

function shortened(path: string): string {
  return path.length > 60 ? `${path.slice(0, 59)}…` : path;
}

async function runPlanFile(path: string, options: CheckCommandOptions, { catalogue }: SearchEnvironment): Promise<number> {
  const file = readPlanFile(path);
  const entry = await findModel(catalogue, file.model);
  const model = campaignOf(entry, { ...settings(entry), ...file.parameters });
  const pattern = options.property ?? file.only;
  const result = running(file.model, () => runPlan(model, file.plan, pattern === undefined ? {} : { only: pattern }));
  if (options.log !== undefined) writeLog(options.log, model, pattern === undefined ? file : { ...file, only: pattern });
  const { failure } = result;
  if (options.json === true) {
    print(JSON.stringify({ model: file.model, plan: file.plan, result, reproduce: failure === undefined ? undefined : reproduce(file, path) }));
    return failure === undefined ? EXIT.ok : EXIT.failed;
  }
  print(describePlan(file.plan).join('\n'));
  if (options.log !== undefined) print(`written: ${options.log}`);
  const print1 = `fingerprint ${result.fingerprint} steps ${result.steps} simulated ${formatDuration(result.time)}`;
  if (failure === undefined) {
    print(`${print1}\nthe plan violates nothing${file.property === '' ? '' : ` (when it was written, it violated: ${file.property})`}`);
    return EXIT.ok;
  }
  print(`${failureWords(failure)}\n${print1}\nreproduce:\n${reproduce(file, path)}`);
  return EXIT.failed;
}

async function search(options: CheckCommandOptions, environment: SearchEnvironment): Promise<number> {
  const entry = await findModel(environment.catalogue, options.model);
  const parameters = settings(entry, options.set);
  const model = campaignOf(entry, parameters);
  if (options.property !== undefined) demandProperty(model, options.property);
  const started = Date.now();
  const workers = workersOf(options.workers);
  const progress = new Progress(process.stderr, options.json !== true);
  const interruption = interruptible();
  const deadline = options.for === undefined ? Infinity : started + duration('--for', options.for) / 1000;
  const runs = options.for !== undefined && options.runs === DEFAULT_RUNS ? Infinity : whole('--runs', options.runs, 1);
  const settled: Omit<CheckOptions, 'runner'> = {
    model,
    base: options.seed,
    runs,
    goOn: () => !interruption.isAsked && Date.now() < deadline,
    keepGoing: options.keepGoing === true,
    guided: options.guided === true,
    waived: options.waive ?? [],
    revision: options.revision ?? revisionOf(process.cwd()),
    progress: (done, failures) => {
      const seconds = (Date.now() - started) / 1000;
      if (done % 8 === 0) progress.show(`${done}${runs === Infinity ? '' : ` of ${runs}`} runs, ${failures} failing, ${Math.round(done / seconds)}/s${options.for === undefined ? '' : `, ${formatDuration(Math.max(0, deadline - Date.now()) * 1000)} left`}`);
    },
    ...(options.shard === undefined ? {} : { shard: shardOf(options.shard) }),
    ...(options.property === undefined ? {} : { only: options.property }),
    ...(options.store === false ? {} : { store: new SeedStore(join(options.store, 'seeds')) }),
  };
  // Threads keep the process alive: they are started when nothing more can be wrong with the arguments.
  const runner: Runner = workers === 1 ? new LocalRunner(model) : new ThreadRunner(environment.worker, { name: options.model, parameters }, workers);
  try {
    const outcome = await check({ ...settled, runner });
    progress.clear();
    const seconds = (Date.now() - started) / 1000;
    return await report({ outcome, options, settled, entry, model, parameters, progress, seconds, isInterrupted: interruption.isAsked });
  } finally {
    progress.clear();
    interruption.end();
    await runner.close();
  }
}

interface Reported {
  readonly outcome: CheckOutcome;
  readonly options: CheckCommandOptions;
  readonly settled: Omit<CheckOptions, 'runner'>;
  readonly entry: Searchable;
  readonly model: CampaignModel;
  readonly parameters: Parameters;
  readonly progress: Progress;
  readonly seconds: number;
  readonly isInterrupted: boolean;
}

async function report(what: Reported): Promise<number> {
  const { outcome, options, seconds } = what;
  const json = options.json === true;
  const firsts = firstOfEach(outcome.failures);
  const summary = summaryOf(outcome, seconds, options);
  if (!json) print(summary);
  const written: { readonly result: RunResult; readonly plan: Plan; readonly files: FailureFiles; readonly causes: readonly string[]; readonly command: string }[] = [];
  for (const [i, found] of firsts.entries()) {
    const minimal = options.shrink ? shrunk(what, found) : found;
    const failure = minimal.result.failure ?? found.result.failure;
    if (failure === undefined) continue;
    const file: PlanFile = {
      kubetwin: 'plan', version: 1, model: options.model, parameters: what.parameters, property: failure.property, message: failure.message,
      ...(options.property === undefined ? {} : { only: options.property }),
      plan: minimal.plan,
    };
    const emitTest = i === 0 ? options.emitTest : undefined;
    const made = writeFailure({
      entry: what.entry, model: what.model, file, failure, folder: options.out, foundBy: commandLine(options),
      ...(emitTest === undefined ? {} : { emitTest }),
    });
    written.push({ ...minimal, ...made });
    if (!json) print(`\n${found.isKnown ? 'a failure that was found before still fails' : `failing seed ${found.plan.seed}`}\n${failureReport(failure, minimal.plan, made)}`);
  }
  const last = written[0]?.command;
  if (json) {
    const { report: all, stored } = outcome;
    const failures = written.map(({ result, plan, files, causes, command }) => ({ failure: result.failure as unknown as Json, plan, files, causes, reproduce: command }));
    print(JSON.stringify({ ...all, shard: options.shard, stored, seconds, interrupted: what.isInterrupted, minimal: failures, reproduce: last ?? commandLine(options) }));
  } else if (last !== undefined) print(`reproduce:\n${last}`);
  if (what.isInterrupted) return EXIT.interrupted;
  const isVoid = options.shard !== undefined ? { ...outcome.report, vacuous: [] } : outcome.report;
  if (outcome.failures.length === 0 && isGreen(isVoid)) return EXIT.ok;
  if (!json && last === undefined) print(`reproduce:\n${commandLine(options)}`);
  return EXIT.failed;
}

/** One failure for each property: the first. */
function firstOfEach(failures: readonly FoundFailure[]): readonly FoundFailure[] {
  const seen = new Set<string>();
  return failures.filter(({ result }) => {
    const name = result.failure?.property ?? '';
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

function shrunk({ options, model, progress, settled }: Reported, found: FoundFailure): { readonly plan: Plan; readonly result: RunResult } {
  const until = Date.now() + duration('--shrink-for', options.shrinkFor) / 1000;
  try {
    const small = shrink(model, found.plan, {
      goOn: () => Date.now() < until,
      property: found.result.failure?.property ?? '',
      ...(settled.only === undefined ? {} : { only: settled.only }),
      progress: (runs, { faults, workload }) => progress.show(`shrinking: ${runs} runs, ${faults.faults.length} faults and ${workload.length} actions left`),
    });
    const { failure, steps } = small.result;
    if (failure !== undefined && small.runs > 1) {
      settled.store?.note(model.name, { property: failure.property, plan: small.plan, steps, state: 'failing', revision: settled.revision ?? '' });
    }
    return small;
  } catch (error) {
    if (!(error instanceof NotFailing)) throw error;
    process.stderr.write('note: the run did not fail when it was made once more, so something outlives a run; it is reported as it was found\n');
    return found;
  } finally {
    progress.clear();
  }
}

function summaryOf({ report: all, stored, failures }: CheckOutcome, seconds: number, options: CheckCommandOptions): string {
  const lines = [];
  if (stored.tried > 0) lines.push(`${stored.tried} stored ${stored.tried === 1 ? 'plan' : 'plans'} tried first, ${stored.failing} still failing`);
  if (all.runs > 0) lines.push(`${all.model}: ${all.runs} runs of seed ${all.base}${options.shard === undefined ? '' : ` (shard ${options.shard})`}, ${all.steps} steps, ${formatDuration(all.time)} simulated in ${seconds.toFixed(1)}s`);
  if (!all.isCanaryAlive) lines.push('the canary did not fail: a property that nothing satisfies went unnoticed, so nothing was checked');
  const width = Math.max(0, ...[...Object.keys(all.hits), ...Object.keys(all.marks)].map((name) => name.length));
  for (const [name, count] of Object.entries(all.hits)) {
    const violated = failures.filter(({ result }) => result.failure?.property === name).length;
    lines.push(`  ${violated > 0 ? 'violated' : 'held    '}  ${name.padEnd(width)}  judged ${count} times`);
  }
  for (const [name, count] of Object.entries(all.marks)) lines.push(`  reached   ${name.padEnd(width)}  ${count} times`);
  for (const sentence of all.vacuous) lines.push(`  ${options.shard === undefined ? 'vacuous' : 'note'}: ${sentence}`);
  return lines.join('\n');
}

/** The command that makes this search again, whatever the number of workers was. */
function commandLine(options: CheckCommandOptions): string {
  const words = ['kubetwin check', `--model ${quoted(options.model)}`, `--seed ${quoted(options.seed)}`, `--runs ${options.runs}`];
  for (const setting of options.set ?? []) words.push(`--set ${quoted(setting)}`);
  if (options.shard !== undefined) words.push(`--shard ${options.shard}`);
  if (options.property !== undefined) words.push(`--property ${quoted(options.property)}`);
  if (options.guided === true) words.push('--guided');
  if (options.keepGoing === true) words.push('--keep-going');
  return words.join(' ');
}

function demandProperty(model: CampaignModel, pattern: string): void {
  const { world } = running(model.name, () => startPlan(model, model.plan('names')));
  const names = [...world.properties.map(({ name }) => name), ...(world.goal === undefined ? [] : [world.goal.name])];
  if (!names.some((name) => matches(pattern, name))) throw new CliError(`the model ${model.name} has no property "${pattern}"; it has ${names.map((name) => `"${name}"`).join(', ')}`);
}

/** Runs a model's own code; what it throws outside a step is for the person who wrote it. */
function running<T>(model: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new CliError(`the model ${model} failed outside its steps: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}

/** The default of `--runs`, which `--for` lifts. */
export const DEFAULT_RUNS = '1000';

function workersOf(text: string | undefined): number {
  return text === undefined ? Math.max(1, availableParallelism()) : whole('--workers', text, 1);
}

function shardOf(text: string): { readonly part: number; readonly of: number } {
  const [, part, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (Number(part) >= 1 && Number(part) <= Number(of)) return { part: Number(part), of: Number(of) };
  throw new CliError(`--shard is part/number such as 1/4, not "${text}"`);
}

function whole(flag: string, text: string, least: number): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new CliError(`${flag} is a whole number of at least ${least}, not "${text}"`);
}

function duration(flag: string, text: string): number {
  const value = parseDuration(text);
  if (value === undefined) throw new CliError(`${flag} is a duration such as 30s or 10m, not "${text}"`);
  return value;
}

/** The commit of a working copy, if the folder is the top of one. */
function revisionOf(folder: string): string {
  try {
    const head = readFileSync(join(folder, '.git/HEAD'), 'utf8').trim();
    const ref = join(folder, '.git', head.replace(/^ref: /, ''));
    return existsSync(ref) ? readFileSync(ref, 'utf8').trim() : head;
  } catch {
    return '';
  }
}

interface Interruption {
  readonly isAsked: boolean;
  end(): void;
}

/** The first interrupt ends the search in good order, the second one at once. */
function interruptible(): Interruption {
  let isAsked = false;
  const ask = (): void => {
    isAsked = true;
  };
  process.once('SIGINT', ask);
  return {
    get isAsked() {
      return isAsked;
    },
    end: () => void process.off('SIGINT', ask),
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
