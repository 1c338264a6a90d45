/**
 * Shrinks a failing plan to a minimal one with the same property failing.
 *
 * Passes take turns until none helps: fewer faults, fewer user actions, the plain order of time, calm choices (no latency jitter,
 * the first candidate each time), shorter and plainer faults, smaller numbers in configuration and actions. A run of a small world
 * costs a few milliseconds, so candidates are run from the start; what a plan says about later can change what comes early, so
 * no snapshot of another plan's run would be safe to start from.
 */
import type { Json } from '../log/record.ts';
import type { CampaignModel, Plan } from '../campaign/model.ts';
import { runPlan, type RunResult } from '../campaign/run.ts';
import { modelKind } from '../fault/injector.ts';
import type { Fault } from '../fault/plan.ts';
import { ddmin, smaller } from './ddmin.ts';

export interface ShrinkOptions {
  /** The most runs that are tried. */
  readonly runsMax?: number;
  /** Asked before each run: false ends the shrinking with what there is (a caller with a clock). */
  readonly goOn?: () => boolean;
}

export interface Shrunk {
  readonly plan: Plan;
  readonly result: RunResult;
  readonly runs: number;
}

/** Shrinks `plan`, which must fail. */
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
    this.result = runPlan(model, plan);
    if (this.result.failure === undefined) throw new Error('a plan that is shrunk fails');
    this.property = this.result.failure.property;
  }

  run(): Shrunk {
    for (let isBetter = true; isBetter; ) {
      const before = JSON.stringify(this.best);
      this.shrinkFaults();
      this.shrinkWorkload();
      this.calm();
      this.plainFaults();
      this.smallerNumbers();
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
    const result = runPlan(this.model, candidate);
    const fails = result.failure?.property === this.property;
    this.tried.set(text, fails);
    if (fails) {
      this.best = candidate;
      this.result = result;
    }
    return fails;
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
}

/** A plan in a few words: what remains of it after shrinking. */
export function describePlan(plan: Plan): string {
  const faults = plan.faults.faults.map((fault) => `${fault.name} (${modelKind(fault)})`).join(', ') || 'no faults';
  return `seed ${plan.seed}, ${plan.workload.length} user actions, ${faults}, order ${plan.schedule}`;
}
