import { describe, expect, it } from 'vitest';
import type { Node } from '../../object/types.ts';
import { registrationPatch } from './registration.ts';

const node = (labels: object, annotations: object, status: object): Node => ({ metadata: { name: 'n', labels, annotations }, spec: {}, status }) as unknown as Node;
const MARK = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' };
const LABELS = { 'kubernetes.io/hostname': 'n', 'kubernetes.io/os': 'linux', 'topology.kubernetes.io/zone': 'a', team: 'x' };
const STATUS = { capacity: { cpu: '4', 'hugepages-2Mi': '1Gi' }, allocatable: { cpu: '4', 'hugepages-2Mi': '1Gi' } };
const initial = node(LABELS, MARK, STATUS);

describe('a node that is there already', () => {
  it('is left alone when nothing is missing', () => {
    expect(registrationPatch(initial, node({ ...LABELS, other: 'y' }, MARK, STATUS))).toBeUndefined();
  });

  it('gets its default labels and the mark back, but no other labels', () => {
    expect(registrationPatch(initial, node({ 'kubernetes.io/os': 'windows' }, {}, STATUS))).toEqual({
      metadata: { labels: { 'kubernetes.io/hostname': 'n', 'kubernetes.io/os': 'linux', 'topology.kubernetes.io/zone': 'a' }, annotations: MARK },
    });
  });

  it('gets huge pages as the machine has them, and resources if it has none', () => {
    expect(registrationPatch(initial, node(LABELS, MARK, { capacity: { cpu: '8', 'hugepages-1Gi': '1Gi' }, allocatable: { cpu: '8', 'hugepages-2Mi': '1024Mi' } }))).toEqual({
      status: { capacity: { 'hugepages-2Mi': '1Gi', 'hugepages-1Gi': null } },
    });
    expect(registrationPatch(initial, node(LABELS, MARK, {}))).toEqual({ status: STATUS });
  });
});
