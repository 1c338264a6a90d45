/**
 * The ledger makes the record of each step and hands it out: first to the log, then to everybody who looks on.
 *
 * Nothing is made when nobody keeps records, so a bare run pays nothing for them.
 */
import type { Observable, Subject } from 'rxjs';
import type { Message } from '../actor/actor.ts';
import type { Choice, Fact, Level, LogRecord, Via } from '../log/record.ts';
import { committed } from '../stream/inbox.ts';
import { assert } from './assert.ts';
import type { Cell } from './cell.ts';
import { plain } from '../log/plain.ts';
import { noteOf } from './digest.ts';

/** The actor name under which control events and inputs without a receiver appear. */
export const KERNEL = '$kernel';

const NO_CHOICES: readonly Choice[] = Object.freeze([]);
const NO_FACTS: readonly Fact[] = Object.freeze([]);

/** A step that is over. Its facts and effects are still in its cell's context. */
export interface Step {
  readonly seq: number;
  readonly time: number;
  readonly via: Via;
  readonly cell: Cell | undefined;
  readonly message: Message | undefined;
  readonly cause: number;
  readonly from: Cell | undefined;
  readonly external: boolean;
  readonly digest: number;
}

export class Ledger {
  private readonly level: Level;
  private readonly subject: Subject<LogRecord> = committed<LogRecord>();
  private sink: ((record: LogRecord) => void) | undefined;
  private choices: Choice[] = [];

  constructor(level: Level) {
    this.level = level;
  }

  get committed$(): Observable<LogRecord> {
    return this.subject;
  }

  /** Whether anybody keeps records. */
  get isKept(): boolean {
    return this.sink !== undefined || this.subject.observed;
  }

  setSink(sink: (record: LogRecord) => void): void {
    assert(this.sink === undefined, 'a run has at most one log');
    this.sink = sink;
  }

  /** Notes a draw of the step that is going on. */
  choice(kind: string, n: number, value: number): void {
    if (this.isKept) this.choices.push({ kind, n, value });
  }

  /** Makes the step's record and hands it out. */
  commit(step: Step): void {
    const { cell } = step;
    const facts = cell?.context.facts ?? NO_FACTS;
    const record = this.record(step, facts.length === 0 ? NO_FACTS : facts);
    this.sink?.(record);
    if (this.subject.observed) this.subject.next(record);
    if (this.choices.length > 0) this.choices = [];
    if (cell !== undefined && facts.length > 0) cell.context.facts = [];
  }

  private record({ seq, time, via, cell, message, cause, from, external, digest }: Step, facts: readonly Fact[]): LogRecord {
    const actor = cell?.id ?? KERNEL;
    const kind = message?.kind ?? 'start';
    const choices = this.choices.length === 0 ? NO_CHOICES : this.choices;
    // Written out for the two shapes that nearly all records have: spreading what may be absent takes longer than all else here.
    const record: LogRecord =
      from === undefined
        ? { seq, time, via, actor, kind, cause, choices, facts, digest }
        : { seq, time, via, actor, kind, cause, from: from.id, choices, facts, digest };
    const isFull = this.level === 'full';
    if (!external && !isFull && via !== 'control') return record;
    return {
      ...record,
      ...(external ? { external: true } : {}),
      ...(message !== undefined ? { message: plain(message) as unknown as LogRecord['message'] } : {}),
      ...(isFull && cell !== undefined ? { effects: cell.context.effects.map(noteOf) } : {}),
    };
  }
}
