/**
 * A cursor in a log: step, step back, run until something is so, go back to when it last was.
 *
 * A position lies between records: at position n the records before #n have happened, and #n is next. Going forward
 * folds on; going back folds again from the nearest state, which is bounded by the distance between snapshots.
 */
import type { LogReader } from '../log/reader.ts';
import type { Json, LogRecord } from '../log/record.ts';
import { isSame } from './compare.ts';
import type { Seeker } from './seek.ts';

/** When to stop: all that is given must hold. */
export interface Break<State> {
  /** The actor that makes the step, or a prefix ending in `*`. */
  readonly actor?: string;
  /** The kind of what is handled. */
  readonly kind?: string;
  /** The kind of a fact that the step records. */
  readonly fact?: string;
  /** A claim about the record and the state after it. */
  readonly when?: (record: LogRecord, state: State) => boolean;
  /** A part of the state: stops when it changes. */
  readonly watch?: (state: State) => Json | undefined;
}

/** How far one backward search looks at once. */
const WINDOW = 4096;

export class Cursor<State> {
  private readonly seeker: Seeker<State>;
  private at = 0;
  private current: State;

  constructor(seeker: Seeker<State>, position = 0) {
    this.seeker = seeker;
    this.at = position;
    this.current = seeker.at(position);
  }

  get log(): LogReader {
    return this.seeker.log;
  }

  /** The next record's sequence number. */
  get position(): number {
    return this.at;
  }

  /** The state here. Only to be looked at. */
  get state(): State {
    return this.current;
  }

  /** The record that happened last, or undefined at the start. */
  get last(): LogRecord | undefined {
    return this.at === 0 ? undefined : this.log.at(this.at - 1);
  }

  /** Goes to a position; beyond the ends, to the end. */
  seek(position: number): void {
    const target = Math.max(0, Math.min(position, this.log.length));
    if (target === this.at) return;
    if (target > this.at && target - this.at <= 256) {
      while (this.at < target) this.forward();
      return;
    }
    this.current = this.seeker.at(target);
    this.at = target;
  }

  /** Goes to just after everything up to the virtual time `time` µs. */
  seekTime(time: number): void {
    this.seek(this.log.positionAfter(time));
  }

  /** One record on. Returns it, or undefined at the end. */
  step(): LogRecord | undefined {
    return this.at < this.log.length ? this.forward() : undefined;
  }

  /** One record back. Returns the record that is now next, or undefined at the start. */
  stepBack(): LogRecord | undefined {
    if (this.at === 0) return undefined;
    this.seek(this.at - 1);
    return this.log.at(this.at);
  }

  /** Goes on until just after a record that `stop` describes. Returns it, or undefined at the end of the log. */
  continue(stop: Break<State>): LogRecord | undefined {
    let watched = stop.watch?.(this.current);
    while (this.at < this.log.length) {
      const record = this.forward();
      const value = stop.watch?.(this.current);
      if (matches(stop, record, this.current) && (stop.watch === undefined || !isSame(watched, value))) return record;
      watched = value;
    }
    return undefined;
  }

  /** Goes on until a claim about the state holds. */
  runUntil(claim: (state: State, record: LogRecord) => boolean): LogRecord | undefined {
    return this.continue({ when: (record, state) => claim(state, record) });
  }

  /** Goes back to just after the latest record before the last one that `stop` describes. Undefined: it is at the start. */
  reverseContinue(stop: Break<State>): LogRecord | undefined {
    let end = this.at - 1;
    while (end > 0) {
      const start = Math.max(0, end - WINDOW);
      const found = this.lastMatch(stop, start, end);
      if (found >= 0) {
        this.seek(found + 1);
        return this.log.at(found);
      }
      end = start;
    }
    this.seek(0);
    return undefined;
  }

  /** The last record of [start, end) that matches, or -1. */
  private lastMatch(stop: Break<State>, start: number, end: number): number {
    let found = -1;
    if (stop.when === undefined && stop.watch === undefined) {
      for (const record of this.log.records(start, end)) if (matchesRecord(stop, record)) found = record.seq;
      return found;
    }
    const state = this.seeker.at(start);
    let watched = stop.watch?.(state);
    for (const record of this.log.records(start, end)) {
      this.seeker.projection.apply(state, record);
      const value = stop.watch?.(state);
      if (matches(stop, record, state) && (stop.watch === undefined || !isSame(watched, value))) found = record.seq;
      watched = value;
    }
    return found;
  }

  private forward(): LogRecord {
    const record = this.log.at(this.at++);
    this.seeker.projection.apply(this.current, record);
    return record;
  }
}

function matches<State>(stop: Break<State>, record: LogRecord, state: State): boolean {
  return matchesRecord(stop, record) && (stop.when === undefined || stop.when(record, state));
}

function matchesRecord<State>(stop: Break<State>, record: LogRecord): boolean {
  if (stop.kind !== undefined && record.kind !== stop.kind) return false;
  if (stop.fact !== undefined && !record.facts.some((fact) => fact.kind === stop.fact)) return false;
  if (stop.actor === undefined || record.actor === stop.actor) return true;
  return stop.actor.endsWith('*') && record.actor.startsWith(stop.actor.slice(0, -1));
}
