import { describe, expect, it } from 'vitest';
import { search } from '../../src/explore/search.ts';
import { twoPhaseCommit } from './two-phase-commit.ts';

describe('two-phase commit', () => {
  it('has the published numbers of states', () => {
    expect(search(twoPhaseCommit({ managers: 3 })).unique).toBe(288);
    expect(search(twoPhaseCommit({ managers: 5 }), { order: 'depth' }).unique).toBe(8_832);
    expect(search(twoPhaseCommit({ managers: 5 }), { order: 'depth', symmetry: true }).unique).toBe(665);
  });

  it('is consistent, and both outcomes are possible', () => {
    for (const order of ['breadth', 'depth'] as const) {
      const report = search(twoPhaseCommit({ managers: 4 }), { order });
      expect(report).toMatchObject({ isComplete: true, violations: [], unreached: [] });
      expect(report.reached.map(({ property }) => property)).toEqual(['abort agreement', 'commit agreement']);
    }
  });

  it('is found to be inconsistent when the transaction manager commits too early', () => {
    const [violation] = search(twoPhaseCommit({ managers: 3, isHasty: true })).violations;
    expect(violation?.property).toBe('consistent');
    // Two prepare and are heard, the third aborts, the manager commits, somebody hears of it: nothing shorter will do.
    expect(violation?.path).toHaveLength(7);
    expect(violation?.path.filter((step) => step === 'transaction manager: commit')).toHaveLength(1);
  });
});
