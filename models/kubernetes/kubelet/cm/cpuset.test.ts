import { describe, expect, it } from 'vitest';
import { difference, formatCPUSet, intersection, parseCPUSet, union } from './cpuset.ts';

describe('sets of CPUs', () => {
  it.each([['', []], ['5', [5]], ['1-3', [1, 2, 3]], ['7,0-1', [0, 1, 7]], ['2,2-3', [2, 3]], ['3-1', undefined], ['a', undefined], ['1,', undefined], ['-1', undefined]])('%s is read', (text, ids) => {
    expect(parseCPUSet(text)).toEqual(ids);
  });

  it('are written as Linux does', () => {
    expect([[], [4], [0, 1, 2], [0, 2, 3, 7]].map(formatCPUSet)).toEqual(['', '4', '0-2', '0,2-3,7']);
  });

  it('are joined, shared and cut', () => {
    expect([union([1, 3], [0, 3]), intersection([0, 1, 2], [1, 2, 5]), difference([0, 1, 2], [1])]).toEqual([[0, 1, 3], [1, 2], [0, 2]]);
  });
});
