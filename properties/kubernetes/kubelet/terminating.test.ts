/**
 * How pods end: what a kubelet finds when it starts, and the last status of what never ran.
 */
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../models/kubernetes/object/types.ts';
import { PodCluster } from './pod-cluster.ts';

const SECOND = 1_000_000;

const pod = (name: string, spec: object, command: readonly string[]): Pod =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { ...spec, containers: [{ name: 'c', image: 'busybox:1.36', command, volumeMounts: [{ name: 'v', mountPath: '/v' }] }], volumes: [{ name: 'v', emptyDir: {} }] } }) as unknown as Pod;

describe('a kubelet that starts while a pod of its node is to stop', () => {
  const cluster = new PodCluster();
  cluster.apply([pod('p', {}, ['sh', '-c', 'trap "exit 0" TERM; echo kept > /v/f; sleep infinity & wait'])]);
  cluster.ready('p');
  const { kernel } = cluster.simulation;
  kernel.control({ kind: 'crash', actor: 'kubelet/node-1' }, cluster.simulation.now);
  cluster.run(1);
  cluster.request('DELETE', '/api/v1/namespaces/default/pods/p');
  const shown = cluster.pod('p').status;
  kernel.control({ kind: 'restart', actor: 'kubelet/node-1' }, cluster.simulation.now);
  const startedUs = cluster.simulation.now;
  const emptyDir = (): unknown => {
    const runtime = kernel.state('container-runtime/node-1') as unknown as { service: { kept: { disk: { find(path: string): unknown } } } };
    return runtime.service.kept.disk.find(`/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~empty-dir/v`);
  };
  const { uid } = cluster.pod('p').metadata;

  it('shows nothing of it before it has looked at the runtime, and stops it a second after its own start', () => {
    expect(emptyDir()).toBeDefined();
    cluster.run(0.9);
    expect(cluster.pod('p').status).toEqual(shown);
    cluster.gone('p');
    expect(cluster.simulation.now - startedUs).toBeGreaterThan(SECOND);
    expect(cluster.events('p')).toContain('Killing: Stopping container c');
  });

  it('deletes what only the pod had', () => {
    expect(emptyDir()).toBeUndefined();
  });

  it('sets its volumes up again, apart from those whose objects nobody has registered', () => {
    expect(cluster.events('p').filter((event) => event.startsWith('FailedMount'))).toEqual([
      expect.stringMatching(/^FailedMount: MountVolume\.SetUp failed for volume "kube-api-access-\w{5}" : \[object "default"\/"kube-root-ca\.crt" not registered\]$/),
    ]);
  });
});

describe('a pod whose init container fails for good', () => {
  it('has containers that are waiting still: they were never looked for', () => {
    const cluster = new PodCluster();
    const spec = { restartPolicy: 'Never', initContainers: [{ name: 'i', image: 'busybox:1.36', command: ['sh', '-c', 'exit 9'] }] };
    cluster.apply([pod('p', spec, ['sleep', 'infinity'])]);
    cluster.phase('p', 'Failed');
    cluster.run(10);
    expect(cluster.container('p', 'c').state).toEqual({ waiting: { reason: 'PodInitializing' } });
    expect(cluster.container('p', 'i').state?.terminated?.exitCode).toBe(9);
  });
});
