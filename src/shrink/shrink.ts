/**
 * Shrinks a failing plan to a minimal one with the same property failing.
 *
 * Passes take turns until none helps: fewer faults, fewer user actions, the plain order of time, calm choices (no latency jitter,
 * the first candidate each time), shorter and plainer faults, smaller numbers in configuration and actions, and at last the single
 * choices and picks of the schedule that still matter. Candidates are run from the start (docs/decisions/0006).
 */
import type { Json } from '../log/record.ts';
import { runTwice, SAME_AGAIN } from '../campaign/campaign.ts';
import type { Draw } from '../campaign/chooser.ts';
import type { Answers, CampaignModel, Plan } from '../campaign/model.ts';
import { PICKS, runPlan, type RunOptions, type RunResult } from '../campaign/run.ts';
import type { Fault } from '../fault/plan.ts';
import { ddmin, smaller } from './ddmin.ts';

export interface ShrinkOptions {
  /** The most runs that are tried. */
  readonly runsMax?: number;
  /** Asked before each run: false ends the shrinking with what there is (a caller with a clock). */
  readonly goOn?: () => boolean;
  /** Judges only properties that match this pattern, as the run did that found the failure. */
  readonly only?: string;
  /** The property that fails. Default: the first that the plan violates. */
  readonly property?: string;
  /** Called after each run with the smallest plan so far. */
  readonly progress?: (runs: number, best: Plan) => void;
}

export interface Shrunk {
  readonly plan: Plan;
  readonly result: RunResult;
  readonly runs: number;
}

/** Shrinks `plan`. Throws {@link NotFailing} when it does not fail. */
export function shrink(model: CampaignModel, plan: Plan, options: ShrinkOptions = {}): Shrunk {
  return new Shrinking(model, plan, options).run();
}

/** Fields whose numbers are not made smaller: they name things rather than count them. */
const SHRUNK_BELOW = 1_000_000_000;

class Shrinking {
  private readonly model: CampaignModel;
  private readonly options: ShrinkOptions;
  private readonly property: string;
  private best: Plan;
  private result: RunResult;
  private runs = 1;
  private readonly tried = new Map<string, boolean>();

  constructor(model: CampaignModel, plan: Plan, options: ShrinkOptions) {
    this.model = model;
    this.options = options;
    this.best = plan;
    this.result = this.execute(plan);
    if (this.result.failure === undefined) throw new NotFailing(plan.seed);
    this.property = this.result.failure.property;
  }

  run(): Shrunk {
    for (let isBetter = true; isBetter; ) {
      const before = JSON.stringify(this.best);
      // The longer list first: without it, the runs for the other one are short.
      const isLong = this.best.workload.length > this.best.faults.faults.length;
      if (isLong) this.shrinkWorkload();
      this.shrinkFaults();
      this.shrinkWorkload();
      this.calm();
      this.plainFaults();
      this.smallerNumbers();
      this.singleChoices();
      isBetter = JSON.stringify(this.best) !== before;
    }
    return { plan: this.best, result: this.result, runs: this.runs };
  }

  /** Does a candidate fail with the same property? If so it becomes the best. */
  private accept(candidate: Plan): boolean {
    const text = JSON.stringify(candidate);
    const known = this.tried.get(text);
    if (known !== undefined) {
      if (known) this.best = candidate;
      return known;
    }
    if (this.runs >= (this.options.runsMax ?? 2_000) || this.options.goOn?.() === false) return false;
    this.runs++;
    const result = this.execute(candidate);
    const fails = result.failure?.property === this.property;
    this.tried.set(text, fails);
    if (fails) {
      this.best = candidate;
      this.result = result;
    }
    this.options.progress?.(this.runs, this.best);
    return fails;
  }

  private execute(plan: Plan): RunResult {
    const options: RunOptions = this.options.only === undefined ? {} : { only: this.options.only };
    return this.options.property === SAME_AGAIN ? runTwice(this.model, plan, options) : runPlan(this.model, plan, options);
  }

  private shrinkFaults(): void {
    const { best } = this;
    ddmin(best.faults.faults, (faults) => this.accept({ ...best, faults: { ...best.faults, faults } }));
  }

  private shrinkWorkload(): void {
    const { best } = this;
    ddmin(best.workload, (workload) => this.accept({ ...best, workload }));
  }

  private calm(): void {
    if (this.best.schedule !== 'time') this.accept({ ...this.best, schedule: 'time', window: 0 });
    if (this.best.calm.includes('*')) return;
    if (this.accept({ ...this.best, calm: ['*'] })) return;
    for (const pattern of ['*:latency', 'fault/*', '$kernel:*']) {
      if (!this.best.calm.includes(pattern)) this.accept({ ...this.best, calm: [...this.best.calm, pattern] });
    }
  }

  private plainFaults(): void {
    for (let i = 0; i < this.best.faults.faults.length; i++) {
      const at = (change: (fault: Fault) => Fault): Plan => {
        const { best } = this;
        return { ...best, faults: { ...best.faults, faults: best.faults.faults.with(i, change(best.faults.faults[i] as Fault)) } };
      };
      const fault = this.best.faults.faults[i] as Fault;
      if ('ppm' in fault && fault.ppm < 1_000_000) this.accept(at((one) => ({ ...one, ppm: 1_000_000 }) as Fault));
      if ('for' in fault && fault.for !== undefined) {
        const least = 'stable' in fault ? (fault.stable ?? 1) : 1;
        smaller(fault.for, Math.min(least, fault.for), (lasts) => this.accept(at((one) => ({ ...one, for: lasts }) as Fault)));
      }
    }
    const { healAt } = this.best.faults;
    if (healAt !== undefined) smaller(healAt, 0, (time) => this.accept({ ...this.best, faults: { ...this.best.faults, healAt: time } }));
  }

  private smallerNumbers(): void {
    for (const [name, value] of Object.entries(this.best.config)) {
      if (typeof value !== 'number' || value > SHRUNK_BELOW) continue;
      smaller(value, Math.min(1, value), (less) => this.accept({ ...this.best, config: { ...this.best.config, [name]: less } }));
    }
    for (let i = 0; i < this.best.workload.length; i++) {
      const action = this.best.workload[i] as Json;
      if (typeof action !== 'object' || action === null || Array.isArray(action)) continue;
      for (const [name, value] of Object.entries(action)) {
        if (typeof value !== 'number' || value <= 0 || value > SHRUNK_BELOW) continue;
        smaller(value, 0, (less) => {
          const changed = { ...(this.best.workload[i] as { readonly [name: string]: Json }), [name]: less };
          return this.accept({ ...this.best, workload: this.best.workload.with(i, changed) });
        });
      }
    }
  }

  /** Calms everything and keeps, as answers, the draws and picks without which the property would hold. */
  private singleChoices(): void {
    const { best } = this;
    if (best.calm.includes('*') && best.schedule === 'time' && best.answers === undefined) return;
    const draws: Draw[] = [];
    runPlan(this.model, best, { onDraw: (draw) => void (draw.value !== 0 && draws.push(draw)) });
    const { reseeds: _reseeds, answers: _answers, ...plain } = best;
    const answering = (kept: readonly Draw[]): Plan => {
      const hasPicks = kept.some(({ stream }) => stream === PICKS);
      const still = { ...plain, calm: ['*'], schedule: hasPicks ? ('written' as const) : ('time' as const), window: hasPicks ? best.window : 0 };
      return kept.length === 0 ? still : { ...still, answers: answersOf(kept) };
    };
    if (!this.accept(answering(draws))) return;
    const streams = ddmin([...new Set(draws.map(({ stream }) => stream))], (some) => this.accept(answering(draws.filter(({ stream }) => some.includes(stream)))));
    let kept = ddmin(draws.filter(({ stream }) => streams.includes(stream)), (some) => this.accept(answering(some)));
    for (let i = 0; i < kept.length; i++) {
      const draw = kept[i] as Draw;
      const value = smaller(draw.value, 1, (less) => this.accept(answering(kept.with(i, { ...draw, value: less }))));
      kept = kept.with(i, { ...draw, value });
    }
  }
}

/** Thrown for a plan that holds: there is nothing to shrink. */
export class NotFailing extends Error {
  override readonly name = 'NotFailing';

  constructor(seed: string) {
    super(`the plan of seed ${seed} does not fail`);
  }
}

function answersOf(draws: readonly Draw[]): Answers {
  const answers: Record<string, Record<string, number>> = {};
  for (const { stream, draw, value } of draws) (answers[stream] ??= {})[draw] = value;
  return answers;
}
