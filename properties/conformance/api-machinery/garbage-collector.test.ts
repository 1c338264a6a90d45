/** Twins of test/e2e/apimachinery/garbage_collector.go. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Any, Client, IMAGES, STRATEGIC_PATCH } from '../framework/client.ts';

let k: Client;
let namespace = '';

beforeAll(() => {
  k = new Client();
});
beforeEach(() => {
  namespace = k.namespace('gc');
});

const core = (resource: string): string => `/api/v1/namespaces/${namespace}/${resource}`;
const apps = (resource: string): string => `/apis/apps/v1/namespaces/${namespace}/${resource}`;
const pods = (selector = ''): Any[] => k.get(`${core('pods')}${selector === '' ? '' : `?labelSelector=${selector}`}`).items;
const template = (labels: Any): Any => ({ metadata: { labels }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'nginx', image: IMAGES.nginx }] } });
const controller = (name: string, replicas: number, labels: Any): Any => ({ metadata: { name }, spec: { replicas, selector: labels, template: template(labels) } });
const deployment = (name: string): Any => ({ metadata: { name }, spec: { replicas: 2, selector: { matchLabels: { app: 'gc-test' } }, strategy: { type: 'RollingUpdate' }, template: template({ app: 'gc-test' }) } });
const uidOf = ({ metadata }: Any): Any => ({ preconditions: { uid: metadata.uid } });

describe('Garbage collector', () => {
  it('should delete pods created by rc when not orphaning', () => {
    const rc = k.post(core('replicationcontrollers'), controller('simpletest.rc', 2, { app: 'gc-test' }));
    k.poll(() => pods().length > 0, 60);
    k.delete(`${core('replicationcontrollers')}/${rc.metadata.name}`, { propagationPolicy: 'Background', ...uidOf(rc) });
    k.poll(() => pods().length === 0, 90);
  });

  it('should orphan pods created by rc if delete options say so', () => {
    const rc = k.post(core('replicationcontrollers'), controller('simpletest.rc', 100, { app: 'gc-test' }));
    k.poll(() => k.get(`${core('replicationcontrollers')}/simpletest.rc`).status.replicas === 100, 120, 5);
    k.delete(`${core('replicationcontrollers')}/simpletest.rc`, { propagationPolicy: 'Orphan', ...uidOf(rc) });
    k.poll(() => k.maybe(`${core('replicationcontrollers')}/simpletest.rc`) === undefined, 60, 5);
    k.sleep(30);
    const left = pods();
    expect(left).toHaveLength(100);
    expect(left.every(({ metadata }) => (metadata.ownerReferences ?? []).length === 0)).toBe(true);
  });

  it('should delete RS created by deployment when not orphaning', () => {
    const made = k.post(apps('deployments'), deployment('simpletest.deployment'));
    k.poll(() => k.get(apps('replicasets')).items.length === 1, 60);
    k.delete(`${apps('deployments')}/simpletest.deployment`, { propagationPolicy: 'Background', ...uidOf(made) });
    k.poll(() => ['deployments', 'replicasets'].every((resource) => k.get(apps(resource)).items.length === 0) && pods().length === 0, 60);
  });

  it('should orphan RS created by deployment when deleteOptions.PropagationPolicy is Orphan', () => {
    const made = k.post(apps('deployments'), deployment('simpletest.deployment'));
    k.poll(() => k.get(apps('replicasets')).items[0]?.status.replicas === 2, 60);
    k.delete(`${apps('deployments')}/simpletest.deployment`, { propagationPolicy: 'Orphan', ...uidOf(made) });
    k.poll(() => k.maybe(`${apps('deployments')}/simpletest.deployment`) === undefined, 90);
    k.sleep(30);
    const sets = k.get(apps('replicasets')).items;
    expect(sets).toHaveLength(1);
    expect(sets[0].metadata.ownerReferences ?? []).toEqual([]);
    expect(pods()).toHaveLength(2);
  });

  it('should keep the rc around until all its pods are deleted if the deleteOptions says so', () => {
    const rc = k.post(core('replicationcontrollers'), controller('simpletest.rc', 100, { app: 'gc-test' }));
    k.poll(() => k.get(`${core('replicationcontrollers')}/simpletest.rc`).status.replicas === 100, 120, 1);
    k.delete(`${core('replicationcontrollers')}/simpletest.rc`, { propagationPolicy: 'Foreground', ...uidOf(rc) });
    k.poll(() => {
      const owner = k.maybe(`${core('replicationcontrollers')}/simpletest.rc`);
      if (owner === undefined) return true;
      expect(owner.metadata.finalizers).toContain('foregroundDeletion');
      return false;
    }, 120, 1);
    expect(pods().filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toEqual([]);
  });

  it("should not delete dependents that have both valid owner and owner that's waiting for dependents to be deleted", () => {
    const first = k.post(core('replicationcontrollers'), controller('simpletest-rc-to-be-deleted', 20, { app: 'gc-test-1' }));
    const second = k.post(core('replicationcontrollers'), controller('simpletest-rc-to-stay', 0, { app: 'gc-test-2' }));
    k.poll(() => k.get(`${core('replicationcontrollers')}/${first.metadata.name}`).status.replicas === 20, 120, 1);
    const half = pods().slice(0, 10);
    for (const { metadata } of half) k.patch(`${core('pods')}/${metadata.name}`, STRATEGIC_PATCH, { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ReplicationController', name: second.metadata.name, uid: second.metadata.uid }] } });
    k.delete(`${core('replicationcontrollers')}/${first.metadata.name}`, { propagationPolicy: 'Foreground', ...uidOf(first) });
    k.poll(() => k.maybe(`${core('replicationcontrollers')}/${first.metadata.name}`) === undefined, 90, 1);
    const left = pods();
    expect(left).toHaveLength(10);
    for (const { metadata } of left) {
      expect(metadata.deletionTimestamp).toBeUndefined();
      expect(metadata.ownerReferences.map(({ name }: Any) => name)).toEqual([second.metadata.name]);
    }
  });

  it('should not be blocked by dependency circle', () => {
    const make = (name: string): Any => k.post(core('pods'), { metadata: { name, labels: { app: 'gc-test' } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'nginx', image: IMAGES.nginx }] } });
    const [one, two, three] = ['pod1', 'pod2', 'pod3'].map(make) as [Any, Any, Any];
    const own = (name: string, { metadata }: Any): void =>
      void k.patch(`${core('pods')}/${name}`, STRATEGIC_PATCH, { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true }] } });
    own('pod1', three);
    own('pod2', one);
    own('pod3', two);
    k.delete(`${core('pods')}/pod1`, { propagationPolicy: 'Foreground', ...uidOf(one) });
    k.poll(() => pods().length === 0, 90);
  });
});
