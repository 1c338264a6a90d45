/**
 * The general properties notice each planted bug of the cluster, in a plan of at most ten steps that a correct cluster gets over.
 *
 * `npm run mutants` looks for the same bugs from random seeds and shrinks what it finds; that takes minutes.
 */
import { describe, expect, it } from 'vitest';
import { kubernetesCampaign } from '../../../models/kubernetes/campaign/campaign.ts';
import { runPlan } from '../../../src/campaign/run.ts';
import { MUTANTS } from './mutants.ts';

describe('planted bugs of the cluster', () => {
  it('are at least ten', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(10);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s is noticed', (_name, { campaign, plan, breaks }) => {
    expect(plan.workload.length + plan.faults.faults.length).toBeLessThanOrEqual(10);
    expect(breaks).toContain(runPlan(kubernetesCampaign(campaign), plan).failure?.property);
  }, 60_000);

  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('the plan of %s is survived without the bug', (_name, { campaign, plan }) => {
    const { config } = campaign;
    expect(runPlan(kubernetesCampaign(config === undefined ? {} : { config }), plan).failure).toBeUndefined();
  }, 60_000);
});
