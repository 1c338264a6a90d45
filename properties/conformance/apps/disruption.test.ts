/** Twins of test/e2e/apps/disruption.go. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Any, Client, IMAGES, JSON_PATCH, MERGE_PATCH } from '../framework/client.ts';
import { podsOf } from './pods.ts';

const LABELS = { foo: 'bar' };
let k: Client;
let namespace = '';
beforeAll(() => {
  k = new Client();
});
beforeEach(() => {
  namespace = k.namespace('disruption');
});

const budgets = (): string => `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`;
const at = (name = 'foo'): string => `${budgets()}/${name}`;
const budget = (spec: Any, name = 'foo', labels: Any = {}): Any => ({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, labels }, spec: { selector: { matchLabels: LABELS }, ...spec } });
const processed = (name = 'foo'): void => k.poll(() => (k.get(at(name)).status.observedGeneration ?? 0) >= k.get(at(name)).metadata.generation, 60);
const create = (spec: Any, name = 'foo', labels: Any = {}): void => {
  k.post(budgets(), budget(spec, name, labels));
  processed(name);
};
const pods = (): Any[] => podsOf(k, namespace, LABELS);
const createPods = (count: number): void => {
  for (let index = 0; index < count; index++) k.post(`/api/v1/namespaces/${namespace}/pods`, { metadata: { name: `pod-${index}`, labels: LABELS }, spec: { containers: [{ name: 'donothing', image: IMAGES.pause }], restartPolicy: 'Always' } });
};
const healthy = (count: number): void => k.poll(() => k.get(at()).status.currentHealthy >= count, 300, 1);

describe('DisruptionController', () => {
  it('Listing PodDisruptionBudgets for all namespaces should list and delete a collection of PodDisruptionBudgets', () => {
    const other = k.namespace('disruption-2');
    for (const name of ['foo', 'foo2', 'foo3']) create({ minAvailable: 2 }, name, { e2e: namespace });
    k.post(`/apis/policy/v1/namespaces/${other}/poddisruptionbudgets`, budget({ minAvailable: '1%' }, 'foo4', { e2e: namespace }));
    expect(k.get(`/apis/policy/v1/poddisruptionbudgets?labelSelector=e2e=${namespace}`).items).toHaveLength(4);
    expect(k.get(budgets()).items).toHaveLength(3);
    k.delete(budgets());
    k.poll(() => k.get(budgets()).items.length === 0, 60);
    expect(k.get(`/apis/policy/v1/poddisruptionbudgets?labelSelector=e2e=${namespace}`).items).toHaveLength(1);
  });

  it('should create a PodDisruptionBudget', () => {
    create({ minAvailable: '1%' });
    const updated = k.update(at(), ({ spec }) => (spec.minAvailable = '2%'));
    expect(updated.spec.minAvailable).toBe('2%');
    processed();
    const patched = k.patch(at(), MERGE_PATCH, { spec: { minAvailable: '3%' } });
    expect(patched.spec.minAvailable).toBe('3%');
    processed();
    k.delete(at());
    k.poll(() => k.maybe(at()) === undefined, 60);
  });

  it('should observe PodDisruptionBudget status updated', () => {
    create({ minAvailable: 1 });
    createPods(3);
    k.poll(() => pods().length === 3 && pods().every(({ status }) => status.phase === 'Running'));
    k.poll(() => k.get(at()).status.disruptionsAllowed > 0, 300, 1);
  });

  it('should update/patch PodDisruptionBudget status', () => {
    create({ minAvailable: 1 });
    createPods(1);
    healthy(1);
    const lately = pods()[0].status.startTime;
    k.update(at(), ({ status }) => (status.disruptedPods = { 'pod-0': lately }), '/status');
    processed();
    k.sleep(1);
    expect(k.get(`${at()}/status`).status.disruptedPods).toEqual({ 'pod-0': lately });
    const patched = k.patch(`${at()}/status`, MERGE_PATCH, { status: { disruptedPods: null } });
    expect(patched.status.disruptedPods ?? {}).toEqual({});
  });

  it('should block an eviction until the PDB is updated to allow it', () => {
    const evict = (name: string): { code: number; body: Any } => k.request('POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } });
    const expectBlocked = (name: string): void => {
      const { code, body } = evict(name);
      expect(code).toBe(429);
      expect(body.details.causes[0].reason).toBe('DisruptionBudget');
    };
    const deleteFoo = (): void => {
      k.delete(at());
      k.poll(() => k.maybe(at()) === undefined, 60);
    };
    create({ minAvailable: 3 });
    createPods(3);
    healthy(3);
    expectBlocked(pods()[0].metadata.name);
    k.update(at(), ({ spec }) => (spec.minAvailable = 2));
    processed();
    const [first] = pods();
    k.poll(() => evict(first.metadata.name).code === 201, 60);
    k.poll(() => pods().length === 2, 120);
    processed();
    k.poll(() => k.get(at()).status.currentHealthy === 2, 60);
    const [second] = pods();
    expectBlocked(second.metadata.name);
    k.patch(at(), JSON_PATCH, [{ op: 'replace', path: '/spec/minAvailable', value: 1 }]);
    processed();
    k.poll(() => evict(second.metadata.name).code === 201, 60);
    k.poll(() => pods().length === 1, 120);
    deleteFoo();
    expect(evict(pods()[0].metadata.name).code).toBe(201);
  });
});
