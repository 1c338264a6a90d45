/**
 * Blame: who wrote a field of an object last.
 *
 * The model says which records write an object and how; this walks the log backwards, block by block, by text search (most blocks
 * do not mention the object and cost a fraction of a millisecond), to the last record that set the whole object, and folds
 * the few writes after it. If none of them changed the field, it goes back to the one before that.
 */
import type { LogReader } from '../log/reader.ts';
import type { Json, LogRecord } from '../log/record.ts';
import { isSame } from '../replay/compare.ts';

/** How a model's objects appear in its records. */
export interface ObjectWrites {
  /** A text that is in the facts of each record that writes the object, as canonical JSON writes it. */
  needle(object: string): string;
  /** The object after this record; the same value when the record does not write it, undefined when it is gone. */
  apply(object: string, before: Json | undefined, record: LogRecord): Json | undefined;
  /** True when the object after this record does not depend on what it was before. */
  isWhole(object: string, record: LogRecord): boolean;
}

/** The last write of a field. */
export interface Blame {
  readonly record: LogRecord;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** The last record before `position` that changed the value at `pointer` (RFC 6901; '' is the whole object). */
export function blame(log: LogReader, writes: ObjectWrites, object: string, pointer: string, position: number = log.length): Blame | undefined {
  let newer: LogRecord[] = [];
  for (const record of mentionsBackwards(log, writes.needle(object), position)) {
    if (!writes.isWhole(object, record)) {
      newer.unshift(record);
      continue;
    }
    const found = lastChange(writes, object, pointer, record, newer);
    if (found !== undefined) return found;
    // Nothing after this write changed the field; whether it did itself depends on what was there before.
    const before = at(objectBefore(log, writes, object, record.seq), pointer);
    const after = at(writes.apply(object, undefined, record), pointer);
    if (!isSame(before, after)) return { record, before, after };
    newer = [];
  }
  return lastChange(writes, object, pointer, undefined, newer);
}

/** The object just before `position`, found the same way. */
export function objectBefore(log: LogReader, writes: ObjectWrites, object: string, position: number): Json | undefined {
  const after: LogRecord[] = [];
  for (const record of mentionsBackwards(log, writes.needle(object), position)) {
    after.unshift(record);
    if (writes.isWhole(object, record)) break;
  }
  let value: Json | undefined;
  for (const record of after) value = writes.apply(object, value, record);
  return value;
}

/** The last of `records` that changes the field, folding from the whole write `base`. */
function lastChange(writes: ObjectWrites, object: string, pointer: string, base: LogRecord | undefined, records: readonly LogRecord[]): Blame | undefined {
  let value = base === undefined ? undefined : writes.apply(object, undefined, base);
  let found: Blame | undefined;
  for (const record of records) {
    const next = writes.apply(object, value, record);
    const [before, after] = [at(value, pointer), at(next, pointer)];
    if (!isSame(before, after)) found = { record, before, after };
    value = next;
  }
  return found;
}

function* mentionsBackwards(log: LogReader, needle: string, position: number): Generator<LogRecord, void, undefined> {
  for (let end = Math.min(position, log.length); end > 0; ) {
    const view = log.blockOf(end - 1);
    const found = view.withText(needle);
    for (let k = found.length - 1; k >= 0; k--) {
      const i = found[k] as number;
      if (view.seq + i < end) yield view.record(i);
    }
    end = view.seq;
  }
}

/** The value at a JSON pointer. */
export function at(value: Json | undefined, pointer: string): Json | undefined {
  if (pointer === '') return value;
  let found: Json | undefined = value;
  for (const token of pointer.slice(1).split('/')) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as { readonly [key: string]: Json | undefined })[key];
  }
  return found;
}
