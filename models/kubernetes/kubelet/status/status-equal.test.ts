import { describe, expect, it } from 'vitest';
import type { core, Pod } from '../../object/types.ts';
import { isPodStatusByKubeletEqual, normalizeStatus } from './status-equal.ts';

const ready = { type: 'Ready', status: 'True', lastTransitionTime: '1' };
const status = {
  phase: 'Running', conditions: [ready], podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }], startTime: '1',
  containerStatuses: [{ name: 'a', ready: true, restartCount: 0, state: { running: { startedAt: '1' } }, lastState: {} }, { name: 'b', ready: true, restartCount: 0 }],
} as unknown as core.PodStatus;
const pod = { spec: { containers: [{ name: 'a' }, { name: 'b' }], initContainers: [{ name: 'z' }, { name: 'c' }] } } as unknown as Pod;

/** What somebody may write into the API, and whether the kubelet puts it right. */
describe('a status in the API', () => {
  it.each([
    ['the same', {}, true],
    ['a condition of somebody else', { conditions: [{ type: 'Mine', status: 'True' }, ready] }, true],
    ['when a condition changed', { conditions: [{ ...ready, lastTransitionTime: '2' }] }, true],
    ['a condition of the kubelet that it did not compute', { conditions: [ready, { type: 'Initialized', status: 'True' }] }, true],
    ['claims, which are not the kubelet\'s', { resourceClaimStatuses: [{ name: 'x' }] }, true],
    ['a member left out that is empty', { containerStatuses: [{ name: 'a', ready: true, restartCount: 0, state: { running: { startedAt: '1' } } }, { name: 'b', ready: true, restartCount: 0 }] }, true],
    ['another readiness', { conditions: [{ ...ready, status: 'False' }] }, false],
    ['another reason', { conditions: [{ ...ready, reason: 'Mine' }] }, false],
    ['no readiness', { conditions: [] }, false],
    ['another phase', { phase: 'Failed' }, false],
    ['a message', { message: 'mine' }, false],
    ['another address', { podIP: '10.0.0.2' }, false],
    ['a nomination', { nominatedNodeName: 'n' }, false],
    ['restarts', { containerStatuses: status.containerStatuses?.map((each) => ({ ...each, restartCount: 7 })) }, false],
  ])('%s', (_what, changes, isEqual) => {
    expect(isPodStatusByKubeletEqual({ ...status, ...changes } as core.PodStatus, status)).toBe(isEqual);
  });

  it('is normalized: container statuses in the kubelet\'s order, messages as long as they may be', () => {
    const terminated = (length: number): object => ({ terminated: { exitCode: 1, message: 'm'.repeat(length) } });
    const api = { ...status, containerStatuses: [{ name: 'b' }, { name: 'a', state: terminated(4000), lastState: terminated(10) }], initContainerStatuses: [{ name: 'c' }, { name: 'z' }] } as unknown as core.PodStatus;
    const normalized = normalizeStatus(pod, api);
    expect(normalized.containerStatuses?.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(normalized.initContainerStatuses?.map(({ name }) => name)).toEqual(['z', 'c']);
    expect(normalized.containerStatuses?.[0]?.state?.terminated?.message).toHaveLength(3072);
    expect(normalized.containerStatuses?.[0]?.lastState?.terminated?.message).toHaveLength(10);
  });
});
