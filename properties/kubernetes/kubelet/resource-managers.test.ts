/**
 * CPUs and memory of pods' own: what a user sees of the CPU manager, the memory manager and the topology manager.
 */
import { describe, expect, it } from 'vitest';
import type { KubeObject, Node, Pod } from '../../../models/kubernetes/object/types.ts';
import { PodCluster } from './pod-cluster.ts';

/** A pod of the Guaranteed class that sleeps, on the node at once or by the scheduler's decision. */
function pod(name: string, cpu: string, { memory = '100Mi', nodeName, init }: { memory?: string; nodeName?: string; init?: string } = {}): KubeObject {
  const container = (own: string, cpus: string, command: string[]): object => ({ name: own, image: 'busybox:1.36', command, resources: { limits: { cpu: cpus, memory } } });
  const spec = {
    terminationGracePeriodSeconds: 1, restartPolicy: 'Never', containers: [container('c', cpu, ['sleep', 'infinity'])],
    ...(init === undefined ? {} : { initContainers: [container('init', init, ['true'])] }), ...(nodeName === undefined ? {} : { nodeName }),
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec } as unknown as KubeObject;
}

/** The node has four CPUs and 16Gi. */
const clusterWith = (kubelet: object, machine: object = { numaNodes: 2 }): PodCluster => new PodCluster({ scenario: { kubelet, machine } });
const cpusOf = (cluster: PodCluster, name: string): string => cluster.shell(name, 'cat /sys/fs/cgroup/cpuset.cpus.effective');
const node = (cluster: PodCluster): Node => cluster.simulation.get('nodes', undefined, 'node-1') as Node;

function rejected(cluster: PodCluster, name: string): [string | undefined, string | undefined] {
  const { status } = cluster.phase(name, 'Failed', 30);
  expect(status.containerStatuses).toBeUndefined();
  return [status.reason, status.message];
}

const STATIC = { cpuManagerPolicy: 'static', reservedSystemCPUs: '0' };

describe('the static CPU policy', () => {
  it('gives Guaranteed pods with whole CPUs their own, and reserved ones to nobody', () => {
    const cluster = clusterWith(STATIC);
    expect(node(cluster).status).toMatchObject({ capacity: { cpu: '4' }, allocatable: { cpu: '3', memory: '16284Mi' } });
    cluster.apply([pod('two', '2'), pod('part', '500m')]);
    cluster.ready('two');
    cluster.ready('part');
    expect([cpusOf(cluster, 'two'), cpusOf(cluster, 'part')]).toEqual(['2-3', '']);
    expect(cluster.shell('two', 'grep Cpus_allowed_list /proc/self/status | cut -f2')).toBe('2-3');
    expect(cluster.shell('two', 'nproc')).toBe('2');
  });

  it('gives CPUs back when a pod has ended', () => {
    const cluster = clusterWith(STATIC);
    cluster.apply([pod('first', '2')]);
    cluster.ready('first');
    cluster.request('DELETE', '/api/v1/namespaces/default/pods/first');
    cluster.gone('first');
    cluster.apply([pod('second', '2'), pod('third', '1')]);
    cluster.ready('second');
    cluster.ready('third');
    expect([cpusOf(cluster, 'second'), cpusOf(cluster, 'third')]).toEqual(['2-3', '1']);
  });

  it('turns a pod away for which there are not enough', () => {
    const cluster = clusterWith(STATIC);
    cluster.apply([pod('big', '4', { nodeName: 'node-1' })]);
    const message = 'Allocate failed due to not enough cpus available to satisfy request: requested=4, available=3, which is unexpected';
    expect(rejected(cluster, 'big')).toEqual(['UnexpectedAdmissionError', `Pod was rejected: ${message}`]);
    expect(cluster.events('big')).toContain(`UnexpectedAdmissionError: ${message}`);
    cluster.apply([pod('fits', '3')]);
    expect(cluster.ready('fits').status.phase).toBe('Running');
  });

  it('with full-pcpus-only gives whole cores or nothing', () => {
    const cluster = clusterWith({ ...STATIC, reservedSystemCPUs: '0,2', cpuManagerPolicyOptions: { 'full-pcpus-only': 'true' } }, { threadsPerCore: 2 });
    cluster.apply([pod('odd', '1'), pod('even', '2')]);
    expect(rejected(cluster, 'odd')).toEqual(['SMTAlignmentError', 'Pod was rejected: SMT Alignment Error: requested 1 cpus not multiple cpus per core = 2']);
    cluster.ready('even');
    expect(cpusOf(cluster, 'even')).toBe('1,3');
    cluster.apply([pod('more', '2', { nodeName: 'node-1' })]);
    expect(rejected(cluster, 'more')).toEqual(['SMTAlignmentError', 'Pod was rejected: SMT Alignment Error: not enough free physical CPUs: available physical CPUs = 0, requested CPUs = 2, CPUs per core = 2']);
  });

  it('lets containers have the CPUs of the init containers before them', () => {
    const cluster = clusterWith(STATIC);
    cluster.apply([pod('p', '2', { init: '3' })]);
    cluster.ready('p');
    expect(cpusOf(cluster, 'p')).toBe('2-3');
  });

  it('knows after a restart of the kubelet which pod has which', () => {
    const cluster = clusterWith(STATIC);
    cluster.apply([pod('one', '1')]);
    cluster.ready('one');
    cluster.apply([pod('two', '2')]);
    cluster.ready('two');
    const before = [cpusOf(cluster, 'one'), cpusOf(cluster, 'two')];
    cluster.crash('kubelet/node-1', 3).run(20);
    expect([cluster.pod('one').status.phase, cluster.pod('two').status.phase]).toEqual(['Running', 'Running']);
    cluster.request('DELETE', '/api/v1/namespaces/default/pods/one');
    cluster.gone('one');
    cluster.apply([pod('new', '1')]);
    cluster.ready('new');
    expect([cpusOf(cluster, 'new'), cpusOf(cluster, 'two')]).toEqual(before);
  });
});

describe('the topology manager', () => {
  const spread = '3';

  it.each([
    ['none', 'Running'],
    ['best-effort', 'Running'],
    ['restricted', 'Running'],
    ['single-numa-node', 'Failed'],
  ])('%s: a pod that needs two NUMA nodes is %s', (topologyManagerPolicy, phase) => {
    const cluster = clusterWith({ ...STATIC, topologyManagerPolicy });
    cluster.apply([pod('wide', spread)]);
    cluster.phase('wide', phase, 60);
    if (phase === 'Running') return;
    expect(rejected(cluster, 'wide')).toEqual(['TopologyAffinityError', 'Pod was rejected: Resources cannot be allocated with Topology locality']);
    expect(cluster.events('wide')).toContain('TopologyAffinityError: Resources cannot be allocated with Topology locality');
  });

  it.each([
    ['best-effort', 'Running'],
    ['restricted', 'Failed'],
  ])('%s: a pod that would fit into one NUMA node but has to take parts of two is %s', (topologyManagerPolicy, phase) => {
    const cluster = clusterWith({ ...STATIC, topologyManagerPolicy });
    cluster.apply([pod('first', '1')]);
    cluster.ready('first');
    // CPU 1 is taken, as the rest of the NUMA node whose other CPU is reserved; then one of the other two goes.
    cluster.apply([pod('second', '1')]);
    cluster.ready('second');
    cluster.request('DELETE', '/api/v1/namespaces/default/pods/first');
    cluster.gone('first');
    cluster.apply([pod('torn', '2')]);
    expect(cluster.phase('torn', phase, 60).status.phase).toBe(phase);
  });

  it('looks at containers one by one, or at the pod as a whole', () => {
    const two: KubeObject = { ...pod('pair', '1') };
    const [container] = (two as Pod).spec.containers;
    (two as unknown as { spec: { containers: unknown[] } }).spec.containers = [{ ...container, name: 'a' }, { ...container, name: 'b' }, { ...container, name: 'c' }];
    const phaseWith = (topologyManagerScope: string): string => {
      const cluster = clusterWith({ ...STATIC, topologyManagerPolicy: 'single-numa-node', topologyManagerScope });
      cluster.apply([two]);
      cluster.run(30);
      return cluster.pod('pair').status.phase ?? '';
    };
    expect([phaseWith('container'), phaseWith('pod')]).toEqual(['Running', 'Failed']);
  });
});

describe('the static memory policy', () => {
  const MEMORY = { memoryManagerPolicy: 'Static', kubeReserved: { memory: '1948Mi' }, reservedMemory: [0, 1].map((numaNode) => ({ numaNode, limits: { memory: '1Gi' } })) };

  it('keeps the memory of a pod on one NUMA node while that has enough', () => {
    const cluster = clusterWith({ ...MEMORY, topologyManagerPolicy: 'single-numa-node' });
    expect(node(cluster).status.allocatable).toMatchObject({ memory: '14Gi' });
    cluster.apply([pod('a', '100m', { memory: '5Gi' })]);
    cluster.ready('a');
    cluster.apply([pod('b', '100m', { memory: '5Gi' })]);
    cluster.ready('b');
    const memoryOf = (name: string): string => cluster.shell(name, 'grep Mems_allowed_list /proc/self/status | cut -f2');
    expect([memoryOf('a'), memoryOf('b')]).toEqual(['0', '1']);
    cluster.apply([pod('c', '100m', { memory: '3Gi' })]);
    expect(rejected(cluster, 'c')).toEqual(['UnexpectedAdmissionError', 'Pod was rejected: Allocate failed due to [memorymanager] failed to get the default NUMA affinity, no NUMA nodes with enough memory is available, which is unexpected']);
    cluster.request('DELETE', '/api/v1/namespaces/default/pods/a');
    cluster.gone('a');
    cluster.apply([pod('d', '100m', { memory: '7Gi' })]);
    cluster.ready('d');
    expect(memoryOf('d')).toBe('0');
  });

  it('turns away what needs two nodes where one is asked for', () => {
    const cluster = clusterWith({ ...MEMORY, topologyManagerPolicy: 'single-numa-node' });
    cluster.apply([pod('wide', '100m', { memory: '8Gi' })]);
    expect(rejected(cluster, 'wide')[0]).toBe('TopologyAffinityError');
  });

  it('takes several nodes where that is allowed', () => {
    const cluster = clusterWith({ ...MEMORY, topologyManagerPolicy: 'restricted' });
    cluster.apply([pod('wide', '100m', { memory: '8Gi' })]);
    cluster.ready('wide');
    expect(cluster.shell('wide', 'cat /sys/fs/cgroup/cpuset.mems.effective')).toBe('0-1');
  });
});

describe('a configuration that no kubelet starts with', () => {
  it('is refused when the cluster is made', () => {
    expect(() => clusterWith({ cpuManagerPolicy: 'static' })).toThrow('the kubelet of node-1 does not start: [cpumanager] unable to determine reserved CPU resources for static policy');
  });
});
