import { describe, expect, it } from 'vitest';
import type { DnsAnswer, DnsType } from '../../api/dns.ts';
import { parseResolvConf, searchNames } from '../../object/resolv-conf.ts';
import type { EndpointSlice, Service } from '../../object/types.ts';
import { DEFAULT_ZONE, Zone } from './zone.ts';
import type { ZoneWorld } from './zone.ts';

const meta = (name: string, labels?: Record<string, string>) => ({
  name,
  namespace: 'shop',
  ...(labels === undefined ? {} : { labels }),
});
const svc = (name: string, spec: object): Service => ({ metadata: meta(name), spec }) as unknown as Service;
const SERVICES = [
  svc('cart', {
    clusterIP: '10.96.12.5',
    clusterIPs: ['10.96.12.5'],
    ports: [
      { name: 'http', port: 80, protocol: 'TCP' },
      { name: 'admin', port: 81, protocol: 'TCP' },
    ],
  }),
  svc('db', { clusterIP: 'None', clusterIPs: ['None'], ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] }),
  svc('void', { clusterIP: 'None', clusterIPs: ['None'] }),
  svc('ext', { type: 'ExternalName', externalName: 'db.example.com' }),
  svc('near', { type: 'ExternalName', externalName: 'cart.shop.svc.cluster.local' }),
  svc('literal', { type: 'ExternalName', externalName: '192.0.2.1' }),
];
const SLICES = [
  {
    metadata: meta('db-1', { 'kubernetes.io/service-name': 'db' }),
    addressType: 'IPv4',
    ports: [{ name: 'sql', port: 15432, protocol: 'TCP' }],
    endpoints: [
      { addresses: ['10.244.1.7'], hostname: 'db-0', conditions: { ready: true } },
      { addresses: ['10.244.2.9'], conditions: { ready: true } },
      { addresses: ['10.244.3.9'], conditions: { ready: false } },
    ],
  },
  {
    metadata: meta('cart-1', { 'kubernetes.io/service-name': 'cart' }),
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: [{ addresses: ['10.244.1.8'], conditions: { ready: true } }],
  },
] as unknown as EndpointSlice[];

const world: ZoneWorld = {
  service: (namespace, name) => SERVICES.find((s) => s.metadata.namespace === namespace && s.metadata.name === name),
  slices: (_namespace, name) => SLICES.filter((s) => s.metadata.labels?.['kubernetes.io/service-name'] === name),
  hasNamespace: (name) => name === 'shop',
  servicesByIP: (ip) => SERVICES.filter((s) => s.spec.clusterIP === ip),
  slicesByIP: (ip) =>
    SLICES.filter((s) => s.endpoints.some((e) => e.conditions?.ready !== false && e.addresses.includes(ip))),
  hasPod: () => false,
  upstream: ({ name, type }) =>
    name === 'db.example.com' && type === 'A'
      ? { code: 'NOERROR', answers: [{ name, type, ttl: 60, data: '192.0.2.80' }], additional: [], authority: [] }
      : { code: 'NXDOMAIN', answers: [], additional: [], authority: [] },
};
const zone = new Zone(world, DEFAULT_ZONE);
const ask = (name: string, type: DnsType = 'A'): DnsAnswer => zone.answer({ name, type });
const data = (name: string, type: DnsType = 'A'): string[] => ask(name, type).answers.map((record) => record.data);
const outcome = (name: string, type: DnsType = 'A'): string =>
  `${ask(name, type).code} ${ask(name, type).answers.length}`;

describe('the cluster zone', () => {
  it('answers for Services', () => {
    expect(data('cart.shop.svc.cluster.local')).toEqual(['10.96.12.5']);
    expect(data('CART.Shop.svc.cluster.LOCAL.')).toEqual(['10.96.12.5']);
    expect(data('_http._tcp.cart.shop.svc.cluster.local', 'SRV')).toEqual(['0 100 80 cart.shop.svc.cluster.local']);
    expect(data('cart.shop.svc.cluster.local', 'SRV')).toEqual([
      '0 50 80 cart.shop.svc.cluster.local',
      '0 50 81 cart.shop.svc.cluster.local',
    ]);
    expect(data('10-244-1-8.cart.shop.svc.cluster.local')).toEqual(['10.244.1.8']);
  });

  it('answers for headless Services with ready endpoints', () => {
    expect(data('db.shop.svc.cluster.local')).toEqual(['10.244.1.7', '10.244.2.9']);
    expect(data('db-0.db.shop.svc.cluster.local')).toEqual(['10.244.1.7']);
    expect(data('10-244-2-9.db.shop.svc.cluster.local')).toEqual(['10.244.2.9']);
    expect(outcome('10-244-3-9.db.shop.svc.cluster.local')).toBe('NXDOMAIN 0');
    expect(data('_sql._tcp.db.shop.svc.cluster.local', 'SRV')).toEqual([
      '0 50 15432 db-0.db.shop.svc.cluster.local',
      '0 50 15432 10-244-2-9.db.shop.svc.cluster.local',
    ]);
    expect(outcome('void.shop.svc.cluster.local')).toBe('NXDOMAIN 0');
  });

  it('follows ExternalName', () => {
    expect(data('ext.shop.svc.cluster.local')).toEqual(['db.example.com', '192.0.2.80']);
    expect(data('near.shop.svc.cluster.local')).toEqual(['cart.shop.svc.cluster.local', '10.96.12.5']);
    expect(outcome('literal.shop.svc.cluster.local')).toBe('NXDOMAIN 0');
    expect(outcome('ext.shop.svc.cluster.local', 'SRV')).toBe('NOERROR 0');
  });

  it('answers for addresses', () => {
    expect(data('5.12.96.10.in-addr.arpa', 'PTR')).toEqual(['cart.shop.svc.cluster.local']);
    expect(data('7.1.244.10.in-addr.arpa', 'PTR')).toEqual(['db-0.db.shop.svc.cluster.local']);
    expect(outcome('9.9.9.9.in-addr.arpa', 'PTR')).toBe('NXDOMAIN 0');
    expect(data('10-244-1-77.shop.pod.cluster.local')).toEqual(['10.244.1.77']);
    expect(outcome('10-244-1-777.shop.pod.cluster.local')).toBe('NXDOMAIN 0');
  });

  it('tells names that exist without the record from names that do not exist', () => {
    for (const name of [
      'cluster.local',
      'svc.cluster.local',
      'pod.cluster.local',
      'shop.svc.cluster.local',
      'shop.pod.cluster.local',
    ]) {
      expect(outcome(name), name).toBe('NOERROR 0');
      expect(ask(name).authority).toHaveLength(1);
    }
    expect(outcome('cart.shop.svc.cluster.local', 'AAAA')).toBe('NOERROR 0');
    for (const name of [
      'no.shop.svc.cluster.local',
      'cart.none.svc.cluster.local',
      '_ftp._tcp.cart.shop.svc.cluster.local',
      'a.b.c.cart.shop.svc.cluster.local',
      'x.cluster.local',
    ]) {
      expect(outcome(name), name).toBe('NXDOMAIN 0');
    }
    expect(ask('dns-version.cluster.local', 'TXT').answers[0]).toEqual({
      name: 'dns-version.cluster.local',
      type: 'TXT',
      ttl: 28800,
      data: '1.1.0',
    });
  });
});

describe('a resolver', () => {
  const conf = parseResolvConf(
    'nameserver 10.96.0.10\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n',
  );

  it('searches as libc does', () => {
    expect(searchNames('cart', conf)[0]).toBe('cart.shop.svc.cluster.local');
    expect(searchNames('cart.ops.svc.cluster.local', conf).at(-1)).toBe('cart.ops.svc.cluster.local');
    expect(searchNames('a.b.c.d.e.f', conf)[0]).toBe('a.b.c.d.e.f');
    expect(searchNames('example.com.', conf)).toEqual(['example.com']);
  });
});
