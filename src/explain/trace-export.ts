/**
 * Exports of a log for other programs: Chrome's trace format (which Perfetto opens) and NDJSON.
 *
 * In a trace, each actor is a thread, grouped by type; each step is a slice (virtual time stands still during a step, so
 * it is drawn one microsecond long) and an arrow leads from the step that sent a message to the step that handled it.
 * Both are generators of lines, so a log of any size streams through.
 */
import { canonical } from '../log/canonical.ts';
import type { LogReader } from '../log/reader.ts';
import type { Json, LogRecord } from '../log/record.ts';

/** The range to export. */
export interface ExportRange {
  readonly from?: number;
  readonly to?: number;
  /** Which records are exported. Default: all. */
  readonly filter?: (record: LogRecord) => boolean;
}

/** The log as Chrome trace JSON, in pieces. */
export function* chromeTrace(log: LogReader, range: ExportRange = {}): Generator<string, void, undefined> {
  const tracks = new Map<string, { readonly pid: number; readonly tid: number }>();
  const types = new Map<string, number>();
  let separator = '';
  const emit = (event: Json): string => {
    const text = `${separator}\n${canonical(event)}`;
    separator = ',';
    return text;
  };
  yield '{"displayTimeUnit":"ms","traceEvents":[';
  const from = range.from ?? 0;
  for (const record of log.records(from, range.to ?? log.length)) {
    if (range.filter?.(record) === false) continue;
    let track = tracks.get(record.actor);
    if (track === undefined) {
      const type = record.actor.split('/')[0] as string;
      let pid = types.get(type);
      if (pid === undefined) {
        types.set(type, (pid = types.size + 1));
        yield emit({ ph: 'M', name: 'process_name', pid, tid: 0, args: { name: type } });
      }
      tracks.set(record.actor, (track = { pid, tid: tracks.size + 1 }));
      yield emit({ ph: 'M', name: 'thread_name', pid, tid: track.tid, args: { name: record.actor } });
    }
    yield emit({ ph: 'X', name: record.kind, cat: record.via, ts: record.time, dur: 1, ...track, args: argsOf(record) });
    if (record.cause < from || record.cause >= record.seq) continue;
    const cause = log.at(record.cause);
    if (range.filter?.(cause) === false) continue;
    const source = tracks.get(cause.actor);
    if (source === undefined || cause.actor === record.actor) continue;
    yield emit({ ph: 's', id: record.seq, name: 'cause', cat: 'cause', ts: cause.time, ...source });
    yield emit({ ph: 'f', bp: 'e', id: record.seq, name: 'cause', cat: 'cause', ts: record.time, ...track });
  }
  yield '\n]}\n';
}

function argsOf(record: LogRecord): Json {
  return { seq: record.seq, cause: record.cause, facts: record.facts as unknown as Json, ...(record.from === undefined ? {} : { from: record.from }) };
}

/** The log as one canonical JSON object a line; the first line is the header. */
export function* ndjson(log: LogReader, range: ExportRange = {}): Generator<string, void, undefined> {
  yield `${canonical({ header: log.header })}\n`;
  for (const record of log.records(range.from ?? 0, range.to ?? log.length)) {
    if (range.filter?.(record) !== false) yield `${canonical(record)}\n`;
  }
}
