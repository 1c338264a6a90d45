import { describe, expect, it } from 'vitest';
import type { Node } from '../../object/types.ts';
import { nodeResources, type NodeResources } from '../node/allocatable.ts';
import type { KubeletOptions } from '../options.ts';
import { resourceManagers } from './container-manager.ts';
import { machineInfo } from './machine.ts';

const capacity = { cpu: '8', memory: '16Gi', 'ephemeral-storage': '100Gi', pods: '110' };
const optionsOf = (settings: Partial<KubeletOptions>, allocatable: object = capacity): KubeletOptions => ({ node: 'n', servers: [], epoch: 0, template: { metadata: { name: 'n' }, spec: {}, status: { capacity, allocatable } } as unknown as Node, ...settings });
const resourcesOf = (options: KubeletOptions): NodeResources => nodeResources(options, options.template);
const refused = (settings: object): string => {
  try {
    resourceManagers(optionsOf(settings as Partial<KubeletOptions>));
  } catch (error) {
    return (error as Error).message.replace('the kubelet of n does not start: ', '');
  }
  return 'started';
};

describe('what a node keeps', () => {
  it('is nothing, or what its template leaves out', () => {
    expect(resourcesOf(optionsOf({})).allocatable).toEqual(capacity);
    const given = { ...capacity, cpu: '7500m' };
    expect(resourcesOf(optionsOf({}, given))).toMatchObject({ allocatable: given, reserved: { cpu: { nanos: 500_000_000n } } });
  });

  it('is what is reserved, and what hard eviction keeps free', () => {
    expect(resourcesOf(optionsOf({ kubeReserved: { cpu: '500m', memory: '1Gi' }, systemReserved: { cpu: '700m', 'ephemeral-storage': '1Gi' } })).allocatable).toEqual({ cpu: '6800m', memory: '15260Mi', 'ephemeral-storage': '89Gi', pods: '110' });
    expect(resourcesOf(optionsOf({ reservedSystemCPUs: '0-1,4', kubeReserved: { cpu: '500m' }, evictionHard: {} })).allocatable).toEqual({ ...capacity, cpu: '5' });
  });
});

describe('a machine', () => {
  const cpus = (declared: object, count = '8'): unknown => {
    const machine = machineInfo(declared, { ...capacity, cpu: count });
    return typeof machine === 'string' ? machine : machine.cpus.map(({ core, socket, numaNode }) => [core, socket, numaNode].join(''));
  };

  it('has one NUMA node unless more are declared; threads of a core are far apart', () => {
    expect(cpus({}, '3')).toEqual(['000', '100', '200']);
    expect(cpus({ numaNodes: 2, threadsPerCore: 2 })).toEqual(['000', '100', '211', '311', '000', '100', '211', '311']);
    expect(cpus({ numaNodes: 2, sockets: 1 }, '4')).toEqual(['000', '100', '201', '301']);
  });

  it('has to fit its capacity', () => {
    expect(cpus({ numaNodes: 3 })).toBe('8 CPUs cannot be laid out as 3 NUMA nodes and 3 sockets with 1 threads in a core');
    expect(cpus({ numaNodes: 2, sockets: 3 }, '6')).toBe('2 NUMA nodes and 3 sockets do not fit into each other');
    expect(cpus({ numaNodes: 2, memory: ['8Gi'] })).toBe('a machine of 2 NUMA nodes says the memory of 1');
  });

  it('has memory on each node, and huge pages in whole pages', () => {
    const machine = machineInfo({ numaNodes: 2, memory: ['6Gi', '10Gi'] }, { ...capacity, 'hugepages-1Gi': '3Gi' });
    expect(machine).toMatchObject({ numaNodes: [{ memory: { memory: 6 * 2 ** 30, 'hugepages-1Gi': 2 * 2 ** 30 } }, { memory: { memory: 10 * 2 ** 30, 'hugepages-1Gi': 2 ** 30 } }] });
  });
});

describe('a kubelet', () => {
  it('manages nothing by default', () => {
    expect(resourceManagers(optionsOf({}))).toBeUndefined();
    expect(resourceManagers(optionsOf({ kubeReserved: { cpu: '1' }, machine: { numaNodes: 2 } }))).toBeUndefined();
  });

  it('starts with a static policy when something is reserved', () => {
    expect(refused({ cpuManagerPolicy: 'static', kubeReserved: { cpu: '500m' } })).toBe('started');
    expect(resourceManagers(optionsOf({ cpuManagerPolicy: 'static', kubeReserved: { cpu: '1500m' }, machine: { threadsPerCore: 2 } }))?.cpu?.reserved).toEqual([0, 4]);
    expect(resourceManagers(optionsOf({ cpuManagerPolicy: 'static', reservedSystemCPUs: '2-3' }))?.cpu?.reserved).toEqual([2, 3]);
    expect(refused({ memoryManagerPolicy: 'Static', reservedMemory: [{ numaNode: 0, limits: { memory: '100Mi' } }] })).toBe('started');
  });

  it.each([
    [{ cpuManagerPolicy: 'dynamic' }, 'unknown policy: "dynamic"'],
    [{ topologyManagerPolicy: 'strict' }, 'unknown policy: "strict"'],
    [{ topologyManagerScope: 'node' }, 'unknown scope: "node"'],
    [{ cpuManagerPolicy: 'static' }, '[cpumanager] unable to determine reserved CPU resources for static policy'],
    [{ cpuManagerPolicy: 'static', reservedSystemCPUs: '0-9' }, 'reservedSystemCPUs 0-9 are not all among the machine\'s CPUs 0-7'],
    [{ cpuManagerPolicy: 'static', reservedSystemCPUs: '0-' }, 'unable to parse reservedSystemCPUs (0-)'],
    [{ cpuManagerPolicy: 'static', reservedSystemCPUs: '0', cpuManagerPolicyOptions: { 'align-by-socket': 'true' } }, 'unsupported cpumanager option: "align-by-socket" (true)'],
    [{ memoryManagerPolicy: 'Static' }, 'the total amount "0" of type "memory" is not equal to the value "100Mi" determined by Node Allocatable feature'],
    [{ memoryManagerPolicy: 'Static', kubeReserved: { memory: '412Mi' }, reservedMemory: [{ numaNode: 0, limits: { memory: '1Gi' } }] }, 'the total amount "1Gi" of type "memory" is not equal to the value "512Mi" determined by Node Allocatable feature'],
  ])('does not start with %j', (settings, why) => {
    expect(refused(settings)).toBe(why);
  });
});
