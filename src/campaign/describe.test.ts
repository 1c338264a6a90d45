import { describe, expect, it } from 'vitest';
import { describePlan } from './describe.ts';
import type { Plan } from './model.ts';

describe('a plan in words', () => {
  const plan = (draws: number): Plan => ({
    seed: '1/7', schedule: 'time', window: 0, config: { nodes: 3 }, workload: [{ at: 5, do: 'apply' }], faults: { faults: [], healAt: 0 }, calm: ['*'],
    answers: { 'etcd:commit': Object.fromEntries(Array.from({ length: draws }, (_, draw) => [draw, 3])) },
  });

  it('tells each draw that it fixes', () => {
    expect(describePlan(plan(2))).toEqual(['seed 1/7; nodes 3', 'action 1: {"at":5,"do":"apply"}', 'no faults', 'chosen for etcd:commit: 3 as draw 0, 3 as draw 1', 'nothing else is left to chance']);
  });

  it('counts draws where there are too many to read', () => {
    expect(describePlan(plan(41)).slice(3)).toEqual(['41 draws of 1 streams as the plan has them', 'nothing else is left to chance']);
  });
});
