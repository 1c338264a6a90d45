import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KINDS } from '../registry/kinds.ts';
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList } from './discovery.ts';
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

  it('lists groups and resources as the real server does', () => {
    const { groups: all, ...list } = recorded('/apis') as { groups: { name: string }[] };
    expect(apiGroupList(KINDS)).toEqual({ ...list, groups: all.filter(({ name }) => !name.endsWith('.example.com')) });
    expect(apiGroup(KINDS, 'apps')).toEqual(recorded('/apis/apps'));
    expect(apiResourceList(KINDS, '', 'v1')).toEqual(recorded('/api/v1'));
    for (const [group, version] of [['apps', 'v1'], ['batch', 'v1'], ['policy', 'v1'], ['discovery.k8s.io', 'v1']] as const) {
      expect(apiResourceList(KINDS, group, version)).toEqual(recorded(`/apis/${group}/${version}`));
    }
  });

  it('aggregates as the real server does', () => {
    expect(aggregatedDiscovery(KINDS, true, 'v2')).toEqual(recorded('/api', true));
    const { items, ...list } = recorded('/apis', true) as { items: { metadata: { name: string } }[] };
    const builtIn = items.filter(({ metadata }) => !metadata.name.endsWith('.example.com'));
    expect(aggregatedDiscovery(KINDS, false, 'v2')).toEqual({ ...list, items: builtIn });
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
