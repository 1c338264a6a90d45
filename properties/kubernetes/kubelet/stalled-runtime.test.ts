/**
 * A kubelet that restarts while its runtime hangs. Found by `kubetwin check --model cronjob`, seed u/869: the runtime's late answers to the
 * calls of the kubelet's earlier life were taken for answers to other calls of its new one.
 */
import { describe, expect, it } from 'vitest';
import { createCluster } from '../../../models/kubernetes/cluster/simulation.ts';
import type { KubeObject, Pod } from '../../../models/kubernetes/object/types.ts';

const SECOND = 1_000_000;
const pod = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec: { containers: [{ name: 'web', image: 'registry.k8s.io/pause:3.10' }] } }) as unknown as KubeObject;

describe('a kubelet that restarts while its runtime hangs', () => {
  it('is well when the runtime is', () => {
    const cluster = createCluster({ seed: '1', nodes: 1, timing: 'fast' });
    cluster.runFor(7 * SECOND);
    const operation = (what: string): void => cluster.kernel.input('container-runtime/node-1', { kind: 'node.operation', operation: what } as never, cluster.now);
    operation('stall');
    cluster.runFor(83 * SECOND);
    cluster.kernel.control({ kind: 'crash', actor: 'kubelet/node-1', reason: 'by hand' }, cluster.now);
    cluster.kernel.control({ kind: 'restart', actor: 'kubelet/node-1', reason: 'by hand' }, cluster.now + 2 * SECOND);
    // Calls of the new life have been given up after two minutes, and others made in their place.
    cluster.runFor(124 * SECOND);
    operation('unstall');
    cluster.runFor(10 * SECOND);
    cluster.apply([pod('web')]);
    cluster.runFor(20 * SECOND);
    expect((cluster.get('pods', 'default', 'web') as Pod | undefined)?.status.phase).toBe('Running');
  });
});
