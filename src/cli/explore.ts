/**
 * `kubetwin explore`: all states (or all runs with few deviations) of a small model, within bounds.
 */
import type { Searchable } from '../campaign/catalogue.ts';
import type { PlanFile } from '../campaign/plan-file.ts';
import { exploreExecutions, type ExecutionsReport } from '../explore/executions.ts';
import { reduce, type ReductionReport } from '../explore/reduction.ts';
import { search, type SearchReport } from '../explore/search.ts';
import { parseDuration } from './duration.ts';
import { CliError, EXIT } from './exit.ts';
import { failureReport, quoted, writeFailure } from './found.ts';
import { campaignOf, findModel, settings } from './models.ts';
import { Progress } from './progress.ts';

export interface ExploreCommandOptions {
  readonly model: string;
  readonly set?: readonly string[];
  readonly order: string;
  readonly symmetry?: boolean;
  readonly reduction?: boolean;
  readonly compact?: boolean;
  readonly runs?: string | boolean;
  readonly deviations: string;
  readonly stream?: readonly string[];
  readonly window?: string;
  readonly seed: string;
  readonly states?: string;
  readonly depth?: string;
  readonly for?: string;
  readonly property?: string;
  readonly keepGoing?: boolean;
  readonly out: string;
  readonly json?: boolean;
}

/** @returns {@link EXIT}: `failed` when a property does not hold of a state that was reached. */
export async function exploreCommand(options: ExploreCommandOptions, catalogue: readonly Searchable[]): Promise<number> {
  const entry = await findModel(catalogue, options.model);
  const parameters = settings(entry, options.set);
  const started = Date.now();
  const until = options.for === undefined ? Infinity : started + duration(options.for) / 1000;
  const goOn = (): boolean => Date.now() < until;
  const progress = new Progress(process.stderr, options.json !== true);
  const seconds = (): number => (Date.now() - started) / 1000;
  try {
    if (options.runs !== undefined || (entry.states === undefined && entry.actors === undefined)) return exploreRuns({ options, entry, parameters, goOn, progress, seconds });
    if (options.reduction === true) return exploreReduced({ options, entry, parameters, goOn, seconds });
    return exploreStates({ options, entry, parameters, goOn, seconds });
  } finally {
    progress.clear();
  }
}

interface Exploration {
  readonly options: ExploreCommandOptions;
  readonly entry: Searchable;
  readonly parameters: Readonly<Record<string, number>>;
  readonly goOn: () => boolean;
  readonly seconds: () => number;
}

function exploreStates({ options, entry, parameters, goOn, seconds }: Exploration): number {
  const model = entry.states?.(parameters);
  if (model === undefined) throw new CliError(`the model ${entry.name} has no transition system: try --reduction or --runs`);
  if (options.symmetry === true && model.representative === undefined) throw new CliError(`the model ${entry.name} declares no symmetry: its states have no representatives`);
  if (options.order !== 'breadth' && options.order !== 'depth') throw new CliError(`--order is breadth or depth, not "${options.order}"`);
  const only = onlyProperty(model.properties, options.property, entry.name);
  const report = search({ ...wrapped(model), properties: only }, {
    order: options.order,
    symmetry: options.symmetry === true,
    compact: options.compact === true,
    stopAtViolation: options.keepGoing !== true,
    goOn,
    ...(options.states === undefined ? {} : { statesMax: whole('--states', options.states) }),
    ...(options.depth === undefined ? {} : { depthMax: whole('--depth', options.depth) }),
  });
  const spent = seconds();
  if (options.json === true) print(JSON.stringify({ model: model.name, parameters, ...report, seconds: spent, reproduce: commandLine(options) }));
  else print(`${model.name}${parameterWords(parameters)}\n${stateWords(report, spent)}\nreproduce:\n${commandLine(options)}`);
  return report.violations.length > 0 ? EXIT.failed : EXIT.ok;
}

/** A model whose methods keep their receiver when its properties are replaced. */
function wrapped<State, Action>(model: import('../explore/model.ts').Model<State, Action>): import('../explore/model.ts').Model<State, Action> {
  return {
    name: model.name,
    initial: () => model.initial(),
    actions: (state, actions) => model.actions(state, actions),
    next: (state, action) => model.next(state, action),
    key: (state) => model.key(state),
    describe: (action) => model.describe(action),
    properties: model.properties,
    ...(model.representative === undefined ? {} : { representative: (state: State) => model.representative?.(state) as State }),
    ...(model.isInside === undefined ? {} : { isInside: (state: State) => model.isInside?.(state) !== false }),
  };
}

function onlyProperty<P extends { readonly name: string }>(properties: readonly P[], name: string | undefined, model: string): readonly P[] {
  if (name === undefined) return properties;
  const found = properties.filter((property) => property.name === name);
  if (found.length > 0) return found;
  throw new CliError(`the model ${model} has no property "${name}"; it has ${properties.map((property) => `"${property.name}"`).join(', ')}`);
}

function stateWords(report: SearchReport, seconds: number): string {
  const bound = report.bound === undefined ? '' : `; ended by the bound on ${report.bound}`;
  const lines = [
    `${report.unique} states, ${report.generated} generated, depth ${report.depth}, ${seconds.toFixed(2)}s (${Math.round(report.generated / Math.max(0.001, seconds))} generated/s)`,
    report.isComplete ? 'all states were searched' : report.violations.length > 0 && report.bound === undefined ? 'ended at the first violation' : `not all states were searched${bound}`,
  ];
  for (const { property, path } of report.violations) lines.push(`violated: ${property}, after ${path.length} steps`, ...numbered(path));
  for (const { property, path } of report.reached) lines.push(`reached: ${property}, after ${path.length} steps`);
  for (const name of report.unreached) lines.push(`not reached: ${name}`);
  return lines.join('\n');
}

function exploreReduced({ options, entry, parameters, goOn, seconds }: Exploration): number {
  const model = entry.actors?.(parameters);
  if (model === undefined) throw new CliError(`the model ${entry.name} is not described as actors: partial-order reduction needs to know who receives what`);
  if (options.symmetry === true) throw new CliError('--symmetry and --reduction are two searches: one remembers states, the other walks executions');
  const report = reduce(model, { goOn, ...(options.depth === undefined ? {} : { depthMax: whole('--depth', options.depth) }), ...(options.states === undefined ? {} : { deliveriesMax: whole('--states', options.states) }) });
  const spent = seconds();
  if (options.json === true) print(JSON.stringify({ model: model.name, parameters, ...report, seconds: spent, reproduce: commandLine(options) }));
  else print(`${model.name}${parameterWords(parameters)}\n${reductionWords(report, spent)}\nreproduce:\n${commandLine(options)}`);
  return report.violations.length > 0 ? EXIT.failed : EXIT.ok;
}

function reductionWords(report: ReductionReport, seconds: number): string {
  const lines = [
    `${report.executions} executions, ${report.deliveries} deliveries, ${seconds.toFixed(2)}s`,
    report.isComplete ? 'one of each set of equivalent executions was walked' : 'not all executions were walked; ended by a bound',
  ];
  for (const { property, path } of report.violations) lines.push(`violated: ${property}, after ${path.length} deliveries`, ...numbered(path));
  return lines.join('\n');
}

function exploreRuns({ options, entry, parameters, goOn, progress, seconds }: Exploration & { readonly progress: Progress }): number {
  if (options.reduction === true) throw new CliError('--reduction needs to know who receives what: it is for models that are described as actors, without --runs');
  const model = campaignOf(entry, parameters);
  const plan = { ...model.plan(options.seed), faults: { faults: [], healAt: 0 } };
  const report = exploreExecutions(model, plan, {
    deviations: whole('--deviations', options.deviations),
    keepGoing: options.keepGoing === true,
    goOn,
    progress: (runs) => progress.show(`${runs} runs, ${seconds().toFixed(0)}s`),
    ...(typeof options.runs === 'string' ? { runsMax: whole('--runs', options.runs) } : {}),
    ...(options.stream === undefined ? {} : { streams: options.stream }),
    ...(options.depth === undefined ? {} : { depthMax: whole('--depth', options.depth) }),
    ...(options.window === undefined ? {} : { window: duration(options.window) }),
    ...(options.property === undefined ? {} : { only: options.property }),
  });
  progress.clear();
  const spent = seconds();
  if (options.json !== true) print(`${model.name}${parameterWords(parameters)}, seed ${options.seed}\n${runWords(report, spent)}`);
  const written = report.violations.map(({ plan: violating, result }) => {
    const { failure } = result;
    if (failure === undefined) throw new Error('a violation has a failure');
    const file: PlanFile = { kubetwin: 'plan', version: 1, model: options.model, parameters, property: failure.property, message: failure.message, plan: violating };
    const made = writeFailure({ entry, model, file, failure, folder: options.out, foundBy: commandLine(options) });
    if (options.json !== true) print(failureReport(failure, violating, made));
    return made;
  });
  const last = written[0]?.command ?? commandLine(options);
  if (options.json === true) print(JSON.stringify({ model: model.name, parameters, ...report, files: written.map(({ files }) => files), seconds: spent, reproduce: last }));
  else print(`reproduce:\n${last}`);
  return report.violations.length > 0 ? EXIT.failed : EXIT.ok;
}

function runWords(report: ExecutionsReport, seconds: number): string {
  return [
    `${report.runs} runs, ${report.unique} of them different, ${report.steps} steps, up to ${report.choicePoints} choice points, ${seconds.toFixed(2)}s`,
    report.isComplete ? 'all runs within the bound on deviations were made' : report.bound === undefined ? 'ended at the first violation' : `not all runs were made; ended by the bound on ${report.bound}`,
  ].join('\n');
}

function numbered(path: readonly string[]): readonly string[] {
  return path.map((step, i) => `  ${String(i + 1).padStart(3)}. ${step}`);
}

function parameterWords(parameters: Readonly<Record<string, number>>): string {
  const words = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function commandLine(options: ExploreCommandOptions): string {
  const words = ['kubetwin explore', `--model ${quoted(options.model)}`];
  for (const setting of options.set ?? []) words.push(`--set ${quoted(setting)}`);
  if (options.order !== 'breadth') words.push(`--order ${options.order}`);
  for (const flag of ['symmetry', 'reduction', 'compact'] as const) if (options[flag] === true) words.push(`--${flag}`);
  if (options.keepGoing === true) words.push('--keep-going');
  if (options.runs !== undefined) words.push(options.runs === true ? '--runs' : `--runs ${String(options.runs)}`, `--seed ${quoted(options.seed)}`, `--deviations ${options.deviations}`);
  for (const stream of options.stream ?? []) words.push(`--stream ${quoted(stream)}`);
  if (options.window !== undefined) words.push(`--window ${options.window}`);
  if (options.states !== undefined) words.push(`--states ${options.states}`);
  if (options.depth !== undefined) words.push(`--depth ${options.depth}`);
  if (options.property !== undefined) words.push(`--property ${quoted(options.property)}`);
  return words.join(' ');
}

function whole(flag: string, text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new CliError(`${flag} is a whole number, not "${text}"`);
}

function duration(text: string): number {
  const value = parseDuration(text);
  if (value === undefined) throw new CliError(`"${text}" is no duration such as 30s or 10m`);
  return value;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
