/** Twins of test/e2e/apps/replica_set.go and rc.go. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Any, Client, IMAGES, MERGE_PATCH, STRATEGIC_PATCH } from '../framework/client.ts';
import { conditionOf, imageOf, isPodReady, podsOf } from './pods.ts';

let k: Client;
let namespace = '';
beforeAll(() => {
  k = new Client();
});
beforeEach(() => {
  namespace = k.namespace('replicas');
});

const sets = (): string => `/apis/apps/v1/namespaces/${namespace}/replicasets`;
const core = (resource: string): string => `/api/v1/namespaces/${namespace}/${resource}`;
const template = (labels: Any, name: string, image: string, more: Any = {}): Any => ({ metadata: { labels }, spec: { containers: [{ name, image, ...more }] } });
const replicaSet = (name: string, replicas: number, labels: Any, image: string = IMAGES.httpd): Any => ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name, labels }, spec: { replicas, selector: { matchLabels: labels }, template: template(labels, 'httpd', image) } });
const controller = (name: string, replicas: number, labels: Any, image: string = IMAGES.httpd): Any => ({ apiVersion: 'v1', kind: 'ReplicationController', metadata: { name, labels }, spec: { replicas, selector: labels, template: template(labels, name, image) } });
const pods = (labels: Any): Any[] => podsOf(k, namespace, labels);
const running = (labels: Any, count: number): void => k.poll(() => pods(labels).length === count && pods(labels).every(isPodReady), 300, 1);
const ownerOf = (path: string): Any => (k.get(path).metadata.ownerReferences ?? []).find((owner: Any) => owner.controller === true);

/** Each replica answers with its name through the API server's proxy. */
function serves(labels: Any, count: number): void {
  k.poll(() => pods(labels).length === count && pods(labels).every(({ status }) => status.phase === 'Running'), 300, 1);
  for (const { metadata } of pods(labels)) k.poll(() => k.get(`${core('pods')}/${metadata.name}/proxy/`) === metadata.name, 120, 1);
}

/** A pod that is nobody's comes under the controller that selects it; with another label it is let go. */
function adopts(collection: string, make: (labels: Any) => Any, name: string, releases: boolean): void {
  const labels = { name };
  k.post(core('pods'), { metadata: { name, labels }, spec: { containers: [{ name, image: IMAGES.httpd }] } });
  k.poll(() => k.get(`${core('pods')}/${name}`).status.phase === 'Running');
  const owner = k.post(collection, make(labels));
  k.poll(() => ownerOf(`${core('pods')}/${name}`)?.uid === owner.metadata.uid, 60, 1);
  if (releases) released(labels, owner.metadata.uid);
}

function released(labels: Any, uid: string): void {
  const [pod] = pods(labels);
  k.patch(`${core('pods')}/${pod.metadata.name}`, STRATEGIC_PATCH, { metadata: { labels: { name: 'not-matching-name' } } });
  k.poll(() => ownerOf(`${core('pods')}/${pod.metadata.name}`)?.uid !== uid, 60, 1);
}

/** A quota of two pods: the third replica fails, the condition says so, and goes when less is wanted. */
function surfacesQuota(collection: string, make: (labels: Any) => Any): void {
  k.post(core('resourcequotas'), { metadata: { name: 'condition-test' }, spec: { hard: { pods: '2' } } });
  k.poll(() => k.get(`${core('resourcequotas')}/condition-test`).status.hard?.pods === '2', 60, 1);
  const { metadata } = k.post(collection, make({ name: 'condition-test' }));
  const path = `${collection}/${metadata.name}`;
  const settled = (): Any => {
    const object = k.get(path);
    return object.status.observedGeneration >= object.metadata.generation ? conditionOf(object, 'ReplicaFailure') : undefined;
  };
  k.poll(() => settled() !== undefined, 60, 1);
  expect(settled().message).toContain('exceeded quota: condition-test');
  k.update(path, ({ spec }) => (spec.replicas = 2));
  k.poll(() => k.get(path).status.observedGeneration >= k.get(path).metadata.generation && conditionOf(k.get(path), 'ReplicaFailure') === undefined, 60, 1);
}

describe('ReplicaSet', () => {
  it('should serve a basic image on each replica with a public image', () => {
    const labels = { name: 'my-hostname-basic' };
    const made = replicaSet('my-hostname-basic', 1, labels, IMAGES.agnhost);
    Object.assign(made.spec.template.spec.containers[0], { args: ['serve-hostname'], ports: [{ containerPort: 9376 }] });
    k.post(sets(), made);
    serves(labels, 1);
  });

  it('should adopt matching pods on creation and release no longer matching pods', () => {
    adopts(sets(), (labels) => replicaSet('pod-adoption-release', 1, labels), 'pod-adoption-release', true);
  });

  it('Replicaset should have a working scale subresource', () => {
    const labels = { name: 'sample-pod', pod: 'httpd' };
    const path = `${sets()}/test-rs`;
    k.post(sets(), replicaSet('test-rs', 1, labels));
    running(labels, 1);
    k.sleep(1);
    const scale = k.get(`${path}/scale`);
    expect([scale.spec.replicas, scale.status.replicas]).toEqual([1, 1]);
    const { resourceVersion: _any, ...metadata } = scale.metadata;
    expect(k.put(`${path}/scale`, { ...scale, metadata, spec: { replicas: 2 } }).spec.replicas).toBe(2);
    expect(k.get(path).spec.replicas).toBe(2);
    k.patch(`${path}/scale`, STRATEGIC_PATCH, { spec: { replicas: 4 } });
    expect(k.get(path).spec.replicas).toBe(4);
  });

  it('Replace and Patch tests', () => {
    const labels = { name: 'sample-pod', pod: 'httpd' };
    const watch = k.watch(`${sets()}?labelSelector=pod=httpd`);
    k.post(sets(), replicaSet('test-rs', 1, labels));
    running(labels, 1);
    k.update(`${sets()}/test-rs`, ({ spec }) => (spec.replicas = 2));
    running(labels, 2);
    k.patch(`${sets()}/test-rs`, STRATEGIC_PATCH, { metadata: { labels: { 'test-rs': 'patched' } }, spec: { replicas: 3, template: { spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'httpd', image: IMAGES.pause }] } } } });
    watch.until((_type, { metadata }) => metadata.labels['test-rs'] === 'patched');
    watch.until((_type, { status }) => status.replicas === 3 && status.readyReplicas === 3, 300);
    expect(imageOf({ spec: k.get(`${sets()}/test-rs`).spec.template.spec })).toBe(IMAGES.pause);
  });

  it('should list and delete a collection of ReplicaSets', () => {
    const labels = { name: 'sample-pod', pod: 'httpd', e2e: namespace };
    k.post(sets(), replicaSet('test-rs', 3, labels));
    running(labels, 3);
    expect(k.get(`/apis/apps/v1/replicasets?labelSelector=e2e=${namespace}`).items).toHaveLength(1);
    k.delete(`${sets()}?labelSelector=e2e=${namespace}`, { gracePeriodSeconds: 1 });
    expect(k.get(`/apis/apps/v1/replicasets?labelSelector=e2e=${namespace}`).items).toEqual([]);
  });

  it('should validate Replicaset Status endpoints', () => {
    const labels = { name: 'sample-pod', pod: 'httpd' };
    const path = `${sets()}/test-rs`;
    const watch = k.watch(`${sets()}?labelSelector=pod=httpd`);
    k.post(sets(), replicaSet('test-rs', 1, labels));
    running(labels, 1);
    k.sleep(1);
    expect(k.get(`${path}/status`).status.readyReplicas).toBe(1);
    k.update(path, ({ status }) => (status.conditions = [...(status.conditions ?? []), { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' }]), '/status');
    watch.until((_type, { status }) => (status.conditions ?? []).some(({ type }: Any) => type === 'StatusUpdate'));
    k.patch(`${path}/status`, MERGE_PATCH, { status: { conditions: [{ type: 'StatusPatched', status: 'True' }] } });
    watch.until((_type, { status }) => (status.conditions ?? []).some(({ type }: Any) => type === 'StatusPatched'));
  });

  it('should surface a failure condition on a common issue like exceeded quota (not a conformance test)', () => {
    surfacesQuota(sets(), (labels) => replicaSet('condition-test', 3, labels));
  });
});

describe('ReplicationController', () => {
  const controllers = (): string => core('replicationcontrollers');

  it('should serve a basic image on each replica with a public image', () => {
    const labels = { name: 'my-hostname-basic' };
    const made = controller('my-hostname-basic', 1, labels, IMAGES.agnhost);
    Object.assign(made.spec.template.spec.containers[0], { args: ['serve-hostname'], ports: [{ containerPort: 9376 }] });
    k.post(controllers(), made);
    serves(labels, 1);
  });

  it('should surface a failure condition on a common issue like exceeded quota', () => {
    surfacesQuota(controllers(), (labels) => controller('condition-test', 3, labels));
  });

  it('should adopt matching pods on creation', () => {
    adopts(controllers(), (labels) => controller('pod-adoption', 1, labels), 'pod-adoption', false);
  });

  it('should release no longer matching pods', () => {
    const labels = { name: 'pod-release' };
    const made = k.post(controllers(), controller('pod-release', 1, labels));
    k.poll(() => pods(labels).length === 1, 60);
    released(labels, made.metadata.uid);
  });

  it('should test the lifecycle of a ReplicationController', () => {
    const labels = { 'test-rc-static': 'true' };
    const path = `${controllers()}/rc-test`;
    const watch = k.watch(`${controllers()}?labelSelector=test-rc-static=true`);
    const modified = (): void => void watch.until((type) => type === 'MODIFIED');
    k.post(controllers(), { metadata: { name: 'rc-test', labels }, spec: { replicas: 1, selector: labels, template: { metadata: { name: 'rc-test', labels }, spec: { containers: [{ name: 'rc-test', image: IMAGES.nginx }] } } } });
    watch.until((type) => type === 'ADDED');
    watch.until((_type, { status }) => status.replicas === 1 && status.readyReplicas === 1, 300);
    // Patches are whole objects as Go writes them, zeros included.
    const patched = k.patch(path, STRATEGIC_PATCH, { metadata: { creationTimestamp: null, labels: { 'test-rc': 'patched' } }, spec: {}, status: { replicas: 0 } });
    expect(patched.metadata.labels['test-rc']).toBe('patched');
    expect(patched.metadata.creationTimestamp).not.toBeNull();
    modified();
    const zeros = k.patch(`${path}/status`, STRATEGIC_PATCH, { status: { readyReplicas: 0, availableReplicas: 0 } });
    expect(zeros.status.readyReplicas ?? 0).toBe(0);
    modified();
    watch.until((_type, { status }) => status.replicas === 1);
    expect(k.get(`${path}/status`).status.replicas).toBe(1);
    k.patch(`${path}/scale`, STRATEGIC_PATCH, { metadata: { creationTimestamp: null }, spec: { replicas: 2 }, status: { replicas: 0 } });
    modified();
    watch.until((_type, { status }) => status.replicas === 2 && status.readyReplicas === 2, 300);
    const read = k.get(path);
    expect(read.metadata.labels['test-rc']).toBe('patched');
    k.put(`${path}/status`, { ...read, status: { ...read.status, availableReplicas: 1, readyReplicas: 1 } });
    modified();
    expect(k.get('/api/v1/replicationcontrollers?labelSelector=test-rc-static=true').items.map(({ metadata }: Any) => [metadata.namespace, metadata.labels['test-rc']])).toEqual([[namespace, 'patched']]);
    k.delete(`${controllers()}?labelSelector=test-rc-static=true`);
    watch.until((type) => type === 'DELETED');
  });

  it('should get and update a ReplicationController scale', () => {
    const labels = { name: 'e2e-rc-scale' };
    const path = `${controllers()}/e2e-rc-scale`;
    k.post(controllers(), controller('e2e-rc-scale', 1, labels));
    k.poll(() => k.get(path).status.replicas === 1, 120);
    const scale = k.get(`${path}/scale`);
    expect(scale.spec.replicas).toBe(1);
    k.put(`${path}/scale`, { ...scale, spec: { replicas: 2 }, metadata: { ...scale.metadata, resourceVersion: undefined } });
    k.poll(() => k.get(path).status.replicas === 2, 120);
  });
});
