import { describe, expect, it } from 'vitest';
import { createCluster } from './simulation.ts';

const MANIFEST = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 4
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: main, image: 'nginx:1.25' }] }
`;

describe('the work of a run', () => {
  it('counts reconciles, calls and waiting, the same for the same seed', () => {
    const run = () => {
      const cluster = createCluster({ seed: 'work', nodes: 2 });
      cluster.apply(MANIFEST);
      expect(cluster.runUntilConverged().isConverged).toBe(true);
      return cluster.work();
    };
    const work = run();
    expect(run()).toEqual(work);
    const loop = work.loops['kube-controller-manager']?.['replicaset-controller'];
    expect(loop?.callsByVerb['create']).toBeGreaterThanOrEqual(4);
    expect(loop?.calls['create pods']).toBe(4);
    expect(loop?.reconciles).toBeGreaterThan(loop?.noopReconciles ?? 0);
    expect(loop?.queueLatency.count).toBe(loop?.reconciles);
    expect(loop?.queueLatency.p50).toBeLessThanOrEqual(loop?.queueLatency.p99 ?? 0);
    expect(work.schedulers['kube-scheduler']?.scheduled).toBe(4);
    const { total, byVerb, byCall } = work.apiCalls;
    expect(Object.values(byVerb).reduce((sum, count) => sum + count, 0)).toBe(total);
    expect(byCall['create pods']).toBeGreaterThanOrEqual(4);
  });

  it('does no reconcile that writes once the cluster has converged', () => {
    const cluster = createCluster({ seed: 'work', nodes: 2 });
    cluster.apply(MANIFEST);
    cluster.runUntilConverged();
    cluster.runFor(60_000_000);
    const before = cluster.work().loops['kube-controller-manager'] ?? {};
    cluster.runFor(120_000_000);
    const after = cluster.work().loops['kube-controller-manager'] ?? {};
    const working = Object.keys(after).filter((name) => (after[name]?.reconciles ?? 0) - (after[name]?.noopReconciles ?? 0) !== (before[name]?.reconciles ?? 0) - (before[name]?.noopReconciles ?? 0));
    expect(working).toEqual([]);
  });
});
