import { describe, expect, it } from 'vitest';
import { controller, createCluster, createOrUpdate, generationChanged, kind, manager, TerminalError, watch, withController, type ConfigMap, type KubeObject, type Secret } from '../index.ts';

const CONFIG_MAP = kind<ConfigMap>('v1', 'ConfigMap');
const SECRET = kind<Secret>('v1', 'Secret');
const SECOND = 1_000_000;
const configMap = (name: string, data: Record<string, string>): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }) as unknown as KubeObject;

/** Each ConfigMap named `source-…` gets a Secret of its own with the same data. */
const mirror = controller<ConfigMap>({
  name: 'mirror',
  for: CONFIG_MAP,
  predicate: ({ object }) => object.metadata.name.startsWith('source-'),
  owns: [SECRET],
  *reconcile(request, { client }) {
    const source = yield* client.get(CONFIG_MAP, request);
    if (source === undefined) return;
    yield* createOrUpdate(client, SECRET, request, (object) => ({ ...withController(object, CONFIG_MAP, source), stringData: undefined, data: encoded(source.data) }));
  },
});
const encoded = (data: Readonly<Record<string, string>> = {}): Record<string, string> => Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)]));

describe("a user's controller", () => {
  it('reconciles, and puts right what others change', () => {
    const cluster = createCluster({ seed: '1', nodes: 0, controllers: [mirror] });
    cluster.apply([configMap('source-a', { x: '1' }), configMap('other', {})]);
    cluster.runFor(10 * SECOND);
    expect(cluster.list('secrets').map(({ metadata, data }) => [metadata.name, data])).toEqual([['source-a', { x: btoa('1') }]]);
    cluster.delete([{ ...configMap('source-a', {}), kind: 'Secret' }]);
    cluster.runFor(5 * SECOND);
    expect(cluster.list('secrets')).toHaveLength(1);
    const { mirror: counters } = cluster.work().loops['mirror'] ?? {};
    expect(counters).toMatchObject({ errors: 0, calls: { 'create secrets': 2 } });
    cluster.delete([configMap('source-a', {})]);
    cluster.runFor(30 * SECOND);
    expect(cluster.list('secrets')).toEqual([]);
  });

  it('is called again after a while, after failures longer and longer apart, and never after a final error', () => {
    const calls: string[] = [];
    const restless = controller<ConfigMap>({
      name: 'restless',
      for: CONFIG_MAP,
      predicate: ({ object }) => object.metadata.namespace === 'default' && object.metadata.name !== 'kube-root-ca.crt',
      *reconcile({ name }, { client, log }) {
        calls.push(name);
        log('called', { name });
        if (name === 'again') return { requeueAfter: 10 * SECOND };
        if (name === 'fails') yield* client.create(SECRET, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'No Name', namespace: 'default' } });
        throw new TerminalError('no use');
      },
    });
    const cluster = createCluster({ seed: '1', nodes: 0, controllers: [restless] });
    cluster.apply(['again', 'fails', 'final'].map((name) => configMap(name, {})));
    cluster.runFor(100 * SECOND);
    const count = (name: string): number => calls.filter((call) => call === name).length;
    expect([count('again') >= 9 && count('again') <= 11, count('final')]).toEqual([true, 1]);
    // 5 ms, doubled each time: sixteen calls in the first three minutes.
    expect(count('fails')).toBeGreaterThan(10);
    expect(count('fails')).toBeLessThan(20);
    expect(cluster.work().loops['restless']?.['restless']?.errors).toBe(count('fails') + 1);
  });

  it('hears of other kinds through mapping functions', () => {
    const seen: string[] = [];
    const watcher = controller<ConfigMap>({
      name: 'watcher',
      for: CONFIG_MAP,
      predicate: () => false,
      watches: [watch({ kind: SECRET, map: ({ metadata }) => (metadata.labels?.['for'] === undefined ? [] : [{ namespace: metadata.namespace ?? '', name: metadata.labels['for'] }]), predicate: generationChanged })],
      *reconcile({ namespace, name }) {
        seen.push(`${namespace}/${name}`);
      },
    });
    const cluster = createCluster({ seed: '1', nodes: 0, controllers: [watcher] });
    cluster.apply([{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', labels: { for: 'settings' } } } as unknown as KubeObject]);
    cluster.runFor(10 * SECOND);
    expect(seen).toEqual(['default/settings']);
  });

  it('in two replicas works in the leader only, and the other takes over', () => {
    const cluster = createCluster({ seed: '1', nodes: 0, controllers: [manager({ name: 'mirrors', controllers: [mirror], leaderElection: true, replicas: 2 })] });
    cluster.apply([configMap('source-a', { x: '1' })]);
    cluster.runFor(20 * SECOND);
    const working = (): string[] => Object.entries(cluster.work().loops).filter(([id, loops]) => id.startsWith('mirrors') && loops['mirror'] !== undefined).map(([id]) => id);
    const [leader = ''] = working();
    expect(working()).toHaveLength(1);
    cluster.kernel.control({ kind: 'crash', actor: leader });
    cluster.apply([configMap('source-b', { y: '2' })]);
    cluster.runFor(40 * SECOND);
    expect(working()).toEqual([leader === 'mirrors' ? 'mirrors-2' : 'mirrors']);
    expect(cluster.list('secrets').map(({ metadata }) => metadata.name)).toEqual(['source-a', 'source-b']);
  });

  it('stops the run when it has a bug, unless it is told to go on', () => {
    const broken = (recoverPanic: boolean) => controller<ConfigMap>({ name: 'broken', for: CONFIG_MAP, recoverPanic, reconcile: () => { throw new RangeError('a bug'); } });
    const strict = createCluster({ seed: '1', nodes: 0, controllers: [broken(false)] });
    expect(() => strict.runFor(20 * SECOND)).toThrow('a bug');
    const lenient = createCluster({ seed: '1', nodes: 0, controllers: [broken(true)] });
    lenient.runFor(20 * SECOND);
    expect(lenient.work().loops['broken']?.['broken']?.errors).toBeGreaterThan(3);
  });
});
