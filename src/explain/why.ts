/**
 * Why: from a record back through its causes to an input, a fault, a timer or the start.
 *
 * Each record names the step that caused it. A model may know more: a controller's write is also because of the
 * object that it read; such links make the chain a graph. What is told is a path for people: periodic timers that go back to
 * the start of the run are cut short, steps that the model's phrasebook has no sentence for are left out, repetitions are
 * counted.
 */
import type { LogReader } from '../log/reader.ts';
import type { LogRecord } from '../log/record.ts';

/** One more cause that the model knows of. */
export interface Link {
  readonly seq: number;
  /** Why it is a cause, as half a sentence: `it read revision 812`. */
  readonly because: string;
}

/** What a model contributes. */
export interface Phrasebook {
  /** What happened in this step, in plain words and without a full stop; undefined leaves it out of short answers. */
  say(record: LogRecord, log: LogReader): string | undefined;
  /** Set when nobody asks what lies behind this step (a person decided): the path ends here, and this says how. */
  root?(record: LogRecord, log: LogReader): string | undefined;
  /** Further causes. */
  links?(record: LogRecord, log: LogReader): readonly Link[];
}

/** A step on the way to the root. */
export interface Reason {
  readonly record: LogRecord;
  /** How it is linked to the step it caused: undefined for the direct cause. */
  readonly because?: string;
}

export interface WhyOptions {
  /** At most so many steps. Default 500. */
  readonly most?: number;
  readonly phrasebook?: Phrasebook;
}

/** A renewed timer of one actor is followed back this many rounds in which nothing new was said. */
const ROUNDS_MAX = 3;

/**
 * The path of direct causes of record `seq`, the record itself first. Where the model names a link, the path follows the
 * first one: that is the cause that its author means.
 */
export function why(log: LogReader, seq: number, options: WhyOptions = {}): Reason[] {
  const path: Reason[] = [{ record: log.at(seq) }];
  const rounds = new Rounds(log, options.phrasebook);
  const most = options.most ?? 500;
  for (let record = log.at(seq); path.length < most; ) {
    if (options.phrasebook?.root?.(record, log) !== undefined || rounds.isEnough(record)) break;
    const link = options.phrasebook?.links?.(record, log)[0];
    const next = link !== undefined && link.seq < record.seq ? link.seq : causeOf(log, record);
    if (next < 0) break;
    record = log.at(next);
    path.push(link !== undefined && link.seq === next ? { record, because: link.because } : { record });
  }
  return path;
}

/** Counts how often the same timer went off while nothing new was said: such a path goes back to the run's start and tells nothing. */
class Rounds {
  private readonly log: LogReader;
  private readonly phrasebook: Phrasebook | undefined;
  private readonly counts = new Map<string, number>();
  private said: string | undefined;

  constructor(log: LogReader, phrasebook: Phrasebook | undefined) {
    this.log = log;
    this.phrasebook = phrasebook;
  }

  isEnough(record: LogRecord): boolean {
    const sentence = this.phrasebook?.say(record, this.log);
    if (sentence !== undefined && sentence !== this.said) {
      this.counts.clear();
      this.said = sentence;
    }
    if (record.via !== 'timer') return false;
    const timer = `${record.actor}\n${record.kind}`;
    const count = (this.counts.get(timer) ?? 0) + 1;
    this.counts.set(timer, count);
    return count >= ROUNDS_MAX;
  }
}

/** The step that caused a record. What a plan does at a time of its own has none: the step before it only happened to be the last. */
function causeOf(log: LogReader, { via, cause, time }: LogRecord): number {
  const isPlanned = via === 'control' || via === 'input';
  return isPlanned && cause >= 0 && log.at(cause).time < time ? -1 : cause;
}

/** All records that `seq` depends on, over causes and links, newest first. At most `most`. */
export function ancestors(log: LogReader, seq: number, options: WhyOptions = {}): number[] {
  const seen = new Set<number>();
  const open = [seq];
  const most = options.most ?? 100_000;
  while (open.length > 0 && seen.size < most) {
    const record = log.at(open.pop() as number);
    const causes = [causeOf(log, record), ...(options.phrasebook?.links?.(record, log) ?? []).map((link) => link.seq)];
    for (const cause of causes) {
      if (cause < 0 || cause >= record.seq || seen.has(cause)) continue;
      seen.add(cause);
      open.push(cause);
    }
  }
  return [...seen].sort((x, y) => y - x);
}

/** One line of a told path. */
export interface Told {
  readonly record: LogRecord;
  readonly sentence: string;
  /** How it is linked to the line before, when the model knows more than that it is the cause. */
  readonly because?: string;
  /** How many steps with the same sentence follow it on the path. */
  readonly repeated: number;
}

/** The steps of a path that are worth a sentence, and what kind of root it ends in. */
export function pathTold(log: LogReader, path: readonly Reason[], phrasebook: Phrasebook): { readonly steps: readonly Told[]; readonly root: string } {
  const steps: { record: LogRecord; sentence: string; because?: string; repeated: number }[] = [];
  path.forEach(({ record, because }, i) => {
    const said = phrasebook.root?.(record, log) ?? phrasebook.say(record, log);
    const isEnd = i === 0 || i === path.length - 1;
    if (said === undefined && !isEnd) return;
    const sentence = said ?? plainly(record);
    const last = steps[steps.length - 1];
    if (last !== undefined && last.sentence === sentence) last.repeated++;
    else steps.push({ record, sentence, repeated: 0, ...(because === undefined ? {} : { because }) });
  });
  const end = path[path.length - 1]?.record;
  return { steps, root: end === undefined ? '' : rootOf(end, phrasebook.root?.(end, log) !== undefined) };
}

/** A path in words, one step a line, addresses first. */
export function tellWhy(log: LogReader, path: readonly Reason[], phrasebook: Phrasebook): string[] {
  const { steps, root } = pathTold(log, path, phrasebook);
  const lines = steps.map(({ record, sentence, because, repeated }, i) => {
    const lead = i === 0 ? '' : because === undefined ? 'because ' : `because ${because}: `;
    const more = repeated === 0 ? '' : ` (and ${repeated} more such step${repeated === 1 ? '' : 's'} before)`;
    return `${address(record).padEnd(24)}${lead}${sentence}${more}`;
  });
  return root === '' ? lines : [...lines, `${' '.repeat(24)}${root}`];
}

/** What kind of root a path ends in. */
function rootOf(record: LogRecord, isDecision: boolean): string {
  if (isDecision || record.external === true) return 'That came from outside: a user or another program.';
  if (record.via === 'control') return 'That was a fault of the plan.';
  if (record.via === 'input') return "That came from the run's plan.";
  if (record.cause >= 0) return `That is a timer which renews itself; \`why '#${record.seq}'\` goes further back.`;
  return 'That is how the run began.';
}

/** A record's address and time: `#4711 12.500000s`. */
export function address(record: LogRecord): string {
  return `#${record.seq} ${seconds(record.time)}`;
}

/** Virtual µs as seconds with six digits. */
export function seconds(time: number): string {
  return `${Math.floor(time / 1_000_000)}.${String(time % 1_000_000).padStart(6, '0')}s`;
}

/** A sentence for any record, without knowledge of the model. */
export function plainly(record: LogRecord): string {
  const from = record.from === undefined ? '' : ` from ${record.from}`;
  switch (record.via) {
    case 'start':
      return `${record.actor} started`;
    case 'message':
      return `${record.actor} received ${record.kind}${from}`;
    case 'timer':
      return `the timer ${record.kind} of ${record.actor} went off`;
    case 'input':
      return `${record.actor} was given ${record.kind} from outside`;
    case 'control':
      return `${record.actor} was made to ${record.kind}`;
    case 'bound':
      return 'a bound of the run was hit';
  }
}
