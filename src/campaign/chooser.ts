/**
 * The chooser of a plan: answers what the plan answers, calms what it calms, and draws the rest from the plan's seed.
 *
 * Draws are told apart by the stream they come from (`owner:kind`) and their number within it, so an answer keeps its meaning when
 * another actor draws more or less than before.
 */
import { RandomChooser, type Chooser } from '../kernel/choice.ts';
import type { ReadyEvent } from '../kernel/options.ts';
import { matches } from '../fault/plan.ts';
import type { Plan } from './model.ts';

/** One draw of a run: the nth of its stream. */
export interface Draw {
  readonly stream: string;
  readonly draw: number;
  readonly n: number;
  readonly value: number;
  /** For a pick of the schedule: what was ready. */
  readonly ready?: readonly ReadyEvent[];
}

/** What is known of one stream of draws. */
interface Line {
  readonly stream: string;
  readonly isCalm: boolean;
  readonly answers: { readonly [draw: string]: number } | undefined;
  draws: number;
}

/** The cheapest chooser that does what the plan says. */
export function chooserOf(plan: Plan, onDraw?: (draw: Draw) => void): Chooser {
  const isPlain = plan.calm.length === 0 && plan.answers === undefined && plan.reseeds === undefined && onDraw === undefined;
  return isPlain ? new RandomChooser(plan.seed) : new PlanChooser(plan, onDraw);
}

class PlanChooser implements Chooser {
  private readonly plan: Plan;
  private readonly onDraw: ((draw: Draw) => void) | undefined;
  private readonly lines = new Map<string, Map<string, Line>>();
  private random: RandomChooser;
  private made = 0;
  private reseeded = 0;

  constructor(plan: Plan, onDraw: ((draw: Draw) => void) | undefined) {
    this.plan = plan;
    this.onDraw = onDraw;
    this.random = new RandomChooser(plan.seed);
  }

  choose(owner: string, kind: string, n: number): number {
    const reseeds = this.plan.reseeds ?? [];
    for (; this.reseeded < reseeds.length && (reseeds[this.reseeded] as { at: number }).at <= this.made; this.reseeded++) {
      this.random = new RandomChooser((reseeds[this.reseeded] as { seed: string }).seed);
    }
    this.made++;
    const line = this.lineOf(owner, kind);
    // The stream is drawn from in any case: calming one draw must not change the next.
    const drawn = this.random.choose(owner, kind, n);
    const draw = line.draws++;
    const answer = line.answers?.[draw];
    const value = answer !== undefined ? Math.min(answer, n - 1) : line.isCalm ? 0 : drawn;
    this.onDraw?.({ stream: line.stream, draw, n, value });
    return value;
  }

  private lineOf(owner: string, kind: string): Line {
    let lines = this.lines.get(owner);
    if (lines === undefined) this.lines.set(owner, (lines = new Map()));
    let line = lines.get(kind);
    if (line === undefined) {
      const stream = `${owner}:${kind}`;
      const { calm, distinct = [] } = this.plan;
      const isCalm = calm.some((pattern) => matches(pattern, stream)) && !distinct.some((pattern) => matches(pattern, stream));
      lines.set(kind, (line = { stream, isCalm, answers: this.plan.answers?.[stream], draws: 0 }));
    }
    return line;
  }
}
