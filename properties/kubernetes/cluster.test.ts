/**
 * The first cluster, through the library: what a user of vitest writes, and what the demo promises.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createCluster, type LogRecord } from '../../models/kubernetes/index.ts';
import type { Pod } from '../../models/kubernetes/object/types.ts';

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: 'nginx:1.25' }] }
`;

const folder = new URL('../../examples/demo/', import.meta.url);
const demo = (): string => readdirSync(folder).sort().map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n---\n');

describe('a cluster', () => {
  it('runs a Deployment in five lines', () => {
    const cluster = createCluster({ seed: '1', nodes: 3 });
    cluster.apply(DEPLOYMENT);
    expect(cluster.runUntilConverged().isConverged).toBe(true);
    expect(cluster.list('pods', 'default')).toHaveLength(3);
  });

  it('tells why it has not converged', () => {
    const cluster = createCluster({ seed: '1', nodes: 1 });
    cluster.apply(DEPLOYMENT.replace('image:', "resources: { requests: { cpu: '100' } }, image:"));
    const { isConverged, pending } = cluster.runUntilConverged(30_000_000);
    expect(isConverged).toBe(false);
    expect(pending.join('\n')).toContain('is not scheduled: 0/1 nodes are available: 1 Insufficient cpu.');
  });

  it('shows every step to those who subscribe, with causes that came before', () => {
    const cluster = createCluster({ seed: '1', nodes: 1 });
    const records: LogRecord[] = [];
    cluster.committed$.subscribe((record) => records.push(record));
    cluster.apply(DEPLOYMENT);
    cluster.runUntilConverged();
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index));
    expect(records.every(({ seq, cause }) => cause < seq)).toBe(true);
    expect(records.some(({ facts }) => facts.some(({ kind }) => kind === 'etcd.put'))).toBe(true);
  });

  it('survives a crash of each control-plane component in the middle of a rollout', () => {
    for (const actor of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet/node-1']) {
      const cluster = createCluster({ seed: '3', nodes: 2 });
      cluster.runUntilConverged();
      cluster.apply(DEPLOYMENT);
      cluster.kernel.control({ kind: 'crash', actor }, cluster.now + 150_000);
      cluster.kernel.control({ kind: 'restart', actor }, cluster.now + 2_000_000);
      cluster.runFor(5_000_000);
      const { isConverged, pending } = cluster.runUntilConverged(300_000_000);
      expect({ actor, isConverged, pending }).toEqual({ actor, isConverged: true, pending: [] });
      const pods = cluster.list('pods', 'default') as readonly Pod[];
      expect(pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toHaveLength(3);
    }
  });
});

describe('the demo', () => {
  const cluster = createCluster({ seed: '1', nodes: 3 });
  const connections: { from: string; to: string; backend: string; verdict: string }[] = [];
  cluster.committed$.subscribe(({ facts }) => {
    for (const { kind, data } of facts) if (kind === 'net.connection') connections.push(data as never);
  });
  cluster.apply(demo());
  const { isConverged } = cluster.runUntilConverged();
  cluster.runFor(10_000_000);

  it('converges', () => {
    expect(isConverged).toBe(true);
  });

  it('gives the Service its endpoints on 9376, and the two-port one on 9376 and 9377', () => {
    const ports = (name: string): unknown =>
      cluster.list('endpointslices', 'default').filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name).flatMap((slice) => (slice['ports'] as { port: number }[]).map(({ port }) => port));
    expect(ports('my-service')).toEqual([9376]);
    // Ports are in the order of their hashes.
    expect(ports('my-service-two-ports')).toEqual([9377, 9376]);
  });

  it('lets the client reach a ready pod through the cluster IP', () => {
    const service = cluster.get('services', 'default', 'my-service');
    const ready = (cluster.list('pods', 'default') as readonly Pod[]).filter(({ metadata }) => metadata.labels?.['app'] === 'MyApp').map(({ status }) => `${status.podIP}:9376`);
    const reached = connections.filter(({ to, verdict }) => to === `${service?.['spec'].clusterIP}:80` && verdict === 'connected');
    expect(reached.length).toBeGreaterThan(0);
    expect(reached.every(({ backend }) => ready.includes(backend))).toBe(true);
  });

  it('keeps the ExternalName as it is', () => {
    expect(cluster.get('services', 'prod', 'my-service')?.['spec']).toMatchObject({ type: 'ExternalName', externalName: 'my.database.example.com' });
  });
});
