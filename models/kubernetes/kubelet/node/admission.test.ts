import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../object/types.ts';
import { admit } from './admission.ts';

const node = (allocatable: object): Node => ({ metadata: { name: 'n' }, spec: {}, status: { allocatable: { cpu: '1', memory: '1Gi', pods: '10', ...allocatable } } }) as unknown as Node;
const pod = (name: string, requests: object): Pod =>
  ({ metadata: { name, uid: name }, spec: { nodeName: 'n', containers: [{ name: 'c', resources: { requests } }] }, status: {} }) as unknown as Pod;
const reasonFor = (requests: object, allocatable: object = {}, others: readonly Pod[] = []): string | undefined =>
  admit(pod('p', requests), { node: node(allocatable), others, pressures: [], isShuttingDown: false, matchesNode: () => true, tolerates: () => true })?.reason;

describe('admission of a pod that was bound to the node', () => {
  it.each<[string, object, object, string | undefined]>([
    ['fits', { cpu: '1' }, {}, undefined],
    ['wants more than there is', { cpu: '2' }, {}, 'OutOfcpu'],
    ['wants more devices than there are', { 'a.b/gpu': '2' }, { 'a.b/gpu': '1' }, 'OutOfa.b/gpu'],
    ['wants devices that are all gone', { 'a.b/gpu': '1' }, { 'a.b/gpu': '0' }, 'OutOfa.b/gpu'],
    ['wants what no node knows', { 'a.b/licence': '2' }, {}, undefined],
    ['wants huge pages where there are none', { 'hugepages-2Mi': '2Mi' }, {}, 'OutOfhugepages-2Mi'],
  ])('that %s', (_what, requests, allocatable, expected) => {
    expect(reasonFor(requests, allocatable)).toBe(expected);
  });

  it('counts the pods that are there', () => {
    expect(reasonFor({ 'a.b/gpu': '1' }, { 'a.b/gpu': '1' }, [pod('o', { 'a.b/gpu': '1' })])).toBe('OutOfa.b/gpu');
  });
});
