/**
 * One run of a campaign: build a world from a plan, let its faults happen, heal, demand the goal, and say what failed.
 */
import { Kernel } from '../kernel/kernel.ts';
import type { KernelOptions } from '../kernel/options.ts';
import { RandomChooser, type Chooser } from '../kernel/choice.ts';
import { StepFailed } from '../kernel/outcome.ts';
import type { LogRecord } from '../log/record.ts';
import { scheduleNamed } from '../explore/schedule/portfolio.ts';
import { FaultNetwork } from '../fault/network.ts';
import { Injector } from '../fault/injector.ts';
import { matches } from '../fault/plan.ts';
import { Checker } from '../property/checker.ts';
import { converge, describeConvergence } from '../property/converge.ts';
import type { Property } from '../property/property.ts';
import type { Counts } from '../property/sometimes.ts';
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
  /** Sees every record: a log, a trace for people. */
  readonly onRecord?: (record: LogRecord) => void;
  /** Properties besides the model's own. */
  readonly also?: readonly Property[];
}

/** Runs `plan`. Depends on model and plan alone. */
export function runPlan(model: CampaignModel, plan: Plan, options: RunOptions = {}): RunResult {
  const network = new FaultNetwork(model.network(plan));
  const order = scheduleNamed(plan.schedule, plan.seed, { window: plan.window });
  const random = new RandomChooser(plan.seed);
  const world = model.build(plan, {
    seed: plan.seed,
    network,
    chooser: plan.calm.length === 0 ? random : new CalmChooser(plan.calm, random),
    ...(order === undefined ? {} : { order }),
    guard: false,
    ...options.kernel,
  });
  const { kernel } = world;
  if (options.onRecord !== undefined) kernel.setSink(options.onRecord);
  const checker = Checker.attach(kernel, [...world.properties, ...(options.also ?? [])], world.marks ?? []);
  const print = new Fingerprint();
  kernel.committed$.subscribe((record) => print.add(record));
  const injector = new Injector(kernel, plan.faults, { network, ...(world.actions === undefined ? {} : { actions: world.actions }) });
  const failure = drive(kernel, plan, world, checker, injector);
  return {
    seed: plan.seed,
    failure,
    hits: Object.fromEntries(checker.hits()),
    marks: Object.fromEntries(checker.marks()),
    steps: kernel.seq,
    time: kernel.now,
    fingerprint: print.text(),
  };
}

function drive(kernel: Kernel, plan: Plan, world: World, checker: Checker, injector: Injector): Failure | undefined {
  const at = (property: string, message: string, actor = ''): Failure =>
    ({ property, message, seq: kernel.seq - 1, time: kernel.now, actor, causes: [kernel.seq - 1] });
  try {
    const healAt = plan.faults.healAt ?? 0;
    let outcome = kernel.run({ until: healAt });
    if (checker.violations[0] !== undefined) return checker.violations[0];
    injector.heal();
    if (world.goal === undefined) outcome = kernel.run();
    else if (outcome.kind !== 'bound') {
      const result = converge(kernel, world.goal);
      if (checker.violations[0] !== undefined) return checker.violations[0];
      if (result.kind !== 'converged') return at(world.goal.name, describeConvergence(world.goal, result));
    }
    if (outcome.kind === 'bound') return at('the run stays within its bounds', outcome.bound);
    checker.end(kernel.now, outcome.kind === 'idle');
    return checker.violations[0];
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return checker.violations[0] ?? at('no step fails', error.message, error.actor);
  }
}

/** Answers 0 for the kinds of choices that do not matter, and asks another chooser for the rest. */
export class CalmChooser implements Chooser {
  private readonly patterns: readonly string[];
  private readonly inner: Chooser;
  private readonly isCalm = new Map<string, boolean>();

  constructor(patterns: readonly string[], inner: Chooser) {
    this.patterns = patterns;
    this.inner = inner;
  }

  choose(owner: string, kind: string, n: number): number {
    const outcome = this.inner.choose(owner, kind, n);
    const name = `${owner}:${kind}`;
    let calm = this.isCalm.get(name);
    if (calm === undefined) this.isCalm.set(name, (calm = this.patterns.some((pattern) => matches(pattern, name))));
    return calm ? 0 : outcome;
  }
}

/** A rolling 64-bit hash over what each record says. */
class Fingerprint {
  private x = 0x9e3779b9;
  private y = 0x7f4a7c15;

  add(record: LogRecord): void {
    this.mix(record.digest ^ record.cause);
    this.mix(record.time | 0);
    this.mix(record.actor.length * 65599 + record.kind.length * 257 + record.facts.length);
    for (const choice of record.choices) this.mix(choice.value);
  }

  text(): string {
    const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');
    return hex(this.x) + hex(this.y);
  }

  private mix(value: number): void {
    this.x = Math.imul(this.x ^ value, 0x85ebca6b);
    this.x ^= this.x >>> 13;
    this.y = (Math.imul(this.y ^ this.x, 0xc2b2ae35) + value) | 0;
    this.y ^= this.y >>> 16;
  }
}
