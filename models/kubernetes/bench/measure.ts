/**
 * Measures a scenario: its work, which is equal on every machine, and its cost, which is not.
 *
 * Work is counted by the simulation. Cost comes from a meter that the caller brings (processor time, usually), beside the cost of a fixed calibration
 * that is run just before and after; their ratio is what is compared between machines and days (engine.md, B 47).
 */
import { createCluster, type Simulation } from '../cluster/simulation.ts';
import type { Work } from '../cluster/work.ts';
import type { ClusterExtensions, Replacement } from '../cluster/config.ts';
import { Kernel } from '../../../src/index.ts';
import type { Scenario } from './scenario.ts';

/** How far a phase may go before it is given up, µs of virtual time; and how often it is looked whether it is done. */
const LIMIT = 24 * 3600 * 1_000_000;
const LOOK_EVERY = 500_000;

/** Reads a growing number: µs of processor time. */
export type Meter = () => number;

/** Numbers of a phase that are equal on every machine. */
export interface PhaseWork {
  /** Virtual µs from the act to its end. */
  readonly time: number;
  readonly steps: number;
  readonly apiCalls: number;
  readonly callsByVerb: Readonly<Record<string, number>>;
  readonly reconciles: number;
  readonly noopReconciles: number;
  readonly conflicts: number;
  readonly retries: number;
  readonly errors: number;
}

/** One measurement of a phase's cost: the phase and the calibration around it, in the meter's unit; and the steps of each component, from a sample. */
export interface CostSample {
  readonly cost: number;
  readonly calibration: number;
  readonly components: Readonly<Record<string, number>>;
}

export interface Measurement {
  readonly phases: Readonly<Record<string, { readonly work: PhaseWork; readonly cost: CostSample }>>;
  /** Everything that was counted until the end, setup included. */
  readonly work: Work;
}

export interface MeasureOptions {
  readonly seed: string;
  readonly meter: Meter;
  readonly extensions?: ClusterExtensions;
  /** Told where the run is. */
  readonly progress?: (phase: string, cluster: Simulation) => void;
}

/** Runs a scenario once. Throws when a phase does not end within a day of virtual time. */
export function measure(scenario: Scenario, { seed, meter, extensions = {}, progress }: MeasureOptions): Measurement {
  const spent = new Map<string, number>();
  const cluster = createCluster({ ...scenario.config, ...extensions, components: observed(meter, spent, extensions.components), seed, freeze: false, guard: false });
  cluster.runFor(1);
  cluster.runUntil((at) => at.user.isDone, 300_000_000);
  const phases: Record<string, { work: PhaseWork; cost: CostSample }> = {};
  for (const phase of scenario.phases) {
    const before = cluster.work();
    const calibrationBefore = phase.isSetup === true ? 0 : calibrate(meter);
    spent.clear();
    const started = meter();
    phase.act(cluster);
    const end = cluster.now + LIMIT;
    do {
      if (cluster.now >= end) throw new Error(`the phase "${phase.name}" has not ended within a day: ${cluster.pending().slice(0, 3).join('; ')}`);
      cluster.runFor(LOOK_EVERY);
      progress?.(phase.name, cluster);
    } while (!phase.isDone(cluster));
    const cost = meter() - started;
    const components = Object.fromEntries([...spent].sort(([a], [b]) => (a < b ? -1 : 1)));
    if (phase.isSetup === true) continue;
    const calibration = (calibrationBefore + calibrate(meter)) / 2;
    phases[phase.name] = { work: difference(before, cluster.work()), cost: { cost, calibration, components } };
  }
  return { phases, work: cluster.work() };
}

/** Components whose steps are measured, by the type of their actors. */
const COMPONENTS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'container-runtime', 'kube-proxy', 'network', 'operator'] as const;

/** Reading a meter costs as much as a small step, so one in so many is measured; in equal runs always the same ones. */
const SAMPLED = 16;

/** Replaces components by themselves with a meter around some of their steps. */
function observed(meter: Meter, spent: Map<string, number>, own: ClusterExtensions['components'] = {}): NonNullable<ClusterExtensions['components']> {
  const around = (type: string): Replacement => (spec) => {
    const replaced = own[type]?.(spec) ?? spec;
    const { behavior } = replaced;
    let steps = 0;
    const step: typeof behavior.step = (state, message, context) => {
      if (steps++ % SAMPLED !== 0) return behavior.step(state, message, context);
      const started = meter();
      behavior.step(state, message, context);
      spent.set(type, (spent.get(type) ?? 0) + (meter() - started) * SAMPLED);
    };
    return { ...replaced, behavior: { ...behavior, step } };
  };
  return { ...own, ...Object.fromEntries(COMPONENTS.map((type) => [type, around(type)])) };
}

function difference(before: Work, after: Work): PhaseWork {
  const sum = (work: Work, field: 'reconciles' | 'noopReconciles' | 'conflicts' | 'retries' | 'errors'): number =>
    Object.values(work.loops).flatMap((loops) => Object.values(loops)).reduce((total, loop) => total + loop[field], 0);
  const verbs = Object.keys(after.apiCalls.byVerb);
  return {
    time: after.time - before.time,
    steps: after.steps - before.steps,
    apiCalls: after.apiCalls.total - before.apiCalls.total,
    callsByVerb: Object.fromEntries(verbs.map((verb) => [verb, (after.apiCalls.byVerb[verb] ?? 0) - (before.apiCalls.byVerb[verb] ?? 0)])),
    reconciles: sum(after, 'reconciles') - sum(before, 'reconciles'),
    noopReconciles: sum(after, 'noopReconciles') - sum(before, 'noopReconciles'),
    conflicts: sum(after, 'conflicts') - sum(before, 'conflicts'),
    retries: sum(after, 'retries') - sum(before, 'retries'),
    errors: sum(after, 'errors') - sum(before, 'errors'),
  };
}

/** Events of the calibration: a few hundredths of a second on a machine of 2025. */
const CALIBRATION_EVENTS = 60_000;

/** The cost of a fixed piece of the engine's own work: what a machine does at this moment. */
export function calibrate(meter: Meter): number {
  const kernel = new Kernel({ seed: 'calibration', freeze: false, guard: false });
  for (let index = 0; index < 50; index++) {
    kernel.spawn({
      id: `actor-${index}`,
      type: 'actor',
      behavior: {
        start: (context) => {
          context.setTimer('tick', 1000 + index, { kind: 'tick' });
          return { seen: new Map<string, number>() };
        },
        step: ({ seen }: { seen: Map<string, number> }, message, context) => {
          seen.set(`${message.kind}/${context.now % 97}`, context.now);
          if (message.kind !== 'tick') return;
          context.setTimer('tick', 1000, { kind: 'tick' });
          context.send(`actor-${(index * 7 + 1) % 50}`, { kind: 'hi' });
        },
      },
    });
  }
  const started = meter();
  kernel.run({ steps: CALIBRATION_EVENTS });
  return meter() - started;
}
