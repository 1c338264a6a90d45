/**
 * Answers choices from a log.
 *
 * A replay makes no new choice: each question must be the one that the log answers, of the same kind and among as many. A
 * question that is not, or one more than the step asked, is either thrown (`strict`) or noted and answered with something
 * valid, so that the step can end and its record can be compared.
 */
import type { Chooser } from '../kernel/choice.ts';
import type { LogReader } from '../log/reader.ts';
import type { Choice } from '../log/record.ts';

/** A question that the log does not answer. */
export interface ChoiceMismatch {
  /** The step that asked. */
  readonly seq: number;
  /** Which of the step's choices. */
  readonly index: number;
  readonly asked: { readonly owner: string; readonly kind: string; readonly n: number };
  /** What the log has there; undefined when the step asked more than it did. */
  readonly logged: Choice | undefined;
}

/** Thrown by a strict chooser. */
export class UnansweredChoice extends Error {
  override readonly name = 'UnansweredChoice';
  readonly mismatch: ChoiceMismatch;

  constructor(mismatch: ChoiceMismatch) {
    const { seq, index, asked, logged } = mismatch;
    const has = logged === undefined ? 'has no more choices' : `has ${logged.kind} among ${logged.n}`;
    super(`step #${seq} asks for choice ${index}, ${asked.owner}:${asked.kind} among ${asked.n}, where the log ${has}`);
    this.mismatch = mismatch;
  }
}

export class ReplayChooser implements Chooser {
  /** The first question that the log does not answer. */
  mismatch: ChoiceMismatch | undefined;
  private readonly log: LogReader;
  private readonly isStrict: boolean;
  private seq = 0;
  private index = 0;
  private choices: readonly Choice[];

  constructor(log: LogReader, options: { readonly strict?: boolean } = {}) {
    this.log = log;
    this.isStrict = options.strict ?? false;
    this.choices = this.choicesAt(0);
  }

  /** Tells the chooser that all steps before `seq` are done. */
  advance(seq: number): void {
    this.seq = seq;
    this.index = 0;
    this.choices = this.choicesAt(seq);
  }

  choose(owner: string, kind: string, n: number): number {
    const logged = this.choices[this.index];
    const index = this.index++;
    const isAnswered = logged !== undefined && logged.n === n && (logged.kind === kind || logged.kind === `${owner}:${kind}`);
    if (isAnswered) return logged.value;
    const mismatch = { seq: this.seq, index, asked: { owner, kind, n }, logged };
    if (this.isStrict) throw new UnansweredChoice(mismatch);
    this.mismatch ??= mismatch;
    return logged === undefined ? 0 : Math.min(logged.value, n - 1);
  }

  private choicesAt(seq: number): readonly Choice[] {
    if (seq >= this.log.length) return [];
    const block = this.log.blockOf(seq);
    return block.choicesOf(seq - block.seq);
  }
}
