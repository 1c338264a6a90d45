import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aggregatedKinds } from '../registry/aggregated.ts';
import { KINDS } from '../registry/kinds.ts';
import { aggregatedDiscovery, discoveryDocument } from './discovery.ts';
import { compareVersions } from './version-order.ts';
import { hash64 } from './storage-version-hash.ts';

const ORACLE = new URL('../../../../../shared/oracle/api-public.json', import.meta.url);

describe.skipIf(!existsSync(ORACLE))('discovery against recorded answers (skipped without the recordings beside the project)', () => {
  const groups = existsSync(ORACLE)
    ? (JSON.parse(readFileSync(ORACLE, 'utf8')) as { group: string; exchanges: { request: { path: string; accept?: string }; response: { body: unknown } }[] }[])
    : [];
  const recorded = (path: string, isAggregated = false): unknown =>
    groups
      .flatMap((group) => (group.group === 'discovery' ? group.exchanges : []))
      .find(({ request }) => request.path === path && (request.accept?.includes('apidiscovery') ?? false) === isAggregated)?.response.body;

  const documentAt = (path: string): unknown => discoveryDocument(KINDS, path.slice(1).split('/'), '127.0.0.1:6443');

  it('lists groups and resources as the real server does', () => {
    const { groups: all, ...list } = recorded('/apis') as { groups: { name: string }[] };
    expect(documentAt('/apis')).toEqual({ ...list, groups: all.filter(({ name }) => !name.endsWith('.example.com')) });
    for (const path of ['/api/v1', '/apis/apps', '/apis/apps/v1', '/apis/batch/v1', '/apis/policy/v1', '/apis/discovery.k8s.io/v1']) {
      expect(documentAt(path)).toEqual(recorded(path));
    }
    expect(['/apis/nothing', '/apis/apps/v9', '/metrics'].map(documentAt)).toEqual([undefined, undefined, undefined]);
  });

  it('aggregates as the real server does', () => {
    expect(aggregatedDiscovery(KINDS, true, 'v2')).toEqual(recorded('/api', true));
    const { items, ...list } = recorded('/apis', true) as { items: { metadata: { name: string } }[] };
    const builtIn = items.filter(({ metadata }) => !metadata.name.endsWith('.example.com'));
    expect(aggregatedDiscovery(KINDS, false, 'v2')).toEqual({ ...list, items: builtIn });
  });
});

describe('the metrics of another server', () => {
  it('can be read, and neither watched nor deleted', () => {
    const { resources } = discoveryDocument(aggregatedKinds([{ group: 'metrics.k8s.io' }]), ['apis', 'metrics.k8s.io', 'v1beta1'], '') as { resources: unknown[] };
    const entry = { singularName: '', verbs: ['get', 'list'] };
    expect(resources).toEqual([
      { ...entry, name: 'nodes', namespaced: false, kind: 'NodeMetrics' },
      { ...entry, name: 'pods', namespaced: true, kind: 'PodMetrics' },
    ]);
  });
});

describe('versions', () => {
  it('go from stable to alpha', () => {
    expect(['v1alpha1', 'v1', 'v2', 'v1beta2', 'v1beta1', 'foo'].sort(compareVersions)).toEqual(['v2', 'v1', 'v1beta2', 'v1beta1', 'v1alpha1', 'foo']);
  });
  it('hash as upstream hashes', () => {
    expect(hash64('apps/v1/Deployment')).toBe('8aSe+NMegvE=');
  });
});
