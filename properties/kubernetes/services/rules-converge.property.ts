/**
 * Whatever the order and number of changes, and however a node's syncs fall between them: after a last sync its rules are
 * the pure function of what it has received, and nodes that received the same have the same blocks.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProxyMode } from '../../../models/kubernetes/kube-proxy/config.ts';
import { rulesOf } from '../../../models/kubernetes/kube-proxy/rules.ts';
import { nodeProfile } from '../../../models/kubernetes/kube-proxy/config.ts';
import { blockCache, listRules } from '../../../models/kubernetes/kube-proxy/node-rules.ts';
import { Proxier, SharedViews } from '../../../models/kubernetes/kube-proxy/proxier.ts';
import type { EndpointSlice, Service } from '../../../models/kubernetes/object/types.ts';
import { endpointSlice, service } from './service-world.ts';

const NAMES = ['a', 'b', 'c'];
const NODES = ['n1', 'n2'];

const serviceOf = fc
  .record({
    name: fc.constantFrom(...NAMES),
    type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
    local: fc.boolean(),
    internalLocal: fc.boolean(),
    affinity: fc.boolean(),
    ranges: fc.boolean(),
    external: fc.boolean(),
  })
  .map(({ name, type, local, internalLocal, affinity, ranges, external }): Service => {
    const index = NAMES.indexOf(name) + 1;
    const isExternal = type !== 'ClusterIP';
    return service({
      name,
      vips: type === 'LoadBalancer' ? [`203.0.113.${index}`] : [],
      spec: {
        type,
        clusterIP: `10.96.0.${index}`,
        externalTrafficPolicy: isExternal && local ? 'Local' : 'Cluster',
        internalTrafficPolicy: internalLocal ? 'Local' : 'Cluster',
        sessionAffinity: affinity ? 'ClientIP' : 'None',
        loadBalancerSourceRanges: ranges ? ['192.0.2.0/24'] : [],
        externalIPs: external ? [`198.51.100.${index}`] : [],
        ports: [{ port: 80, protocol: 'TCP', ...(isExternal ? { nodePort: 30000 + index } : {}) }],
      },
    });
  });

const sliceOf = fc
  .record({
    name: fc.constantFrom(...NAMES),
    endpoints: fc.uniqueArray(
      fc.record({
        host: fc.integer({ min: 1, max: 6 }),
        node: fc.constantFrom(...NODES, ''),
        ready: fc.boolean(),
        serving: fc.boolean(),
        terminating: fc.boolean(),
      }),
      { selector: (endpoint) => endpoint.host, maxLength: 5 },
    ),
  })
  .map(({ name, endpoints }): EndpointSlice => {
    return endpointSlice(
      name,
      endpoints.map((endpoint) => ({ ...endpoint, ip: `10.244.1.${endpoint.host}` })),
    );
  });

/** What happens: an object changes or goes, or a node syncs. */
const step = fc.oneof(
  { weight: 4, arbitrary: serviceOf.map((object) => ({ kind: 'put', object }) as const) },
  { weight: 6, arbitrary: sliceOf.map((object) => ({ kind: 'put', object }) as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteService' as const), name: fc.constantFrom(...NAMES) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteSlice' as const), name: fc.constantFrom(...NAMES) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('sync' as const), node: fc.constantFrom(...NODES) }) },
);

describe.each(['iptables', 'nftables', 'ipvs', 'userspace'] as const)('rules in %s mode', (mode: ProxyMode) => {
  it('converge to the function of what was received', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const config = { mode, clusterCIDR: '10.244.0.0/16' };
        const facts = NODES.map((name, i) => ({ name, addresses: [`10.0.0.${i + 1}`] }));
        const shared = new SharedViews('IPv4');
        const cache = blockCache(mode);
        const proxiers = facts.map((fact) => new Proxier(shared, cache, nodeProfile(config, fact, 'IPv4'), listRules));
        const services = new Map<string, Service>();
        const slices = new Map<string, EndpointSlice>();
        for (const each of steps) {
          if (each.kind === 'sync') {
            proxiers[NODES.indexOf(each.node)]!.sync();
          } else if (each.kind === 'put') {
            const { object } = each;
            const key = `shop/${object.metadata.name}`;
            if (object.kind === 'Service') services.set(key, object as Service);
            else slices.set(key, object as EndpointSlice);
            for (const proxier of proxiers) {
              if (object.kind === 'Service') proxier.onService(key, object as Service);
              else proxier.onEndpointSlice(key, object as EndpointSlice);
            }
          } else if (each.kind === 'deleteService') {
            services.delete(`shop/${each.name}`);
            for (const proxier of proxiers) proxier.onService(`shop/${each.name}`, undefined);
          } else {
            slices.delete(`shop/${each.name}-1`);
            for (const proxier of proxiers) proxier.onEndpointSlice(`shop/${each.name}-1`, undefined);
          }
        }
        proxiers.forEach((proxier, i) => {
          proxier.sync();
          const fresh = rulesOf(config, facts[i]!, [...services.values()], [...slices.values()]);
          expect(proxier.table.listing()).toEqual(fresh);
        });
      }),
      { numRuns: 150 },
    );
  });
});
