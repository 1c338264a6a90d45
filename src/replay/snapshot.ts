/**
 * Writing snapshots while a run goes on, so that its log can be travelled fast.
 *
 * A snapshot writes the parts that are new since the one before, and refers to the others. Still it costs as much as its state is
 * large, so the next one waits until the log itself has grown by half as much. Snapshots change nothing but time; a log without any
 * is read all the same.
 */
import type { LogRecord } from '../log/record.ts';
import type { LogWriter } from '../log/writer.ts';
import type { Keep, Projection } from './projection.ts';

/** At least so many records lie between two snapshots: folding them takes some 20 ms. */
export const SNAPSHOT_RECORDS = 8_192;

/** A sink that appends to `writer`, folds `projection` along and writes a snapshot now and then. */
export function snapshotting<State>(
  writer: LogWriter,
  projection: Projection<State>,
  records: number = SNAPSHOT_RECORDS,
): (record: LogRecord) => void {
  const state = projection.init();
  const wanted = projection.facts === undefined ? undefined : new Set(projection.facts);
  const parts = new Parts(writer);
  let nextAt = records;
  let bytesAt = 0;
  return (record) => {
    writer.append(record);
    if (wanted === undefined || record.via === 'control' || record.facts.some((fact) => wanted.has(fact.kind))) projection.apply(state, record);
    if (record.seq + 1 < nextAt) return;
    nextAt += 1024;
    if (writer.bytes < bytesAt) return;
    const before = writer.bytes;
    writer.snapshot(projection.name, parts.keeping((keep) => projection.encode(state, keep)));
    bytesAt = writer.bytes + (writer.bytes - before) / 2;
    nextAt = record.seq + 1 + records;
  };
}

/** Parts that were written together, and how many of them the newest snapshot needs. */
interface Batch {
  size: number;
  used: number;
}

interface Kept {
  readonly number: number;
  readonly batch: Batch;
}

/**
 * Which parts are already in the log. Parts of a batch of which less than half is still needed are written anew, so that whoever
 * reads all of a state reads at most twice of what it needs.
 */
class Parts {
  private readonly writer: LogWriter;
  private kept = new Map<object, Kept>();

  constructor(writer: LogWriter) {
    this.writer = writer;
  }

  /** Lets a snapshot be encoded, and writes the parts that are new. */
  keeping<T>(encode: (keep: Keep) => T): T {
    const texts: string[] = [];
    const batch: Batch = { size: 0, used: 0 };
    const kept = new Map<object, Kept>();
    const encoded = encode((part, text) => {
      let known = this.kept.get(part);
      if (known === undefined || known.batch.used * 2 < known.batch.size) {
        known = { number: this.writer.texts + texts.length, batch };
        texts.push(text());
      }
      kept.set(part, known);
      return known.number;
    });
    if (texts.length > 0) this.writer.keepTexts(texts);
    batch.size = texts.length;
    for (const each of kept.values()) each.batch.used = 0;
    for (const each of kept.values()) each.batch.used++;
    this.kept = kept;
    return encoded;
  }
}
