/** RBAC, switched on: who may do what, who may pass it on, and whether a cluster works with it. */
import { describe, expect, it } from 'vitest';
import type { ApiRequest, UserInfo } from '../../api/message.ts';
import { createCluster } from '../../cluster/simulation.ts';
import type { KubeObject } from '../../object/types.ts';
import { ApiBench, messageOf } from '../../cluster/testing/api-bench.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';
const JANE: UserInfo = { name: 'jane', groups: ['devs', 'system:authenticated'] };
const as = (user: UserInfo, more: Partial<ApiRequest> = {}): Partial<ApiRequest> => ({ user, namespace: 'default', ...more });
const node = (name: string): UserInfo => ({ name: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] });
const role = (name: string, rules: unknown): unknown => ({ metadata: { name }, rules });
const binding = (name: string, ref: string, kind = 'Role'): unknown => ({ metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: ref }, subjects: [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }] });

describe('RBAC', () => {
  const bench = new ApiBench({ authorization: 'RBAC' });
  const admin = { namespace: 'default' };

  it('starts with the built-in roles', () => {
    const roles = bench.send('list', `${RBAC}/clusterroles`).body as { items: { metadata: { name: string } }[] };
    expect(roles.items.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['cluster-admin', 'admin', 'edit', 'view', 'system:node', 'system:controller:job-controller']));
    const schemas = bench.send('list', 'flowcontrol.apiserver.k8s.io/v1/flowschemas').body as { items: unknown[] };
    expect(schemas.items).toHaveLength(13);
    const services = bench.send('list', 'apiregistration.k8s.io/v1/apiservices').body as { items: { status: { conditions: { reason: string }[] } }[] };
    expect(new Set(services.items.map(({ status }) => status.conditions[0]?.reason))).toEqual(new Set(['Local']));
  });

  it('refuses what no role allows, in the words of the server', () => {
    expect(messageOf(bench.send('list', '/v1/pods', undefined, as(JANE)))).toBe('pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"');
    expect(messageOf(bench.send('get', '/v1/nodes/n1', undefined, { user: JANE }))).toBe('nodes "n1" is forbidden: User "jane" cannot get resource "nodes" in API group "" at the cluster scope');
  });

  it('says which binding allows', () => {
    expect(bench.send('create', `${RBAC}/roles`, role('reader', [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }]), admin).code).toBe(201);
    expect(bench.send('create', `${RBAC}/rolebindings`, binding('readers', 'reader'), admin).code).toBe(201);
    expect(bench.send('list', '/v1/pods', undefined, as(JANE)).code).toBe(200);
    const review = { spec: { user: 'jane', resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } } };
    const { body } = bench.send('create', 'authorization.k8s.io/v1/subjectaccessreviews', review);
    expect((body as { status: unknown }).status).toEqual({ allowed: true, reason: 'RBAC: allowed by RoleBinding "readers/default" of Role "reader" to User "jane"' });
  });

  it('says when a bound role is missing', () => {
    expect(bench.send('create', `${RBAC}/rolebindings`, binding('lost', 'gone'), admin).code).toBe(201);
    expect(messageOf(bench.send('list', '/v1/secrets', undefined, as(JANE)))).toBe('secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "default": RBAC: role.rbac.authorization.k8s.io "gone" not found');
    bench.send('delete', `${RBAC}/rolebindings/lost`, undefined, admin);
  });

  it('lets nobody grant more than they have', () => {
    bench.send('create', `${RBAC}/roles`, role('roles', [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['create', 'update'] }]), admin);
    bench.send('create', `${RBAC}/rolebindings`, binding('roles', 'roles'), admin);
    const refused = bench.send('create', `${RBAC}/roles`, role('more', [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'delete', 'watch'] }]), as(JANE));
    expect(messageOf(refused)).toBe(
      'roles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["delete" "watch"]}',
    );
    expect(bench.send('create', `${RBAC}/roles`, role('same', [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]), as(JANE)).code).toBe(201);
    expect(bench.send('create', `${RBAC}/rolebindings`, binding('up', 'cluster-admin', 'ClusterRole'), as(JANE)).code).toBe(403);
    bench.send('create', `${RBAC}/roles`, role('binder', [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], resourceNames: ['view'], verbs: ['bind'] }]), admin);
    bench.send('create', `${RBAC}/rolebindings`, binding('binder', 'binder'), admin);
    expect(bench.send('create', `${RBAC}/rolebindings`, binding('viewers', 'view', 'ClusterRole'), as(JANE)).code).toBe(201);
  });

  it('lets a kubelet read what its pods use, and no more', () => {
    const pod = { metadata: { name: 'p' }, spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i', envFrom: [{ secretRef: { name: 'used' } }] }] } };
    bench.send('create', '/v1/serviceaccounts', { metadata: { name: 'default' } }, admin);
    for (const name of ['used', 'other']) bench.send('create', '/v1/secrets', { metadata: { name } }, admin);
    expect(bench.send('create', '/v1/pods', pod, admin).code).toBe(201);
    expect(bench.send('get', '/v1/secrets/used', undefined, as(node('n1'))).code).toBe(200);
    expect(bench.send('get', '/v1/secrets/other', undefined, as(node('n1'))).code).toBe(403);
    expect(bench.send('get', '/v1/secrets/used', undefined, as(node('n2'))).code).toBe(403);
    expect(bench.send('list', '/v1/pods', undefined, { user: node('n1') }).code).toBe(200);
  });
});

it('a cluster with RBAC runs a deployment', () => {
  const cluster = createCluster({ seed: '1', nodes: 2, authorization: 'RBAC' });
  const labels = { app: 'web' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx:1.25' }] } };
  cluster.apply([{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default' }, spec: { replicas: 3, selector: { matchLabels: labels }, template } } as unknown as KubeObject]);
  cluster.runFor(120_000_000);
  expect(cluster.get('deployments', 'default', 'web')?.['status']?.readyReplicas).toBe(3);
});
