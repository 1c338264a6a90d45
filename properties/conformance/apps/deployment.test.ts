/** Twins of test/e2e/apps/deployment.go. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Any, Client, IMAGES, MERGE_PATCH, STRATEGIC_PATCH } from '../framework/client.ts';
import { conditionOf, imageOf, isPodReady, podsOf } from './pods.ts';

const REVISION = 'deployment.kubernetes.io/revision';
let k: Client;
let namespace = '';
beforeAll(() => {
  k = new Client();
});
beforeEach(() => {
  namespace = k.namespace('deployment');
});

const apps = (resource: string): string => `/apis/apps/v1/namespaces/${namespace}/${resource}`;
const at = (name: string): string => `${apps('deployments')}/${name}`;
const template = (labels: Any, name: string, image: string): Any => ({ metadata: { labels }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name, image, securityContext: {} }] } });
const deployment = (name: string, replicas: number, labels: Any, container: string, image: string, strategy: Any = { type: 'RollingUpdate' }): Any => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels },
  spec: { replicas, selector: { matchLabels: labels }, strategy, template: template(labels, container, image) },
});
const replicaSet = (name: string, replicas: number, labels: Any, container: string, image: string): Any => ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name, labels }, spec: { replicas, selector: { matchLabels: labels }, template: template(labels, container, image) } });
const pods = (labels: Any): Any[] => podsOf(k, namespace, labels);
const running = (labels: Any, count: number): void => k.poll(() => pods(labels).filter(isPodReady).length === count && pods(labels).length === count, 300, 1);
const complete = (name: string): void =>
  k.poll(() => {
    const { metadata, spec, status } = k.get(at(name));
    return status.updatedReplicas === spec.replicas && status.replicas === spec.replicas && status.availableReplicas === spec.replicas && status.observedGeneration >= metadata.generation;
  }, 600, 1);
const setsOf = (name: string): Any[] => k.get(apps('replicasets')).items.filter(({ metadata }: Any) => (metadata.ownerReferences ?? []).some((owner: Any) => owner.name === name));
const newSet = (name: string): Any => {
  const revision = k.get(at(name)).metadata.annotations?.[REVISION];
  return setsOf(name).find(({ metadata }) => metadata.annotations?.[REVISION] === revision);
};
const revisionAndImage = (name: string, revision: string, image: string): void =>
  k.poll(() => {
    const set = newSet(name);
    return k.get(at(name)).metadata.annotations?.[REVISION] === revision && set?.metadata.annotations[REVISION] === revision && imageOf({ spec: set.spec.template.spec }) === image;
  }, 300, 1);

describe('Deployment', () => {
  it('RollingUpdateDeployment should delete old pods and create new ones', () => {
    const labels = { name: 'sample-pod', pod: 'httpd' };
    const set = replicaSet('test-rolling-update-controller', 1, labels, 'httpd', IMAGES.httpd);
    set.metadata.annotations = { [REVISION]: '3546343826724305832' };
    k.post(apps('replicasets'), set);
    running(labels, 1);
    const name = 'test-rolling-update-deployment';
    k.post(apps('deployments'), deployment(name, 1, labels, 'agnhost', IMAGES.agnhost));
    revisionAndImage(name, '3546343826724305833', IMAGES.agnhost);
    complete(name);
    expect(setsOf(name)).toHaveLength(2);
    expect(k.get(apps('replicasets') + '/test-rolling-update-controller').spec.replicas).toBe(0);
  });

  it('RecreateDeployment should delete old pods and create new ones', () => {
    const labels = { name: 'sample-pod-3' };
    const name = 'test-recreate-deployment';
    k.post(apps('deployments'), deployment(name, 1, labels, 'agnhost', IMAGES.agnhost, { type: 'Recreate' }));
    revisionAndImage(name, '1', IMAGES.agnhost);
    complete(name);
    const watch = k.watch(`/api/v1/namespaces/${namespace}/pods?labelSelector=name=sample-pod-3`);
    k.sleep(0.1);
    watch.rest();
    k.update(at(name), ({ spec }) => Object.assign(spec.template.spec.containers[0], { name: 'httpd', image: IMAGES.httpd }));
    revisionAndImage(name, '2', IMAGES.httpd);
    complete(name);
    // No new pod before the old ones are gone.
    const old = new Set<string>();
    for (const { type, object } of watch.rest() as Any[]) {
      if (imageOf(object) === IMAGES.agnhost && type !== 'DELETED') old.add(object.metadata.name);
      if (type === 'DELETED' || ['Succeeded', 'Failed'].includes(object.status.phase)) old.delete(object.metadata.name);
      if (type === 'ADDED' && imageOf(object) === IMAGES.httpd) expect(old.size).toBe(0);
    }
  });

  it('deployment should delete old replica sets', () => {
    const labels = { name: 'cleanup-pod', pod: 'httpd' };
    k.post(apps('replicasets'), replicaSet('test-cleanup-controller', 1, labels, 'httpd', IMAGES.httpd));
    running(labels, 1);
    const watch = k.watch(`/api/v1/namespaces/${namespace}/pods?resourceVersion=${k.get(`/api/v1/namespaces/${namespace}/pods`).metadata.resourceVersion}`);
    const made = deployment('test-cleanup-deployment', 1, labels, 'agnhost', IMAGES.agnhost);
    made.spec.revisionHistoryLimit = 0;
    k.post(apps('deployments'), made);
    k.poll(() => k.get(apps('replicasets')).items.length === 1, 300, 1);
    for (const { type, object } of watch.rest() as Any[]) if (type === 'ADDED') expect(imageOf(object)).toBe(IMAGES.agnhost);
    k.poll(() => (k.get(at('test-cleanup-deployment')).status.readyReplicas ?? 0) === 1, 300, 1);
  });

  it('deployment should support rollover', () => {
    const labels = { name: 'rollover-pod', pod: 'httpd' };
    k.post(apps('replicasets'), replicaSet('test-rollover-controller', 1, labels, 'httpd', IMAGES.httpd));
    running(labels, 1);
    k.poll(() => k.get(`${apps('replicasets')}/test-rollover-controller`).status.availableReplicas === 1);
    const name = 'test-rollover-deployment';
    const made = deployment(name, 1, labels, 'redis-slave', 'gcr.io/google_samples/gb-redisslave:nonexistent');
    made.spec.minReadySeconds = 10;
    made.spec.strategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };
    k.post(apps('deployments'), made);
    k.poll(() => newSet(name)?.spec.replicas === 1, 300, 1);
    expect(k.get(at(name)).metadata.annotations[REVISION]).toBe('1');
    k.update(at(name), ({ spec }) => Object.assign(spec.template.spec.containers[0], { name: 'agnhost', image: IMAGES.agnhost }));
    k.poll(() => {
      const { metadata, status } = k.get(at(name));
      return status.observedGeneration >= metadata.generation;
    });
    revisionAndImage(name, '2', IMAGES.agnhost);
    complete(name);
    const now = newSet(name);
    for (const set of setsOf(name)) expect(set.spec.replicas).toBe(set.metadata.name === now.metadata.name ? 1 : 0);
    expect(k.get(`${apps('replicasets')}/test-rollover-controller`).spec.replicas).toBe(0);
  });

  it('deployment should support proportional scaling', () => {
    const labels = { name: 'httpd' };
    const name = 'webserver-deployment';
    const made = deployment(name, 10, labels, 'httpd', IMAGES.httpd);
    made.spec.strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };
    k.post(apps('deployments'), made);
    k.poll(() => (k.get(at(name)).status.observedGeneration ?? 0) >= 1);
    running(labels, 10);
    complete(name);
    const first = newSet(name);
    k.update(at(name), ({ spec }) => (spec.template.spec.containers[0].image = 'webserver:404'));
    k.poll(() => k.get(at(name)).status.observedGeneration >= k.get(at(name)).metadata.generation && newSet(name)?.metadata.name !== first.metadata.name, 300, 0.2);
    const available = (set: string, count: number): void => k.poll(() => (k.get(`${apps('replicasets')}/${set}`).status.availableReplicas ?? 0) === count, 300, 0.5);
    const desired = (set: string, count: number): void => k.poll(() => k.get(`${apps('replicasets')}/${set}`).spec.replicas === count, 300, 0.5);
    available(first.metadata.name, 8);
    desired(first.metadata.name, 8);
    const second = newSet(name).metadata.name;
    k.poll(() => k.get(`${apps('replicasets')}/${second}`).status.replicas === 5, 300, 0.5);
    expect(k.get(`${apps('replicasets')}/${second}`).status.availableReplicas ?? 0).toBe(0);
    desired(second, 5);
    k.update(at(name), ({ spec }) => (spec.replicas = 30));
    desired(first.metadata.name, 20);
    desired(second, 13);
  });

  it('Deployment should have a working scale subresource', () => {
    const labels = { name: 'test-new-deployment' };
    const name = 'test-new-deployment';
    k.post(apps('deployments'), deployment(name, 1, labels, 'httpd', IMAGES.httpd));
    running(labels, 1);
    k.sleep(1);
    const scale = k.get(`${at(name)}/scale`);
    expect([scale.spec.replicas, scale.status.replicas]).toEqual([1, 1]);
    const { resourceVersion: _any, ...metadata } = scale.metadata;
    expect(k.put(`${at(name)}/scale`, { ...scale, metadata, spec: { replicas: 2 } }).spec.replicas).toBe(2);
    expect(k.get(at(name)).spec.replicas).toBe(2);
    k.patch(`${at(name)}/scale`, STRATEGIC_PATCH, { spec: { replicas: 4 } });
    expect(k.get(at(name)).spec.replicas).toBe(4);
  });

  it('should run the lifecycle of a Deployment', () => {
    const labels = { 'test-deployment-static': 'true' };
    const name = 'test-deployment';
    const watch = k.watch(`${apps('deployments')}?labelSelector=test-deployment-static=true`);
    const first = { metadata: { name, labels }, spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name, image: IMAGES.agnhost }] } } } };
    k.post(apps('deployments'), first);
    watch.until((type) => type === 'ADDED');
    watch.until((_type, { status }) => status.readyReplicas === 2, 60);
    // One field has Go's name, which JSON does not know; the program is not in the image, so no new pod becomes ready.
    const containers = [{ name, image: IMAGES.pause, command: ['/bin/sleep', '100000'] }];
    k.patch(at(name), STRATEGIC_PATCH, { metadata: { labels: { 'test-deployment': 'patched' } }, spec: { replicas: 1, template: { spec: { TerminationGracePeriodSeconds: 0, containers } } } });
    watch.until((type, { metadata }) => type === 'MODIFIED' && metadata.labels['test-deployment'] === 'patched', 30);
    watch.until((_type, { spec, status }) => status.readyReplicas === 1 && spec.template.spec.containers[0].image === IMAGES.pause, 60);
    expect(k.get(`/apis/apps/v1/deployments?labelSelector=test-deployment-static=true`).items.filter(({ metadata }: Any) => metadata.namespace === namespace)).toHaveLength(1);
    // An object that was never read, as the dynamic client sends it: no uid, no resourceVersion.
    const next = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, creationTimestamp: null, labels: { ...labels, 'test-deployment': 'updated' } }, spec: structuredClone(first.spec), status: {} };
    Object.assign(next.spec.template.spec.containers[0] as Any, { image: IMAGES.httpd, resources: {} });
    const { uid } = k.get(at(name)).metadata;
    expect(k.put(at(name), next).metadata.uid).toBe(uid);
    watch.until((type) => type === 'MODIFIED', 30);
    const shows = (): void => expect(k.get(`${at(name)}/status`)).toMatchObject({ metadata: { labels: { 'test-deployment': 'updated' } }, spec: { template: { spec: { containers: [{ image: IMAGES.httpd }] } } } });
    shows();
    watch.until((_type, { metadata, status }) => metadata.labels['test-deployment'] === 'updated' && status.readyReplicas === 2, 30);
    k.patch(`${at(name)}/status`, STRATEGIC_PATCH, { metadata: { labels: { 'test-deployment': 'patched-status' } }, status: { readyReplicas: 0 } });
    watch.until((type) => type === 'MODIFIED', 30);
    shows();
    watch.until((_type, { spec, status }) => status.readyReplicas === 2 && spec.template.spec.containers[0].image === IMAGES.httpd, 30);
    k.delete(`${apps('deployments')}?labelSelector=test-deployment-static=true`, { gracePeriodSeconds: 0 });
    watch.until((type) => type === 'DELETED', 60);
  });

  it('should validate Deployment Status endpoints', () => {
    const labels = { name: 'httpd', e2e: 'testing' };
    const name = k.uniqueName('test-deployment');
    const watch = k.watch(`${apps('deployments')}?labelSelector=e2e=testing`);
    k.post(apps('deployments'), deployment(name, 1, labels, 'httpd', IMAGES.httpd));
    complete(name);
    expect(conditionOf(k.get(`${at(name)}/status`), 'Available').status).toBe('True');
    const condition = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' };
    const updated = k.update(at(name), ({ status }) => status.conditions.push(condition), '/status');
    expect(conditionOf(updated, 'StatusUpdate')).toMatchObject(condition);
    watch.until((_type, { status }) => (status.conditions ?? []).some(({ type }: Any) => type === 'StatusUpdate'));
    k.patch(`${at(name)}/status`, MERGE_PATCH, { status: { conditions: [{ type: 'StatusPatched', status: 'True' }] } });
    watch.until((_type, { status }) => (status.conditions ?? []).some(({ type }: Any) => type === 'StatusPatched'));
  });
});
