import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Service } from '../object/types.ts';
import type { KubeProxyConfiguration, NodeFacts } from './config.ts';
import { iptablesTables, rulesOf } from './rules.ts';

/** Recordings of the real kube-proxy; they are not part of the repository. */
const VECTORS = new URL('../../../../shared/oracle/kube-proxy-public.json', import.meta.url);

interface Vector {
  name: string;
  mode: string;
  proxyConfig: KubeProxyConfiguration;
  nodeName: string;
  node: Omit<NodeFacts, 'name'>;
  services: Service[];
  endpointSlices: EndpointSlice[];
  expect: Record<string, string[]>;
}

/** Chains whose blocks follow a hash map's order in the real program. */
const UNORDERED = ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-EXTERNAL-SERVICES', 'KUBE-PROXY-FIREWALL'];

/** Sorts the rules of the chains whose order is not specified; all other lines keep their places. */
function normaliseTable(lines: readonly string[]): string[] {
  const isUnordered = (line: string): boolean => UNORDERED.some((chain) => line.startsWith(`-A ${chain} `));
  const sorted = lines.filter(isUnordered).sort();
  return lines.map((line) => (isUnordered(line) ? sorted.shift()! : line));
}

/** Splits an nft listing into its chains, sets and maps; those are unordered, and so are elements of sets and maps. */
function normaliseListing(lines: readonly string[]): Record<string, string[]> {
  const sections: Record<string, string[]> = {};
  let name = '';
  for (const line of lines
    .join('\n')
    .replace(/,\n\t+ +/g, ', ')
    .split('\n')) {
    const head = /^\t(chain|set|map) (\S+) \{$/.exec(line);
    if (head !== null) name = `${head[1]} ${head[2]}`;
    const elements = /^\t\telements = \{ (.*) \}$/.exec(line);
    // The brace that closes the table belongs to no section.
    if (line === '}') continue;
    (sections[name] ??= []).push(...(elements === null ? [line] : (elements[1] as string).split(', ').sort()));
  }
  return sections;
}

describe.skipIf(!existsSync(VECTORS))('the rules of a node equal those of the real kube-proxy', () => {
  const vectors: Vector[] = existsSync(VECTORS) ? JSON.parse(readFileSync(VECTORS, 'utf8')) : [];
  for (const { name, mode, proxyConfig, nodeName, node, services, endpointSlices, expect: real } of vectors) {
    it(name, () => {
      const facts = { name: nodeName, ...node };
      if (mode === 'nftables') {
        const lines = rulesOf(proxyConfig, facts, services, endpointSlices);
        expect(normaliseListing(lines)).toEqual(normaliseListing(real['nft']!));
        return;
      }
      for (const [family, suffix] of [
        ['IPv4', ''],
        ['IPv6', '6'],
      ] as const) {
        if (real[`nat${suffix}`] === undefined) continue;
        const tables = iptablesTables(proxyConfig, facts, services, endpointSlices, family);
        expect(normaliseTable(tables.nat)).toEqual(normaliseTable(real[`nat${suffix}`]!));
        expect(normaliseTable(tables.filter)).toEqual(normaliseTable(real[`filter${suffix}`]!));
      }
    });
  }
});

describe('the rules of a node', () => {
  const facts: NodeFacts = { name: 'n1', addresses: ['10.0.0.11'], labels: { 'topology.kubernetes.io/zone': 'z1' } };
  const service = (name: string, spec: object, metadata: object = {}): Service =>
    ({
      kind: 'Service',
      metadata: { name, namespace: 'shop', ...metadata },
      spec: { type: 'ClusterIP', ipFamilies: ['IPv4'], ...spec },
      status: {},
    }) as unknown as Service;
  const slice = (name: string, endpoints: readonly object[]): EndpointSlice =>
    ({
      kind: 'EndpointSlice',
      metadata: { name: `${name}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: '', protocol: 'TCP', port: 80 }],
      endpoints,
    }) as unknown as EndpointSlice;
  const web = service('web', {
    clusterIP: '10.96.0.1',
    clusterIPs: ['10.96.0.1'],
    ports: [{ port: 80, protocol: 'TCP' }],
  });
  const destinations = (lines: readonly string[]): string[] =>
    lines.flatMap((line) => /--to-destination (\S+)/.exec(line)?.[1] ?? []);

  it('follow zone hints when every ready endpoint has some', () => {
    const hinted = (ip: string, zone: string): object => ({
      addresses: [ip],
      nodeName: 'x',
      hints: { forZones: [{ name: zone }] },
    });
    const all = [hinted('10.244.1.1', 'z1'), hinted('10.244.2.2', 'z2')];
    expect(destinations(rulesOf({}, facts, [web], [slice('web', all)]))).toEqual(['10.244.1.1:80']);
    const some = [...all, { addresses: ['10.244.3.3'], nodeName: 'y' }];
    expect(destinations(rulesOf({}, facts, [web], [slice('web', some)]))).toHaveLength(3);
  });

  it('use serving endpoints that terminate only when no other is ready', () => {
    const leaving = { addresses: ['10.244.1.1'], conditions: { ready: false, serving: true, terminating: true } };
    const ready = { addresses: ['10.244.2.2'], conditions: { ready: true } };
    expect(destinations(rulesOf({}, facts, [web], [slice('web', [leaving])]))).toEqual(['10.244.1.1:80']);
    expect(destinations(rulesOf({}, facts, [web], [slice('web', [leaving, ready])]))).toEqual(['10.244.2.2:80']);
  });

  it('ignore Services that belong to another proxy', () => {
    const other = service('web', web.spec, { labels: { 'service.kubernetes.io/service-proxy-name': 'mine' } });
    expect(rulesOf({}, facts, [other], []).join('\n')).not.toContain('10.96.0.1');
  });

  it('carry no comments on endpoints in a large cluster', () => {
    const many = Array.from({ length: 1001 }, (_, i) => ({ addresses: [`10.244.${i >> 8}.${i & 255}`] }));
    const lines = rulesOf({}, facts, [web], [slice('web', many)]);
    expect(lines.filter((line) => line.includes('->'))).toEqual([]);
    expect(lines.filter((line) => line.includes('DNAT'))[0]).toMatch(/^-A KUBE-SEP-\w+ -p tcp -m tcp -j DNAT/);
    expect(lines.filter((line) => line.includes('web cluster IP')).length).toBe(1);
  });

  it('print source ranges as nft keeps them', () => {
    const ranges = (list: string[]): Service => ({
      ...service('lb', {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.2',
        clusterIPs: ['10.96.0.2'],
        loadBalancerSourceRanges: list,
        ports: [{ port: 80, protocol: 'TCP' }],
      }),
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } },
    });
    const firewall = (list: string[]): string | undefined =>
      rulesOf({ mode: 'nftables' }, facts, [ranges(list)], [])
        .find((line) => line.includes('saddr !='))
        ?.trim();
    expect(firewall(['198.51.100.0/24'])).toBe('ip saddr != 198.51.100.0/24 drop');
    expect(firewall(['198.51.100.0/24', '10.0.0.0/9', '10.128.0.0/9'])).toBe(
      'ip saddr != { 10.0.0.0/8, 198.51.100.0/24, 203.0.113.9 } drop',
    );
    expect(firewall(['192.0.2.0/24', '192.0.3.0/25'])).toBe('ip saddr != { 192.0.2.0-192.0.3.127 } drop');
  });
});
