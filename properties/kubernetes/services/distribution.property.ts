/**
 * How connections spread: at random with equal chances (iptables, nftables), in turn (ipvs, userspace), and always to the
 * same endpoint with ClientIP affinity.
 */
import { describe, expect, it } from 'vitest';
import type { ProxyMode } from '../../../models/kubernetes/kube-proxy/config.ts';
import { endpointSlice, service, ServiceWorld } from './service-world.ts';

/** Upper 0.1 % points of the chi-square distribution by degrees of freedom. */
const CHI_SQUARE_999: Readonly<Record<number, number>> = { 1: 10.828, 2: 13.816, 4: 18.467, 9: 27.877 };

function world(mode: ProxyMode, endpoints: number, seed: number, spec: object = {}): ServiceWorld {
  const w = new ServiceWorld(2, { mode, clusterCIDR: '10.244.0.0/16' }, seed);
  w.pod('10.244.1.100', 'n1');
  const list = Array.from({ length: endpoints }, (_, i) => ({ ip: `10.244.2.${i + 1}`, node: 'n2' }));
  for (const { ip, node } of list) w.pod(ip, node, [8080]);
  w.apply(service({ name: 'web', spec: { clusterIP: '10.96.0.7', ports: [{ port: 80, protocol: 'TCP' }], ...spec } }));
  w.apply(endpointSlice('web', list));
  w.sync();
  return w;
}

function counts(w: ServiceWorld, connections: number, from = '10.244.1.100'): Map<string, number> {
  const seen = new Map<string, number>();
  for (let i = 0; i < connections; i++) {
    const { backendIP, verdict } = w.connect({ fromIP: from, toIP: '10.96.0.7', port: 80 });
    expect(verdict).toBe('connected');
    seen.set(backendIP, (seen.get(backendIP) ?? 0) + 1);
  }
  return seen;
}

describe.each(['iptables', 'nftables'] as const)('connections in %s mode', (mode) => {
  it('choose endpoints with equal chances', () => {
    for (const endpoints of [2, 3, 5, 10]) {
      const seeds = 40;
      let exceeded = 0;
      for (let seed = 0; seed < seeds; seed++) {
        const connections = 100 * endpoints;
        const seen = counts(world(mode, endpoints, seed), connections);
        let statistic = 0;
        for (let i = 1; i <= endpoints; i++) statistic += ((seen.get(`10.244.2.${i}`) ?? 0) - 100) ** 2 / 100;
        if (statistic > (CHI_SQUARE_999[endpoints - 1] as number)) exceeded += 1;
      }
      // At 0.1 % each, two or more of 40 have a chance of less than one in a thousand.
      expect(exceeded).toBeLessThan(2);
    }
  });
});

describe.each(['ipvs', 'userspace'] as const)('connections in %s mode', (mode) => {
  it('go round exactly', () => {
    for (const endpoints of [1, 2, 3, 7]) {
      const seen = [...counts(world(mode, endpoints, endpoints), endpoints * 20 + 1).values()];
      expect(seen).toHaveLength(endpoints);
      expect(Math.max(...seen) - Math.min(...seen)).toBeLessThanOrEqual(1);
    }
  });
});

describe.each(['iptables', 'nftables', 'ipvs', 'userspace'] as const)('ClientIP affinity in %s mode', (mode) => {
  const spec = { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } } };

  it('keeps each client on one endpoint while it comes back in time', () => {
    const w = world(mode, 5, 3, spec);
    const used = new Set<string>();
    for (let client = 101; client < 161; client++) {
      const from = `10.244.1.${client}`;
      const first = w.connect({ fromIP: from, toIP: '10.96.0.7', port: 80 }).backendIP;
      for (let i = 0; i < 5; i++) {
        w.now += 9_000_000;
        expect(w.connect({ fromIP: from, toIP: '10.96.0.7', port: 80 }).backendIP).toBe(first);
      }
      used.add(first);
    }
    expect(used.size).toBeGreaterThan(1);
  });

  it('lets a client go after the timeout and when the endpoint is gone', () => {
    const w = world(mode, 5, 4, spec);
    const chosen = new Set<string>();
    for (let i = 0; i < 40; i++) {
      chosen.add(w.connect({ toIP: '10.96.0.7', port: 80 }).backendIP);
      w.now += 11_000_000;
    }
    expect(chosen.size).toBeGreaterThan(1);
    const first = w.connect({ toIP: '10.96.0.7', port: 80 }).backendIP;
    const others = [1, 2, 3, 4, 5].map((i) => ({ ip: `10.244.2.${i}`, node: 'n2' })).filter(({ ip }) => ip !== first);
    w.apply(endpointSlice('web', others));
    w.sync();
    expect(w.connect({ toIP: '10.96.0.7', port: 80 }).backendIP).not.toBe(first);
  });
});
