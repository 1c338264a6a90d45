/**
 * Bounded exhaustive search by running again: all runs of a plan that deviate from the plain one in at most d choices.
 *
 * The plain run answers every choice with 0 and takes events in the order of time. From each run, every later choice point (a pick
 * of the schedule, or a draw of the streams that are asked for) is answered otherwise, one at a time, until d choices differ; that
 * is delay-bounded scheduling (Emmi, Qadeer and Rakamarić, 2011) over the kernel's own choices, and needs no state to be saved.
 */
import type { Draw } from '../campaign/chooser.ts';
import type { Answers, CampaignModel, Plan } from '../campaign/model.ts';
import { PICKS, runPlan, type RunResult } from '../campaign/run.ts';
import { matches } from '../fault/plan.ts';
import { firsts } from './schedule/schedule.ts';

export interface ExecutionsOptions {
  /** How many choices may differ from the plain run. Default 2. */
  readonly deviations?: number;
  /** How many choice points from the start are varied. Default: all. */
  readonly depthMax?: number;
  /** Which streams of draws are varied besides the order of events (`*:latency`). Default: none. */
  readonly streams?: readonly string[];
  /** At most so many outcomes of one draw are tried. Default 4. */
  readonly outcomesMax?: number;
  /** Events so many µs apart may change places. Default: the plan's. */
  readonly window?: number;
  readonly runsMax?: number;
  /** Asked before each run: false ends the search. */
  readonly goOn?: () => boolean;
  readonly progress?: (runs: number) => void;
  /** Goes on after a violation. */
  readonly keepGoing?: boolean;
  /** Judges only properties that match. */
  readonly only?: string;
}

export interface ExecutionsReport {
  readonly runs: number;
  readonly steps: number;
  /** Runs that differ, by their fingerprints. */
  readonly unique: number;
  /** The most choice points that one run had. */
  readonly choicePoints: number;
  readonly isComplete: boolean;
  readonly bound: 'runs' | 'time' | 'depth' | undefined;
  /** The first violation of each property, with the plan that shows it. */
  readonly violations: readonly { readonly plan: Plan; readonly result: RunResult }[];
}

interface Deviation {
  readonly stream: string;
  readonly draw: number;
  readonly value: number;
}

/** A run to be made: its deviations, and the number of the first choice point that its children may change. */
interface Branch {
  readonly deviations: readonly Deviation[];
  readonly from: number;
}

/** Runs all executions of `plan` (without its faults' chance and schedule) within the bounds. */
export function exploreExecutions(model: CampaignModel, plan: Plan, options: ExecutionsOptions = {}): ExecutionsReport {
  const { deviations = 2, depthMax = Infinity, runsMax = Infinity } = options;
  const open: Branch[] = [{ deviations: [], from: 0 }];
  const violations = new Map<string, { plan: Plan; result: RunResult }>();
  const prints = new Set<string>();
  let [runs, steps, choicePoints] = [0, 0, 0];
  let bound: ExecutionsReport['bound'];
  // Fewest deviations first: what is found first is closest to the plain run.
  for (let head = 0; head < open.length; head++) {
    if (runs >= runsMax || options.goOn?.() === false) {
      bound = runs >= runsMax ? 'runs' : 'time';
      break;
    }
    const branch = open[head] as Branch;
    const made = planOf(plan, branch.deviations, options.window ?? plan.window);
    const points: Draw[] = [];
    const isPoint = ({ stream }: Draw): boolean => stream === PICKS || (options.streams ?? []).some((pattern) => matches(pattern, stream));
    const result = runPlan(model, made, { onDraw: (draw) => void (isPoint(draw) && points.push(draw)), ...(options.only === undefined ? {} : { only: options.only }) });
    runs++;
    steps += result.steps;
    prints.add(result.fingerprint);
    choicePoints = Math.max(choicePoints, points.length);
    options.progress?.(runs);
    if (result.failure !== undefined && !violations.has(result.failure.property)) violations.set(result.failure.property, { plan: made, result });
    if (violations.size > 0 && options.keepGoing !== true) break;
    if (branch.deviations.length >= deviations) continue;
    for (let i = branch.from; i < points.length; i++) {
      if (i >= depthMax) {
        bound = 'depth';
        break;
      }
      for (const value of alternatives(points[i] as Draw, options)) {
        const { stream, draw } = points[i] as Draw;
        open.push({ deviations: [...branch.deviations, { stream, draw, value }], from: i + 1 });
      }
    }
  }
  const isComplete = bound === undefined && (violations.size === 0 || options.keepGoing === true);
  return { runs, steps, unique: prints.size, choicePoints, isComplete, bound, violations: [...violations.values()] };
}

function alternatives({ stream, n, value, ready }: Draw, { outcomesMax = 4 }: ExecutionsOptions): readonly number[] {
  if (stream !== PICKS || ready === undefined) return Array.from({ length: Math.min(n, outcomesMax) }, (_, i) => spread(i, n, outcomesMax)).filter((other) => other !== value);
  return firsts(ready).filter((other) => other !== value);
}

/** Outcome `i` of at most `most` that are spread over [0, n), both ends among them. */
function spread(i: number, n: number, most: number): number {
  return n <= most ? i : Math.floor((i * (n - 1)) / (most - 1));
}

function planOf(plan: Plan, deviations: readonly Deviation[], window: number): Plan {
  const answers: Record<string, Record<string, number>> = {};
  for (const { stream, draw, value } of deviations) (answers[stream] ??= {})[draw] = value;
  return { ...plan, schedule: 'written', window, calm: ['*'], answers: answers as Answers };
}
