import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Service } from '../../object/types.ts';
import { BlockCache } from '../block-cache.ts';
import { nodeProfile } from '../config.ts';
import type { KubeProxyConfiguration, NodeFacts } from '../config.ts';
import { Proxier, SharedViews } from '../proxier.ts';
import { listTable } from './list.ts';
import { nftServicePort } from './service-port-rules.ts';

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

/** Splits a listing into its chains, sets and maps; those are unordered, and so are elements of sets and maps. */
function normalise(lines: readonly string[]): Record<string, string[]> {
  const sections: Record<string, string[]> = {};
  let name = '';
  for (const line of lines.join('\n').replace(/,\n\t+ +/g, ', ').split('\n')) {
    const head = /^\t(chain|set|map) (\S+) \{$/.exec(line);
    if (head !== null) name = `${head[1]} ${head[2]}`;
    const elements = /^\t\telements = \{ (.*) \}$/.exec(line);
    // The brace that closes the table belongs to no section.
    if (line === '}') continue;
    (sections[name] ??= []).push(...(elements === null ? [line] : (elements[1] as string).split(', ').sort()));
  }
  return sections;
}

describe.skipIf(!existsSync(VECTORS))('nftables rules', () => {
  const vectors: Vector[] = existsSync(VECTORS) ? JSON.parse(readFileSync(VECTORS, 'utf8')) : [];
  for (const vector of vectors.filter((candidate) => candidate.mode === 'nftables')) {
    it(`equals the real ones: ${vector.name}`, () => {
      const profile = nodeProfile(vector.proxyConfig, { name: vector.nodeName, ...vector.node }, 'IPv4');
      const proxier = new Proxier(new SharedViews('IPv4'), new BlockCache(nftServicePort), profile);
      for (const service of vector.services) {
        proxier.onService(`${service.metadata.namespace}/${service.metadata.name}`, service);
      }
      for (const slice of vector.endpointSlices) {
        proxier.onEndpointSlice(`${slice.metadata.namespace}/${slice.metadata.name}`, slice);
      }
      proxier.sync();
      const lines = listTable(profile, proxier.table.all());
      expect(normalise(lines)).toEqual(normalise(vector.expect['nft']!));
    });
  }
});
