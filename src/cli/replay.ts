/**
 * `kubetwin replay LOG`: executes a log again and verifies every record.
 */
import { openLog, type OpenLog } from '../log/node.ts';
import type { LogReader } from '../log/reader.ts';
import type { Json } from '../log/record.ts';
import type { Message } from '../actor/actor.ts';
import { replayAlone, type AloneResult } from '../replay/alone.ts';
import type { BuildRun } from '../replay/replay.ts';
import { replay } from '../replay/replay.ts';
import { describeDivergence } from '../replay/divergence.ts';
import { CliError, EXIT, logError, systemReason } from './exit.ts';
import { Progress } from './progress.ts';

export interface ReplayCommandOptions {
  readonly to?: string;
  /** Only this actor, everybody else is silent. */
  readonly actor?: string;
  readonly json?: boolean;
}

export interface KnownModel {
  readonly fingerprint: string;
  readonly build: BuildRun;
  /** A message as an actor receives it, from what a log of level `full` says. */
  readonly read?: (message: Message) => Message;
}

/** A model by the name and the configuration in a log's header. */
export type ModelOf = (name: string, config: Json) => KnownModel | undefined | Promise<KnownModel | undefined>;

/**
 * Replays a log and prints the outcome.
 *
 * @returns {@link EXIT}: `ok`, or `diverged` when a record differs.
 * @throws CliError for a file that cannot be read, an unknown model, or a damaged log (with the code of a corrupt log).
 */
export async function replayCommand(path: string, options: ReplayCommandOptions, modelOf: ModelOf): Promise<number> {
  const log = openForReading(path);
  const progress = new Progress(process.stderr, options.json !== true);
  try {
    const { reader } = log;
    const { name, fingerprint } = reader.header.model;
    const model = await modelOf(name, reader.header.config);
    if (model === undefined) throw new CliError(`${path}: the log is of the model "${name}", which this program does not have`);
    if (model.fingerprint !== fingerprint) {
      process.stderr.write(`note: the log was made by ${fingerprint}, this is ${model.fingerprint}; a difference may come from that\n`);
    }
    const to = options.to === undefined ? undefined : position(options.to);
    if (options.actor !== undefined) return replayOne(path, reader, model, options.actor, { ...options, ...(to === undefined ? {} : { upTo: to }) });
    const total = reader.length;
    const result = replay(reader, model.build, {
      ...(to === undefined ? {} : { to }),
      progress: (records) => progress.show(`${records} of ${total} records verified`),
    });
    progress.clear();
    if (options.json === true) process.stdout.write(`${JSON.stringify({ ...result, tail: reader.tail })}\n`);
    if (result.kind === 'divergence') {
      if (options.json !== true) process.stdout.write(`${describeDivergence(result.divergence)}\nreproduce: kubetwin replay ${path}\n`);
      return EXIT.diverged;
    }
    if (options.json !== true) process.stdout.write(`${tailNote(path, log)}replayed ${result.records} records, every one the same; log ${result.hash}\n`);
    return EXIT.ok;
  } catch (error) {
    throw logError(path, error);
  } finally {
    progress.clear();
    log.close();
  }
}

/** One actor alone. */
function replayOne(path: string, log: LogReader, { build, read }: KnownModel, actor: string, { upTo, json }: { readonly upTo?: number; readonly json?: boolean }): number {
  if (log.header.level !== 'full') throw new CliError(`${path}: an actor is replayed alone from a log that keeps messages: \`kubetwin fork ${path} --at start --level full --log NEW\` makes one`);
  const known = build(log.header, { seed: log.header.seed, level: 'full' }).actors().map(({ id }) => id);
  if (!known.includes(actor)) throw new CliError(`${path}: the run begins with no actor ${actor}; there are ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', …' : ''}`);
  const result = replayAlone(log, build, [actor], { ...(upTo === undefined ? {} : { to: upTo }), ...(read === undefined ? {} : { read }) }).get(actor) as AloneResult;
  if (result.kind === 'divergence') {
    process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : `${describeDivergence(result.divergence)}\n`);
    return EXIT.diverged;
  }
  process.stdout.write(json === true ? `${JSON.stringify({ kind: 'same', actor, steps: result.steps })}\n` : `${actor} alone: ${result.steps} steps, every one the same\n`);
  return EXIT.ok;
}

function tailNote(path: string, { reader }: OpenLog): string {
  const { tail } = reader;
  return tail.dropped === 0 ? '' : `${path}: the run was interrupted; ${tail.dropped} bytes of a torn record were dropped\n`;
}

/** Opens a log, or says why not with the right exit code. */
export function openForReading(path: string): OpenLog {
  try {
    return openLog(path);
  } catch (error) {
    const known = logError(path, error);
    if (known instanceof CliError) throw known;
    throw new CliError(`cannot read the log ${path}: ${systemReason(error)}`);
  }
}

function position(text: string): number {
  const value = Number(text.replace(/^#/, ''));
  if (!Number.isInteger(value) || value < 0) throw new CliError(`a position must be a record number such as #4711, not "${text}"`);
  return value;
}
