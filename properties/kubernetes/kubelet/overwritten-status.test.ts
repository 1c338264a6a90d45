/**
 * Whoever changes the status of a node or of a pod sees the kubelet change it back: it compares all of it with what it computes, at
 * points of time ten seconds apart (`nodeStatusHasChanged`, `needsReconcile`).
 */
import { describe, expect, it } from 'vitest';
import type { core, KubeObject, Node, Pod } from '../../../models/kubernetes/object/types.ts';
import { PodCluster } from './pod-cluster.ts';

const NODE = '/api/v1/nodes/node-1';
const POD = '/api/v1/namespaces/default/pods/web';
const web = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' }, spec: { containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.10' }] } } as unknown as KubeObject;

const node = (cluster: PodCluster): Node => cluster.simulation.get('nodes', undefined, 'node-1') as Node;
const merge = (cluster: PodCluster, path: string, body: object): void => expect(cluster.request('PATCH', path, body, 'application/merge-patch+json').code).toBe(200);
const withoutHeartbeats = (status: core.NodeStatus): object => ({ ...status, conditions: status.conditions?.map(({ lastHeartbeatTime: _time, ...rest }) => rest) });
const version = (object: KubeObject | undefined): number => Number(object?.metadata.resourceVersion);

describe('the status of a node', () => {
  it.each([
    ['capacity', { capacity: { cpu: '64', memory: '1Ti' } }],
    ['allocatable', { allocatable: { cpu: '1', pods: null } }],
    ['addresses', { addresses: [{ type: 'InternalIP', address: '10.1.2.3' }, { type: 'InternalIP', address: '10.1.2.4' }] }],
    ['node info', { nodeInfo: { kubeletVersion: 'v1.0.0', osImage: 'BeOS' } }],
    ['endpoints', { daemonEndpoints: { kubeletEndpoint: { Port: 1 } } }],
    ['images', { images: [{ names: ['a:1'], sizeBytes: 5 }] }],
    ['volumes in use', { volumesInUse: ['kubernetes.io/csi/x^1'] }],
    ['all conditions', { conditions: [] }],
  ])('has its %s back within ten seconds', (_what, change) => {
    const cluster = new PodCluster();
    const before = node(cluster).status;
    merge(cluster, `${NODE}/status`, { status: change });
    expect(withoutHeartbeats(node(cluster).status)).not.toEqual(withoutHeartbeats(before));
    cluster.run(10.5);
    const { conditions: _old, ...rest } = before;
    const { conditions = [], ...now } = node(cluster).status;
    expect(now).toEqual(rest);
    expect(conditions.map(({ type, status, reason }) => [type, status, reason])).toEqual(before.conditions?.map(({ type, status, reason }) => [type, status, reason]));
  });

  it('has a condition back, with the event of the transition', () => {
    const cluster = new PodCluster();
    merge(cluster, `${NODE}/status`, { status: { conditions: node(cluster).status.conditions?.map((each) => (each.type === 'DiskPressure' ? { ...each, status: 'True', reason: 'Mine' } : each)) } });
    cluster.run(10.5);
    expect(node(cluster).status.conditions?.find(({ type }) => type === 'DiskPressure')).toMatchObject({ status: 'False', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' });
    expect(cluster.events('node-1')).toContain('NodeHasNoDiskPressure: Node node-1 status is now: NodeHasNoDiskPressure');
  });

  it('keeps a foreign condition, and what was advertised becomes allocatable', () => {
    const cluster = new PodCluster();
    const mine = { type: 'Mine', status: 'True', reason: 'R', message: 'm' };
    merge(cluster, `${NODE}/status`, { status: { capacity: { 'example.com/foo': '3' }, conditions: [mine, ...(node(cluster).status.conditions ?? [])] } });
    cluster.run(310);
    expect(node(cluster).status).toMatchObject({ capacity: { 'example.com/foo': '3' }, allocatable: { 'example.com/foo': '3' } });
    expect(node(cluster).status.conditions?.[0]).toMatchObject(mine);
    merge(cluster, `${NODE}/status`, { status: { capacity: { 'example.com/foo': null } } });
    cluster.run(10.5);
    expect(node(cluster).status.allocatable).not.toHaveProperty(['example.com/foo']);
  });

  it('brings back the labels of system and architecture, and no others before the kubelet starts again', () => {
    const cluster = new PodCluster();
    merge(cluster, NODE, { metadata: { labels: { 'kubernetes.io/os': null, 'kubernetes.io/arch': 'z80', 'kubernetes.io/hostname': 'mine' } } });
    cluster.run(10.5);
    expect(node(cluster).metadata.labels).toMatchObject({ 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', 'kubernetes.io/hostname': 'mine' });
    cluster.run(60);
    expect(node(cluster).metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'mine' });
    cluster.crash('kubelet/node-1', 1).run(5);
    expect(node(cluster).metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'node-1' });
  });

  it('is written once for a change, and then every five minutes', () => {
    const cluster = new PodCluster();
    merge(cluster, `${NODE}/status`, { status: { capacity: { cpu: '64' } } });
    const tampered = version(node(cluster));
    cluster.run(10.5);
    const restored = version(node(cluster));
    expect(restored).toBeGreaterThan(tampered);
    cluster.run(285);
    expect(version(node(cluster))).toBe(restored);
    cluster.run(30);
    expect(version(node(cluster))).toBeGreaterThan(restored);
    expect(node(cluster).status.capacity).toMatchObject({ cpu: '4' });
  });

  it('is put right also when the change comes while a heartbeat is under way', () => {
    const first = new PodCluster();
    const start = version(node(first));
    first.simulation.runUntil(() => version(node(first)) > start, 400_000_000);
    const stored = first.simulation.now;
    for (let before = 300; before <= 3900; before += 400) {
      const cluster = new PodCluster();
      cluster.simulation.runFor(stored - before - cluster.simulation.now);
      merge(cluster, `${NODE}/status`, { status: { capacity: { cpu: '64' } } });
      cluster.run(10.5);
      expect([before, node(cluster).status.capacity]).toEqual([before, expect.objectContaining({ cpu: '4' })]);
    }
  });

  it('tells of a cordon at the next computation', () => {
    const cluster = new PodCluster();
    merge(cluster, NODE, { spec: { unschedulable: true } });
    cluster.run(10.5);
    expect(cluster.events('node-1')).toContain('NodeNotSchedulable: Node node-1 status is now: NodeNotSchedulable');
  });

  it('is sent later when the API does not answer', () => {
    const cluster = new PodCluster();
    merge(cluster, `${NODE}/status`, { status: { capacity: { cpu: '64' } } });
    cluster.crash('kube-apiserver', 25);
    cluster.run(40);
    expect(node(cluster).status.capacity).toMatchObject({ cpu: '4' });
  });
});

describe('the status of a pod', () => {
  it.each([
    ['phase', { phase: 'Pending' }],
    ['a terminal phase', { phase: 'Failed', reason: 'Mine' }],
    ['address', { podIP: '10.9.9.9', podIPs: [{ ip: '10.9.9.9' }] }],
    ['host\'s address', { hostIP: '10.8.8.8', hostIPs: [{ ip: '10.8.8.8' }] }],
    ['message', { message: 'mine', reason: 'Mine' }],
    ['start', { startTime: '2020-01-01T00:00:00Z' }],
    ['container statuses', { containerStatuses: [{ name: 'c', image: 'x', imageID: 'x', ready: false, restartCount: 99 }] }],
    ['conditions', { conditions: [{ type: 'Ready', status: 'False', reason: 'Mine' }] }],
  ])('has its %s back within ten seconds', (_what, change) => {
    const cluster = new PodCluster().apply([web]);
    cluster.ready('web');
    cluster.run(3);
    const before = cluster.pod('web').status;
    merge(cluster, `${POD}/status`, { status: change });
    cluster.run(10.5);
    const after = cluster.pod('web').status;
    const plain = (status: Pod['status']): object => ({ ...status, conditions: status.conditions?.map(({ type, status: value, reason }) => ({ type, value, reason })) });
    expect(plain(after)).toEqual(plain(before));
  });

  it('is put right also when the pod changes otherwise at once', () => {
    const cluster = new PodCluster().apply([web]);
    cluster.ready('web');
    merge(cluster, `${POD}/status`, { metadata: { labels: { a: 'b' } }, status: { podIP: '10.9.9.9', podIPs: [{ ip: '10.9.9.9' }] } });
    cluster.run(10.5);
    expect(cluster.pod('web').status.podIP).toMatch(/^10\.244\./);
  });

  it('keeps conditions of others, and is left alone when only they change', () => {
    const cluster = new PodCluster().apply([web]);
    cluster.ready('web');
    cluster.run(3);
    merge(cluster, `${POD}/status`, { status: { conditions: [{ type: 'example.com/mine', status: 'True' }, ...(cluster.pod('web').status.conditions ?? [])] } });
    const written = version(cluster.pod('web'));
    cluster.run(25);
    expect(version(cluster.pod('web'))).toBe(written);
    expect(cluster.pod('web').status.conditions?.[0]).toMatchObject({ type: 'example.com/mine', status: 'True' });
  });

  it('that could not be sent goes with the next one that is', () => {
    const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['pods/status'] };
    const policy = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: 'no' }, spec: { failurePolicy: 'Fail', matchConstraints: { resourceRules: [rule] }, validations: [{ expression: "object.metadata.name != 'web'" }] } };
    const binding = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'no' }, spec: { policyName: 'no', validationActions: ['Deny'] } };
    const cluster = new PodCluster().apply([policy, binding] as unknown as KubeObject[]).run(1).apply([web]).run(10);
    expect(cluster.pod('web').status.phase).toBe('Pending');
    cluster.request('DELETE', '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/no');
    // Kubelets look at all their pods at 0 s, 10 s, 20 s and so on.
    cluster.run(22 - cluster.seconds);
    expect(cluster.pod('web').status.phase).toBe('Pending');
    cluster.apply([{ ...web, metadata: { ...web.metadata, name: 'other' } }] as unknown as KubeObject[]).run(3);
    expect([cluster.pod('web').status.phase, cluster.seconds < 26]).toEqual(['Running', true]);
  });

  it('of a static pod is put right in its mirror', () => {
    const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'own' }, spec: { containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.10' }] } };
    const cluster = new PodCluster({ scenario: { kubelet: { staticPods: { 'own.yaml': manifest } } } });
    cluster.ready('own-node-1');
    cluster.run(3);
    merge(cluster, '/api/v1/namespaces/default/pods/own-node-1/status', { status: { phase: 'Pending', message: 'mine' } });
    cluster.run(10.5);
    expect(cluster.pod('own-node-1').status.phase).toBe('Running');
    expect(cluster.pod('own-node-1').status.message).toBeUndefined();
  });
});
