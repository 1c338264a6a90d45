/**
 * What must never happen: a connection to an endpoint of another Service or port, to an endpoint that is not ready while a
 * ready one exists, from outside to another node with a Local policy, past source ranges, or past a NetworkPolicy.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NetworkPolicy } from '../../../models/kubernetes/object/types.ts';
import { endpointSlice, service, ServiceWorld } from './service-world.ts';

const endpointOf = fc.record({
  host: fc.integer({ min: 1, max: 8 }),
  node: fc.constantFrom('n1', 'n2', 'n3'),
  ready: fc.boolean(),
  serving: fc.boolean(),
  terminating: fc.boolean(),
});
const endpointsOf = fc.uniqueArray(endpointOf, { selector: (endpoint) => endpoint.host, maxLength: 6 });

describe.each(['iptables', 'nftables', 'ipvs'] as const)('in %s mode', (mode) => {
  it('new connections reach ready endpoints of the right Service, and only the documented fallback besides', () => {
    fc.assert(
      fc.property(endpointsOf, endpointsOf, fc.constantFrom('Cluster', 'Local'), (first, second, policy) => {
        const w = new ServiceWorld(3, { mode, clusterCIDR: '10.244.0.0/16' });
        w.pod('10.244.1.100', 'n1');
        const lists = [first, second].map((list, s) =>
          list.map((e) => ({ ...e, ip: `10.244.${Number(e.node.slice(1))}.${s * 10 + e.host}` })),
        );
        lists.forEach((list, s) => {
          for (const { ip, node } of list) w.pod(ip, node, [8080]);
          const ports = [{ port: 80, protocol: 'TCP', nodePort: 30080 + s }];
          const spec = { type: 'NodePort', clusterIP: `10.96.0.${s + 1}`, externalTrafficPolicy: policy, ports };
          w.apply(service({ name: `s${s}`, spec }));
          w.apply(endpointSlice(`s${s}`, list));
        });
        w.sync();
        lists.forEach((list, s) => {
          const ready = list.filter((e) => e.ready);
          const usable = ready.length > 0 ? ready : list.filter((e) => e.serving && e.terminating);
          const inside = w.connect({ toIP: `10.96.0.${s + 1}`, port: 80 });
          if (usable.length === 0) expect(inside.verdict).toBe('refused');
          else expect(usable.map((e) => e.ip)).toContain(inside.backendIP);
          const outside = w.connect({ node: '', fromIP: '192.0.2.7', toIP: '10.0.0.1', port: 30080 + s });
          if (outside.verdict === 'connected') expect(list.map((e) => e.ip)).toContain(outside.backendIP);
          if (policy === 'Local' && mode !== 'ipvs' && outside.verdict === 'connected') {
            expect(outside.backendNode).toBe('n1');
            expect(outside.sourceSeen).toBe('192.0.2.7');
          }
        });
      }),
      { numRuns: 150 },
    );
  });
});

describe('NetworkPolicy', () => {
  const labels = ['red', 'blue', 'green'];
  const ruleOf = fc.record({
    peer: fc.oneof(
      fc.constant(undefined),
      fc.constantFrom(...labels).map((color) => ({ podSelector: { matchLabels: { color } } })),
      fc.constant({ namespaceSelector: { matchLabels: { team: 'x' } } }),
      fc.constant({ ipBlock: { cidr: '10.244.1.0/24', except: ['10.244.1.2/32'] } }),
    ),
    port: fc.constantFrom(undefined, 8080, 9090, 'p0'),
  });
  const policyOf = fc.record({
    target: fc.constantFrom(...labels),
    ingress: fc.array(ruleOf, { maxLength: 2 }),
    egress: fc.array(ruleOf, { maxLength: 2 }),
    types: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
  });

  interface Rule {
    readonly peer:
      | { podSelector?: { matchLabels: { color: string } }; namespaceSelector?: object; ipBlock?: object }
      | undefined;
    readonly port: number | string | undefined;
  }

  it('lets through exactly what a plain reading of the policies allows', () => {
    fc.assert(
      fc.property(fc.array(policyOf, { maxLength: 3 }), (policies) => {
        const w = new ServiceWorld(2);
        const pods = labels.flatMap((color, i) => [
          { ip: `10.244.1.${i + 1}`, node: 'n1', color, namespace: 'shop' },
          { ip: `10.244.2.${i + 1}`, node: 'n2', color, namespace: 'other' },
        ]);
        for (const { ip, node, color, namespace } of pods) w.pod(ip, node, [8080, 9090], { color }, namespace);
        for (const [name, team] of [
          ['shop', 'x'],
          ['other', 'y'],
        ] as const) {
          w.namespaces.set(name, { metadata: { name, labels: { team } } } as never);
        }
        policies.forEach(({ target, ingress, egress, types }, i) => {
          const list = (rules: readonly Rule[], side: 'from' | 'to'): object[] =>
            rules.map(({ peer, port }) => ({
              ...(peer ? { [side]: [peer] } : {}),
              ...(port ? { ports: [{ port }] } : {}),
            }));
          w.policies.push({
            metadata: { name: `p${i}`, namespace: 'shop' },
            spec: {
              podSelector: { matchLabels: { color: target } },
              policyTypes: types,
              ingress: list(ingress, 'from'),
              egress: list(egress, 'to'),
            },
          } as unknown as NetworkPolicy);
        });
        const peerAllows = (peer: Rule['peer'], pod: (typeof pods)[number]): boolean => {
          if (peer === undefined) return true;
          if (peer.podSelector !== undefined)
            return pod.namespace === 'shop' && pod.color === peer.podSelector.matchLabels.color;
          if (peer.namespaceSelector !== undefined) return pod.namespace === 'shop';
          return pod.ip.startsWith('10.244.1.') && pod.ip !== '10.244.1.2';
        };
        const allows = (
          direction: 'Ingress' | 'Egress',
          pod: (typeof pods)[number],
          peer: (typeof pods)[number],
          port: number,
        ): boolean => {
          if (pod.namespace !== 'shop') return true;
          const own = policies.filter(
            (policy) => policy.target === pod.color && (policy.types as readonly string[]).includes(direction),
          );
          const rules = own.flatMap((policy) => (direction === 'Ingress' ? policy.ingress : policy.egress)) as Rule[];
          // The named port p0 is 8080 in every pod.
          const portOk = (rule: Rule): boolean =>
            rule.port === undefined || rule.port === port || (rule.port === 'p0' && port === 8080);
          return own.length === 0 || rules.some((rule) => portOk(rule) && peerAllows(rule.peer, peer));
        };
        for (const from of pods) {
          for (const to of pods) {
            for (const port of [8080, 9090]) {
              const outcome = w.connect({ node: from.node, fromIP: from.ip, toIP: to.ip, port });
              const isAllowed = from === to || (allows('Egress', from, to, port) && allows('Ingress', to, from, port));
              // The first pod address of each node is the node's own in the pod network here, so it counts as the node.
              if (from.ip.endsWith('.1') || to.ip.endsWith('.1')) continue;
              expect(outcome.verdict, `${from.ip} to ${to.ip}:${port}`).toBe(isAllowed ? 'connected' : 'timeout');
            }
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});
