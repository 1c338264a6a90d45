/**
 * Seeking: the state at any position, from the nearest snapshot or kept state, by folding what lies between.
 *
 * A bounded number of states is kept in memory, the least recently used goes first; a long fold leaves some behind on its way, so
 * a log without snapshots is slow once.
 */
import { assert } from '../kernel/assert.ts';
import type { LogReader } from '../log/reader.ts';
import { fold, type Projection } from './projection.ts';

export interface SeekOptions {
  /** How many states are kept. Default 24. */
  readonly kept?: number;
  /** Long folds leave a state behind every so many records. Default 65,536. */
  readonly stride?: number;
}

export class Seeker<State> {
  readonly log: LogReader;
  readonly projection: Projection<State>;
  private readonly keptMax: number;
  private readonly stride: number;
  private readonly states = new Map<number, State>();

  constructor(log: LogReader, projection: Projection<State>, options: SeekOptions = {}) {
    this.log = log;
    this.projection = projection;
    this.keptMax = options.kept ?? 24;
    this.stride = options.stride ?? 65_536;
  }

  /** How many states are in memory; never more than `kept`. */
  get retained(): number {
    return this.states.size;
  }

  /** The state after the records before `position`, in [0, length]. It is the caller's. */
  at(position: number): State {
    assert(Number.isInteger(position) && position >= 0 && position <= this.log.length, `position ${position} is in the log (0 to ${this.log.length})`);
    const base = this.base(position);
    const state = base.state;
    let from = base.position;
    while (position - from > this.stride) {
      fold(this.log, this.projection, state, from, from + this.stride);
      from += this.stride;
      this.keep(from, this.projection.clone(state));
    }
    fold(this.log, this.projection, state, from, position);
    if (position - base.position > 512) this.keep(position, this.projection.clone(state));
    return state;
  }

  /** The best known state at or before a position, as a copy. */
  private base(position: number): { readonly position: number; readonly state: State } {
    let best = -1;
    for (const at of this.states.keys()) if (at <= position && at > best) best = at;
    const { name } = this.projection;
    let written = -1;
    for (const entry of this.log.snapshots) {
      if (entry.snapshot === name && entry.seq <= position && entry.seq > written) written = entry.seq;
    }
    // Decoding a snapshot costs about as much as folding some thousand records.
    if (written > best + 2048 || (best < 0 && written >= 0)) {
      const found = this.log.snapshotBefore(name, position);
      if (found !== undefined) {
        const state = this.projection.decode(found.state, (number) => this.log.text(number), this.nearest(position));
        this.keep(found.seq, this.projection.clone(state));
        return { position: found.seq, state };
      }
    }
    if (best < 0) return { position: 0, state: this.projection.init() };
    const kept = this.states.get(best) as State;
    this.states.delete(best);
    this.states.set(best, kept);
    return { position: best, state: this.projection.clone(kept) };
  }

  /** Any state in memory, as near as there is one. */
  private nearest(position: number): State | undefined {
    let best: number | undefined;
    for (const at of this.states.keys()) if (best === undefined || Math.abs(at - position) < Math.abs(best - position)) best = at;
    return best === undefined ? undefined : this.states.get(best);
  }

  private keep(position: number, state: State): void {
    this.states.delete(position);
    this.states.set(position, state);
    if (this.states.size <= this.keptMax) return;
    for (const oldest of this.states.keys()) {
      this.states.delete(oldest);
      break;
    }
  }
}
