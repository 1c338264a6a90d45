import { describe, expect, it } from 'vitest';
import type { core } from '../../object/types.ts';
import { type Machine, nextStatus, type NodeState } from './setters.ts';
import { nodeStatusHasChanged, nodeStatusPatch } from './status-change.ts';

const machine: Machine = {
  capacity: { cpu: '4', memory: '16Gi', pods: '110' },
  allocatable: { cpu: '3800m', memory: '15Gi', pods: '110' },
  fields: {
    addresses: [{ type: 'InternalIP', address: '192.168.0.1' }, { type: 'Hostname', address: 'n' }],
    nodeInfo: { machineID: 'm', bootID: 'b', kernelVersion: '6.1.0' },
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  },
};
const state = (changes: Partial<NodeState> = {}): NodeState => ({ now: '2025-01-01T00:00:10Z', errors: [], pressures: [], volumesInUse: [], bootID: 'b', ...changes });
const stored = nextStatus({}, machine, state({ now: '2025-01-01T00:00:00Z' }));
const next = (status: core.NodeStatus, changes: Partial<NodeState> = {}): core.NodeStatus => nextStatus(status, machine, state(changes));
const condition = (status: core.NodeStatus, type: string): core.NodeCondition | undefined => status.conditions?.find((each) => each.type === type);

/** What a PATCH with the kubelet's changes would hold, without the heartbeats. */
function changes(status: core.NodeStatus, now: Partial<NodeState> = {}): Record<string, unknown> {
  const { conditions: _conditions, '$setElementOrder/conditions': _order, ...rest } = nodeStatusPatch(status, next(status, now));
  return rest;
}

/** Upstream's cases of TestNodeStatusHasChanged (kubelet_node_status_test.go). */
describe('nodeStatusHasChanged', () => {
  const base = { capacity: { cpu: '1' }, conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: '1', lastTransitionTime: '1' }, { type: 'MemoryPressure', status: 'False', lastHeartbeatTime: '1', lastTransitionTime: '1' }] } as unknown as core.NodeStatus;
  const [ready, memory] = base.conditions as [core.NodeCondition, core.NodeCondition];
  it.each([
    ['one that is the same', base, false],
    ['a new heartbeat', { ...base, conditions: [{ ...ready, lastHeartbeatTime: '2' }, memory] }, false],
    ['another order of conditions', { ...base, conditions: [memory, ready] }, false],
    ['another status of a condition', { ...base, conditions: [{ ...ready, status: 'False' }, memory] }, true],
    ['another transition time', { ...base, conditions: [{ ...ready, lastTransitionTime: '2' }, memory] }, true],
    ['a condition more', { ...base, conditions: [ready, memory, { type: 'Mine', status: 'True' }] }, true],
    ['one of the conditions replaced', { ...base, conditions: [ready, { type: 'Mine', status: 'True' }] }, true],
    ['the same amount in other words', { ...base, capacity: { cpu: '1000m' } }, false],
    ['another amount', { ...base, capacity: { cpu: '2' } }, true],
    ['an empty list where there was none', { ...base, images: [] }, false],
    ['volumes in use', { ...base, volumesInUse: ['v'] }, true],
  ])('%s', (_what, other, isChanged) => {
    expect(nodeStatusHasChanged(base, other as core.NodeStatus)).toBe(isChanged);
  });
});

describe('a status that others have changed', () => {
  it('has changed when anything is otherwise than the kubelet says, and the patch puts it right', () => {
    expect(nodeStatusHasChanged(stored, next(stored))).toBe(false);
    expect(changes({ ...stored, capacity: { ...stored.capacity, cpu: '64' } })).toEqual({ capacity: { cpu: '4' } });
    expect(changes({ ...stored, allocatable: { cpu: '3800m' } })).toEqual({ allocatable: { memory: '15Gi', pods: '110' } });
    expect(changes({ ...stored, addresses: [{ type: 'InternalIP', address: '10.0.0.9' }] })).toEqual({ addresses: [{ type: 'InternalIP', address: '192.168.0.1' }, { type: 'Hostname', address: 'n' }, { $patch: 'replace' }] });
    expect(changes({ ...stored, nodeInfo: { ...(stored.nodeInfo as core.NodeSystemInfo), kernelVersion: '2.6', osImage: 'x' } })).toEqual({ nodeInfo: { kernelVersion: '6.1.0', osImage: null } });
    expect(changes({ ...stored, images: [{ names: ['a:1'], sizeBytes: 1 }], volumesInUse: ['x'] })).toEqual({ images: null, volumesInUse: null });
  });

  it('keeps what no setter owns: foreign conditions at their place, phase, attached volumes', () => {
    const foreign = { type: 'NetworkUnavailable', status: 'False', lastHeartbeatTime: '1', lastTransitionTime: '1' };
    const status = { ...stored, phase: 'Running', volumesAttached: [{ name: 'v', devicePath: '/dev/x' }], conditions: [foreign, ...(stored.conditions ?? [])] };
    expect(next(status)).toMatchObject({ phase: 'Running', volumesAttached: status.volumesAttached });
    expect(next(status).conditions?.map(({ type }) => type)).toEqual(['NetworkUnavailable', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready']);
    expect(nodeStatusPatch(status, next(status))['conditions']).toHaveLength(4);
    expect(nodeStatusHasChanged(status, next(status))).toBe(false);
  });

  it('makes extended resources allocatable, takes back those that are gone, and reserves memory for huge pages', () => {
    expect(changes({ ...stored, capacity: { ...stored.capacity, 'example.com/foo': '3' } })).toEqual({ allocatable: { 'example.com/foo': '3' } });
    expect(changes({ ...stored, allocatable: { ...stored.allocatable, 'example.com/foo': '3' } })).toEqual({ allocatable: { 'example.com/foo': null } });
    expect(changes({ ...stored, capacity: { ...stored.capacity, 'hugepages-2Mi': '1Gi' } })).toEqual({ allocatable: { 'hugepages-2Mi': '1Gi', memory: '14Gi' } });
  });

  it('has reason and message of readiness put right, those of a pressure only with its status', () => {
    const tampered = (type: string, fields: object): core.NodeStatus => ({ ...stored, conditions: (stored.conditions ?? []).map((each) => (each.type === type ? { ...each, ...fields } : each)) });
    const ready = tampered('Ready', { reason: 'Mine', message: 'mine' });
    expect(nodeStatusHasChanged(ready, next(ready))).toBe(true);
    expect(condition(next(ready), 'Ready')).toMatchObject({ reason: 'KubeletReady', lastTransitionTime: '2025-01-01T00:00:00Z' });
    const words = tampered('MemoryPressure', { reason: 'Mine' });
    expect(nodeStatusHasChanged(words, next(words))).toBe(false);
    const pressed = tampered('MemoryPressure', { status: 'True', reason: 'Mine' });
    expect(condition(next(pressed), 'MemoryPressure')).toMatchObject({ status: 'False', reason: 'KubeletHasSufficientMemory', lastTransitionTime: '2025-01-01T00:00:10Z' });
  });

  it('says what keeps the node from being ready, and keeps the boot id until the runtime has told it', () => {
    expect(condition(next(stored, { errors: ['a', 'b'] }), 'Ready')).toMatchObject({ status: 'False', reason: 'KubeletNotReady', message: '[a, b]' });
    expect(next({ ...stored, nodeInfo: { ...(stored.nodeInfo as core.NodeSystemInfo), bootID: 'earlier' } }, { bootID: undefined }).nodeInfo?.bootID).toBe('earlier');
    expect(changes({ ...stored, nodeInfo: { ...(stored.nodeInfo as core.NodeSystemInfo), bootID: 'earlier' } })).toEqual({ nodeInfo: { bootID: 'b' } });
  });
});
