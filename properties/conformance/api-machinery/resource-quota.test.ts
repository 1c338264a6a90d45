/** Twins of test/e2e/apimachinery/resource_quota.go. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Any, Client, IMAGES, STRATEGIC_PATCH } from '../framework/client.ts';

const EXTENDED = 'example.com/dongle';
let k: Client;
let namespace = '';
beforeAll(() => {
  k = new Client();
});
beforeEach(() => {
  namespace = k.namespace('resourcequota');
});

const core = (resource: string): string => `/api/v1/namespaces/${namespace}/${resource}`;
const quotas = (): string => core('resourcequotas');
/** What upstream's quota limits. */
const HARD = {
  pods: '5', services: '10', 'services.nodeports': '1', 'services.loadbalancers': '1', replicationcontrollers: '10', resourcequotas: '1', configmaps: '10', secrets: '10', persistentvolumeclaims: '10', cpu: '1', memory: '500Mi',
  'requests.ephemeral-storage': '50Gi', 'limits.ephemeral-storage': '100Gi', 'requests.storage': '10Gi', 'count/replicasets.apps': '5', [`requests.${EXTENDED}`]: '3', 'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '10', 'gold.storageclass.storage.k8s.io/requests.storage': '10Gi',
};
const create = (name = 'test-quota', hard: Any = HARD, more: Any = {}): Any => k.post(quotas(), { metadata: { name }, spec: { hard, ...more } });
const used = (expected: Any, name = 'test-quota'): void =>
  k.poll(() => {
    const { spec, status } = k.get(`${quotas()}/${name}`);
    if (status.hard === undefined || status.used === undefined) return false;
    expect(Object.keys(status.hard).sort()).toEqual(Object.keys(spec.hard).sort());
    return Object.entries(expected).every(([resource, value]) => status.used[resource] === value);
  }, 300, 2);
const own = { resourcequotas: '1' };
/** Config maps and secrets that a namespace has by itself. */
const count = (resource: string): number => k.get(core(resource)).items.length;
const pod = (name: string, requests: Any, limits: Any, more: Any = {}): Any => ({ metadata: { name }, spec: { containers: [{ name: 'pause', image: IMAGES.pause, resources: { requests, limits } }], ...more } });

describe('ResourceQuota', () => {
  it('should create a ResourceQuota and ensure its status is promptly calculated.', () => {
    create();
    used(own);
  });

  it('should create a ResourceQuota and capture the life of a secret.', () => {
    const before = count('secrets');
    create();
    used({ ...own, secrets: String(before) });
    k.post(core('secrets'), { metadata: { name: 'test-secret' }, data: { 'data-1': btoa('value-1') } });
    used({ secrets: String(before + 1) });
    k.delete(`${core('secrets')}/test-secret`);
    used({ secrets: String(before) });
  });

  it('should create a ResourceQuota and capture the life of a configMap.', () => {
    const before = count('configmaps');
    create();
    used({ ...own, configmaps: String(before) });
    k.post(core('configmaps'), { metadata: { name: 'test-configmap' }, data: { a: 'b' } });
    used({ configmaps: String(before + 1) });
    k.delete(`${core('configmaps')}/test-configmap`);
    used({ configmaps: String(before) });
  });

  it('should create a ResourceQuota and capture the life of a service.', () => {
    create();
    used(own);
    const service = (name: string, type: string, allocate = true): Any => ({ metadata: { name }, spec: { type, ports: [{ port: 80, targetPort: 80 }], ...(allocate ? {} : { allocateLoadBalancerNodePorts: false }) } });
    k.post(core('services'), service('test-service', 'ClusterIP'));
    k.post(core('services'), service('test-service-np', 'NodePort'));
    expect(k.refused(() => k.post(core('services'), service('test-service-lbnp', 'LoadBalancer'))).code).toBe(403);
    k.post(core('services'), service('test-service-lbnp-disabled', 'LoadBalancer', false));
    used({ services: '3', 'services.nodeports': '1', 'services.loadbalancers': '1' });
    for (const name of ['test-service', 'test-service-np', 'test-service-lbnp-disabled']) k.delete(`${core('services')}/${name}`);
    used({ services: '0', 'services.nodeports': '0', 'services.loadbalancers': '0' });
  });

  it('should create a ResourceQuota and capture the life of a replication controller.', () => {
    create();
    used(own);
    k.post(core('replicationcontrollers'), { metadata: { name: 'test-rc' }, spec: { replicas: 0, selector: { name: 'test-rc' }, template: { metadata: { labels: { name: 'test-rc' } }, spec: { containers: [{ name: 'test-rc', image: IMAGES.httpd }] } } } });
    used({ replicationcontrollers: '1' });
    k.delete(`${core('replicationcontrollers')}/test-rc`, { propagationPolicy: 'Background' });
    used({ replicationcontrollers: '0' });
  });

  it('should create a ResourceQuota and capture the life of a replica set.', () => {
    create();
    used(own);
    const sets = `/apis/apps/v1/namespaces/${namespace}/replicasets`;
    k.post(sets, { metadata: { name: 'test-rs' }, spec: { replicas: 0, selector: { matchLabels: { name: 'test-rs' } }, template: { metadata: { labels: { name: 'test-rs' } }, spec: { containers: [{ name: 'test-rs', image: IMAGES.httpd }] } } } });
    used({ 'count/replicasets.apps': '1' });
    k.delete(`${sets}/test-rs`);
    used({ 'count/replicasets.apps': '0' });
  });

  it('should create a ResourceQuota and capture the life of a pod.', () => {
    create();
    used(own);
    const requests = { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', [EXTENDED]: '2' };
    k.post(core('pods'), pod('test-pod', requests, { 'ephemeral-storage': '60Gi', [EXTENDED]: '2' }));
    used({ pods: '1', cpu: '500m', memory: '252Mi', 'requests.ephemeral-storage': '30Gi', 'limits.ephemeral-storage': '60Gi', [`requests.${EXTENDED}`]: '2' });
    expect(k.refused(() => k.post(core('pods'), pod('fail-pod', { cpu: '600m', memory: '100Mi' }, {}))).code).toBe(403);
    expect(k.refused(() => k.post(core('pods'), pod('fail-pod-extended', { cpu: '500m', memory: '100Mi', 'ephemeral-storage': '30Gi', [EXTENDED]: '2' }, { 'ephemeral-storage': '60Gi', [EXTENDED]: '2' }))).code).toBe(403);
    const changed = k.refused(() => k.update(`${core('pods')}/test-pod`, ({ spec }) => (spec.containers[0].resources = { requests: { cpu: '100m', memory: '100Mi', 'ephemeral-storage': '10Gi' } })));
    expect(changed.code).toBe(422);
    used({ pods: '1', cpu: '500m', memory: '252Mi', 'requests.ephemeral-storage': '30Gi', [`requests.${EXTENDED}`]: '2' });
    k.delete(`${core('pods')}/test-pod`, { gracePeriodSeconds: 0 });
    used({ pods: '0', cpu: '0', memory: '0', 'requests.ephemeral-storage': '0', [`requests.${EXTENDED}`]: '0' });
  });

  it('should verify ResourceQuota with terminating scopes.', () => {
    const hard = { pods: '5', 'requests.cpu': '1', 'requests.memory': '500Mi', 'limits.cpu': '2', 'limits.memory': '1Gi' };
    create('quota-terminating', hard, { scopes: ['Terminating'] });
    create('quota-not-terminating', hard, { scopes: ['NotTerminating'] });
    used({ pods: '0' }, 'quota-terminating');
    used({ pods: '0' }, 'quota-not-terminating');
    const [requests, limits] = [{ cpu: '500m', memory: '200Mi' }, { cpu: '1', memory: '400Mi' }];
    const full = { pods: '1', 'requests.cpu': '500m', 'requests.memory': '200Mi', 'limits.cpu': '1', 'limits.memory': '400Mi' };
    const none = { pods: '0', 'requests.cpu': '0', 'requests.memory': '0', 'limits.cpu': '0', 'limits.memory': '0' };
    const tryOut = (name: string, more: Any, counted: string, other: string): void => {
      k.post(core('pods'), pod(name, requests, limits, more));
      used(full, counted);
      used(none, other);
      k.delete(`${core('pods')}/${name}`, { gracePeriodSeconds: 0 });
      used(none, counted);
    };
    tryOut('test-pod', {}, 'quota-not-terminating', 'quota-terminating');
    tryOut('terminating-pod', { activeDeadlineSeconds: 3600 }, 'quota-terminating', 'quota-not-terminating');
  });

  it('should verify ResourceQuota with best effort scope.', () => {
    create('quota-besteffort', { pods: '5' }, { scopes: ['BestEffort'] });
    create('quota-not-besteffort', { pods: '5' }, { scopes: ['NotBestEffort'] });
    const tryOut = (name: string, requests: Any, limits: Any, counted: string, other: string): void => {
      used({ pods: '0' }, counted);
      k.post(core('pods'), pod(name, requests, limits));
      used({ pods: '1' }, counted);
      used({ pods: '0' }, other);
      k.delete(`${core('pods')}/${name}`, { gracePeriodSeconds: 0 });
      used({ pods: '0' }, counted);
    };
    tryOut('besteffort-pod', undefined, undefined, 'quota-besteffort', 'quota-not-besteffort');
    tryOut('burstable-pod', { cpu: '500m', memory: '200Mi' }, { cpu: '1', memory: '400Mi' }, 'quota-not-besteffort', 'quota-besteffort');
  });

  it('should be able to update and delete ResourceQuota.', () => {
    const path = `${quotas()}/test-quota`;
    expect(create('test-quota', { cpu: '1', memory: '500Mi' }).spec.hard).toEqual({ cpu: '1', memory: '500Mi' });
    expect(k.update(path, ({ spec }) => (spec.hard = { cpu: '2', memory: '1Gi' })).spec.hard).toEqual({ cpu: '2', memory: '1Gi' });
    expect(k.get(path).spec.hard).toEqual({ cpu: '2', memory: '1Gi' });
    k.delete(path);
    expect(k.maybe(path)).toBeUndefined();
  });

  it('should manage the lifecycle of a ResourceQuota', () => {
    const path = `${quotas()}/e2e-quota`;
    k.post(quotas(), { metadata: { name: 'e2e-quota', labels: { 'e2e-quota': namespace } }, spec: { hard: { cpu: '1', memory: '500Mi' } } });
    expect(k.get(path).spec.hard).toEqual({ cpu: '1', memory: '500Mi' });
    const selector = `labelSelector=e2e-quota=${namespace}`;
    expect(k.get(`/api/v1/resourcequotas?${selector}`).items).toHaveLength(1);
    const patched = k.patch(path, STRATEGIC_PATCH, { metadata: { labels: { 'e2e-quota': 'patched' } }, spec: { hard: { memory: '750Mi' } } });
    expect(patched.metadata.labels['e2e-quota']).toBe('patched');
    expect(patched.spec.hard.memory).toBe('750Mi');
    k.delete(`${quotas()}?labelSelector=e2e-quota=patched`);
    expect(k.get(`${quotas()}?labelSelector=e2e-quota=patched`).items).toEqual([]);
  });

  it('should apply changes to a resourcequota status', () => {
    const path = `${quotas()}/e2e-rq-status`;
    const hardOf = (status: Any): Any => ({ cpu: status.hard?.cpu, memory: status.hard?.memory });
    const shows = (hard: Any): void => void watch.until((_type, { status }) => JSON.stringify(hardOf(status)) === JSON.stringify(hard));
    const [first, next, other] = [{ cpu: '500m', memory: '500Mi' }, { cpu: '1', memory: '1Gi' }, { cpu: '2', memory: '2Gi' }];
    const watch = k.watch(`${quotas()}?labelSelector=e2e-rq-label=e2e-rq-status`);
    k.post(quotas(), { metadata: { name: 'e2e-rq-status', labels: { 'e2e-rq-label': 'e2e-rq-status' } }, spec: { hard: first } });
    expect(k.get(path).spec.hard).toEqual(first);
    k.update(path, (object) => (object.status = { hard: first }), '/status');
    shows(first);
    k.patch(path, STRATEGIC_PATCH, { spec: { hard: next } });
    k.patch(`${path}/status`, STRATEGIC_PATCH, { status: { hard: next } });
    shows(next);
    expect(k.get(`${path}/status`).status.hard).toEqual(next);
    expect(k.patch(`${path}/status`, STRATEGIC_PATCH, { status: { hard: other } }).status.hard).toEqual(other);
    shows(other);
    // The controller looks at statuses only when it looks at all quotas again, every five minutes.
    k.poll(() => JSON.stringify(hardOf(k.get(path).status)) === JSON.stringify(next), 360, 5);
    expect(k.get(path).spec.hard).toEqual(next);
  });
});
