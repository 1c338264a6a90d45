import { describe, expect, it } from 'vitest';
import { ApiBench } from '../../cluster/testing/api-bench.ts';
import type { KubeObject } from '../../object/types.ts';

describe('DELETE of a collection', () => {
  it('answers with the list as it was read', () => {
    const bench = new ApiBench();
    const names = ['a', 'b', 'c'];
    const held = (name: string): unknown => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { set: 'x' }, ...(name === 'b' ? { finalizers: ['example.com/held'] } : {}) } });
    const made = names.map((name) => bench.send('create', '/v1/configmaps', held(name), { namespace: 'default' }).body as KubeObject);
    const answer = bench.send('deletecollection', '/v1/configmaps', undefined, { namespace: 'default', query: { labelSelector: 'set=x' } });
    const { items } = answer.body as unknown as { items: KubeObject[] };
    expect(items.map(({ metadata }) => [metadata.name, metadata.resourceVersion, metadata.deletionTimestamp])).toEqual(
      made.map(({ metadata }) => [metadata.name, metadata.resourceVersion, undefined]),
    );
    const left = bench.send('list', '/v1/configmaps', undefined, { namespace: 'default', query: { labelSelector: 'set=x' } }).body as unknown as { items: KubeObject[] };
    expect(left.items.map(({ metadata }) => [metadata.name, metadata.deletionTimestamp !== undefined])).toEqual([['b', true]]);
  });

  it('deletes no more than the page it was asked for, and says where it ended', () => {
    const bench = new ApiBench();
    for (const name of ['a', 'b', 'c']) bench.send('create', '/v1/configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { set: 'x' } } }, { namespace: 'default' });
    const page = bench.send('deletecollection', '/v1/configmaps', undefined, { namespace: 'default', query: { labelSelector: 'set=x', limit: '2' } }).body as unknown as { metadata: { continue?: string }; items: KubeObject[] };
    expect(page.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(page.metadata.continue).toMatch(/./);
    const left = bench.send('list', '/v1/configmaps', undefined, { namespace: 'default', query: { labelSelector: 'set=x' } }).body as unknown as { items: KubeObject[] };
    expect(left.items.map(({ metadata }) => metadata.name)).toEqual(['c']);
  });
});
