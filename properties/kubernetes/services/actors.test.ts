import { describe, expect, it } from 'vitest';
import type { DnsAnswer } from '../../../models/kubernetes/api/dns.ts';
import type { Client } from '../../../models/kubernetes/client/client.ts';
import type { Task } from '../../../models/kubernetes/client/process.ts';
import {
  ENDPOINT_SLICES,
  INGRESSES,
  NETWORK_POLICIES,
  PODS,
  SERVICES,
} from '../../../models/kubernetes/client/resources.ts';
import { ingressController } from '../../../models/kubernetes/network/ingress/controller.ts';
import { traffic } from '../../../models/kubernetes/network/traffic/generator.ts';
import type { TrafficSummary } from '../../../models/kubernetes/network/traffic/generator.ts';
import { DNS_IP, EPOCH, runCluster, SECOND, SERVERS } from './service-cluster.ts';
import type { Net } from './service-cluster.ts';
import { endpointSlice, service } from './service-world.ts';

const BACKENDS = [
  { ip: '10.244.1.5', node: 'n1' },
  { ip: '10.244.2.6', node: 'n2' },
];

function* web(client: Client, net: Net): Task {
  for (const { ip, node } of BACKENDS) {
    net.address(node, ip);
    net.listen(ip, 8080);
  }
  const ports = [{ port: 80, protocol: 'TCP', nodePort: 30080 }];
  yield* client.create(
    SERVICES,
    'shop',
    service({ name: 'web', spec: { type: 'NodePort', clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports } }),
  );
  yield* client.create(ENDPOINT_SLICES, 'shop', endpointSlice('web', BACKENDS));
}

const tagOf = (response: unknown): string => (response as { tag: string }).tag;

describe.each(['iptables', 'nftables', 'ipvs', 'userspace'] as const)(
  'kube-proxy, network and coredns in %s mode',
  (mode) => {
    it('carry requests to endpoints, answer names, follow changes', () => {
      const seen: Record<string, unknown> = {};
      runCluster(
        function* (process, client, net): Task {
          yield* web(client, net);
          yield* process.sleep('wait', 20 * SECOND);
          const tags = new Set<string>();
          for (let i = 0; i < 40; i++) tags.add(tagOf((yield* net.connect({ toIp: '10.96.0.7', port: 80 })).response));
          seen['tags'] = [...tags].sort();
          const question = { name: 'web.shop.svc.cluster.local', type: 'A' };
          const answer = yield* net.connect({ protocol: 'UDP', toIp: DNS_IP, port: 53, request: question });
          seen['dns'] = (answer.response as unknown as DnsAnswer).answers.map((record) => record.data);
          const outside = { node: '', fromIp: '192.0.2.1', toIp: '10.0.0.2' };
          seen['outside'] = (yield* net.connect({ ...outside, port: 30080 })).ok;
          const health = yield* net.connect({ ...outside, port: 10256, request: { method: 'GET', path: '/healthz' } });
          seen['health'] = (health.response as { status: number }).status;
          yield* client.patch(ENDPOINT_SLICES, 'shop', 'web-1', 'application/merge-patch+json', {
            endpoints: endpointSlice('web', BACKENDS.slice(1)).endpoints,
          });
          yield* process.sleep('wait', 3 * SECOND);
          const later = new Set<string>();
          for (let i = 0; i < 20; i++) later.add(tagOf((yield* net.connect({ toIp: '10.96.0.7', port: 80 })).response));
          seen['later'] = [...later];
          net.listen('10.244.2.6', 8080, false);
          yield* process.sleep('wait', SECOND);
          seen['refused'] = (yield* net.connect({ toIp: '10.96.0.7', port: 80 })).error;
        },
        { mode },
      );
      const refused = mode === 'userspace' ? 'reset' : 'refused';
      expect(seen).toEqual({
        tags: ['10.244.1.5', '10.244.2.6'],
        dns: ['10.96.0.7'],
        outside: true,
        health: 200,
        later: ['10.244.2.6'],
        refused,
      });
    });
  },
);

describe('the network', () => {
  it('enforces a policy once it exists', () => {
    const seen: unknown[] = [];
    runCluster(function* (process, client, net): Task {
      yield* web(client, net);
      const pod = (name: string, ip: string, labels: object) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, labels },
        spec: { containers: [] },
        status: { podIP: ip, podIPs: [{ ip }] },
      });
      yield* client.create(PODS, 'shop', pod('client', '10.244.1.100', { app: 'client' }));
      yield* client.create(PODS, 'shop', pod('web', '10.244.2.6', { app: 'web' }));
      yield* process.sleep('wait', 20 * SECOND);
      seen.push((yield* net.connect({ toIp: '10.244.2.6', port: 8080 })).ok);
      const spec = { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] };
      yield* client.create(NETWORK_POLICIES, 'shop', {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'deny' },
        spec,
      });
      yield* process.sleep('wait', 5 * SECOND);
      seen.push((yield* net.connect({ toIp: '10.244.2.6', port: 8080 })).error);
      seen.push((yield* net.connect({ toIp: '10.244.1.5', port: 8080 })).ok);
    });
    expect(seen).toEqual([true, 'timeout', true]);
  });

  it('keeps a kept connection on its endpoint until the program ends', () => {
    const seen = new Set<string>();
    let after = '';
    runCluster(function* (process, client, net): Task {
      yield* web(client, net);
      yield* process.sleep('wait', 20 * SECOND);
      const request = { toIp: '10.96.0.7', port: 80, keepAlive: 'one' };
      for (let i = 0; i < 20; i++) seen.add(tagOf((yield* net.connect(request)).response));
      const [first] = [...seen] as [string];
      const rest = BACKENDS.filter(({ ip }) => ip !== first);
      yield* client.patch(ENDPOINT_SLICES, 'shop', 'web-1', 'application/merge-patch+json', {
        endpoints: endpointSlice('web', rest).endpoints,
      });
      yield* process.sleep('wait', 5 * SECOND);
      seen.add(tagOf((yield* net.connect(request)).response));
      net.listen(first, 8080, false);
      yield* process.sleep('wait', SECOND);
      after = tagOf((yield* net.connect(request)).response);
    });
    expect(seen.size).toBe(1);
    expect(seen.has(after)).toBe(false);
    expect(after).not.toBe('');
  });

  it('makes the same run twice from one seed', () => {
    const course = (seed: string): string[] => {
      const seen: string[] = [];
      runCluster(
        function* (process, client, net): Task {
          yield* web(client, net);
          yield* process.sleep('wait', 20 * SECOND);
          for (let i = 0; i < 20; i++) {
            const { backend } = yield* net.connect({ toIp: '10.96.0.7', port: 80 });
            seen.push(`${process.now} ${backend}`);
          }
        },
        { seed },
      );
      return seen;
    };
    expect(course('a')).toEqual(course('a'));
    expect(course('a')).not.toEqual(course('b'));
  });
});

describe('an ingress controller', () => {
  it('routes requests by host and path and publishes its address', () => {
    const seen: unknown[] = [];
    const controller = ingressController({ servers: SERVERS, epoch: EPOCH, ip: '203.0.113.80' });
    runCluster(
      function* (process, client, net): Task {
        yield* web(client, net);
        const backend = { service: { name: 'web', port: { number: 80 } } };
        const rules = [{ host: 'shop.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }];
        yield* client.create(INGRESSES, 'shop', {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'Ingress',
          metadata: { name: 'i' },
          spec: { ingressClassName: 'nginx', rules },
        });
        yield* process.sleep('wait', 20 * SECOND);
        const ask = (host: string) =>
          net.connect({
            node: '',
            fromIp: '192.0.2.1',
            toIp: '203.0.113.80',
            port: 80,
            request: { method: 'GET', path: '/x', headers: { Host: host } },
          });
        const found = (yield* ask('shop.example.com')).response as { status: number; path: string };
        seen.push(found.status, found.path);
        seen.push(((yield* ask('other.example.com')).response as { status: number }).status);
        const ingress = (yield* client.get(INGRESSES, 'shop', 'i')) as { ok: true; object: { status: unknown } };
        seen.push(ingress.object.status);
      },
      { more: [controller] },
    );
    expect(seen).toEqual([200, '/x', 404, { loadBalancer: { ingress: [{ ip: '203.0.113.80' }] } }]);
  });
});

describe('traffic', () => {
  it('is counted, with names resolved by the search list', () => {
    let summary: (() => TrafficSummary) | undefined;
    const resolver = {
      nameservers: [DNS_IP],
      searches: ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
      ndots: 5,
    };
    const generator = traffic(
      {
        name: 'load',
        node: 'n1',
        fromIp: '10.244.1.200',
        to: 'web',
        port: 80,
        rate: 50,
        start: 20 * SECOND,
        duration: 10 * SECOND,
        resolver,
      },
      (read) => (summary = read),
    );
    runCluster(
      function* (_process, client, net): Task {
        yield* web(client, net);
      },
      { more: [generator] },
    );
    const { sent, succeeded, errors, latency, backends } = summary!();
    expect({ sent, succeeded, errors }).toEqual({ sent: 500, succeeded: 500, errors: {} });
    expect(Object.keys(backends)).toEqual(['10.244.1.5:8080', '10.244.2.6:8080']);
    expect(latency.min).toBeGreaterThan(0);
    expect(latency.p99).toBeLessThan(20_000);
  });
});
