import { describe, expect, it } from 'vitest';
import { createCluster, type Simulation } from '../cluster/simulation.ts';
import type { ApiResponse } from '../api/message.ts';

const POD = `
apiVersion: v1
kind: Pod
metadata: { name: busy, labels: { app: busy } }
spec: { containers: [{ name: main, image: 'example.com/busy:1' }] }
`;

function ask(cluster: Simulation, id: number, resource: string, group = 'metrics.k8s.io', more: object = {}): ApiResponse | undefined {
  const request = { kind: 'api.request', id, verb: 'list', group, version: 'v1beta1', resource, user: { name: 'someone', groups: [] }, userAgent: 'kubectl', ...more };
  cluster.kernel.input('gateway', { kind: 'gateway.submit', request } as never);
  cluster.runFor(2_000_000);
  const { exposed } = cluster.kernel.state('gateway') as { exposed: { outbox: readonly ApiResponse[] } };
  return exposed.outbox.find((answer) => answer.kind === 'api.response' && answer.id === id);
}

describe('metrics-server', () => {
  it('serves what containers use, as kubelets tell it', () => {
    const cluster = createCluster({ seed: 'metrics', nodes: 2, addons: ['metrics-server'], gateway: true, scenario: { images: [{ image: 'example.com/busy', cpuMilli: 250, memoryBytes: 64 * 2 ** 20 }] } });
    cluster.apply(POD);
    cluster.runFor(60_000_000);
    const body = ask(cluster, 1, 'pods', undefined, { namespace: 'default', query: { labelSelector: 'app=busy' } })?.body as { items: readonly { containers: unknown }[] };
    expect(body.items.map(({ containers }) => containers)).toEqual([[{ name: 'main', usage: { cpu: '250m', memory: '64Mi' } }]]);
    const nodes = ask(cluster, 2, 'nodes')?.body as { items: readonly { usage: { cpu: string } }[] };
    expect(nodes.items.map(({ usage }) => usage.cpu).sort()).toEqual(['0', '250m']);
    expect(cluster.list('apiservices').map(({ metadata, status }) => [metadata.name, status?.conditions?.[0]?.status])).toContainEqual(['v1beta1.metrics.k8s.io', 'True']);
  });

  it('is not there unless it is switched on', () => {
    const cluster = createCluster({ seed: 'metrics', nodes: 1, gateway: true });
    cluster.runFor(5_000_000);
    expect(ask(cluster, 1, 'pods', undefined, { namespace: 'default' })).toMatchObject({ code: 404 });
  });
});
