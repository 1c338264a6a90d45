/**
 * Services of a whole cluster as their users see them: traffic of a scenario, through a Service and through an Ingress.
 */
import { expect, it } from 'vitest';
import { createCluster, type Simulation } from '../../../models/kubernetes/index.ts';
import type { TrafficSummary } from '../../../models/kubernetes/network/traffic/generator.ts';

const SHOP = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: shop, image: nginx, ports: [{containerPort: 80}]}]}}
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 8080, targetPort: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  ingressClassName: nginx
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 8080}}}}]}}]
`;
const INGRESS_IP = '203.0.113.255';
const SECOND = 1_000_000;

/** What became of each flow of traffic. */
function summaries(cluster: Simulation): Map<string, TrafficSummary> {
  const found = new Map<string, TrafficSummary>();
  cluster.committed$.subscribe(({ facts }) => {
    for (const { kind, data } of facts) if (kind === 'traffic.summary') found.set((data as { name: string }).name, data as unknown as TrafficSummary);
  });
  return found;
}

it('serves pods by the Service name, and the world outside by an Ingress', () => {
  const flow = { rate: 5, start: 30 * SECOND, duration: 10 * SECOND };
  const traffic = [
    { ...flow, name: 'inside', node: 'node-1', to: 'shop', port: 8080 },
    { ...flow, name: 'outside', to: INGRESS_IP, port: 80 },
    { ...flow, name: 'nobody', to: INGRESS_IP, port: 81 },
  ];
  const cluster = createCluster({ nodes: 2, addons: ['ingress-controller'], scenario: { traffic } });
  const seen = summaries(cluster);
  cluster.apply(SHOP);
  cluster.runFor(60 * SECOND);
  const status = cluster.get('ingresses', 'default', 'shop')?.['status'] as { loadBalancer: unknown };
  expect(status.loadBalancer).toEqual({ ingress: [{ ip: INGRESS_IP }] });
  expect(seen.get('inside')).toMatchObject({ sent: 50, succeeded: 50, errors: {} });
  expect(Object.keys(seen.get('inside')?.backends ?? {})).toHaveLength(2);
  expect(seen.get('outside')).toMatchObject({ sent: 50, succeeded: 50, errors: {} });
  expect(seen.get('nobody')).toMatchObject({ sent: 50, succeeded: 0, errors: { refused: 50 } });
});
