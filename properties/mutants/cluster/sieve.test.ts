/**
 * Each of Sieve's patterns, by its name in the vocabulary of faults, catches a planted bug of a controller, and leaves a correct
 * cluster alone.
 */
import { describe, expect, it } from 'vitest';
import { kubernetesCampaign } from '../../../models/kubernetes/campaign/campaign.ts';
import type { Plan } from '../../../src/campaign/model.ts';
import { runPlan } from '../../../src/campaign/run.ts';
import { lostEventAfterReconnect } from './lost-event-after-reconnect.ts';
import type { Mutant } from './mutant.ts';
import { noteBeforeWork } from './note-before-work.ts';
import { apply, at, fault, planOf, when, workload } from './plan.ts';
import { staleLeader } from './stale-leader.ts';
import { timeTraveller } from './time-traveller.ts';

const CLIENT = { client: 'kube-controller-manager' };
const PATTERNS: readonly (readonly [pattern: string, mutant: Mutant, plan: Plan])[] = [
  ['stale-read', staleLeader, planOf([apply(1, workload('ReplicaSet', 2))], [fault('stale-read', when('replicaset.created'), 6, CLIENT)])],
  ['time-travel', timeTraveller, timeTraveller.plan],
  ['unobserved-state', lostEventAfterReconnect, planOf([apply(4, workload('ReplicaSet', 2))], [fault('unobserved-state', at(3), 3, CLIENT)])],
  ['crash-between-writes', noteBeforeWork, noteBeforeWork.plan],
];

describe("Sieve's patterns", () => {
  it.each(PATTERNS)('%s catches its planted bug, and no other cluster', (pattern, { campaign, breaks }, plan) => {
    expect(plan.faults.faults.map((each) => (each.kind === 'model' ? each.action : each.kind))).toEqual([pattern]);
    expect(breaks).toContain(runPlan(kubernetesCampaign(campaign), plan).failure?.property);
    expect(runPlan(kubernetesCampaign(), plan).failure).toBeUndefined();
    // Without the fault nobody notices the bug.
    expect(runPlan(kubernetesCampaign(campaign), { ...plan, faults: { ...plan.faults, faults: [] } }).failure).toBeUndefined();
  }, 120_000);
});
