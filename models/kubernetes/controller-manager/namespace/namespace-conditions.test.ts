import { describe, expect, it } from 'vitest';
import { failure } from '../../client/failure.ts';
import type { WallClock } from '../../client/wall-clock.ts';
import { contentConditions, type ContentTotals } from './namespace-conditions.ts';

const at = (text: string): WallClock => ({ text }) as unknown as WallClock;
const nothing: ContentTotals = { remaining: new Map(), finalizers: new Map() };
const pods = (count: number): ContentTotals => ({ remaining: new Map([['pods.', count]]), finalizers: new Map() });

describe('namespace conditions', () => {
  it('counts the failures and lists them in order', () => {
    const conditions = contentConditions(undefined, nothing, [failure('b failed'), failure('a failed')], at('t1'));
    expect(conditions.find(({ type }) => type === 'NamespaceDeletionContentFailure')).toMatchObject({
      status: 'True', reason: 'ContentDeletionFailed', message: 'Failed to delete all resource types, 2 remaining: a failed, b failed',
    });
  });

  it('moves the time with the status, not with the message', () => {
    const first = contentConditions(undefined, pods(2), [], at('t1'));
    const second = contentConditions(first, pods(1), [], at('t2'));
    const third = contentConditions(second, nothing, [], at('t3'));
    const times = [first, second, third].map((list) => list.find(({ type }) => type === 'NamespaceContentRemaining'));
    expect(times.map((condition) => condition?.lastTransitionTime)).toEqual(['t1', 't1', 't3']);
    expect(times[1]?.message).toBe('Some resources are remaining: pods. has 1 resource instances');
    expect(contentConditions(third, nothing, [], at('t4'))).toBe(third);
  });
});
