/**
 * Projections: a state that is folded from records, so that any position of a log can be looked at.
 *
 * The model supplies them. `apply` may change its state in place (a million-record fold cannot copy maps), so whoever keeps a
 * state for later keeps a clone; the values inside are frozen and shared.
 */
import type { LogReader } from '../log/reader.ts';
import type { Json, LogRecord } from '../log/record.ts';

/** Takes a part of a state and how it is written, and answers with a number that stands for it. The same part is written once. */
export type Keep = (part: object, text: () => string) => number;

export interface Projection<State> {
  /** Names the snapshots of this projection in logs; change it when the encoding changes. */
  readonly name: string;
  /** The kinds of facts that `apply` reads. Records without any are not even decoded. Absent: all records. */
  readonly facts?: readonly string[];
  init(): State;
  /** Folds one record into the state, in place. */
  apply(state: State, record: LogRecord): void;
  /**
   * Folds one fact of the record `seq` by its canonical JSON text, which is faster when most facts are never looked at. Optional; it
   * must amount to the same as `apply`.
   */
  applyText?(state: State, kind: string, text: string, seq: number): void;
  /** Folds a control event: what was done to an actor. Optional, and only together with `facts`. */
  applyControl?(state: State, record: LogRecord): void;
  /** A copy that later changes do not reach. Copies containers, not values. */
  clone(state: State): State;
  /** As JSON. Large parts may be given to `keep`; without it all is JSON. */
  encode(state: State, keep?: Keep): Json;
  /** The state for people who compare: members have the names they are known by. Default: as it is encoded. */
  show?(state: State): Json;
  /** `text` gives back what was kept; `like` is a state of nearby whose parts may be shared. */
  decode(encoded: Json, text?: (number: number) => string, like?: State): State;
}

/** Folds the records [from, to) into `state`. About 2 µs for a record with facts, 0.2 µs for one without. */
export function fold<State>(log: LogReader, projection: Projection<State>, state: State, from: number, to: number): void {
  for (const view of log.views(from, to)) {
    const start = Math.max(0, from - view.seq);
    const end = Math.min(view.count, to - view.seq);
    if (projection.applyControl !== undefined) {
      for (let i = start; i < end; i++) if (view.viaOf(i) === 'control' && view.kept(i) === 'whole') projection.applyControl(state, view.record(i));
    }
    if (projection.facts !== undefined && projection.applyText !== undefined) {
      view.eachFact(projection.facts, start, end, (i, kind, text) => projection.applyText?.(state, kind, text, view.seq + i));
      continue;
    }
    if (projection.facts !== undefined) {
      for (const i of view.withFacts(projection.facts)) if (i >= start && i < end) projection.apply(state, view.record(i));
      continue;
    }
    for (let i = start; i < end; i++) projection.apply(state, view.record(i));
  }
}
