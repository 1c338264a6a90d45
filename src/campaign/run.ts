/**
 * One run of a campaign: build a world from a plan, let its faults happen, heal, demand the goal, and say what failed.
 */
import { Kernel } from '../kernel/kernel.ts';
import { KERNEL } from '../kernel/ledger.ts';
import type { KernelOptions, ReadyOrder } from '../kernel/options.ts';
import type { StepFailed } from '../kernel/outcome.ts';
import type { LogRecord } from '../log/record.ts';
import { scheduleNamed } from '../explore/schedule/portfolio.ts';
import { MOST } from '../explore/schedule/schedule.ts';
import { FaultNetwork } from '../fault/network.ts';
import { Injector } from '../fault/injector.ts';
import { matches } from '../fault/plan.ts';
import { Checker } from '../property/checker.ts';
import { converge, describeConvergence } from '../property/converge.ts';
import type { Property } from '../property/property.ts';
import type { Counts } from '../property/sometimes.ts';
import { chooserOf, type Draw } from './chooser.ts';
import { Fingerprint } from './fingerprint.ts';
import type { CampaignModel, Plan, World } from './model.ts';

/** Why a run failed. */
export interface Failure {
  readonly property: string;
  readonly message: string;
  readonly seq: number;
  readonly time: number;
  readonly actor: string;
  readonly causes: readonly number[];
}

/** What a run leaves for its campaign; plain data. */
export interface RunResult {
  readonly seed: string;
  readonly failure: Failure | undefined;
  readonly hits: Counts;
  readonly marks: Counts;
  readonly steps: number;
  /** Virtual µs. */
  readonly time: number;
  /** A hash over all records: equal runs have equal fingerprints. */
  readonly fingerprint: string;
}

export interface RunOptions {
  readonly kernel?: Partial<KernelOptions>;
  /** Sees every record before anybody else: a log. */
  readonly onRecord?: (record: LogRecord) => void;
  /** Sees every draw, the picks of the schedule among them (as the stream `$kernel:next`). */
  readonly onDraw?: (draw: Draw) => void;
  /** Is given the world before it runs: for observers of another kind. */
  readonly onWorld?: (world: World) => void;
  /** Properties besides the model's own. */
  readonly also?: readonly Property[];
  /** Judges only properties (and the goal) whose names match this pattern with `*`. Steps that fail always count. */
  readonly only?: string;
}

/** Properties that every run is held against. */
export const NO_STEP_FAILS = 'no step fails';
export const WITHIN_BOUNDS = 'the run stays within its bounds';
/** The stream of a schedule's picks. */
export const PICKS = `${KERNEL}:next`;
/** A run of more steps is taken for one that never ends. */
const STEPS_MAX = 5_000_000;

/** A run that is ready to go. */
export interface Started {
  readonly world: World;
  readonly injector: Injector;
  readonly healAt: number;
}

/** Builds the world of a plan and schedules its faults. `kernel` options go before those of the plan. */
export function startPlan(model: CampaignModel, plan: Plan, options: Pick<RunOptions, 'kernel' | 'onDraw'> = {}): Started {
  const network = new FaultNetwork(model.network(plan));
  const order = orderOf(plan, options.onDraw);
  const world = model.build(plan, {
    seed: plan.seed,
    network,
    chooser: options.kernel?.chooser ?? chooserOf(plan, options.onDraw),
    ...(order === undefined ? {} : { order }),
    guard: false,
    // Who changes what was handed over is found by the runs that are made twice.
    freeze: false,
    bounds: { stepsMax: STEPS_MAX },
    ...options.kernel,
  });
  const healAt = plan.faults.healAt ?? 0;
  const { actions, events } = world;
  const injector = new Injector(world.kernel, { ...plan.faults, healAt }, { network, ...(actions === undefined ? {} : { actions }), ...(events === undefined ? {} : { events }) });
  return { world, injector, healAt };
}

/** The order in which a replay takes a plan's events: the picks are answered by its chooser. */
export function replayOrder(plan: Plan): ReadyOrder | undefined {
  return plan.schedule === 'time' ? undefined : { window: plan.window, most: MOST };
}

function orderOf(plan: Plan, onDraw: ((draw: Draw) => void) | undefined): ReadyOrder | undefined {
  const picks = plan.answers?.[PICKS];
  const order = scheduleNamed(plan.schedule, plan.seed, { window: plan.window, ...(picks === undefined ? {} : { picks }) });
  const pick = order?.pick?.bind(order);
  if (order === undefined || pick === undefined || onDraw === undefined) return order;
  let draw = 0;
  return {
    ...order,
    pick(ready) {
      const value = pick(ready);
      onDraw({ stream: PICKS, draw: draw++, n: ready.length, value, ready });
      return value;
    },
  };
}

/** Runs `plan`. Depends on model and plan alone. */
export function runPlan(model: CampaignModel, plan: Plan, options: RunOptions = {}): RunResult {
  const started = startPlan(model, plan, options);
  const { kernel, properties, marks = [], goal } = started.world;
  options.onWorld?.(started.world);
  if (options.onRecord !== undefined) kernel.setSink(options.onRecord);
  const isWanted = (name: string): boolean => options.only === undefined || matches(options.only, name);
  const judged = [...properties, ...(options.also ?? [])].filter(({ name }) => isWanted(name));
  const checker = Checker.attach(kernel, judged, marks);
  const print = new Fingerprint();
  kernel.committed$.subscribe((record) => print.add(record));
  const isGoalWanted = goal !== undefined && isWanted(goal.name);
  const { failure, hasReachedGoal } = drive(kernel, started, checker, isGoalWanted);
  const counts = checker.hits();
  const hits = judged.flatMap(({ name, mayBeVacuous }) => (mayBeVacuous === true && counts.get(name) === 0 ? [] : [[name, counts.get(name) ?? 0] as const]));
  if (isGoalWanted) hits.push([goal.name, hasReachedGoal ? 1 : 0]);
  return {
    seed: plan.seed,
    failure,
    hits: Object.fromEntries(hits),
    marks: Object.fromEntries(checker.marks()),
    steps: kernel.seq,
    time: kernel.now,
    fingerprint: print.text(),
  };
}

interface Driven {
  readonly failure: Failure | undefined;
  /** The run came to the point at which its goal was judged. */
  readonly hasReachedGoal: boolean;
}

function drive(kernel: Kernel, { world, injector, healAt }: Started, checker: Checker, isGoalWanted: boolean): Driven {
  let hasReachedGoal = false;
  const at = (property: string, message: string, actor = ''): Failure =>
    ({ property, message, seq: kernel.seq - 1, time: kernel.now, actor, causes: [kernel.seq - 1] });
  const failed = (failure: Failure | undefined): Driven => ({ failure, hasReachedGoal });
  try {
    let outcome = kernel.run({ until: healAt });
    if (checker.violations[0] !== undefined) return failed(checker.violations[0]);
    injector.heal();
    if (world.goal === undefined) outcome = kernel.run();
    else if (outcome.kind !== 'bound') {
      const result = converge(kernel, world.goal);
      hasReachedGoal = true;
      if (checker.violations[0] !== undefined) return failed(checker.violations[0]);
      if (result.kind !== 'converged' && isGoalWanted) return failed(at(world.goal.name, describeConvergence(world.goal, result)));
    }
    if (outcome.kind === 'bound') return failed(at(WITHIN_BOUNDS, outcome.bound));
    checker.end(kernel.now, outcome.kind === 'idle');
    return failed(checker.violations[0]);
  } catch (error) {
    if (!isStepFailed(error)) throw error;
    return failed(checker.violations[0] ?? at(NO_STEP_FAILS, error.message, error.actor));
  }
}

/** By name: a model of somebody's own may come with an engine from another bundle. */
export function isStepFailed(error: unknown): error is StepFailed {
  return error instanceof Error && error.name === 'StepFailed';
}
