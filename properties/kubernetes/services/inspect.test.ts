import { describe, expect, it } from 'vitest';
import { describeConnections, describeNodeRules, tryConnections } from '../../../models/kubernetes/network/inspect.ts';
import type { Objects } from '../../../models/kubernetes/network/inspect.ts';
import { endpointSlice, service, ServiceWorld } from './service-world.ts';

function world(): { w: ServiceWorld; objects: Objects } {
  const w = new ServiceWorld(2);
  w.pod('10.244.1.100', 'n1');
  const endpoints = [
    { ip: '10.244.1.5', node: 'n1' },
    { ip: '10.244.2.6', node: 'n2' },
  ];
  for (const { ip, node } of endpoints) w.pod(ip, node, [8080]);
  const web = service({
    name: 'web',
    spec: { clusterIP: '10.96.0.7', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
  });
  w.apply(web);
  w.apply(endpointSlice('web', endpoints, 8080, 'TCP', 'shop', 'http'));
  w.sync();
  const client = { spec: { nodeName: 'n1' }, status: { podIP: '10.244.1.100' } };
  const objects = {
    pod: (_namespace: string, name: string) => (name === 'client' ? client : undefined),
    service: (_namespace: string, name: string) => (name === 'web' ? web : undefined),
  } as unknown as Objects;
  return { w, objects };
}

describe('inspecting a run', () => {
  it('shows the way of a connection and the distribution of many', () => {
    const { w, objects } = world();
    const question = { from: 'pod/client', to: 'web:http', namespace: 'shop', count: 1000 };
    const answer = tryConnections(w.plane, objects, question, 0, (n) => w.random.below(n));
    const lines = answer.ok ? describeConnections(answer.value) : [];
    expect(lines[0]).toBe('n1');
    expect(lines[1]).toMatch(/^ {2}KUBE-SERVICES +-A KUBE-SERVICES -d 10\.96\.0\.7\/32 /);
    expect(lines.find((line) => line.startsWith('TCP 10.96.0.7:80 is answered by 10.244.'))).toBeDefined();
    expect(
      lines
        .slice(-2)
        .map((line) => line.replace(/^ *\d+ +[\d.]+ % +/, ''))
        .sort(),
    ).toEqual(['10.244.1.5:8080', '10.244.2.6:8080']);
  });

  it('says what is wrong with a question', () => {
    const { w, objects } = world();
    const ask = (from: string, to: string): string => {
      const answer = tryConnections(w.plane, objects, { from, to, namespace: 'shop' }, 0, () => 0);
      return answer.ok ? describeConnections(answer.value).join('\n') : answer.problem;
    };
    expect(ask('pod/nobody', 'web:80')).toBe('pod shop/nobody does not exist');
    expect(ask('pod/client', 'none:80')).toBe('service shop/none does not exist');
    expect(ask('pod/client', 'web:ftp')).toBe('service shop/web has no port ftp');
    expect(ask('pod/client', 'web')).toBe('web is not HOST:PORT');
    expect(ask('node/n2', '10.244.1.5:8080')).toContain('which sees the client as 10.0.0.2');
  });

  it('leaves no trace in the run', () => {
    const { w, objects } = world();
    const sticky = service({ name: 'web', spec: { clusterIP: '10.96.0.7', sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } }, ports: [{ name: 'http', port: 80, protocol: 'TCP' }] } });
    w.apply(sticky);
    w.sync();
    const backends = new Set<string>();
    for (let draw = 0; draw < 20; draw++) {
      const answer = tryConnections(w.plane, objects, { from: 'pod/client', to: 'web:80', namespace: 'shop', count: 5 }, draw, (n) => w.random.below(n));
      const own = new Set(answer.ok ? answer.value.map(({ backendIP }) => backendIP) : []);
      expect(own.size).toBe(1);
      for (const ip of own) backends.add(ip);
    }
    expect(backends.size).toBe(2);
  });

  it('lists the rules of a node', () => {
    const { w } = world();
    const answer = describeNodeRules(w.plane, 'n1');
    expect(answer.ok && answer.value[0]).toBe('# iptables, IPv4');
    expect(answer.ok && answer.value.includes('*filter')).toBe(true);
    expect(describeNodeRules(w.plane, 'n9')).toEqual({
      ok: false,
      problem: 'no kube-proxy has written rules on node n9',
    });
  });
});
