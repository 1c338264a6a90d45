import { describe, expect, it } from 'vitest';
import type { Pod } from '../../object/types.ts';
import { deletionCost } from './active-pods.ts';

describe('the cost of deleting a pod', () => {
  it.each<[string | undefined, number]>([
    [undefined, 0], ['7', 7], ['0', 0], ['-5', -5], ['-05', -5], ['05', 0], ['+5', 0], ['1.5', 0], ['-', 0], ['2147483647', 2_147_483_647], ['2147483648', 0], ['-2147483649', 0],
  ])('that is given as %j', (text, cost) => {
    const annotations = text === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': text };
    expect(deletionCost({ metadata: { annotations } } as unknown as Pod)).toBe(cost);
  });
});
