/**
 * What campaigns draw stays within their budget of faults, judged by the plans of 10,000 seeds and, independently of the injector, by the
 * logs of some runs.
 */
import { describe, expect, it } from 'vitest';
import { kubernetesCampaign } from '../../models/kubernetes/campaign/campaign.ts';
import { faultBudget, faultMakers } from '../../models/kubernetes/campaign/fault.ts';
import { seedAt } from '../../src/campaign/campaign.ts';
import { runPlan } from '../../src/campaign/run.ts';
import { faultNote, overBudget, overBudgetInLog } from '../../src/fault/budget.ts';
import type { LogRecord } from '../../src/index.ts';

const PLANS = 10_000;
const RUNS = 6;

const model = kubernetesCampaign();
const budgetOf = (plan: ReturnType<typeof model.plan>): ReturnType<typeof faultBudget> => faultBudget(faultMakers(model.clusterOf(plan).config));

describe('the faults of campaigns', () => {
  it(`are within the budget in ${PLANS} plans`, () => {
    let faults = 0;
    for (let index = 0; index < PLANS; index++) {
      const plan = model.plan(seedAt('budget', index));
      faults += plan.faults.faults.length;
      expect(overBudget(plan.faults, budgetOf(plan)), plan.seed).toEqual([]);
    }
    expect(faults).toBeGreaterThan(PLANS);
  });

  it('mostly begin where something is under way, at events that their workload brings about', () => {
    const starts = Array.from({ length: 1_000 }, (_, index) => model.plan(seedAt('moments', index))).flatMap(({ faults, workload }) =>
      faults.faults.map(({ start }) => ({ start, kinds: workload.flatMap((action) => (action as { object?: { kind: string } }).object?.kind ?? []) })),
    );
    const facts = starts.flatMap(({ start, kinds }) => ('when' in start ? [{ kind: start.when.fact.split('.')[0], kinds }] : []));
    expect(facts.length / starts.length).toBeGreaterThan(0.4);
    expect(facts.filter(({ kind, kinds }) => kind === 'job' && !kinds.includes('Job'))).toEqual([]);
    expect(facts.filter(({ kind, kinds }) => kind === 'replicaset' && !kinds.includes('Deployment') && !kinds.includes('ReplicaSet'))).toEqual([]);
  });

  it('are within the budget by what the logs say happened', () => {
    let seen = 0;
    for (let index = 0; seen < RUNS; index++) {
      const plan = model.plan(seedAt('budget', index));
      if (plan.faults.faults.length < 3) continue;
      const records: LogRecord[] = [];
      runPlan(model, plan, { onRecord: (record) => void records.push(record) });
      expect(records.some((record) => faultNote(record) !== undefined), plan.seed).toBe(true);
      expect(overBudgetInLog(records, budgetOf(plan)), plan.seed).toEqual([]);
      seen++;
    }
  });
});
