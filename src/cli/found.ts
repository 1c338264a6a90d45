/**
 * What a person gets of a failure: plain words, the chain of causes, the minimal plan, its log, a test, and the command that
 * reproduces it as the last line.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { dirname, join, relative, resolve } from 'node:path';
import { describePlan } from '../campaign/describe.ts';
import type { Searchable } from '../campaign/catalogue.ts';
import type { CampaignModel, Plan } from '../campaign/model.ts';
import { INLINE, type PlanFile } from '../campaign/plan-file.ts';
import { planHeader } from '../campaign/replay.ts';
import { runPlan, type Failure } from '../campaign/run.ts';
import { plainly, seconds, tellWhy, why, type Phrasebook } from '../explain/why.ts';
import { createLog, openLog } from '../log/node.ts';
import type { Json } from '../log/record.ts';
import { CliError, systemReason } from './exit.ts';
import { isModule } from './models.ts';

/** How many causes are told. */
const CAUSES_TOLD = 12;

/** The files of a failure. */
export interface FailureFiles {
  readonly plan: string;
  readonly log: string;
  readonly test?: string;
}

export interface WrittenFailure {
  /** The command that reproduces it. */
  readonly command: string;
  readonly files: FailureFiles;
  /** The chain of causes in words, the failing step first. */
  readonly causes: readonly string[];
}

export interface FailureToWrite {
  readonly entry: Searchable;
  readonly model: CampaignModel;
  readonly file: PlanFile;
  readonly failure: Failure;
  /** Where plan and log go. */
  readonly folder: string;
  readonly emitTest?: string;
  /** The command that found it, for the head of the test. */
  readonly foundBy: string;
}

/** Writes plan, log and test of a failure, and tells its causes from the log. */
export function writeFailure(what: FailureToWrite): WrittenFailure {
  const { file, model, failure } = what;
  const stem = join(what.folder, `${file.model.replaceAll(/^\W+|\.[mc]?[jt]s$/g, '').replaceAll(/[^\w.-]+/g, '-')}-${slug(failure.property)}`);
  const files: FailureFiles = { plan: `${stem}.json`, log: `${stem}.log`, ...(what.emitTest === undefined ? {} : { test: what.emitTest }) };
  write(files.plan, `${JSON.stringify(file, undefined, 2)}\n`);
  writeLog(files.log, model, file);
  if (files.test !== undefined) write(files.test, testOf(what, files.test));
  return { command: reproduce(file, files.plan), files, causes: causesOf(files.log, failure, what.entry) };
}

/** The log of a plan's run. */
export function writeLog(path: string, model: CampaignModel, { model: name, parameters, plan, only }: PlanFile): void {
  mkdirSync(dirname(resolve(path)), { recursive: true });
  let log;
  try {
    log = createLog(path, planHeader(model, name, parameters, plan));
  } catch (error) {
    throw new CliError(`cannot write the log ${path}: ${systemReason(error)}`);
  }
  const { failure } = runPlan(model, plan, { onRecord: (record) => log.writer.append(record), ...(only === undefined ? {} : { only }) });
  log.writer.close((failure === undefined ? { kind: 'passed' } : { kind: 'failed', property: failure.property, message: failure.message }) as Json);
  log.end();
}

/** Writes a text file, with folders. */
export function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw new CliError(`cannot write ${path}: ${systemReason(error)}`);
  }
}

function causesOf(path: string, { seq }: Failure, entry: Searchable): readonly string[] {
  const log = openLog(path);
  try {
    if (seq < 0 || seq >= log.reader.length) return [];
    const phrasebook: Phrasebook = entry.phrasebook?.(log.reader, seq) ?? { say: plainly };
    const lines = tellWhy(log.reader, why(log.reader, seq, { phrasebook }), phrasebook);
    return lines.length <= CAUSES_TOLD ? lines : [...lines.slice(0, CAUSES_TOLD), `… and ${lines.length - CAUSES_TOLD} more: kubetwin why ${quoted(path)} '#${seq}'`];
  } finally {
    log.close();
  }
}

/** What failed, in a few lines. */
export function failureWords(failure: Failure): string {
  const where = failure.seq < 0 ? '' : ` at #${failure.seq} (${seconds(failure.time)}${failure.actor === '' ? '' : `, ${failure.actor}`})`;
  return `violated${where}: ${failure.property}\n  ${failure.message}`;
}

/** The report of a failure, without the command. */
export function failureReport(failure: Failure, plan: Plan, { files, causes }: Pick<WrittenFailure, 'files' | 'causes'>): string {
  return [
    failureWords(failure),
    ...(causes.length === 0 ? [] : ['why:', ...causes.map((line) => `  ${line}`)]),
    'plan:',
    ...describePlan(plan).map((line) => `  ${line}`),
    `written: ${files.plan}, ${files.log}${files.test === undefined ? '' : `, ${files.test}`}`,
    `again: kubetwin check --plan ${quoted(files.plan)}; its log: kubetwin replay ${quoted(files.log)}`,
  ].join('\n');
}

/** Longer plans than this are named by their file in the command that reproduces them. */
const INLINE_MAX = 1_000;

/**
 * The command that runs a plan again. A short plan is written into it (base64url of raw deflate), so that the line alone will do, in
 * any folder and on any machine; a long one is named by its file.
 */
export function reproduce(file: PlanFile, path: string): string {
  const { kubetwin, version, model, parameters, property, only, plan } = file;
  const text = JSON.stringify({ kubetwin, version, model, parameters, property, only, plan });
  const inline = `${INLINE}${deflateRawSync(text, { level: 9 }).toString('base64url')}`;
  return `kubetwin check --plan ${inline.length <= INLINE_MAX && !isModule(file.model) ? inline : quoted(path)}`;
}

/** A word of a command line, quoted if a shell would take it apart. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./#-]+$/.test(word) && !word.startsWith('#') ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function slug(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 60);
}

function testOf({ file, failure, foundBy }: FailureToWrite, path: string): string {
  const text = (value: unknown): string => JSON.stringify(value);
  const own = isModule(file.model);
  const module = own ? relative(dirname(resolve(path)), resolve(file.model)).replaceAll('\\', '/') : '';
  const named = (names: string, from: string): string => `import { ${names} } from ${text(from)};`;
  const imports = [named('expect, it', 'vitest'), named('failureOf', 'kubetwin/search'), ...(own ? [named('searchable', module.startsWith('.') ? module : `./${module}`)] : [])];
  const plan = JSON.stringify(file.plan, undefined, 2).replaceAll('\n', '\n  ');
  return `// Found by: ${foundBy}
// ${failure.message.replaceAll('\n', ' ')}
// Fails as long as the plan violates the property.
${imports.join('\n')}

it(${text(failure.property)}, () => {
  const failure = failureOf(${own ? 'searchable' : text(file.model)}, {
    parameters: ${text(file.parameters)},${file.only === undefined ? '' : `\n    only: ${text(file.only)},`}
    plan: ${plan.replaceAll('\n', '\n  ')},
  });
  expect(failure).toBeUndefined();
});
`;
}
