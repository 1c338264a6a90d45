/**
 * Comparing two logs: the first choice, the first record and (with a projection) the first field of state that differ.
 *
 * Blocks with equal hashes are not even decoded, so two long runs that part late are compared in the time it takes to read
 * their heads.
 */
import { difference, compareRecords, isSame, type Difference } from '../replay/compare.ts';
import type { Projection } from '../replay/projection.ts';
import { Seeker } from '../replay/seek.ts';
import type { LogReader } from '../log/reader.ts';
import type { Choice, Json, LogRecord } from '../log/record.ts';

/** What is different first. Each part is undefined when there is no such difference. */
export interface LogDiff {
  readonly isSame: boolean;
  readonly header: Difference | undefined;
  readonly choice: { readonly seq: number; readonly index: number; readonly left: Choice | undefined; readonly right: Choice | undefined } | undefined;
  readonly record: { readonly seq: number; readonly difference: Difference; readonly left: LogRecord | undefined; readonly right: LogRecord | undefined } | undefined;
  /** The state after the first record at which states differ. */
  readonly state: { readonly seq: number; readonly difference: Difference } | undefined;
}

/** The first differences of two logs. */
export function diffLogs<State>(left: LogReader, right: LogReader, projection?: Projection<State>): LogDiff {
  const header = difference(left.header as unknown as Json, right.header as unknown as Json);
  const start = firstDifferentBlock(left, right);
  let choice: LogDiff['choice'];
  let record: LogDiff['record'];
  const length = Math.max(left.length, right.length);
  for (let seq = start; seq < length && (choice === undefined || record === undefined); seq++) {
    const x = seq < left.length ? left.at(seq) : undefined;
    const y = seq < right.length ? right.at(seq) : undefined;
    choice ??= choiceDifference(seq, x, y);
    record ??= recordDifference(seq, x, y);
    if (record !== undefined && choice === undefined && x === undefined) break;
  }
  const state = record === undefined || projection === undefined ? undefined : stateDifference(left, right, projection, record.seq);
  return { isSame: record === undefined && left.length === right.length, header, choice, record, state };
}

/** The start of the first block that is not equal in both by the chain hash. */
function firstDifferentBlock(left: LogReader, right: LogReader): number {
  let start = 0;
  for (const block of left.blocks) {
    const end = block.seq + block.count;
    if (end > right.length || !right.blocks.some((other) => other.seq + other.count === end)) break;
    if (left.hashBefore(end) !== right.hashBefore(end)) break;
    start = end;
  }
  return start;
}

function choiceDifference(seq: number, x: LogRecord | undefined, y: LogRecord | undefined): LogDiff['choice'] {
  const [left, right] = [x?.choices ?? [], y?.choices ?? []];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const found = difference(left[index] as unknown as Json, right[index] as unknown as Json);
    if (found !== undefined) return { seq, index, left: left[index], right: right[index] };
  }
  return undefined;
}

function recordDifference(seq: number, x: LogRecord | undefined, y: LogRecord | undefined): LogDiff['record'] {
  if (x === undefined && y === undefined) return undefined;
  if (x === undefined || y === undefined) {
    return { seq, difference: { pointer: '', expected: undefined, actual: undefined, change: x === undefined ? 'extra' : 'missing' }, left: x, right: y };
  }
  const found = compareRecords(x, y);
  return found === undefined ? undefined : { seq, difference: found, left: x, right: y };
}

/**
 * Up to the first different record both states are one. From there on they are compared only when the records' facts differ, which
 * is when the states come apart.
 */
function stateDifference<State>(left: LogReader, right: LogReader, projection: Projection<State>, from: number): LogDiff['state'] {
  const start = Math.min(from, left.length, right.length);
  const x = new Seeker(left, projection).at(start);
  const y = projection.clone(x);
  const show = (state: State): Json => projection.show?.(state) ?? projection.encode(state);
  const end = Math.max(left.length, right.length);
  for (let seq = start; seq < end; seq++) {
    const [a, b] = [factsOf(left, projection, seq), factsOf(right, projection, seq)];
    if (a !== undefined) projection.apply(x, a);
    if (b !== undefined) projection.apply(y, b);
    if (isSame(a?.facts as unknown as Json, b?.facts as unknown as Json)) continue;
    const found = difference(show(x), show(y));
    if (found !== undefined) return { seq, difference: found };
  }
  return undefined;
}

/** The record at `seq` when it has a fact that the projection reads. */
function factsOf<State>(log: LogReader, projection: Projection<State>, seq: number): LogRecord | undefined {
  if (seq >= log.length) return undefined;
  const view = log.blockOf(seq);
  const kinds = view.factKindsOf(seq - view.seq);
  return kinds.some((kind) => projection.facts?.includes(kind) ?? true) ? view.record(seq - view.seq) : undefined;
}
