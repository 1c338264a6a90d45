import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createCluster, type KubeObject, type Simulation } from '../../models/kubernetes/index.ts';
import { REGISTRY, websiteOperator, type Website } from './website-operator.ts';

const file = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const SECOND = 1_000_000;

const website = (cluster: Simulation, name = 'hello'): Website | undefined => cluster.get('websites', 'default', name) as Website | undefined;
const registered = (cluster: Simulation): string[] => Object.keys(cluster.get('configmaps', REGISTRY.namespace, REGISTRY.name)?.['data'] ?? {});
const change = (patch: object): KubeObject[] => [{ apiVersion: 'example.com/v1', kind: 'Website', metadata: { name: 'hello' }, ...patch } as unknown as KubeObject];

describe('the website operator', () => {
  it('serves a page, rolls a new one out, and cleans up behind itself', () => {
    const cluster = createCluster({ seed: 'website', nodes: 2, controllers: [websiteOperator] });
    cluster.apply(`${file('crd.yaml')}---\n${file('website.yaml')}`);
    expect(cluster.runUntil((at) => website(at)?.status?.phase === 'Serving', 120 * SECOND)).toBe(true);
    expect(website(cluster)?.status).toEqual({ observedGeneration: 1, readyReplicas: 2, phase: 'Serving' });
    expect(registered(cluster)).toEqual(['default.hello']);
    cluster.apply(change({ spec: { page: 'Hello again', replicas: 3 } }));
    expect(cluster.runUntil((at) => website(at)?.status?.observedGeneration === 2 && website(at)?.status?.readyReplicas === 3, 120 * SECOND)).toBe(true);
    expect(cluster.get('configmaps', 'default', 'hello')?.['data']).toEqual({ 'index.html': 'Hello again' });
    cluster.delete(change({}));
    expect(cluster.runUntil((at) => at.list('pods').length === 0 && website(at) === undefined, 120 * SECOND)).toBe(true);
    expect(registered(cluster)).toEqual([]);
    expect(cluster.list('services').map(({ metadata }) => metadata.name)).toEqual(['kubernetes']);
  });

  it('writes nothing once all is as it should be', () => {
    const cluster = createCluster({ seed: 'website', nodes: 2, controllers: [websiteOperator] });
    cluster.apply(`${file('crd.yaml')}---\n${file('website.yaml')}`);
    cluster.runUntil((at) => website(at)?.status?.phase === 'Serving', 120 * SECOND);
    cluster.runFor(10 * SECOND);
    const writes = (): number => Object.entries(cluster.work().loops['website-operator']?.['website-operator']?.callsByVerb ?? {}).reduce((sum, [verb, count]) => (['create', 'update', 'patch', 'delete'].includes(verb) ? sum + count : sum), 0);
    const before = writes();
    cluster.runFor(1800 * SECOND);
    expect(writes()).toBe(before);
  });
});
