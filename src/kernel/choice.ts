/**
 * The one seam of nondeterminism.
 *
 * Everything that the past does not determine is asked here: a link's latency, whether a fault fires, which suffix a name
 * gets, which of the ready events is next. A run is the sequence of the answers, so random runs, replay, forks, shrinking
 * and exhaustive search differ only in their chooser.
 */
import type { Sfc32 } from '../random/sfc32.ts';
import { stream } from '../random/stream.ts';
import { assert } from './assert.ts';

/** Answers choices. `owner` is the actor (or link, or fault) on whose behalf the draw is made. */
export interface Chooser {
  /** An integer in [0, n); n ≥ 2 (a choice among one is never asked). */
  choose(owner: string, kind: string, n: number): number;
}

/** Draws each choice from the stream that the seed, the owner and the kind name. */
export class RandomChooser implements Chooser {
  private readonly seed: string;
  private readonly streams = new Map<string, Map<string, Sfc32>>();

  constructor(seed: string) {
    this.seed = seed;
  }

  choose(owner: string, kind: string, n: number): number {
    let kinds = this.streams.get(owner);
    if (kinds === undefined) this.streams.set(owner, (kinds = new Map()));
    let generator = kinds.get(kind);
    if (generator === undefined) kinds.set(kind, (generator = stream(this.seed, owner, kind)));
    return generator.below(n);
  }
}

/**
 * Answers from a tape, then from another chooser. The tape holds the outcomes of a run's first choices, so a fork repeats
 * its parent up to the point where it was forked. An outcome that does not fit (≥ n) is clamped, so that an edited tape
 * (shrinking edits tapes) still denotes a run.
 */
export class TapeChooser implements Chooser {
  private readonly tape: readonly number[];
  private readonly then: Chooser;
  private at = 0;

  constructor(tape: readonly number[], then: Chooser) {
    this.tape = tape;
    this.then = then;
  }

  /** How many outcomes of the tape were used. */
  get used(): number {
    return this.at;
  }

  choose(owner: string, kind: string, n: number): number {
    // The other chooser draws as well, so that its streams stand where they would stand had it made the choice.
    const fallback = this.then.choose(owner, kind, n);
    if (this.at >= this.tape.length) return fallback;
    const outcome = this.tape[this.at++] as number;
    assert(Number.isInteger(outcome) && outcome >= 0, 'a tape holds non-negative integers');
    return Math.min(outcome, n - 1);
  }
}
