/**
 * The indexed path through a node's iptables and the walk through its whole tables come to the same decision for every
 * packet, leave the same mark, take the same draws and remember the same clients.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { IptablesRules } from '../../../models/kubernetes/api/net.ts';
import type { IptablesServicePort } from '../../../models/kubernetes/api/netfilter.ts';
import { filterTable, natTable } from '../../../models/kubernetes/kube-proxy/iptables/frame.ts';
import { nodeRules } from '../../../models/kubernetes/kube-proxy/node-rules.ts';
import { syncedProxier } from '../../../models/kubernetes/kube-proxy/rules.ts';
import { NodeKernel } from '../../../models/kubernetes/network/kernel.ts';
import {
  IndexedIptables,
  IptablesEvaluator,
  walkTable,
} from '../../../models/kubernetes/network/packet-path/iptables.ts';
import { AddressBook } from '../../../models/kubernetes/network/packet-path/packet.ts';
import type { Packet } from '../../../models/kubernetes/network/packet-path/packet.ts';
import { stream } from '../../../src/index.ts';
import { endpointSlice, service } from './service-world.ts';

const serviceSpec = fc.record({
  type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
  externalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
  internalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
  sessionAffinity: fc.constantFrom('None', 'ClientIP'),
  loadBalancerSourceRanges: fc.constantFrom([], ['192.0.2.0/24'], ['10.0.0.0/16']),
  hasExternalIP: fc.boolean(),
  endpoints: fc.subarray([1, 2, 3, 4]),
});

const packetOf = fc.record({
  source: fc.constantFrom(
    '10.244.1.1',
    '10.244.1.77',
    '10.244.2.2',
    '10.0.0.1',
    '127.0.0.1',
    '192.0.2.9',
    '198.51.100.200',
    '203.0.113.1',
  ),
  destination: fc.constantFrom(
    '10.96.0.1',
    '10.96.0.2',
    '203.0.113.1',
    '203.0.113.2',
    '198.51.100.1',
    '10.0.0.1',
    '127.0.0.1',
    '10.244.1.1',
    '8.8.8.8',
  ),
  port: fc.constantFrom(80, 81, 30001, 30002, 8080),
  protocol: fc.constantFrom('TCP' as const, 'UDP' as const),
  hook: fc.constantFrom('PREROUTING' as const, 'OUTPUT' as const),
});

function kernelOf(): NodeKernel {
  const kernel = new NodeKernel('n1');
  kernel.addresses.add('10.0.0.1');
  kernel.gateways.set('IPv4', '10.244.1.1');
  return kernel;
}

it('the indexed path equals the walk', () => {
  fc.assert(
    fc.property(
      fc.tuple(serviceSpec, serviceSpec),
      fc.array(packetOf, { minLength: 1, maxLength: 20 }),
      fc.nat(),
      (specs, packets, seed) => {
        const services = specs.map(({ endpoints: _, hasExternalIP, ...spec }, i) => {
          const isExternal = spec.type !== 'ClusterIP';
          const ports = [{ port: 80, protocol: 'TCP', ...(isExternal ? { nodePort: 30001 + i } : {}) }];
          const externalIPs = hasExternalIP ? ['198.51.100.1'] : [];
          const vips = spec.type === 'LoadBalancer' ? [`203.0.113.${i + 1}`] : [];
          return service({ name: `s${i}`, spec: { ...spec, clusterIP: `10.96.0.${i + 1}`, externalIPs, ports }, vips });
        });
        const slices = specs.map(({ endpoints }, i) =>
          endpointSlice(
            `s${i}`,
            endpoints.map((host) => ({ ip: `10.244.${1 + (host % 2)}.${host}`, node: `n${1 + (host % 2)}` })),
          ),
        );
        const config = { clusterCIDR: '10.244.0.0/16' };
        const { profile, proxier } = syncedProxier(
          config,
          { name: 'n1', addresses: ['10.0.0.1'] },
          services,
          slices,
          'IPv4',
        );
        const rules = nodeRules(profile, proxier.table) as IptablesRules;
        const blocks = rules.table.all() as readonly IptablesServicePort[];
        const nat = natTable(profile, blocks);
        const filter = filterTable(profile, blocks);
        const indexed = new IndexedIptables();
        const book = new AddressBook();
        const sides = [0, 1].map(() => {
          const random = stream(String(seed), 'draws');
          const env = { now: 0, choose: (_kind: string, n: number) => random.below(n) };
          const kernel = kernelOf();
          return { evaluator: new IptablesEvaluator(kernel, env, book, undefined), next: () => random.next() };
        });
        for (const { source, destination, port, protocol, hook } of packets) {
          const [walked, compiled] = sides.map(({ evaluator }, side) => {
            const packet: Packet = {
              protocol,
              sourceIP: source,
              sourcePort: 40000,
              destinationIP: destination,
              destinationPort: port,
              mark: 0,
              inInterface: hook === 'OUTPUT' ? '' : 'cni0',
            };
            const verdict =
              side === 0 ? walkTable(nat, hook, packet, evaluator) : indexed.nat(rules, packet, evaluator);
            if (verdict?.kind === 'dnat')
              Object.assign(packet, { destinationIP: verdict.ip, destinationPort: verdict.port });
            const after = hook === 'OUTPUT' ? 'OUTPUT' : packet.destinationIP === '10.0.0.1' ? 'INPUT' : 'FORWARD';
            const filtered =
              side === 0
                ? walkTable(filter, after, packet, evaluator)
                : indexed.filter(after, rules, packet, evaluator);
            // Being accepted and reaching the end of an accepting chain are the same.
            const fate = filtered === undefined || filtered.kind === 'accept' ? 'passes' : filtered.kind;
            return { verdict, fate, mark: packet.mark };
          });
          expect(compiled).toEqual(walked);
        }
        expect(sides[0]!.next()).toBe(sides[1]!.next());
      },
    ),
    { numRuns: 400 },
  );
});
