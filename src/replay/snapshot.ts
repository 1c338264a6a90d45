/**
 * Writing snapshots while a run goes on, so that its log can be travelled fast.
 *
 * A snapshot costs as much as its state is large, so the next one waits until the log itself has grown by half as much: snapshots never
 * take more than about two thirds of a log, however large the cluster. They change nothing but time; a log without any is
 * read all the same.
 */
import type { LogRecord } from '../log/record.ts';
import type { LogWriter } from '../log/writer.ts';
import type { Projection } from './projection.ts';

/** At least so many records lie between two snapshots: folding them takes less than 50 ms. */
export const SNAPSHOT_RECORDS = 16_384;

/** A sink that appends to `writer`, folds `projection` along and writes a snapshot now and then. */
export function snapshotting<State>(
  writer: LogWriter,
  projection: Projection<State>,
  records: number = SNAPSHOT_RECORDS,
): (record: LogRecord) => void {
  const state = projection.init();
  const wanted = projection.facts === undefined ? undefined : new Set(projection.facts);
  let nextAt = records;
  let bytesAt = 0;
  return (record) => {
    writer.append(record);
    if (wanted === undefined || record.facts.some((fact) => wanted.has(fact.kind))) projection.apply(state, record);
    if (record.seq + 1 < nextAt) return;
    nextAt += 1024;
    if (writer.bytes < bytesAt) return;
    const before = writer.bytes;
    const texts: string[] = [];
    writer.snapshot(projection.name, projection.encode(state, (text) => texts.push(text) - 1), texts);
    bytesAt = writer.bytes + (writer.bytes - before) / 2;
    nextAt = record.seq + 1 + records;
  };
}
