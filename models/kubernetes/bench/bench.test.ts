import { describe, expect, it } from 'vitest';
import type { ActorSpec } from '../../../src/index.ts';
import { compareCost, compareWork, quantile, type Compared } from './comparison.ts';
import { measure, type CostSample, type Measurement } from './measure.ts';
import { SCENARIOS, type Scenario } from './scenario.ts';

const small = (name: string, sizes: Record<string, number>): Scenario => {
  const kind = SCENARIOS[name];
  if (kind === undefined) throw new Error(`there is no scenario ${name}`);
  return kind.make({ ...kind.sizes, ...sizes });
};

const comparable = (runs: readonly Measurement[]): Compared => ({
  phases: Object.fromEntries(Object.entries(runs[0]?.phases ?? {}).map(([name, { work }]) => [name, { work, costs: runs.flatMap((run) => run.phases[name]?.cost ?? []) }])),
});

describe('scenarios', () => {
  it.each([
    ['deployments', { deployments: 4, replicas: 3 }, 'create'],
    ['rollout', { pods: 12, deployments: 3 }, 'rollout'],
    ['namespace-deletion', { objects: 40 }, 'delete'],
  ] as const)('%s does its work and counts it, the same each time', (name, sizes, phase) => {
    const run = (): Measurement => measure(small(name, sizes), { seed: '1', meter: () => 0 });
    const [first, second] = [run(), run()];
    expect(second.phases).toEqual(first.phases);
    const work = first.phases[phase]?.work;
    expect(work?.time).toBeGreaterThan(0);
    expect(work?.apiCalls).toBe(Object.values(work?.callsByVerb ?? {}).reduce((sum, count) => sum + count, 0));
    expect(work?.apiCalls).toBeGreaterThan(10);
    expect(work?.steps).toBeGreaterThan(work?.apiCalls ?? 0);
  });
});

/**
 * A clock that is a function of the run: each step of a component costs so many units, so the gate is judged without a real clock and the test cannot fail
 * because a machine is busy.
 */
function metered(costOf: Readonly<Record<string, number>>): Measurement {
  let spent = 0;
  const charge = (units: number) => (spec: ActorSpec): ActorSpec => {
    const { behavior } = spec;
    const step: typeof behavior.step = (state, message, context) => {
      spent += units;
      behavior.step(state, message, context);
    };
    return { ...spec, behavior: { ...behavior, step } };
  };
  const types = ['etcd', 'kube-apiserver', 'kubelet', 'container-runtime', 'kube-scheduler', 'kube-controller-manager'];
  const components = Object.fromEntries(types.map((type) => [type, charge(costOf[type] ?? 100)]));
  return measure(small('deployments', { deployments: 3, replicas: 3 }), { seed: '1', meter: () => spent, extensions: { components } });
}

/** The same run on a machine that is now faster, now slower; the calibration beside it feels the same. */
function onBusyMachine(measurement: Measurement, noise: readonly number[]): Compared {
  const phases = Object.entries(measurement.phases).map(([name, { work, cost }]) => {
    const costs = noise.map((factor): CostSample => ({ cost: cost.cost * factor, calibration: 1000 * factor, components: Object.fromEntries(Object.entries(cost.components).map(([component, us]) => [component, us * factor])) }));
    return [name, { work, costs }] as const;
  });
  return { phases: Object.fromEntries(phases) };
}

describe('B 47: the gate', () => {
  const NOISE = [1, 1.4, 0.8, 2.1, 1.1];
  const usual = metered({});
  const before = onBusyMachine(usual, NOISE);

  it('flags a 10 % slowdown of one handler by its name, and leaves work untouched', () => {
    const slow = metered({ 'kube-controller-manager': 110 });
    const after = onBusyMachine(slow, [...NOISE].reverse());
    expect(compareWork(before, after)).toEqual([]);
    const flagged = compareCost(before, after).filter(({ verdict }) => verdict !== 'same');
    expect(flagged).toMatchObject([{ phase: 'create', component: 'kube-controller-manager', verdict: 'slower' }]);
    expect(flagged[0]?.ratio).toBeCloseTo(1.1, 5);
    expect(compareCost(after, before).map(({ verdict }) => verdict)).toContain('faster');
  });

  it('lets the same code pass on a machine of changing speed', () => {
    const again = onBusyMachine(usual, [...NOISE].reverse());
    expect(compareWork(before, again)).toEqual([]);
    expect(new Set(compareCost(before, again).map(({ verdict }) => verdict))).toEqual(new Set(['same']));
  });

  it('calls nothing slower whose samples overlap, however far the medians are apart', () => {
    const of = (costs: readonly number[]): Compared => ({ phases: { x: { work: {} as never, costs: costs.map((cost): CostSample => ({ cost, calibration: 1, components: {} })) } } });
    expect(compareCost(of([1, 5, 9, 10]), of([4, 7, 12, 14]))[0]?.verdict).toBe('same');
    expect(compareCost(of([10, 10.1, 10.2, 10.3]), of([11, 11.1, 11.2, 11.3]))[0]?.verdict).toBe('slower');
    expect(compareCost(of([10, 10.1, 10.2, 10.3]), of([10.4, 10.41, 10.42, 10.43]))[0]?.verdict).toBe('same');
    expect(compareCost(of([10, 10, 10]), of([20, 20, 20]))[0]?.verdict).toBe('unknown');
  });

  it('names every number of work that differs', () => {
    const other = comparable([measure(small('deployments', { deployments: 2, replicas: 3 }), { seed: '1', meter: () => 0 })]);
    expect(compareWork(before, other).map(({ path }) => path)).toEqual(expect.arrayContaining(['create.apiCalls', 'create.reconciles', 'create.callsByVerb.create']));
  });

  it('knows quantiles', () => {
    expect([quantile([], 0.5), quantile([3], 0.5), quantile([1, 2, 3, 4], 0.5), quantile([1, 2, 3, 4, 5], 0.25)]).toEqual([0, 3, 2.5, 2]);
  });
});
