/**
 * etcd goes away for a moment. Found by `kubetwin check`, seeds m/597 and m/659: what was asked in that time hung for a minute, and so did
 * the watch that fills the caches, so that nodes were taken for dead.
 */
import { describe, expect, it } from 'vitest';
import { createCluster } from '../../models/kubernetes/cluster/simulation.ts';
import type { KubeObject, Pod } from '../../models/kubernetes/object/types.ts';

const SECOND = 1_000_000;
const pod = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec: { containers: [{ name: 'web', image: 'registry.k8s.io/pause:3.10' }] } }) as unknown as KubeObject;

/** A cluster whose etcd is away from now on for so many seconds. */
function outage(seconds: number): { readonly cluster: ReturnType<typeof createCluster>; readonly answers: string[] } {
  const cluster = createCluster({ seed: '1', nodes: 1 });
  cluster.apply([pod('first')]);
  expect(cluster.runUntilConverged().isConverged).toBe(true);
  const answers: string[] = [];
  cluster.committed$.subscribe(({ actor, facts }) => {
    if (actor === 'kubectl') answers.push(...facts.map(({ data }) => (data as { status?: { message?: string } }).status?.message ?? 'done'));
  });
  cluster.kernel.control({ kind: 'crash', actor: 'etcd', reason: 'by hand' }, cluster.now);
  cluster.kernel.control({ kind: 'restart', actor: 'etcd', reason: 'by hand' }, cluster.now + seconds * SECOND);
  return { cluster, answers };
}

describe('while etcd is away', () => {
  it('what was asked waits a little, and the watch that fills the caches goes on where it was', () => {
    const { cluster, answers } = outage(1.7);
    cluster.runFor(SECOND);
    cluster.apply([pod('second')]);
    cluster.runFor(7 * SECOND);
    expect(answers).toEqual(['done']);
    expect((cluster.get('pods', 'default', 'second') as Pod | undefined)?.status.phase).toBe('Running');
  });

  it('is dialled again at growing intervals, and what failed can be asked again then', () => {
    const { cluster, answers } = outage(8);
    cluster.runFor(SECOND);
    cluster.apply([pod('second')]);
    // Dialled after 1, 2.6, 5.2 and 9.3 s, give or take a fifth.
    cluster.runFor(6 * SECOND);
    expect(answers).toEqual([]);
    cluster.runFor(10 * SECOND);
    expect(answers).toEqual(['done']);
    expect((cluster.get('pods', 'default', 'second') as Pod | undefined)?.status.phase).toBe('Running');
  });
});
