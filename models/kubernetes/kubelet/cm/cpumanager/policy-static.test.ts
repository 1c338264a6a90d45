/** Upstream's tables (cpumanager/policy_static_test.go, topology_hints_test.go) for CPUs of containers' own. */
import { describe, expect, it } from 'vitest';
import type { core, Pod } from '../../../object/types.ts';
import { AdmissionError } from '../admission-error.ts';
import { type CPUSet, difference, formatCPUSet, parseCPUSet } from '../cpuset.ts';
import type { Cpu } from '../machine.ts';
import { bitMask } from '../topologymanager/bitmask.ts';
import type { AffinityStore } from '../topologymanager/hint.ts';
import { containersOf } from '../topologymanager/scope.ts';
import { takeByTopologyNUMAPacked } from './cpu-assignment.ts';
import { type CPUManagerState, StaticCPUPolicy } from './policy-static.ts';
import { CPUTopology } from './topology.ts';

const set = (text: string): CPUSet => parseCPUSet(text) as CPUSet;
const topologyOf = (count: number, of: (id: number) => Omit<Cpu, 'id'>): CPUTopology => new CPUTopology(Array.from({ length: count }, (_, id) => ({ id, ...of(id) })));
const singleSocketHT = topologyOf(8, (id) => ({ core: id % 4, socket: 0, numaNode: 0 }));
const dualSocketHT = topologyOf(12, (id) => ({ core: id % 6, socket: id % 2, numaNode: id % 2 }));
const dualSocketNoHT = topologyOf(8, (id) => ({ core: id, socket: Math.floor(id / 4), numaNode: Math.floor(id / 4) }));
const multiNuma = topologyOf(80, (id) => ({ core: id % 40, socket: Math.floor((id % 40) / 20), numaNode: Math.floor((id % 40) / 10) }));

const container = (name: string, cpu: string, limit = cpu, extra: object = {}): core.Container =>
  ({ name, resources: { requests: { cpu, memory: '1Gi' }, limits: { cpu: limit, memory: '1Gi' } }, ...extra }) as unknown as core.Container;
const podOf = (containers: readonly core.Container[], initContainers: readonly core.Container[] = [], uid = 'pod'): Pod => ({ metadata: { name: uid, uid }, spec: { containers, initContainers }, status: {} }) as unknown as Pod;

interface Setting {
  readonly topology: CPUTopology;
  readonly reserved?: string;
  readonly isFullCoresOnly?: boolean;
  readonly shared?: string;
  readonly assigned?: Readonly<Record<string, string>>;
  readonly numaNodes?: readonly number[];
}

function policyOf({ topology, reserved, isFullCoresOnly = false, shared, assigned = {}, numaNodes }: Setting): { readonly policy: StaticCPUPolicy; readonly state: CPUManagerState } {
  const kept = reserved === undefined ? (takeByTopologyNUMAPacked(topology, topology.cpus, 1) as CPUSet) : set(reserved);
  const containers = new Map(Object.entries(assigned).map(([name, text]) => [name, set(text)]));
  const state = { shared: shared === undefined ? difference(topology.cpus, [...containers.values()].flat()) : set(shared), assignments: new Map(containers.size === 0 ? [] : [['pod', containers]]) };
  const affinity: AffinityStore = { affinityOf: () => ({ affinity: numaNodes === undefined ? undefined : bitMask(numaNodes), isPreferred: true }) };
  return { policy: new StaticCPUPolicy({ topology, reserved: kept, isFullCoresOnly }, state, affinity), state };
}

/** What a container of a pod gets, or why it gets nothing. */
function allocated(setting: Setting, wanted: core.Container): string {
  const { policy, state } = policyOf(setting);
  try {
    policy.allocate(podOf([wanted]), wanted);
  } catch (error) {
    return `${(error as AdmissionError).type}: ${(error as AdmissionError).message}`;
  }
  const cpus = policy.cpusOf('pod', wanted.name);
  expect((cpus ?? []).filter((id) => state.shared.includes(id))).toEqual([]);
  return cpus === undefined ? 'shared' : formatCPUSet(cpus);
}

const notEnough = (requested: number, available: number): string => `UnexpectedAdmissionError: Allocate failed due to not enough cpus available to satisfy request: requested=${requested}, available=${available}, which is unexpected`;

describe('a container of a Guaranteed pod that asks for whole CPUs', () => {
  it.each<[Setting, core.Container, string]>([
    [{ topology: singleSocketHT, assigned: { other: '2,3,6,7' } }, container('c', '2'), '1,5'],
    [{ topology: dualSocketHT, assigned: { other: '2' } }, container('c', '6000m'), '1,3,5,7,9,11'],
    [{ topology: dualSocketHT, assigned: { other: '1,5' } }, container('c', '6'), '2-4,8-10'],
    [{ topology: dualSocketNoHT, assigned: {}, shared: '0,1,3-7' }, container('c', '4'), '4-7'],
    [{ topology: dualSocketNoHT, assigned: { other: '4,5' }, shared: '0,1,3,6,7' }, container('c', '4'), '1,3,6-7'],
    [{ topology: dualSocketHT, assigned: { other: '2' } }, container('c', '8'), '1,3-5,7,9-11'],
    [{ topology: singleSocketHT }, container('c', '1', '2'), 'shared'],
    [{ topology: singleSocketHT }, container('c', '977m'), 'shared'],
  ])('gets the same with and without full cores %#', (setting, wanted, expected) => {
    expect(allocated(setting, wanted)).toBe(expected);
    expect(allocated({ ...setting, isFullCoresOnly: true }, wanted)).toBe(expected);
  });

  it.each<[Setting, core.Container, string]>([
    [{ topology: singleSocketHT }, container('c', '1'), '4'],
    [{ topology: singleSocketHT }, container('c', '8'), notEnough(8, 7)],
    [{ topology: singleSocketHT, assigned: { c: '2,3,6,7' } }, container('c', '4'), '2-3,6-7'],
    [{ topology: dualSocketHT, assigned: { other: '1-3' } }, container('c', '10'), notEnough(10, 8)],
    [{ topology: singleSocketHT, assigned: { other: '1-6' } }, container('c', '2'), notEnough(2, 1)],
  ])('gets CPUs %#', (setting, wanted, expected) => {
    expect(allocated(setting, wanted)).toBe(expected);
  });

  it.each<[Setting, core.Container, string]>([
    [{ topology: singleSocketHT }, container('c', '1'), 'SMTAlignmentError: SMT Alignment Error: requested 1 cpus not multiple cpus per core = 2'],
    [{ topology: dualSocketHT, reserved: '1,6', shared: '0,2-5,7-11' }, container('c', '10'), 'SMTAlignmentError: SMT Alignment Error: not enough free physical CPUs: available physical CPUs = 8, requested CPUs = 10, CPUs per core = 2'],
    [{ topology: dualSocketHT, reserved: '0,6', shared: '1-5,7-11' }, container('c', '10'), '1-5,7-11'],
  ])('gets full cores, or none %#', (setting, wanted, expected) => {
    expect(allocated({ ...setting, isFullCoresOnly: true }, wanted)).toBe(expected);
  });

  it.each<[Setting, string, string]>([
    [{ topology: dualSocketHT, reserved: '' }, '2', '0,6'],
    [{ topology: dualSocketHT, reserved: '', numaNodes: [0] }, '2', '0,6'],
    [{ topology: dualSocketHT, reserved: '', numaNodes: [1] }, '2', '1,7'],
    [{ topology: dualSocketHT, reserved: '', numaNodes: [0] }, '8', '0-2,4,6-8,10'],
    [{ topology: dualSocketHT, reserved: '', numaNodes: [1] }, '8', '0-1,3,5-7,9,11'],
    [{ topology: multiNuma, shared: '2,11,21,22', numaNodes: [0, 2] }, '2', '2,21'],
  ])('is given CPUs of its NUMA nodes first %#', (setting, cpu, expected) => {
    expect(allocated(setting, container('c', cpu))).toBe(expected);
  });
});

describe('CPUs of a pod', () => {
  it('go from init containers to the containers after them, and back when nothing uses them any more', () => {
    const { policy, state } = policyOf({ topology: singleSocketHT, reserved: '' });
    const pod = podOf([container('app', '2')], [container('init', '4')]);
    for (const each of containersOf(pod)) policy.allocate(pod, each);
    expect(formatCPUSet(state.shared)).toBe('2-3,6-7');
    policy.remove('pod', 'init');
    expect(formatCPUSet(state.shared)).toBe('1-3,5-7');
    policy.removeStale((uid) => uid !== 'pod');
    expect([formatCPUSet(state.shared), state.assignments.size]).toEqual(['0-7', 0]);
  });

  it('do not go from a sidecar to the containers after it', () => {
    const { policy, state } = policyOf({ topology: singleSocketHT, reserved: '' });
    const pod = podOf([container('app', '2')], [container('sidecar', '4', '4', { restartPolicy: 'Always' })]);
    for (const each of containersOf(pod)) policy.allocate(pod, each);
    expect(formatCPUSet(state.shared)).toBe('3,7');
  });

  it('are hinted at: where there are enough, and whether on as few NUMA nodes as can be', () => {
    const hints = (setting: Setting, cpu: string): unknown => policyOf(setting).policy.hints(podOf([container('c', cpu)]), container('c', cpu));
    const hint = (nodes: number[], isPreferred: boolean): object => ({ affinity: bitMask(nodes), isPreferred });
    const setting = { topology: dualSocketHT, reserved: '' };
    expect(hints(setting, '2')).toEqual({ cpu: [hint([0], true), hint([1], true), hint([0, 1], false)] });
    expect(hints(setting, '7')).toEqual({ cpu: [hint([0, 1], true)] });
    expect(hints(setting, '13')).toEqual({ cpu: [] });
    expect(hints(setting, '1500m')).toBeUndefined();
    expect(hints({ ...setting, shared: '0,2,1,3,5,7' }, '3')).toEqual({ cpu: [hint([1], true), hint([0, 1], false)] });
    expect(hints({ ...setting, shared: '0,1' }, '2')).toEqual({ cpu: [hint([0, 1], false)] });
    expect(hints({ ...setting, assigned: { c: '0,6' } }, '2')).toEqual({ cpu: [hint([0], true), hint([0, 1], false)] });
    expect(hints({ ...setting, assigned: { c: '0,6' } }, '3')).toEqual({ cpu: [] });
  });

  it('are hinted at for the pod as a whole: the most that it has at one time', () => {
    const pod = podOf([container('a', '2'), container('b', '2')], [container('side', '1', '1', { restartPolicy: 'Always' }), container('init', '5')]);
    expect(policyOf({ topology: dualSocketHT, reserved: '' }).policy.podHints(pod)).toEqual({ cpu: [{ affinity: 1, isPreferred: true }, { affinity: 2, isPreferred: true }, { affinity: 3, isPreferred: false }] });
    const wider = podOf([container('a', '2')], [container('side', '1', '1', { restartPolicy: 'Always' }), container('init', '6')]);
    expect(policyOf({ topology: dualSocketHT, reserved: '' }).policy.podHints(wider)).toEqual({ cpu: [{ affinity: 3, isPreferred: true }] });
    expect(policyOf({ topology: dualSocketHT, assigned: { a: '0', b: '1,7' } }).policy.podHints(pod)).toEqual({ cpu: [] });
  });
});
