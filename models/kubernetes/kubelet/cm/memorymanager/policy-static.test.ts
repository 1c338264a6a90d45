/** Upstream's tables (memorymanager/policy_static_test.go) for memory on NUMA nodes. */
import { describe, expect, it } from 'vitest';
import type { core, Pod } from '../../../object/types.ts';
import { quantityOf } from '../../../object/quantity.ts';
import type { AdmissionError } from '../admission-error.ts';
import type { MachineInfo } from '../machine.ts';
import { bitMask, bitsOf } from '../topologymanager/bitmask.ts';
import type { TopologyHint } from '../topologymanager/hint.ts';
import { containersOf } from '../topologymanager/scope.ts';
import { StaticMemoryPolicy } from './policy-static.ts';
import { reservedMemory } from './reserved-memory.ts';
import { emptyState, type MemoryManagerState } from './state.ts';

const MB = 1024 * 1024;
const GB = 1024 * MB;
const HUGE = 'hugepages-1Gi';

const container = (name: string, memory: string, extra: object = {}): core.Container => {
  const amounts = { cpu: '1', memory, [HUGE]: memory };
  return { name, resources: { requests: amounts, limits: amounts }, ...extra } as unknown as core.Container;
};
const podOf = (uid: string, containers: readonly core.Container[], initContainers: readonly core.Container[] = []): Pod => ({ metadata: { name: uid, uid }, spec: { containers, initContainers }, status: {} }) as unknown as Pod;
const one = podOf('pod2', [container('c', '1Gi')]);

/** A NUMA node: allocatable and free memory in MB, with which nodes it is used, and how often. */
type NodeOf = readonly [allocatable: number, free: number, cells?: readonly number[], assignments?: number, hugeFree?: number];

function stateOf(...nodes: readonly NodeOf[]): MemoryManagerState {
  return {
    assignments: new Map(),
    machine: new Map(nodes.map(([allocatable, free, cells, assignments = 0, hugeFree = 1024], id) => [id, {
      assignments,
      cells: cells ?? [id],
      memory: new Map([
        ['memory', { allocatable: allocatable * MB, free: free * MB, reserved: (allocatable - free) * MB }],
        [HUGE, { allocatable: Math.max(1024, hugeFree) * MB, free: hugeFree * MB, reserved: 0 }],
      ]),
    }])),
  };
}

const given = (nodes: readonly number[] | undefined, isPreferred: boolean): TopologyHint => ({ affinity: nodes === undefined ? undefined : bitMask(nodes), isPreferred });
const policyOf = (state: MemoryManagerState, hint = given(undefined, false)): StaticMemoryPolicy => new StaticMemoryPolicy(state, { affinityOf: () => hint });
const free = (state: MemoryManagerState, type = 'memory'): number[] => [...state.machine.values()].map(({ memory }) => (memory.get(type)?.free ?? 0) / MB);

/** On which nodes the container of a pod is, or why on none. */
function allocated(state: MemoryManagerState, hint: TopologyHint, pod: Pod): string {
  const policy = policyOf(state, hint);
  try {
    policy.allocate(pod, pod.spec.containers[0] as core.Container);
  } catch (error) {
    expect((error as AdmissionError).type).toBe('UnexpectedAdmissionError');
    return (error as AdmissionError).message.replace('Allocate failed due to [memorymanager] ', '').replace(', which is unexpected', '');
  }
  return policy.blocksOf(pod.metadata.uid, 'c')?.map(({ affinity, size }) => `${affinity.join()}: ${size / MB}`).join(' ') ?? 'none';
}

describe('allocating', () => {
  const wide: readonly NodeOf[] = [[1024, 512, [0], 1], [512, 512], [512, 512]];
  it.each<[string, MemoryManagerState, TopologyHint, Pod, string]>([
    ['a pod that is not Guaranteed', stateOf([1536, 1536]), given(undefined, false), podOf('p', [{ name: 'c', resources: { requests: { memory: '1Gi' } } } as core.Container]), 'none'],
    ['no affinity given', stateOf([1536, 1536]), given(undefined, false), one, '0: 1024 0: 1024'],
    ['no affinity given, and no memory left', stateOf([1536, 512, [0], 2, 0]), given(undefined, false), one, 'failed to get the default NUMA affinity, no NUMA nodes with enough memory is available'],
    ['a preferred hint without affinity, but the best is not preferred', stateOf(...wide), given(undefined, true), one, 'failed to find the default preferred hint'],
    ['too little on the node, and no nodes to take with it', stateOf([512, 512], [1536, 512, [1, 2], 1], [1536, 512, [1, 2], 1]), given([0], false), one, 'failed to find NUMA nodes to extend the current topology hint'],
    ['a preferred hint that would have to grow', stateOf(...wide), given([1], true), one, 'failed to find the extended preferred hint'],
    ['several nodes', stateOf([512, 512], [512, 512], [512, 512], [512, 512]), given(undefined, true), one, '0,1: 1024 0,1: 1024'],
    ['nodes one of which is used alone', stateOf([1536, 1024, [0], 1], [1536, 1536]), given([0, 1], false), one, 'preferred hint violates NUMA node allocation'],
  ])('%s', (_what, state, hint, pod, expected) => {
    expect(allocated(state, hint, pod)).toBe(expected);
  });

  it('takes from one node after the other, and ties them together until all is given back', () => {
    const state = stateOf([512, 512], [768, 768]);
    const policy = policyOf(state, given(undefined, true));
    policy.allocate(one, one.spec.containers[0] as core.Container);
    expect([free(state), free(state, HUGE)]).toEqual([[0, 256], [0, 1024]]);
    expect([...state.machine.values()].map(({ cells, assignments }) => [cells, assignments])).toEqual([[[0, 1], 2], [[0, 1], 2]]);
    policy.allocate(one, one.spec.containers[0] as core.Container);
    expect(free(state)).toEqual([0, 256]);
    policy.removeStale(() => false);
    expect([free(state), free(state, HUGE), state.assignments.size]).toEqual([[512, 768], [1024, 1024], 0]);
    expect([...state.machine.values()].map(({ cells, assignments }) => [cells, assignments])).toEqual([[[0], 0], [[1], 0]]);
  });

  it.each([
    [['1Gi', '2Gi'], ['3Gi', '4Gi'], [0, 0, 3, 4], 7680 - 7168],
    [['4Gi', '3Gi'], ['2Gi', '1Gi'], [0, 1, 2, 1], 7680 - 4096],
    [['7Gi', '4Gi'], ['4Gi', '3Gi'], [0, 0, 4, 3], 7680 - 7168],
    [['7Gi', '4Gi'], ['5Gi', '2Gi'], [0, 0, 5, 2], 7680 - 7168],
  ])('gives memory of init containers %j to containers %j', (init, app, blocks, left) => {
    const state = stateOf([7680, 7680, [0], 0, 8192]);
    const policy = policyOf(state);
    const pod = podOf('pod1', app.map((memory, at) => container(`c${at}`, memory)), init.map((memory, at) => container(`i${at}`, memory)));
    for (const each of containersOf(pod)) policy.allocate(pod, each);
    expect(containersOf(pod).map(({ name }) => (policy.blocksOf('pod1', name)?.[0]?.size ?? -1) / GB)).toEqual(blocks);
    expect([free(state), state.machine.get(0)?.assignments]).toEqual([[left], 8]);
    policy.started(pod, pod.spec.containers[0] as core.Container);
    expect(policy.blocksOf('pod1', 'i0')).toBeUndefined();
    expect(free(state)[0]).toBe(7680 - 1024 * ((blocks[2] as number) + (blocks[3] as number)));
  });

  it('keeps memory of a sidecar apart', () => {
    const state = stateOf([7680, 7680, [0], 0, 8192]);
    const policy = policyOf(state);
    const pod = podOf('pod1', [container('c', '2Gi')], [container('s', '3Gi', { restartPolicy: 'Always' })]);
    for (const each of containersOf(pod)) policy.allocate(pod, each);
    policy.started(pod, pod.spec.containers[0] as core.Container);
    expect(free(state)).toEqual([7680 - 5120]);
  });
});

describe('hints', () => {
  const shown = (hints: ReturnType<StaticMemoryPolicy['hints']>): unknown => hints && Object.fromEntries(Object.entries(hints).map(([type, list]) => [type, list?.map(({ affinity = 0, isPreferred }) => `${bitsOf(affinity).join()}${isPreferred ? '' : '?'}`)]));

  it('are the nodes that have enough and may be used so', () => {
    const state = stateOf([1536, 0, [0, 1], 2, 0], [1536, 1024, [0, 1], 2, 0], [1536, 1536], [1536, 1536]);
    expect(shown(policyOf(state).hints(one, one.spec.containers[0] as core.Container))).toEqual({ memory: ['2', '3', '2,3?'], [HUGE]: ['2', '3', '2,3?'] });
  });

  it('are those of what is allocated already, or nothing if that is something else', () => {
    const state = stateOf([4096, 4096, [0], 0, 4096], [4096, 4096, [1], 0, 4096]);
    const policy = policyOf(state, given([1], true));
    policy.allocate(one, one.spec.containers[0] as core.Container);
    expect(shown(policy.hints(one, one.spec.containers[0] as core.Container))).toEqual({ memory: ['1'], [HUGE]: ['1'] });
    expect(shown(policy.podHints(one))).toEqual({ memory: ['1'], [HUGE]: ['1'] });
    expect(policy.hints(one, container('c', '2Gi'))).toBeUndefined();
  });

  it('of a pod are about the most that it has at one time', () => {
    const pod = podOf('p', [container('a', '1Gi')], [container('s', '1Gi', { restartPolicy: 'Always' }), container('i', '2Gi')]);
    expect(shown(policyOf(stateOf([3072, 3072, [0], 0, 4096], [2048, 2048, [1], 0, 4096])).podHints(pod))).toMatchObject({ memory: ['0', '0,1?'] });
  });

  it('are none at all when nothing fits, which says no preference', () => {
    expect(policyOf(stateOf([512, 512])).hints(one, one.spec.containers[0] as core.Container)).toEqual({});
  });
});

describe('reservedMemory', () => {
  const machine: MachineInfo = { cpus: [], numaNodes: [{ id: 0, memory: { memory: 3 * GB, [HUGE]: GB } }, { id: 1, memory: { memory: 2 * GB } }] };
  const reserved = { memory: quantityOf('1Gi') };

  it('has to add up to what the node keeps', () => {
    expect(reservedMemory(machine, reserved, [{ numaNode: 0, limits: { memory: '512Mi' } }])).toBe('the total amount "512Mi" of type "memory" is not equal to the value "1Gi" determined by Node Allocatable feature');
    expect(reservedMemory(machine, reserved, [{ numaNode: 2, limits: { memory: '1Gi' } }])).toBe('the reserved memory configuration references a NUMA node 2 that does not exist on this machine');
    expect(reservedMemory(machine, {}, [])).toBe('[memorymanager] you should specify the system reserved memory');
  });

  it('is not allocatable, and neither are huge pages as ordinary memory', () => {
    const memory = reservedMemory(machine, reserved, [{ numaNode: 0, limits: { memory: '512Mi' } }, { numaNode: 1, limits: { memory: '512Mi' } }]);
    if (typeof memory === 'string') throw new Error(memory);
    expect([free(emptyState(machine, memory)), free(emptyState(machine, memory), HUGE)]).toEqual([[1536, 1536], [1024, 0]]);
  });
});
