/**
 * `kubetwin fork LOG --at POSITION`: the run once more, with something changed from a position on.
 *
 * With nothing changed the child reproduces the rest of its parent hash for hash, and says so.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parse as parseYaml } from 'yaml';
import { formatDuration, parseDuration } from '../../../src/cli/duration.ts';
import { CliError, EXIT, logError, systemReason } from '../../../src/cli/exit.ts';
import { createForkLog, forkAt } from '../../../src/cli/fork.ts';
import { parsePosition } from '../../../src/cli/position.ts';
import { Progress } from '../../../src/cli/progress.ts';
import { openForReading, type ModelOf } from '../../../src/cli/replay.ts';
import type { Json } from '../../../src/index.ts';
import type { LogReader } from '../../../src/log/reader.ts';
import type { Level } from '../../../src/log/record.ts';
import type { ForkOptions } from '../../../src/replay/fork.ts';
import type { BuildRun } from '../../../src/replay/replay.ts';
import { Seeker } from '../../../src/replay/seek.ts';
import { snapshotting } from '../../../src/replay/snapshot.ts';
import { outcomeDifferences } from '../explain/outcome.ts';
import { STORE_VIEW, type StoreView } from '../explain/store-view.ts';
import { changesOf, choicesOf, settingOf, type ChangeOptions } from './fork-changes.ts';
import { loggedCluster } from './logged-cluster.ts';

export interface ForkCommandOptions extends ChangeOptions {
  readonly at?: string;
  readonly seed?: string;
  readonly plan?: string;
  readonly choice?: readonly string[];
  readonly inputs?: string;
  readonly code?: string;
  readonly level?: string;
  readonly for?: string;
  readonly log?: string;
  readonly json?: boolean;
}

/** Prints where the child differs. The code is 3 when the change reaches further back than the position. */
export async function forkCommand(path: string, options: ForkCommandOptions, modelOf: ModelOf): Promise<number> {
  if (options.at === undefined) throw new CliError("say where to fork: --at '#4711' or --at 12.5s");
  const { reader, close } = openForReading(path);
  const progress = new Progress(process.stderr, options.json !== true);
  try {
    const model = await modelOf(reader.header.model.name, reader.header.config);
    if (model === undefined) throw new CliError(`${path}: the log is of the model "${reader.header.model.name}", which this program does not have`);
    const build = options.code === undefined ? model.build : await codeOf(options.code);
    const { view = STORE_VIEW } = (await loggedCluster(reader.header)) ?? {};
    return execute(path, new Seeker(reader, view), options, build, progress);
  } catch (error) {
    throw logError(path, error);
  } finally {
    progress.clear();
    close();
  }
}

function execute(path: string, seeker: Seeker<StoreView>, options: ForkCommandOptions, build: BuildRun, progress: Progress): number {
  const { log: parent, projection } = seeker;
  const at = parsePosition(parent, options.at ?? '', 'before');
  const changes = changesOf(options, seeker.at(at));
  const view = projection.init();
  const base = forkOptions(parent, at, options);
  const isUnchanged = changes.length === 0 && Object.keys(base).every((key) => key === 'at' || key === 'level') && options.code === undefined;
  const file = options.log === undefined ? undefined : createForkLog(options.log, parent, base);
  const write = file === undefined ? undefined : snapshotting(file.writer, projection);
  const forked = forkAt(path, parent, build, {
    ...base,
    sink: (record) => {
      write?.(record);
      projection.apply(view, record);
      if ((record.seq & 0x3fff) === 0) progress.show(`${formatDuration(record.time)}  ${record.seq} records`);
    },
  });
  const { kernel, run, header } = forked;
  // A time between two records is not the time of the one before it.
  const start = Math.max(kernel.now, parseDuration(options.at ?? '') ?? 0);
  for (const { delay, enter } of changes) enter(kernel, start + delay);
  if (isUnchanged && options.for === undefined) run.run({ while: () => kernel.seq < parent.length });
  else run.run({ until: options.for === undefined ? Math.max(parent.timeOf(parent.length), start) : start + durationOf(options.for) });
  const footer = file?.writer.close({ kind: 'forked' } as unknown as Json);
  file?.end();
  const outcome = isUnchanged ? [] : outcomeDifferences(seeker.at(parent.length), view);
  const isSame = footer === undefined ? undefined : footer.hash === parent.hash;
  const result = { parent: header.parent, at, records: kernel.seq, end: kernel.now, log: footer?.hash, isSame, outcome };
  if (options.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
  else process.stdout.write(`${tellFork(path, parent, result, isUnchanged, options).join('\n')}\n`);
  return EXIT.ok;
}

interface Forked {
  readonly at: number;
  readonly records: number;
  readonly end: number;
  readonly log: string | undefined;
  readonly isSame: boolean | undefined;
  readonly outcome: readonly string[];
}

function tellFork(path: string, parent: LogReader, { at, records, end, log, isSame, outcome }: Forked, isUnchanged: boolean, options: ForkCommandOptions): string[] {
  const lines = [`forked ${path} at #${at} (${formatDuration(parent.timeOf(at))}), parent ${parent.hashBefore(at)}; ran to ${formatDuration(end)}, ${records} records${log === undefined ? '' : `, log ${log}`}`];
  if (isUnchanged) lines.push(isSame === undefined ? 'nothing was changed; with --log FILE the child is compared with its parent' : isSame ? 'nothing was changed, and the child is its parent hash for hash' : 'nothing was changed, but the child is another run than its parent');
  else if (outcome.length === 0) lines.push('it ended as its parent did');
  else lines.push(`compared with its parent (left) it ended with (right):`, ...outcome.map((line) => `  ${line}`));
  if (options.log !== undefined) lines.push(`look: kubetwin diff ${path} ${options.log}`);
  return lines;
}

function forkOptions(parent: LogReader, at: number, options: ForkCommandOptions): ForkOptions {
  const { seed, plan, choice, inputs, level, set, restart } = options;
  if (inputs !== undefined && inputs !== 'keep' && inputs !== 'drop') throw new CliError(`--inputs must be keep or drop, not "${inputs}"`);
  if (level !== undefined && !['inputs', 'facts', 'full'].includes(level)) throw new CliError(`--level must be one of inputs, facts, full, not "${level}"`);
  return {
    at,
    ...(seed === undefined ? {} : { seed }),
    ...(plan === undefined ? {} : { plan: fileOf(plan) }),
    ...(choice === undefined ? {} : { choices: choicesOf(choice) }),
    ...(inputs === undefined ? {} : { inputs }),
    ...(level === undefined ? {} : { level: level as Level }),
    ...(set === undefined || restart !== undefined ? {} : { config: changed(parent.header.config, set) }),
  };
}

/** The configuration with other values at some places. */
function changed(config: Json, texts: readonly string[]): Json {
  const known = config as { readonly [key: string]: Json };
  return texts.map(settingOf).reduce<Json>((before, { path, value }) => {
    const [first = ''] = path;
    if (!(first in known)) throw new CliError(`--set: the configuration has no "${first}"; it has ${Object.keys(known).join(', ')}`);
    return withValue(before, path, value);
  }, config);
}

function withValue(into: Json | undefined, [first, ...rest]: readonly string[], value: Json): Json {
  if (first === undefined) return value;
  if (Array.isArray(into)) return into.map((item: Json, i) => (String(i) === first ? withValue(item, rest, value) : item));
  const members = (typeof into === 'object' && into !== null ? into : {}) as { readonly [key: string]: Json };
  return { ...members, [first]: withValue(members[first], rest, value) };
}

function fileOf(path: string): Json {
  try {
    return parseYaml(readFileSync(path, 'utf8')) as Json;
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${systemReason(error)}`);
  }
}

/** A module that exports `build`: other code for the same run. */
async function codeOf(path: string): Promise<BuildRun> {
  let found: { readonly build?: unknown };
  try {
    found = (await import(pathToFileURL(path).href)) as { readonly build?: unknown };
  } catch (error) {
    throw new CliError(`cannot load the code ${path}: ${(error as Error).message}`);
  }
  if (typeof found.build !== 'function') throw new CliError(`${path}: a module for --code exports build(header, options), which makes the run's kernel`);
  return found.build as BuildRun;
}

function durationOf(text: string): number {
  const micros = parseDuration(text);
  if (micros === undefined) throw new CliError(`--for must be a duration such as 30s or 10m, not "${text}"`);
  return micros;
}
