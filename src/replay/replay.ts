/**
 * Replay: executes a log again and compares record by record, up to the first difference.
 *
 * Choices and inputs come from the log, everything else from the model's code. A step with one effect more, one less or another
 * one is found when it ends, because each record carries a digest of its effects; at level `full` the report names the
 * effect, below it a second execution lists what the step wanted. At level `inputs` a byte of the chain hash stands for each
 * record: a difference is found for certain at the end of its block and nearly always placed exactly.
 */
import { assert } from '../kernel/assert.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { KernelOptions } from '../kernel/options.ts';
import { StepFailed } from '../kernel/outcome.ts';
import { BlockEncoder } from '../log/encode.ts';
import type { LogHeader } from '../log/header.ts';
import type { LogReader } from '../log/reader.ts';
import type { EffectNote, Level, LogRecord } from '../log/record.ts';
import { ReplayChooser } from './chooser.ts';
import { compareRecords, type Difference } from './compare.ts';
import { diverged, type Divergence } from './divergence.ts';
import { externalsOf, FedRun } from './feed.ts';

/** Makes the run that a header describes, not yet started. It passes `options` on to its kernel. */
export type BuildRun = (header: LogHeader, options: KernelOptions) => Kernel;

export type ReplayResult =
  | { readonly kind: 'same'; readonly records: number; readonly hash: string; readonly failure?: StepFailed }
  | { readonly kind: 'divergence'; readonly divergence: Divergence };

export interface ReplayOptions {
  /** Compares only the records before this one. */
  readonly to?: number;
  /** Called now and then with the number of records compared. */
  readonly progress?: (records: number) => void;
  /** Throws on a choice that the log does not answer, instead of reporting it. */
  readonly strict?: boolean;
}

/** Executes `log` again. */
export function replay(log: LogReader, build: BuildRun, options: ReplayOptions = {}): ReplayResult {
  const to = Math.min(options.to ?? log.length, log.length);
  const comparison = log.header.level === 'inputs' ? new HashComparison(log, to) : new RecordComparison(log, to);
  const chooser = new ReplayChooser(log, { strict: options.strict ?? false });
  const kernel = build(log.header, { seed: log.header.seed, chooser, level: log.header.level });
  let found: Divergence | undefined;
  kernel.setSink((record) => {
    if (found !== undefined) return;
    found = comparison.add(record, chooser);
    chooser.advance(record.seq + 1);
    if (found !== undefined) kernel.stop('divergence');
    else if (options.progress !== undefined && (record.seq & 0x3fff) === 0) options.progress(record.seq);
  });
  const failure = runTo(new FedRun(kernel, externalsOf(log, 0, to)), to, () => found === undefined);
  found ??= comparison.end(kernel.seq);
  if (found === undefined) {
    const hash = log.hashBefore(to);
    return { kind: 'same', records: to, hash, ...(failure === undefined ? {} : { failure }) };
  }
  return { kind: 'divergence', divergence: withEffects(log, build, withFailure(found, failure)) };
}

/** Runs until `to` records are made. A step that throws ends the run: its record is there. */
function runTo(run: FedRun, to: number, isWanted: () => boolean): StepFailed | undefined {
  try {
    run.run({ while: () => run.kernel.seq < to && isWanted() });
    return undefined;
  } catch (error) {
    if (error instanceof StepFailed) return error;
    throw error;
  }
}

function withFailure(divergence: Divergence, failure: StepFailed | undefined): Divergence {
  if (failure === undefined || divergence.note !== undefined) return divergence;
  return { ...divergence, note: failure.message };
}

/** Compares each record as it is made. */
class RecordComparison {
  private readonly log: LogReader;
  private readonly to: number;

  constructor(log: LogReader, to: number) {
    this.log = log;
    this.to = to;
  }

  add(record: LogRecord, chooser: ReplayChooser): Divergence | undefined {
    const logged = this.log.at(record.seq);
    const difference = compareRecords(logged, record);
    if (difference === undefined) return undefined;
    return diverged(this.log, record.seq, difference, logged, record, choiceNote(chooser));
  }

  end(records: number): Divergence | undefined {
    if (records >= this.to) return undefined;
    return diverged(this.log, records, MISSING, this.log.at(records), undefined);
  }
}

const MISSING: Difference = { pointer: '', expected: undefined, actual: undefined, change: 'missing' };

/** Compares hashes, for logs that keep nothing else. */
class HashComparison {
  private readonly log: LogReader;
  private readonly to: number;
  private readonly encoder = new BlockEncoder('inputs');
  private records: LogRecord[] = [];

  constructor(log: LogReader, to: number) {
    this.log = log;
    this.to = to;
  }

  add(record: LogRecord, chooser: ReplayChooser): Divergence | undefined {
    const view = this.log.blockOf(record.seq);
    const i = record.seq - view.seq;
    const logged = view.record(i);
    const kept = view.kept(i);
    const comparable = kept === 'whole' ? record : { ...logged, choices: record.choices };
    const difference = compareRecords(logged, comparable);
    this.encoder.append(record);
    this.records.push(record);
    const isBlockDone = i === view.count - 1 || record.seq === this.to - 1;
    if (difference === undefined && chooser.mismatch === undefined && !isBlockDone) return undefined;
    const earlier = this.checkBlock(i === view.count - 1);
    if (earlier !== undefined) return earlier;
    if (difference === undefined) return undefined;
    return diverged(this.log, record.seq, difference, kept === 'whole' ? logged : undefined, record, choiceNote(chooser));
  }

  /** The first record of the block whose check is another. */
  private checkBlock(isWhole: boolean): Divergence | undefined {
    const { records } = this;
    const first = records[0] as LogRecord;
    const view = this.log.blockOf(first.seq);
    const sealed = this.encoder.seal();
    this.records = [];
    for (let i = 0; i < records.length; i++) {
      if (sealed.checks[i] !== view.checks?.[first.seq - view.seq + i]) return this.hashDivergence(records[i] as LogRecord);
    }
    const end = first.seq + records.length;
    if (isWhole && sealed.chain.hex() !== this.log.hashBefore(end)) return this.hashDivergence(records[records.length - 1] as LogRecord);
    return undefined;
  }

  private hashDivergence(record: LogRecord): Divergence {
    const note = 'at level inputs the log keeps only hashes: record at level facts to see what differs';
    return diverged(this.log, record.seq, { pointer: '', expected: undefined, actual: undefined, change: 'changed' }, undefined, record, note);
  }

  end(records: number): Divergence | undefined {
    if (records >= this.to) return undefined;
    return diverged(this.log, records, MISSING, this.log.at(records), undefined);
  }
}

function choiceNote(chooser: ReplayChooser): string | undefined {
  if (chooser.mismatch === undefined) return undefined;
  const { asked, index, logged } = chooser.mismatch;
  const has = logged === undefined ? 'has none left for this step' : `has ${logged.kind} among ${logged.n}`;
  return `the step asked for choice ${index}, ${asked.owner}:${asked.kind} among ${asked.n}, where the log ${has}`;
}

/** How far ahead the consequences of a step are looked for. */
const CONSEQUENCES_WITHIN = 100_000;

/** Where only digests differ, executes once more to list what the step wanted. */
function withEffects(log: LogReader, build: BuildRun, divergence: Divergence): Divergence {
  if (divergence.pointer !== '/digest') return divergence;
  const { seq } = divergence;
  const consequences: LogRecord[] = [];
  const last = Math.min(log.length, seq + 1 + CONSEQUENCES_WITHIN);
  for (const view of log.views(seq + 1, last)) {
    for (let i = Math.max(0, seq + 1 - view.seq); i < view.count; i++) {
      if (view.kept(i) === 'whole' && view.causeOf(i) === seq) consequences.push(view.record(i));
    }
  }
  return { ...divergence, effects: { executed: effectsOfStep(log, build, seq), consequences } };
}

/** What step `seq` wants when the log is executed up to it. */
export function effectsOfStep(log: LogReader, build: BuildRun, seq: number): readonly EffectNote[] {
  return executeStep(log, build, seq, 'full').effects ?? [];
}

/**
 * Executes the log again up to and including step `seq`, without comparing, and returns the record of that step as it is made now:
 * for what a step can tell that the log did not keep. `build` may ask the model for more facts than the run recorded.
 */
export function executeStep(log: LogReader, build: BuildRun, seq: number, level: Level = log.header.level): LogRecord {
  const chooser = new ReplayChooser(log);
  const kernel = build(log.header, { seed: log.header.seed, chooser, level });
  let found: LogRecord | undefined;
  kernel.setSink((record) => {
    if (record.seq === seq) found = record;
    chooser.advance(record.seq + 1);
  });
  runTo(new FedRun(kernel, externalsOf(log, 0, seq + 1)), seq + 1, () => true);
  assert(found !== undefined, `the log executes up to #${seq}`);
  return found;
}
