import { describe, expect, it } from 'vitest';
import { endpointSlice, service, ServiceWorld } from './service-world.ts';
import type { ProxyMode } from '../../../models/kubernetes/kube-proxy/config.ts';

const ENDPOINTS = [
  { ip: '10.244.1.5', node: 'n1' },
  { ip: '10.244.2.6', node: 'n2' },
];

function world(mode: ProxyMode, spec: Record<string, unknown> = {}, vips: string[] = ['203.0.113.10']): ServiceWorld {
  const w = new ServiceWorld(3, { mode, clusterCIDR: '10.244.0.0/16' });
  w.pod('10.244.1.100', 'n1', [], { app: 'client' });
  w.pod('10.244.1.5', 'n1', [8080]);
  w.pod('10.244.2.6', 'n2', [8080]);
  const ports = [{ port: 80, protocol: 'TCP', nodePort: 30080 }];
  w.apply(service({ name: 'web', spec: { type: 'LoadBalancer', clusterIP: '10.96.0.7', ports, ...spec }, vips }));
  w.apply(endpointSlice('web', ENDPOINTS));
  w.sync();
  return w;
}

/** All backends that 200 connections reach, with the client address that each sees. */
function reached(w: ServiceWorld, request: Parameters<ServiceWorld['connect']>[0]): Record<string, string> {
  const seen: Record<string, string> = {};
  for (let i = 0; i < 200; i++) {
    const outcome = w.connect(request);
    const name = outcome.verdict === 'connected' ? outcome.backendIP : outcome.verdict;
    seen[name] = outcome.sourceSeen;
  }
  return seen;
}

const MODES: readonly ProxyMode[] = ['iptables', 'nftables', 'ipvs'];

describe.each(MODES)('the data plane in %s mode', (mode) => {
  it('sends pods to all endpoints of a cluster IP with their own address', () => {
    expect(reached(world(mode), { toIP: '10.96.0.7', port: 80 })).toEqual({
      '10.244.1.5': '10.244.1.100',
      '10.244.2.6': '10.244.1.100',
    });
  });

  it('masquerades node processes that use a cluster IP', () => {
    const seen = reached(world(mode), { fromIP: '10.0.0.1', toIP: '10.96.0.7', port: 80 });
    expect(seen).toEqual({ '10.244.1.5': '10.244.1.1', '10.244.2.6': '10.0.0.1' });
  });

  it('masquerades traffic from outside to a node port', () => {
    const w = world(mode);
    const seen = reached(w, { node: '', fromIP: '192.0.2.9', toIP: '10.0.0.1', port: 30080 });
    expect(seen).toEqual({ '10.244.1.5': '10.244.1.1', '10.244.2.6': '10.0.0.1' });
  });

  it('masquerades a pod that reaches itself', () => {
    const seen = reached(world(mode), { fromIP: '10.244.1.5', toIP: '10.96.0.7', port: 80 });
    expect(seen).toEqual({ '10.244.1.5': '10.244.1.1', '10.244.2.6': '10.244.1.5' });
  });

  it('keeps the client address with externalTrafficPolicy Local', () => {
    const w = world(mode, { externalTrafficPolicy: 'Local' });
    const seen = reached(w, { node: '', fromIP: '192.0.2.9', toIP: '10.0.0.1', port: 30080 });
    expect(seen).toEqual({ '10.244.1.5': '192.0.2.9' });
    const balanced = reached(w, { node: '', fromIP: '192.0.2.9', toIP: '203.0.113.10', port: 80 });
    expect(balanced).toEqual({ '10.244.1.5': '192.0.2.9', '10.244.2.6': '192.0.2.9' });
  });

  it('refuses when there are no endpoints', () => {
    const w = world(mode);
    w.apply(endpointSlice('web', []));
    w.sync();
    expect(reached(w, { toIP: '10.96.0.7', port: 80 })).toHaveProperty('refused');
    expect(reached(w, { node: '', fromIP: '192.0.2.9', toIP: '10.0.0.1', port: 30080 })).toHaveProperty('refused');
  });

  it('drops what source ranges do not allow', () => {
    const w = world(mode, { loadBalancerSourceRanges: ['192.0.2.0/24'] });
    const allowed = reached(w, { node: '', fromIP: '192.0.2.9', toIP: '203.0.113.10', port: 80 });
    expect(Object.keys(allowed)).toEqual(expect.arrayContaining(['10.244.1.5', '10.244.2.6']));
    expect(Object.keys(reached(w, { node: '', fromIP: '198.51.100.9', toIP: '203.0.113.10', port: 80 }))).toEqual([
      'timeout',
    ]);
    const byNodePort = reached(w, { node: '', fromIP: '198.51.100.9', toIP: '10.0.0.1', port: 30080 });
    expect(byNodePort).not.toHaveProperty('timeout');
  });

  it('uses local endpoints only with internalTrafficPolicy Local', () => {
    const w = world(mode, { internalTrafficPolicy: 'Local' });
    expect(Object.keys(reached(w, { toIP: '10.96.0.7', port: 80 }))).toEqual(['10.244.1.5']);
  });

  it('sticks to one endpoint with ClientIP affinity until the timeout', () => {
    const w = world(mode, { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } });
    for (let client = 1; client < 30; client++) {
      const seen = reached(w, { fromIP: `10.244.1.${100 + client}`, toIP: '10.96.0.7', port: 80 });
      expect(Object.keys(seen)).toHaveLength(1);
    }
  });
});

describe('the data plane', () => {
  it('keeps a tracked flow on its endpoint when the rules change', () => {
    const w = world('iptables');
    const flow = { toIP: '10.96.0.7', port: 80, sourcePort: 40000 };
    const first = w.connect(flow);
    w.apply(
      endpointSlice(
        'web',
        ENDPOINTS.filter((endpoint) => endpoint.ip !== first.backendIP),
      ),
    );
    w.sync();
    expect(w.connect(flow).backendIP).toBe(first.backendIP);
    expect(w.connect({ ...flow, sourcePort: 40001 }).backendIP).not.toBe(first.backendIP);
  });

  it('deletes UDP flows to endpoints that are gone', () => {
    const w = new ServiceWorld(2);
    w.pod('10.244.1.100', 'n1');
    for (const [ip, node] of [
      ['10.244.1.5', 'n1'],
      ['10.244.2.6', 'n2'],
    ] as const) {
      w.pod(ip, node);
      w.plane.listen(ip, 53, 'UDP', { owner: 'dns', tag: ip });
    }
    const ports = [{ port: 53, protocol: 'UDP' }];
    w.apply(service({ name: 'dns', spec: { clusterIP: '10.96.0.10', ports } }));
    w.apply(endpointSlice('dns', ENDPOINTS, 53, 'UDP'));
    w.sync();
    const flow = { toIP: '10.96.0.10', port: 53, protocol: 'UDP', sourcePort: 5353 } as const;
    const first = w.connect(flow);
    expect(w.connect(flow).backendIP).toBe(first.backendIP);
    w.apply(
      endpointSlice(
        'dns',
        ENDPOINTS.filter((endpoint) => endpoint.ip !== first.backendIP),
        53,
        'UDP',
      ),
    );
    w.sync();
    expect(w.connect(flow).backendIP).not.toBe(first.backendIP);
  });

  it('tells hop by hop which rule sent the connection where', () => {
    const w = world('iptables');
    w.apply(endpointSlice('web', [{ ip: '10.244.2.6', node: 'n2' }]));
    w.sync();
    const { hops } = w.connect({ toIP: '10.96.0.7', port: 80, trace: true });
    expect(hops.map((hop) => `${hop.node} ${hop.at}`)).toEqual([
      'n1 KUBE-SERVICES',
      expect.stringMatching(/^n1 KUBE-SVC-/),
      expect.stringMatching(/^n1 KUBE-SEP-/),
      'n1 route',
      'n2 socket',
    ]);
    expect(hops[2]?.rule).toContain('-j DNAT --to-destination 10.244.2.6:8080');
  });

  it('accepts and closes without endpoints, and retries the next one, in userspace mode', () => {
    const w = world('userspace');
    const seen = reached(w, { toIP: '10.96.0.7', port: 80 });
    expect(seen).toEqual({ '10.244.1.5': '10.0.0.1', '10.244.2.6': '10.0.0.1' });
    w.plane.unlisten('10.244.1.5', 8080, 'TCP');
    expect(Object.keys(reached(w, { toIP: '10.96.0.7', port: 80 }))).toEqual(['10.244.2.6']);
    w.apply(endpointSlice('web', []));
    w.sync();
    expect(w.connect({ toIP: '10.96.0.7', port: 80 }).verdict).toBe('reset');
  });
});
