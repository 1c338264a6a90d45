/**
 * Services at scale: making all rules of a node, following one change, and opening connections.
 *
 * Run: `npx tsx bench/services.bench.ts [services] [endpoints]` (default 10,000 Services with 10 endpoints each).
 */
import { performance } from 'node:perf_hooks';
import { saveTable } from '../models/kubernetes/api/iptables-save.ts';
import type { IptablesServicePort } from '../models/kubernetes/api/netfilter.ts';
import { nodeProfile } from '../models/kubernetes/kube-proxy/config.ts';
import { natTable } from '../models/kubernetes/kube-proxy/iptables/frame.ts';
import { blockCache, nodeRules } from '../models/kubernetes/kube-proxy/node-rules.ts';
import { Proxier, SharedViews } from '../models/kubernetes/kube-proxy/proxier.ts';
import { DataPlane } from '../models/kubernetes/network/data-plane.ts';
import type { EndpointSlice, Service } from '../models/kubernetes/object/types.ts';
import { stream } from '../src/index.ts';

/** One measurement: what, how many, per second. */
export interface Measurement {
  readonly name: string;
  readonly milliseconds: number;
  readonly operations: number;
}

const NODES = 100;

function ip(prefix: number, n: number): string {
  return `10.${prefix + Math.floor(n / 65536)}.${(n >> 8) & 255}.${n & 255}`;
}

function serviceOf(i: number): Service {
  const clusterIP = ip(96, i + 1);
  const spec = {
    type: 'ClusterIP',
    clusterIP,
    clusterIPs: [clusterIP],
    ipFamilies: ['IPv4'],
    ports: [{ port: 80, protocol: 'TCP' }],
  };
  return { kind: 'Service', metadata: { name: `s${i}`, namespace: 'bench' }, spec, status: {} } as unknown as Service;
}

function sliceOf(i: number, endpoints: number, version = 0): EndpointSlice {
  const labels = { 'kubernetes.io/service-name': `s${i}` };
  return {
    kind: 'EndpointSlice',
    metadata: { name: `s${i}-1`, namespace: 'bench', labels, resourceVersion: String(version) },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints: Array.from({ length: endpoints }, (_, e) => ({
      addresses: [ip(128, i * 16 + e + 1)],
      conditions: { ready: e > 0 || version % 2 === 0 },
      nodeName: `n${e % NODES}`,
    })),
  } as unknown as EndpointSlice;
}

function timed(name: string, operations: number, work: () => void): Measurement {
  const start = performance.now();
  work();
  return { name, milliseconds: performance.now() - start, operations };
}

/** Runs all measurements. */
export function benchServices(services = 10_000, endpoints = 10): Measurement[] {
  const results: Measurement[] = [];
  const config = { clusterCIDR: '10.128.0.0/9' };
  const profileOf = (n: number) =>
    nodeProfile(config, { name: `n${n}`, addresses: [`172.16.${n >> 8}.${n & 255}`] }, 'IPv4');
  const shared = new SharedViews('IPv4');
  const cache = blockCache('iptables');
  const proxier = new Proxier(shared, cache, profileOf(1));
  const objects = Array.from({ length: services }, (_, i) => [serviceOf(i), sliceOf(i, endpoints)] as const);
  results.push(
    timed('receive all objects', services, () => {
      objects.forEach(([service, slice], i) => {
        proxier.onService(`bench/s${i}`, service);
        proxier.onEndpointSlice(`bench/s${i}-1`, slice);
      });
    }),
    timed('first sync', 1, () => void proxier.sync()),
    timed('make every rule', services, () => void proxier.table.all()),
  );
  const blocks = proxier.table.all() as readonly IptablesServicePort[];
  results.push(
    timed('print every rule of nat', services, () => void saveTable(natTable(proxier.profile, blocks), 'IPv4')),
  );

  const others = Array.from({ length: 1000 }, (_, n) => new Proxier(shared, cache, profileOf(n + 2)));
  results.push(
    timed('receive all objects on 20 more nodes', 20 * services, () => {
      for (const other of others.slice(0, 20)) {
        objects.forEach(([service, slice], i) => {
          other.onService(`bench/s${i}`, service);
          other.onEndpointSlice(`bench/s${i}-1`, slice);
        });
        other.sync();
      }
    }),
  );
  const changes = 1000;
  results.push(
    timed('one endpoint changes: receive, sync, make its rules', changes, () => {
      for (let i = 0; i < changes; i++) {
        const index = (i * 7919) % services;
        proxier.onEndpointSlice(`bench/s${index}-1`, sliceOf(index, endpoints, i + 1));
        proxier.sync();
        proxier.table.byDestination(ip(96, index + 1), 'TCP', 80);
      }
    }),
  );
  results.push(...connections(proxier, services));
  return results;
}

/** Connections from one node to random Services. */
function connections(
  proxier: Proxier<ReturnType<ReturnType<typeof blockCache>['get']>>,
  services: number,
): Measurement[] {
  const random = stream('bench', 'connections');
  const plane = new DataPlane({ environment: { now: 0, choose: (_kind, n) => random.below(n) } });
  plane.addEndpoint({ node: 'n1', ip: '172.16.0.1', hostNetwork: true });
  plane.addEndpoint({ node: 'n1', ip: '10.200.0.1', hostNetwork: false });
  plane.setRules('n1', nodeRules(proxier.profile, proxier.table));
  const used = Math.min(100, services);
  for (let i = 0; i < used; i++) {
    for (let e = 0; e < 10; e++) {
      plane.addEndpoint({ node: 'n2', ip: ip(128, i * 16 + e + 1), hostNetwork: false });
      plane.listen(ip(128, i * 16 + e + 1), 8080, 'TCP', { owner: 'x', tag: '' });
    }
  }
  const targets = Array.from({ length: used }, (_, i) => ip(96, i + 1));
  const total = 200_000;
  const connect = (): void => {
    for (let i = 0; i < total; i++) {
      const toIP = targets[i % used] as string;
      const { verdict } = plane.connect({ node: 'n1', fromIP: '10.200.0.1', toIP, port: 80, protocol: 'TCP' });
      if (verdict !== 'connected') throw new Error(`a connection to ${toIP} was ${verdict}`);
    }
  };
  connect();
  return [timed('connections', total, connect)];
}

/** Prints one line a measurement. */
export function printServices(results: readonly Measurement[]): string[] {
  return results.map(({ name, milliseconds, operations }) => {
    const each = (milliseconds * 1000) / operations;
    return `${name.padEnd(54)} ${milliseconds.toFixed(1).padStart(9)} ms  ${each.toFixed(2).padStart(10)} µs each  ${Math.round((operations * 1000) / milliseconds)}/s`;
  });
}

/** Rule computation, one endpoint's change, and connections through the data plane, at 10,000 Services × 10 endpoints. */
export function servicesBench(): void {
  for (const line of printServices(benchServices())) console.log(line);
}
