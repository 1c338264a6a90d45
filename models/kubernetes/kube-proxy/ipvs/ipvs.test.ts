import { describe, expect, it } from 'vitest';
import { nodeProfile } from '../config.ts';
import type { EndpointInfo } from '../endpoint-slice-cache.ts';
import { servicePorts } from '../service-port.ts';
import type { ServicePort } from '../service-port.ts';
import { categorizeEndpoints } from '../topology.ts';
import type { Service } from '../../object/types.ts';
import { listVirtualServers, natRules, saveSets } from './list.ts';
import { ipvsServicePort } from './service-port-rules.ts';

const profile = nodeProfile(
  { mode: 'ipvs', clusterCIDR: '10.244.0.0/16' },
  { name: 'n1', addresses: ['10.0.0.11'] },
  'IPv4',
);

function endpoint(ip: string, nodeName: string): EndpointInfo {
  return {
    endpoint: `${ip}:8080`,
    ip,
    port: 8080,
    nodeName,
    ready: true,
    serving: true,
    terminating: false,
    zoneHints: [],
  };
}

function portOf(spec: Record<string, unknown>, vips: readonly string[] = []): ServicePort {
  const service = {
    metadata: { name: 'web', namespace: 'shop' },
    spec: { type: 'LoadBalancer', clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ipFamilies: ['IPv4'], ...spec },
    status: { loadBalancer: { ingress: vips.map((ip) => ({ ip })) } },
  } as unknown as Service;
  return servicePorts(service, 'IPv4')[0] as ServicePort;
}

function blockOf(port: ServicePort, endpoints: readonly EndpointInfo[]) {
  return ipvsServicePort(port, categorizeEndpoints(endpoints, port, profile.hostname, profile.zone), profile);
}

const ports = [{ port: 80, protocol: 'TCP', nodePort: 30080 }];

describe('ipvs rules', () => {
  it('make a virtual server of every address and of the node port', () => {
    const port = portOf({ ports, externalIPs: ['198.51.100.1'] }, ['203.0.113.1']);
    const block = blockOf(port, [endpoint('10.244.1.5', 'n1'), endpoint('10.244.2.6', 'n2')]);
    expect(listVirtualServers([block]).slice(3)).toEqual([
      'TCP  10.0.0.11:30080 rr',
      '  -> 10.244.1.5:8080              Masq    1      0          0         ',
      '  -> 10.244.2.6:8080              Masq    1      0          0         ',
      'TCP  10.96.0.7:80 rr',
      '  -> 10.244.1.5:8080              Masq    1      0          0         ',
      '  -> 10.244.2.6:8080              Masq    1      0          0         ',
      'TCP  198.51.100.1:80 rr',
      '  -> 10.244.1.5:8080              Masq    1      0          0         ',
      '  -> 10.244.2.6:8080              Masq    1      0          0         ',
      'TCP  203.0.113.1:80 rr',
      '  -> 10.244.1.5:8080              Masq    1      0          0         ',
      '  -> 10.244.2.6:8080              Masq    1      0          0         ',
    ]);
    const sets = saveSets(profile, [block]);
    expect(sets).toContain('add KUBE-LOOP-BACK 10.244.1.5,tcp:8080,10.244.1.5');
    expect(sets).not.toContain('add KUBE-LOOP-BACK 10.244.2.6,tcp:8080,10.244.2.6');
    expect(sets).toContain('add KUBE-NODE-PORT-TCP 30080');
    expect(natRules(profile, [block])).toContain(
      '-A KUBE-SERVICES ! -s 10.244.0.0/16 -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ',
    );
  });

  it('fall back to remote endpoints when a Local policy finds none here', () => {
    const port = portOf({ ports, externalTrafficPolicy: 'Local' }, ['203.0.113.1']);
    const remote = blockOf(port, [endpoint('10.244.2.6', 'n2')]);
    expect(remote.virtualServers.map((server) => server.realServers.length)).toEqual([1, 1, 1]);
    const both = blockOf(port, [endpoint('10.244.1.5', 'n1'), endpoint('10.244.2.6', 'n2')]);
    expect(both.virtualServers.map((server) => [server.role, server.realServers.length])).toEqual([
      ['cluster', 2],
      ['loadBalancer', 1],
      ['nodePort', 1],
    ]);
  });

  it('keep a persistent virtual server without real servers', () => {
    const port = portOf({ ports, sessionAffinity: 'ClientIP' });
    const block = blockOf(port, []);
    expect(listVirtualServers([block]).slice(3)).toEqual([
      'TCP  10.0.0.11:30080 rr persistent 10800',
      'TCP  10.96.0.7:80 rr persistent 10800',
    ]);
  });
});
