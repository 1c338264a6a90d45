import { describe, expect, it } from 'vitest';
import { search } from '../../src/explore/search.ts';
import { counter } from './counter.ts';

describe('counter', () => {
  it('loses no increment, and symmetry decides the same with fewer states', () => {
    const all = search(counter({ workers: 4 }));
    const fewer = search(counter({ workers: 4 }), { symmetry: true });
    expect(all).toMatchObject({ isComplete: true, violations: [], unreached: [] });
    expect(fewer).toMatchObject({ isComplete: true, violations: [], unreached: [] });
    expect(fewer.unique * 4).toBeLessThan(all.unique);
  });

  it('is found to lose an increment when it does not compare, on a shortest path', () => {
    expect(search(counter({ workers: 2, isRacy: true })).violations).toEqual([
      { property: 'no increment is lost', path: ['worker 0 reads', 'worker 1 reads', 'worker 0 writes', 'worker 1 writes'] },
    ]);
  });

  it('is decided alike with hash compaction', () => {
    const { unique } = search(counter({ workers: 4 }));
    expect(search(counter({ workers: 4 }), { compact: true }).unique).toBe(unique);
  });
});
