/**
 * A divergence: the first place where an execution is not what the log says, told so that somebody can act on it.
 */
import { canonical } from '../log/canonical.ts';
import type { LogReader } from '../log/reader.ts';
import type { EffectNote, Json, LogRecord } from '../log/record.ts';
import type { Change, Difference } from './compare.ts';

/** The first difference between a log and an execution. */
export interface Divergence {
  readonly seq: number;
  /** Virtual time in µs. */
  readonly time: number;
  readonly actor: string;
  /** The kind of the message, timer or input that was handled. */
  readonly kind: string;
  /** Where in the record (RFC 6901): `/facts/0/data/spec`, `/effects/2`, `/time`. Empty when a whole record is too many or missing. */
  readonly pointer: string;
  readonly expected: Json | undefined;
  readonly actual: Json | undefined;
  readonly change: Change;
  /** The record as logged, when there is one. */
  readonly logged: LogRecord | undefined;
  /** The record as executed, when there is one. */
  readonly executed: LogRecord | undefined;
  /** What led to the step, nearest first, down to an input, a fault or the start. */
  readonly causes: readonly LogRecord[];
  /** The last record that both have. */
  readonly lastCommon: LogRecord | undefined;
  /** When only digests are logged: what the executed step wanted, and what the log shows came of the logged one. */
  readonly effects?: { readonly executed: readonly EffectNote[]; readonly consequences: readonly LogRecord[] };
  /** Set when the step asked something that the log does not answer, or threw. */
  readonly note?: string;
}

/** Longer chains are cut: what is far back is reached with `why`. */
const CAUSES_MAX = 1000;

/** The chain of causes of record `seq`, nearest first, without the record itself. */
export function causesOf(log: LogReader, seq: number): LogRecord[] {
  const causes: LogRecord[] = [];
  if (seq < 0 || seq >= log.length) return causes;
  let cause = log.at(seq).cause;
  while (cause >= 0 && causes.length < CAUSES_MAX) {
    const record = log.at(cause);
    causes.push(record);
    cause = record.cause;
  }
  return causes;
}

/** The divergence of two records at `found`. */
export function diverged(log: LogReader, seq: number, found: Difference, logged: LogRecord | undefined, executed: LogRecord | undefined, note?: string): Divergence {
  const at = logged ?? (executed as LogRecord);
  return {
    seq,
    time: at.time,
    actor: at.actor,
    kind: at.kind,
    ...found,
    logged,
    executed,
    causes: causesOf(log, logged === undefined ? -1 : seq),
    lastCommon: seq > 0 ? log.at(seq - 1) : undefined,
    ...(note === undefined ? {} : { note }),
  };
}

/** A divergence in words, several lines, without a final newline. */
export function describeDivergence(divergence: Divergence): string {
  const { seq, time, actor, kind, pointer, expected, actual, change, logged, causes, lastCommon } = divergence;
  const lines = [
    `the run diverges from the log at #${seq}, ${time} µs: actor ${actor}, handling ${kind}`,
    `  ${place(pointer, change)}`,
    `    the log has    ${shown(expected)}`,
    `    the run makes  ${shown(actual)}`,
  ];
  if (divergence.note !== undefined) lines.push(`  ${divergence.note}`);
  if (divergence.effects !== undefined) lines.push(...effectLines(divergence.effects));
  if (lastCommon !== undefined) lines.push(`  last common record: ${oneLine(lastCommon)}`);
  if (logged !== undefined && causes.length > 0) {
    lines.push('  caused by:');
    for (const cause of causes.slice(0, 10)) lines.push(`    ${oneLine(cause)}`);
    if (causes.length > 10) lines.push(`    … and ${causes.length - 10} more, down to ${oneLine(causes[causes.length - 1] as LogRecord)}`);
  }
  return lines.join('\n');
}

/** A record on one line. */
export function oneLine(record: LogRecord): string {
  const from = record.from === undefined ? '' : ` from ${record.from}`;
  return `#${record.seq} ${record.time} µs  ${record.actor} ← ${record.via} ${record.kind}${from}`;
}

function place(pointer: string, change: Change): string {
  switch (change) {
    case 'extra':
      return pointer === '' ? 'the run goes on where the log ends' : `${pointer} is extra: the log does not have it`;
    case 'missing':
      return pointer === '' ? 'the run ends where the log goes on' : `${pointer} is missing: the log has it`;
    case 'swapped':
      return `${pointer} and the next are in the other order`;
    case 'changed':
      return `${pointer} differs`;
  }
}

function effectLines(effects: { readonly executed: readonly EffectNote[]; readonly consequences: readonly LogRecord[] }): string[] {
  const wanted = effects.executed.map((effect) => `    ${effect.kind} ${effect.target}${effect.message === undefined ? '' : ` ${effect.message}`}${effect.delay === undefined ? '' : ` after ${effect.delay} µs`}`);
  const came = effects.consequences.map((record) => `    ${oneLine(record)}`);
  return ['  the step of the run wants:', ...wanted, '  of the step in the log came:', ...came];
}

function shown(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  const text = canonical(value);
  return text.length > 400 ? `${text.slice(0, 400)}… (${text.length} characters)` : text;
}
