/**
 * `kubetwin explain point-of-no-return LOG`: from which record on the run was going to end as it did.
 *
 * The run is rewound to several positions and continued from each with other seeds; where the share of continuations that end in the
 * failure jumps, something was decided.
 */
import { formatDuration } from '../../../src/cli/duration.ts';
import { CliError, EXIT, logError } from '../../../src/cli/exit.ts';
import { parsePosition } from '../../../src/cli/position.ts';
import { Progress } from '../../../src/cli/progress.ts';
import { openForReading } from '../../../src/cli/replay.ts';
import { CHECK_PREFIX } from '../../../src/campaign/replay.ts';
import { pointOfNoReturn, type InevitableOptions, type PointOfNoReturn } from '../../../src/explain/inevitable.ts';
import { address, plainly } from '../../../src/explain/why.ts';
import type { LogReader } from '../../../src/log/reader.ts';
import { MODEL } from '../cluster/header.ts';
import { parseClaim } from '../explain/claim.ts';
import { sayRecord } from '../explain/phrasebook.ts';
import type { StoreView } from '../explain/store-view.ts';
import { ClusterLog } from './cluster-log.ts';

export interface PointOptions {
  readonly failure?: string;
  readonly from?: string;
  readonly to?: string;
  readonly rewinds?: string;
  readonly continuations?: string;
  readonly rounds?: string;
  readonly seed?: string;
  readonly json?: boolean;
}

/** The code is 1 when no position decides: the failure is as likely before as after. */
export async function explainPoint(path: string, options: PointOptions): Promise<number> {
  const { reader, close } = openForReading(path);
  const progress = new Progress(process.stderr, options.json !== true);
  try {
    const point = options.failure === undefined ? await ofCampaign(path, reader, options, progress) : await ofClaim(path, reader, options.failure, options, progress);
    progress.clear();
    if (options.json === true) process.stdout.write(`${JSON.stringify(point)}\n`);
    else process.stdout.write(`${tellPoint(reader, point).join('\n')}\n`);
    return point.after > point.before ? EXIT.ok : EXIT.failed;
  } catch (error) {
    throw logError(path, error);
  } finally {
    progress.clear();
    close();
  }
}

/** What a log of `check` violates. */
async function ofCampaign(path: string, reader: LogReader, options: PointOptions, progress: Progress): Promise<PointOfNoReturn> {
  const { name } = reader.header.model;
  if (!name.startsWith(CHECK_PREFIX)) throw new CliError("say what the failure is: --failure 'pod/web-1 status.phase=Failed', or with a ! in front what should have held: --failure '! deploy/web Available'");
  const [{ CATALOGUE }, { campaignByName }, { violationPoint }] = await Promise.all([import('../../catalogue.ts'), import('../../../src/cli/models.ts'), import('../../../src/campaign/inevitable.ts')]);
  const model = await campaignByName(CATALOGUE)(name.slice(CHECK_PREFIX.length), reader.header.config);
  let tried = 0;
  const found = violationPoint(model, reader, search(reader, options), () => progress.show(`${++tried} continuations`));
  if (found === undefined) throw new CliError(`${path}: its run violates nothing; say what the failure is with --failure`);
  progress.clear();
  if (options.json !== true) process.stdout.write(`violated: ${found.property}\n`);
  return found.point;
}

/** What a person claims about the end of a cluster's run. */
async function ofClaim(path: string, reader: LogReader, failure: string, options: PointOptions, progress: Progress): Promise<PointOfNoReturn> {
  const [, negation = '', text = ''] = /^\s*(!?)\s*(.*)$/.exec(failure) ?? [];
  const claim = parseClaim(text);
  const { seeker, view: projection, build } = await ClusterLog.of(path, reader);
  const end = reader.timeOf(reader.length);
  const isFailure = (view: StoreView): boolean => claim(view) !== (negation === '!');
  if (!isFailure(seeker.at(reader.length))) throw new CliError(`the run does not end in that failure: "${failure}" is not so at its end`);
  let tried = 0;
  return pointOfNoReturn(reader, await build(), {
    fails: (run, kernel) => {
      const view = seeker.at(Math.min(kernel.seq, reader.length));
      const watch = kernel.committed$.subscribe((record) => projection.apply(view, record));
      run.run({ until: end });
      watch.unsubscribe();
      progress.show(`${++tried} continuations`);
      return isFailure(view);
    },
    ...search(reader, options),
  });
}

/** Where to look, and how closely. */
function search(reader: LogReader, options: PointOptions): Omit<InevitableOptions, 'fails'> {
  return {
    ...numbers(options),
    ...(options.from === undefined ? {} : { from: parsePosition(reader, options.from, 'before') }),
    ...(options.to === undefined ? {} : { to: parsePosition(reader, options.to, 'before') }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  };
}

function numbers(options: PointOptions): { rewinds?: number; continuations?: number; rounds?: number } {
  const found: { rewinds?: number; continuations?: number; rounds?: number } = {};
  for (const name of ['rewinds', 'continuations', 'rounds'] as const) {
    const text = options[name];
    if (text === undefined) continue;
    const value = Number(text);
    if (!Number.isInteger(value) || value < (name === 'rewinds' ? 2 : 1)) throw new CliError(`--${name} must be a whole number from ${name === 'rewinds' ? 2 : 1} on, not "${text}"`);
    found[name] = value;
  }
  return found;
}

/** So many records of the interval are told. */
const TOLD_MAX = 12;

function tellPoint(log: LogReader, { from, to, before, after, estimates }: PointOfNoReturn): string[] {
  const percent = (share: number): string => `${Math.round(share * 100)}%`;
  const lines = ['rewound to       share of continuations that fail'];
  for (const { position, failed, tried } of estimates) lines.push(`${`#${position}`.padEnd(9)}${formatDuration(log.timeOf(position)).padEnd(8)}${percent(failed / tried).padStart(5)}  ${failed} of ${tried}`);
  if (after <= before) return [...lines, 'no position decides: the failure is as likely before as after'];
  lines.push(`it was decided by the records #${from} to #${to - 1}: before them ${percent(before)} fail, after them ${percent(after)}`);
  const isCluster = log.header.model.name === MODEL;
  let told = 0;
  for (const record of log.records(from, to)) {
    const said = sayRecord(record, log) ?? (isCluster ? undefined : plainly(record));
    if (said === undefined || said.includes('changed Lease ') || told++ >= TOLD_MAX) continue;
    lines.push(`  ${address(record).padEnd(22)}${said}`);
  }
  if (told > TOLD_MAX) lines.push(`  … and ${told - TOLD_MAX} more`);
  return lines;
}
