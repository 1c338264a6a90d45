import { describe, expect, it } from 'vitest';
import { search } from '../../src/explore/search.ts';
import { paxos } from './paxos.ts';

describe('Paxos', () => {
  it('has the published number of states, is linearizable, and can choose a value', () => {
    for (const order of ['breadth', 'depth'] as const) {
      const report = search(paxos({ clients: 2, servers: 3 }), { order });
      expect(report).toMatchObject({ unique: 16_668, isComplete: true, violations: [], unreached: [] });
    }
  });

  it('reaches a chosen value on the published shortest path', () => {
    const { reached } = search(paxos({ clients: 2, servers: 3 }), { order: 'breadth' });
    expect(reached[0]?.path).toHaveLength(8);
  });

  it('is found to decide two values, and not to be linearizable, when a leader forgets accepted values', () => {
    const report = search(paxos({ clients: 2, servers: 3, isForgetful: true }), { stopAtViolation: false });
    expect(report.violations.map(({ property }) => property)).toEqual(['one value is decided', 'linearizable']);
  });
});
