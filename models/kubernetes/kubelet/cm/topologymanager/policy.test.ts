/** Upstream's tables (topologymanager/policy_test.go, bitmask_test.go) for what becomes of hints. */
import { describe, expect, it } from 'vitest';
import { bitMask, bitMasksOf, bitsOf, isNarrowerThan } from './bitmask.ts';
import type { Hints, TopologyHint } from './hint.ts';
import { mergeByPolicy } from './policy.ts';

/** `0,1` is preferred, `0,1?` is not; `*` is any. */
function hint(text: string): TopologyHint {
  const nodes = text.replace('?', '');
  return { affinity: nodes === '*' ? undefined : bitMask(nodes.split(',').map(Number)), isPreferred: !text.endsWith('?') };
}
const provider = (...lists: (readonly string[] | undefined)[]): Hints => Object.fromEntries(lists.map((list, at) => [`resource${at}`, list?.map(hint)]));
const shown = ({ affinity, isPreferred }: TopologyHint): string => `${affinity === undefined ? '*' : bitsOf(affinity).join()}${isPreferred ? '' : '?'}`;
const merged = (policy: 'best-effort' | 'restricted' | 'single-numa-node', nodes: readonly number[], hints: readonly Hints[]): string => shown(mergeByPolicy(policy, bitMask(nodes), hints).hint);

/** Providers, and the outcome of best-effort and restricted on nodes 0 to 3, and of single-numa-node on nodes 0 and 1. */
const CASES: readonly [string, readonly Hints[], string, string][] = [
  ['the same mask 1/2', [provider(['0']), provider(['0'])], '0', '0'],
  ['the same mask 2/2', [provider(['1']), provider(['1'])], '1', '1'],
  ['one without hints 1/2', [undefined, provider(['0'])], '0', '0'],
  ['one without hints 2/2', [undefined, provider(['1'])], '1', '1'],
  ['two hints, one matches 1/2', [provider(['0', '1']), provider(['0'])], '0', '0'],
  ['two hints, one matches 2/2', [provider(['0', '1']), provider(['1'])], '1', '1'],
  ['the narrower preferred hint', [provider(['0', '1']), provider(['0', '0,1?'])], '0', '0'],
  ['a wider preferred hint before a narrower one that is not', [provider(['1', '0,1?']), provider(['0', '1', '0,1?'])], '1', '1'],
  ['several resources of one provider', [provider(['1', '0,1?'], ['0', '1', '0,1?'])], '1', '1'],
  ['nobody', [], '0,1,2,3', '*'],
  ['no resources', [{}], '0,1,2,3', '*'],
  ['a resource that does not care', [provider(undefined)], '0,1,2,3', '*'],
  ['a resource that cannot be had', [provider([])], '0,1,2,3?', '*?'],
  ['any, preferred', [provider(['*'])], '0,1,2,3', '*'],
  ['any, not preferred', [provider(['*?'])], '0,1,2,3?', '*?'],
  ['nothing in common', [provider(['0']), provider(['1'])], '0,1,2,3?', '*?'],
  ['one not preferred 1/2', [provider(['0']), provider(['0?'])], '0?', '*?'],
  ['one not preferred 2/2', [provider(['1']), provider(['1?'])], '1?', '*?'],
  ['one wider, not preferred', [provider(['0', '1']), provider(['0,1?'])], '0?', '*?'],
];

describe('hints', () => {
  it.each(CASES)('%s', (_what, hints, best, single) => {
    expect(merged('best-effort', [0, 1, 2, 3], hints)).toBe(best);
    expect(merged('restricted', [0, 1, 2, 3], hints)).toBe(best);
    expect(merged('single-numa-node', [0, 1], hints)).toBe(single);
  });

  it.each([
    ['some bits differ', [provider(['0,1', '0,2']), provider(['0,1', '0,2'])], '0,1'],
    ['one wider, both preferred 1/2', [provider(['0']), provider(['0,1'])], '0?'],
    ['one wider, both preferred 2/2', [provider(['1']), provider(['0,1'])], '1?'],
    ['best count 1', [provider(['0,1,2,3?', '0,1?']), provider(['0,1?'])], '0,1?'],
    ['best count 2', [provider(['0,1,2,3?', '0,1?']), provider(['0,3?'])], '0,3?'],
    ['best count 3', [provider(['0,1,2,3?', '0,1?']), provider(['1,2?'])], '1,2?'],
    ['best count 4', [provider(['0,1,2,3?', '0,1?']), provider(['2,3?'])], '2,3?'],
    ['best count 5', [provider(['0,1,2,3?', '0,1?']), provider(['1,2?', '2,3?'])], '1,2?'],
    ['best count 6', [provider(['0,1,2,3?', '0,1?']), provider(['1,2,3?', '1,2?', '1,3?', '2,3?'])], '1,2?'],
  ])('of more nodes: %s', (_what, hints, best) => {
    expect(merged('best-effort', [0, 1, 2, 3], hints)).toBe(best);
  });

  it('that are wide do not suit a single NUMA node', () => {
    expect(merged('single-numa-node', [0, 1], [provider(['0,1'], ['0', '1', '0,1?'])])).toBe('*?');
    expect(merged('single-numa-node', [0, 1], [provider(['0', '1', '0,1?']), undefined])).toBe('0');
  });

  it('decide who may come', () => {
    const admitted = (hints: readonly Hints[]): boolean[] => (['best-effort', 'restricted', 'single-numa-node'] as const).map((policy) => mergeByPolicy(policy, 3, hints).isAdmitted);
    expect(admitted([provider(['0'])])).toEqual([true, true, true]);
    expect(admitted([provider(['0,1'])])).toEqual([true, true, false]);
    expect(admitted([provider(['0,1?'])])).toEqual([true, false, false]);
    expect(admitted([provider([])])).toEqual([true, false, false]);
    expect(admitted([])).toEqual([true, true, true]);
  });
});

describe('masks', () => {
  it('are compared by how many nodes they have, then by which', () => {
    expect([isNarrowerThan(0b1, 0b11), isNarrowerThan(0b11, 0b100), isNarrowerThan(0b01, 0b10), isNarrowerThan(0b11, 0b11)]).toEqual([true, false, true, false]);
  });

  it('of all combinations come in order of size', () => {
    expect(bitMasksOf([0, 1, 2]).map(bitsOf)).toEqual([[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]);
  });
});
