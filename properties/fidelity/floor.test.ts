/**
 * The fidelity floor: scores against recordings of a real cluster may rise, never fall. Raise a floor when a gap is closed.
 *
 * A recording is one throw of the real cluster's dice (jitter of back-offs, phases of periodic work), and so is a run here. A run
 * below the floor may have been unlucky: then the mean of five seeds decides.
 */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withoutRefusedNames } from './refused-names.ts';
import { comparison, fidelityOf, mean, ORACLE, recordingOf, scenarios, simulate } from './run.ts';

const SEEDS = Array.from({ length: 5 }, (_, index) => String(index + 1));

/** Overall scores, rounded down to hundredths. docs/fidelity.md says what the low ones mean. */
const FLOOR: Readonly<Record<string, number>> = {
  'cronjob-minutely': 0.98,
  'daemonset-labels-taints': 0.99,
  'deployment-recreate-rollback': 0.99,
  'deployment-rolling-update': 0.98,
  'deployment-service': 0.96,
  'gc-propagation': 0.99,
  'graceful-termination': 0.99,
  'init-containers': 0.99,
  'job-backoff-limit': 0.98,
  'job-completions': 0.98,
  'liveness-exec': 0.99,
  'namespace-lifecycle': 0.98,
  'node-failure': 0.99,
  'pdb-eviction': 0.98,
  'pod-crashloop': 0.96,
  'priority-preemption': 0.99,
  'quota-limitrange': 0.8,
  'readiness-endpoints': 0.99,
  'replicaset-adopt-release': 0.99,
  'service-types': 0.98,
  'shared-volume-two-containers': 0.99,
  'statefulset-ordered': 0.98,
  'taints-affinity': 0.99,
  'unschedulable-then-room': 0.99,
};

describe.skipIf(!existsSync(ORACLE))('fidelity to a real cluster (skipped where the recordings are not)', async () => {
  const compare = existsSync(ORACLE) ? await comparison() : undefined;
  const names = existsSync(ORACLE) ? scenarios() : [];

  it.each(names.filter((name) => FLOOR[name] !== undefined))('%s is above its floor', (name) => {
    const overall = (seed: string): number => fidelityOf(name, compare as NonNullable<typeof compare>, { seed }).scores.overall;
    const floor = FLOOR[name] as number;
    const first = overall('1');
    const reached = first >= floor ? first : mean([first, ...SEEDS.slice(1).map(overall)]);
    expect(reached).toBeGreaterThanOrEqual(floor);
  });

  it('quota-limitrange differs in the names of refused pods, and in hardly anything else', () => {
    const real = recordingOf('quota-limitrange');
    const nameless = withoutRefusedNames(real);
    expect(nameless).not.toBe(real);
    const runs = SEEDS.map((seed) => (compare as NonNullable<typeof compare>)(nameless, withoutRefusedNames(simulate('quota-limitrange', { seed }))).scores);
    expect(mean(runs.map(({ events }) => events))).toBeGreaterThanOrEqual(0.98);
    expect(mean(runs.map(({ transitions }) => transitions))).toBeGreaterThanOrEqual(0.96);
  });
});
