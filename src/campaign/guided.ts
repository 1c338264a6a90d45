/**
 * Guided search: runs that saw something new are gone on with.
 *
 * A corpus holds plans and the number of choices after which each first saw a tuple of {@link Coverage}. A new plan repeats one
 * of them up to there and draws everything after from another seed. All is a function of the base seed and of what was learnt, and
 * runs are made in generations of a fixed size, so the search does not depend on how many threads carry it out.
 */
import { stream } from '../random/stream.ts';
import type { Covered } from './coverage.ts';
import type { CampaignModel, Plan } from './model.ts';

/** Runs of one generation: learnt from together. */
export const GENERATION = 32;
/** One of so many plans is a new one. */
const FRESH_EVERY = 4;
/** How many of the newest entries are preferred. */
const NEWEST = 8;

interface Entry {
  readonly plan: Plan;
  readonly choices: number;
}

export class GuidedSearch {
  private readonly model: CampaignModel;
  private readonly base: string;
  private readonly seen = new Set<string>();
  private readonly corpus: Entry[] = [];

  constructor(model: CampaignModel, base: string) {
    this.model = model;
    this.base = base;
  }

  /** How many tuples were seen so far. */
  get covered(): number {
    return this.seen.size;
  }

  /** The plan of run `index`. */
  plan(index: number): Plan {
    const random = stream(this.base, 'guided', `${index}`);
    const seed = `${this.base}/guided/${index}`;
    if (this.corpus.length === 0 || random.below(FRESH_EVERY) === 0) return this.model.plan(seed);
    const newest = Math.min(NEWEST, this.corpus.length);
    const at = random.below(2) === 0 ? this.corpus.length - 1 - random.below(newest) : random.below(this.corpus.length);
    const { plan, choices } = this.corpus[at] as Entry;
    const kept = (plan.reseeds ?? []).filter((one) => one.at < choices);
    return { ...plan, reseeds: [...kept, { at: choices, seed }] };
  }

  /** Takes what a run has seen. To be called in the order of runs. */
  learn(plan: Plan, covered: readonly Covered[]): void {
    let after = -1;
    for (const [tuple, choices] of covered) {
      if (this.seen.has(tuple)) continue;
      this.seen.add(tuple);
      // Several new tuples between two choices are one point to go on from.
      if (choices !== after) this.corpus.push({ plan, choices });
      after = choices;
    }
  }
}
