/**
 * Comparing two logs: the first choice, the first record and (with a projection) the first field of state that differ.
 *
 * Blocks with equal hashes are not even decoded, so two long runs that part late are compared in the time it takes to read
 * their heads.
 */
import { difference, compareRecords, type Difference } from '../replay/compare.ts';
import { fold, type Projection } from '../replay/projection.ts';
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

/** How many records after the first different one are searched for a different state. */
const STATE_WITHIN = 20_000;

function stateDifference<State>(left: LogReader, right: LogReader, projection: Projection<State>, from: number): LogDiff['state'] {
  const [x, y] = [projection.init(), projection.init()];
  const fromLeft = Math.min(from, left.length);
  const fromRight = Math.min(from, right.length);
  fold(left, projection, x, 0, fromLeft);
  fold(right, projection, y, 0, fromRight);
  const end = Math.min(Math.max(left.length, right.length), from + STATE_WITHIN);
  for (let seq = from; seq < end; seq++) {
    const [a, b] = [seq < left.length ? left.at(seq) : undefined, seq < right.length ? right.at(seq) : undefined];
    if (a !== undefined) projection.apply(x, a);
    if (b !== undefined) projection.apply(y, b);
    if ((a?.facts.length ?? 0) === 0 && (b?.facts.length ?? 0) === 0) continue;
    const found = difference(projection.encode(x), projection.encode(y));
    if (found !== undefined) return { seq, difference: found };
  }
  return undefined;
}
