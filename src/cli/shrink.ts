/**
 * `kubetwin shrink`: makes a failing plan small. The plan comes from a plan file or from the log of a failing run of `check`.
 */
import { readFileSync } from 'node:fs';
import type { Parameters } from '../campaign/catalogue.ts';
import type { Plan } from '../campaign/model.ts';
import type { PlanFile } from '../campaign/plan-file.ts';
import { CHECK_PREFIX } from '../campaign/replay.ts';
import { NotFailing, shrink } from '../shrink/shrink.ts';
import { parseDuration } from './duration.ts';
import { CliError, EXIT } from './exit.ts';
import { failureReport, writeFailure } from './found.ts';
import { readPlanFile, type SearchEnvironment } from './check.ts';
import { campaignOf, findModel, settings } from './models.ts';
import { Progress } from './progress.ts';
import { openForReading } from './replay.ts';

export interface ShrinkCommandOptions {
  readonly for: string;
  readonly out: string;
  readonly emitTest?: string;
  readonly json?: boolean;
}

/** @returns {@link EXIT}: `failed` (the plan fails, and is smaller now), or `ok` when it violates nothing. */
export async function shrinkCommand(path: string, options: ShrinkCommandOptions, { catalogue }: SearchEnvironment): Promise<number> {
  const file = isLog(path) ? planOfLog(path) : readPlanFile(path);
  const entry = await findModel(catalogue, file.model);
  const model = campaignOf(entry, { ...settings(entry), ...file.parameters });
  const lasts = parseDuration(options.for);
  if (lasts === undefined) throw new CliError(`--for is a duration such as 30s, not "${options.for}"`);
  const until = Date.now() + lasts / 1000;
  const progress = new Progress(process.stderr, options.json !== true);
  try {
    const only = file.only === undefined ? {} : { only: file.only };
    const small = shrink(model, file.plan, {
      goOn: () => Date.now() < until,
      property: file.property,
      ...only,
      progress: (runs, { faults, workload }) => progress.show(`${runs} runs, ${faults.faults.length} faults and ${workload.length} actions left`),
    });
    progress.clear();
    const { failure } = small.result;
    if (failure === undefined) throw new NotFailing(file.plan.seed);
    const made: PlanFile = { ...file, property: failure.property, message: failure.message, plan: small.plan };
    const written = writeFailure({
      entry, model, file: made, failure, folder: options.out, foundBy: `kubetwin shrink ${path}`,
      ...(options.emitTest === undefined ? {} : { emitTest: options.emitTest }),
    });
    if (options.json === true) process.stdout.write(`${JSON.stringify({ runs: small.runs, failure, plan: small.plan, files: written.files, causes: written.causes, reproduce: written.command })}\n`);
    else process.stdout.write(`${small.runs} runs\n${failureReport(failure, small.plan, written)}\nreproduce:\n${written.command}\n`);
    return EXIT.failed;
  } catch (error) {
    if (!(error instanceof NotFailing)) throw error;
    if (options.json === true) process.stdout.write(`${JSON.stringify({ runs: 1, plan: file.plan })}\n`);
    else process.stdout.write('the plan violates nothing: there is nothing to shrink\n');
    return EXIT.ok;
  } finally {
    progress.clear();
  }
}

/** A plan file is JSON and begins with a brace; a log does not. */
function isLog(path: string): boolean {
  try {
    return !readFileSync(path, 'utf8').trimStart().startsWith('{');
  } catch {
    return false;
  }
}

function planOfLog(path: string): PlanFile {
  const log = openForReading(path);
  try {
    const { model, plan, config } = log.reader.header;
    if (!model.name.startsWith(CHECK_PREFIX)) throw new CliError(`${path} is the log of a run of ${model.name} that no plan made: only runs of \`kubetwin check\` can be shrunk`);
    return { kubetwin: 'plan', version: 1, model: model.name.slice(CHECK_PREFIX.length), parameters: config as unknown as Parameters, property: '', message: '', plan: plan as unknown as Plan };
  } finally {
    log.close();
  }
}
