import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { NODES } from '../../client/resources.ts';
import { createCluster } from '../../cluster/simulation.ts';
import type { Node } from '../../object/types.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';

const SECOND = 1_000_000;

describe('a node that falls silent', () => {
  it('is noticed 50 s after the pass that saw its last sign of life, not one pass later', () => {
    const cluster = createCluster({ seed: '1', nodes: 1 });
    cluster.runFor(20 * SECOND);
    const renewTime = (): string => cluster.get('leases', 'kube-node-lease', 'node-1')?.['spec']?.renewTime as string;
    const before = renewTime();
    expect(cluster.runUntil(() => renewTime() !== before, 15 * SECOND)).toBe(true);
    const renewedUs = cluster.now;
    cluster.kernel.control({ kind: 'crash', actor: 'kubelet/node-1' }, cluster.now);
    const ready = (): string | undefined => (cluster.get('nodes', undefined, 'node-1') as Node).status.conditions?.find(({ type }) => type === 'Ready')?.status;
    expect(cluster.runUntil(() => ready() === 'Unknown', 90 * SECOND)).toBe(true);
    // The pass comes up to five seconds after the renewal.
    expect((cluster.now - renewedUs) / SECOND).toBeGreaterThan(50);
    expect((cluster.now - renewedUs) / SECOND).toBeLessThan(55.1);
  });
});

describe("the second names of a node's labels", () => {
  it('follow the first ones; nothing is made up', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      const labels = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64', 'beta.kubernetes.io/arch': 'amd64' };
      yield* client.create(NODES, undefined, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'labelled', labels } });
      yield* sleep(1);
    }, { nodes: 1, manager: { controllers: ['node-lifecycle-controller'] } });
    plane.run(10);
    const labelsOf = (name: string): object => plane.list<Node>('nodes').find(({ metadata }) => metadata.name === name)?.metadata.labels ?? {};
    expect(labelsOf('labelled')).toEqual({ 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64', 'beta.kubernetes.io/os': 'linux', 'beta.kubernetes.io/arch': 'arm64' });
    expect(Object.keys(labelsOf('node-1')).filter((label) => label.startsWith('beta.'))).toEqual([]);
  });
});
