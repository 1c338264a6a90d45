/**
 * Forks: a run that is its parent's up to a position and goes on by itself, with something changed.
 *
 * The prefix is executed again and compared, so a change that reaches further back than the position is reported instead of
 * silently making another past. The random streams are drawn along, so they stand where they stood: a fork with nothing changed
 * reproduces the suffix, and one with a changed plan still draws the same for every actor that the change does not touch.
 */
import type { Message } from '../actor/actor.ts';
import { RandomChooser, type Chooser } from '../kernel/choice.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { LogHeader } from '../log/header.ts';
import type { LogReader } from '../log/reader.ts';
import type { Choice, Json, Level, LogRecord } from '../log/record.ts';
import { compareRecords } from './compare.ts';
import { diverged, type Divergence } from './divergence.ts';
import { externalsOf, FedRun } from './feed.ts';
import type { BuildRun } from './replay.ts';

export interface ForkOptions {
  /** The first record that may differ. */
  readonly at: number;
  /** Draws from here on come from this seed. */
  readonly seed?: string;
  /** Another plan; it must not act before the position. */
  readonly plan?: Json;
  /** Another configuration; it must not act before the position. */
  readonly config?: Json;
  /** How much the child's log keeps. Default: as much as the parent's. */
  readonly level?: Level;
  /** Other outcomes of single choices, by `seq.index` of the parent's records (`4711.0`), at or after the position. */
  readonly choices?: ReadonlyMap<string, number>;
  /** What becomes of the parent's later inputs: kept (default), dropped, or replaced one by one. */
  readonly inputs?: 'keep' | 'drop' | ((record: LogRecord) => Message | undefined);
  /** Where choices come from after the position: the parent's log, or the seed's streams (default once anything is changed). */
  readonly choicesFrom?: 'log' | 'streams';
  /** Receives all records of the child, from #0 on. */
  readonly sink?: (record: LogRecord) => void;
}

export type ForkResult =
  | { readonly kind: 'fork'; readonly header: LogHeader; readonly run: FedRun; readonly kernel: Kernel }
  | { readonly kind: 'divergence'; readonly divergence: Divergence };

/** The child's header, with its parent's hash and the position. */
export function childHeader(log: LogReader, options: ForkOptions): LogHeader {
  const { header } = log;
  return {
    ...header,
    seed: options.seed ?? header.seed,
    plan: options.plan ?? header.plan,
    config: options.config ?? header.config,
    level: options.level ?? header.level,
    parent: { hash: log.hashBefore(options.at), seq: options.at },
  };
}

/** Executes a log up to a position and hands over the run there, to go on with `run.run(limits)`. */
export function fork(log: LogReader, build: BuildRun, options: ForkOptions): ForkResult {
  const at = Math.min(options.at, log.length);
  const isChanged = options.seed !== undefined || options.plan !== undefined || options.config !== undefined || options.choices !== undefined;
  const chooser = new ForkChooser(log, at, options, options.choicesFrom ?? (isChanged ? 'streams' : 'log'));
  const kernel = build(
    { ...log.header, plan: options.plan ?? log.header.plan, config: options.config ?? log.header.config },
    { seed: log.header.seed, chooser, level: options.level ?? log.header.level },
  );
  let found: Divergence | undefined;
  kernel.setSink((record) => {
    chooser.advance(record.seq + 1);
    if (record.seq < at && found === undefined) found = compared(log, record);
    if (found === undefined) options.sink?.(record);
    else kernel.stop('divergence');
  });
  const run = new FedRun(kernel, childInputs(log, at, options.inputs ?? 'keep'));
  if (at > 0) run.run({ while: () => kernel.seq < at && found === undefined });
  if (found === undefined && kernel.seq < at) {
    found = diverged(log, kernel.seq, { pointer: '', expected: undefined, actual: undefined, change: 'missing' }, log.at(kernel.seq), undefined);
  }
  if (found !== undefined) return { kind: 'divergence', divergence: found };
  return { kind: 'fork', header: childHeader(log, options), run, kernel };
}

function compared(log: LogReader, record: LogRecord): Divergence | undefined {
  const view = log.blockOf(record.seq);
  if (view.kept(record.seq - view.seq) !== 'whole') return undefined;
  const logged = view.record(record.seq - view.seq);
  // Messages and effects are only where the level keeps them.
  const { message: _message, effects: _effects, ...made } = record;
  const difference = compareRecords(logged, { ...made, ...('message' in logged && 'message' in record ? { message: record.message } : {}), ...('effects' in logged && 'effects' in record ? { effects: record.effects } : {}) });
  return difference === undefined ? undefined : diverged(log, record.seq, difference, logged, record, 'the change reaches further back than the position of the fork');
}

function* childInputs(log: LogReader, at: number, inputs: 'keep' | 'drop' | ((record: LogRecord) => Message | undefined)): Generator<LogRecord, void, undefined> {
  for (const record of externalsOf(log)) {
    if (record.seq < at || inputs === 'keep') yield record.seq < at ? record : afterFork(record);
    else if (inputs === 'drop') return;
    else {
      const message = inputs(record);
      if (message !== undefined) yield afterFork({ ...record, message: message as unknown as Json });
    }
  }
}

/** In the child, records are numbered by its own course: the input is due by its time, whatever its number was. */
function afterFork(record: LogRecord): LogRecord {
  return { ...record, seq: Number.MAX_SAFE_INTEGER };
}

/** Answers from the parent before the position, then from where it was told to. */
class ForkChooser implements Chooser {
  private readonly log: LogReader;
  private readonly at: number;
  private readonly overrides: ReadonlyMap<string, number>;
  private readonly streams: RandomChooser;
  private readonly fresh: RandomChooser | undefined;
  private usesLog: boolean;
  private seq = 0;
  private index = 0;
  private choices: readonly Choice[];

  constructor(log: LogReader, at: number, options: ForkOptions, from: 'log' | 'streams') {
    this.log = log;
    this.at = at;
    this.overrides = options.choices ?? new Map();
    this.streams = new RandomChooser(log.header.seed);
    this.fresh = options.seed === undefined ? undefined : new RandomChooser(options.seed);
    this.usesLog = from === 'log';
    this.choices = this.choicesAt(0);
  }

  advance(seq: number): void {
    this.seq = seq;
    this.index = 0;
    this.choices = seq < this.at || this.usesLog ? this.choicesAt(seq) : [];
  }

  choose(owner: string, kind: string, n: number): number {
    const drawn = this.streams.choose(owner, kind, n);
    const index = this.index++;
    const logged = this.choices[index];
    const isAnswered = logged !== undefined && logged.n === n && (logged.kind === kind || logged.kind === `${owner}:${kind}`);
    if (this.seq < this.at) return isAnswered ? logged.value : drawn;
    const override = this.overrides.get(`${this.seq}.${index}`);
    if (override !== undefined) return Math.min(override, n - 1);
    if (this.usesLog && isAnswered) return logged.value;
    this.usesLog = false;
    return this.fresh === undefined ? drawn : this.fresh.choose(owner, kind, n);
  }

  private choicesAt(seq: number): readonly Choice[] {
    if (seq >= this.log.length) return [];
    const block = this.log.blockOf(seq);
    return block.choicesOf(seq - block.seq);
  }
}
