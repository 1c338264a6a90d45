import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainCounts } from './domain-counts.ts';

const operation = fc.record({ value: fc.constantFrom('a', 'b', 'c'), pods: fc.nat({ max: 3 }) });

describe('domain counts', () => {
  it('agree with a fresh count after any history', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(operation, fc.boolean()), { maxLength: 40 }),
        fc.integer({ min: -2, max: 2 }),
        (steps, delta) => {
          const counts = new DomainCounts();
          const nodes: { value: string; pods: number }[] = [];
          for (const [node, isRemoval] of steps) {
            const known = nodes[0];
            if (isRemoval && known !== undefined) {
              counts.node(known.value, known.pods, -1);
              nodes.shift();
            } else {
              counts.node(node.value, node.pods, 1);
              nodes.push(node);
            }
            const naive = new Map<string, number>();
            for (const { value, pods } of nodes) naive.set(value, (naive.get(value) ?? 0) + pods);
            const least = naive.size === 0 ? 0 : Math.min(...naive.values());
            expect([counts.size, counts.least()]).toEqual([naive.size, least]);
            for (const value of ['a', 'b', 'c']) expect(counts.count(value)).toBe(naive.get(value) ?? 0);
            const changed = new Map(naive).set('a', (naive.get('a') ?? 0) + delta);
            if (naive.has('a')) expect(counts.leastWith('a', delta)).toBe(Math.min(...changed.values()));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
