import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { saveTable } from '../../api/iptables-save.ts';
import type { EndpointSlice, Service } from '../../object/types.ts';
import { BlockCache } from '../block-cache.ts';
import { nodeProfile } from '../config.ts';
import type { KubeProxyConfiguration, NodeFacts } from '../config.ts';
import { Proxier, SharedViews } from '../proxier.ts';
import { filterTable, natTable } from './frame.ts';
import { servicePortRules } from './service-port-rules.ts';

/** Recordings of the real kube-proxy; not part of the repository. */
const VECTORS = new URL('../../../../../shared/oracle/kube-proxy-public.json', import.meta.url);

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
function normalise(lines: readonly string[]): string[] {
  const sorted = lines.filter((line) => UNORDERED.some((chain) => line.startsWith(`-A ${chain} `))).sort();
  return lines.map((line) => (UNORDERED.some((chain) => line.startsWith(`-A ${chain} `)) ? sorted.shift()! : line));
}

describe.skipIf(!existsSync(VECTORS))('iptables rules', () => {
  const vectors: Vector[] = existsSync(VECTORS) ? JSON.parse(readFileSync(VECTORS, 'utf8')) : [];
  for (const vector of vectors.filter((candidate) => candidate.mode === 'iptables')) {
    it(`equals the real ones: ${vector.name}`, () => {
      for (const family of ['IPv4', 'IPv6'] as const) {
        const suffix = family === 'IPv4' ? '' : '6';
        if (vector.expect[`nat${suffix}`] === undefined) continue;
        const profile = nodeProfile(vector.proxyConfig, { name: vector.nodeName, ...vector.node }, family);
        const proxier = new Proxier(new SharedViews(family), new BlockCache(servicePortRules), profile);
        for (const service of vector.services) {
          proxier.onService(`${service.metadata.namespace}/${service.metadata.name}`, service);
        }
        for (const slice of vector.endpointSlices) {
          proxier.onEndpointSlice(`${slice.metadata.namespace}/${slice.metadata.name}`, slice);
        }
        proxier.sync();
        const blocks = proxier.table.all();
        const nat = saveTable(natTable(profile, blocks), family);
        const filter = saveTable(filterTable(profile, blocks), family);
        expect(normalise(nat)).toEqual(normalise(vector.expect[`nat${suffix}`]!));
        expect(normalise(filter)).toEqual(normalise(vector.expect[`filter${suffix}`]!));
      }
    });
  }
});
