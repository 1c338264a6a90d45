/**
 * A node that others took for dead and that was only silent: found by `kubetwin check`, seed k/104, where the nodes' leases got no answer while
 * etcd restarted. Upstream's kubelet compares both statuses with what is stored every ten seconds; ours waited for its next report.
 */
import { describe, expect, it } from 'vitest';
import { createCluster } from '../../../models/kubernetes/cluster/simulation.ts';
import type { KubeObject, Pod } from '../../../models/kubernetes/object/types.ts';

const SECOND = 1_000_000;
const isReady = (object: KubeObject | undefined): boolean =>
  ((object?.['status'] as { conditions?: { type: string; status: string }[] } | undefined)?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');

describe('a node that was silent for a minute', () => {
  it('is ready again soon, and so are its pods, without a restart', () => {
    const cluster = createCluster({ seed: '1', nodes: 1 });
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' }, spec: { containers: [{ name: 'web', image: 'registry.k8s.io/pause:3.10' }] } };
    cluster.apply([pod as unknown as KubeObject]);
    expect(cluster.runUntilConverged().isConverged).toBe(true);
    cluster.kernel.control({ kind: 'pause', actor: 'kubelet/node-1', reason: 'by hand' }, cluster.now);
    cluster.runFor(70 * SECOND);
    expect([isReady(cluster.get('nodes', undefined, 'node-1')), isReady(cluster.get('pods', 'default', 'web'))]).toEqual([false, false]);
    cluster.kernel.control({ kind: 'resume', actor: 'kubelet/node-1', reason: 'by hand' }, cluster.now);
    cluster.runFor(25 * SECOND);
    expect([isReady(cluster.get('nodes', undefined, 'node-1')), isReady(cluster.get('pods', 'default', 'web'))]).toEqual([true, true]);
    expect((cluster.get('pods', 'default', 'web') as Pod | undefined)?.status.containerStatuses?.[0]?.restartCount).toBe(0);
  });
});
