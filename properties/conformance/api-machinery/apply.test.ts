/**
 * Server-side apply over several requests: who owns what afterwards, who is in conflict, and what goes when it is applied no more.
 * The expectations are what a kube-apiserver answered to the same requests.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Any, Client } from '../framework/client.ts';

const APPLY = 'application/apply-patch+yaml';
let k: Client;
let path = '';
let index = 0;
beforeAll(() => {
  k = new Client();
  path = `/api/v1/namespaces/${k.namespace('apply')}/configmaps`;
});

const fresh = (): string => `${path}/map-${++index}`;
const send = (verb: string, to: string, manager: string, body: Any, contentType: string, force = false): Any => {
  const name = to.slice(to.lastIndexOf('/') + 1);
  const sent = { apiVersion: 'v1', kind: 'ConfigMap', ...body, metadata: { name, ...body.metadata } };
  return k.request(verb, `${to}?fieldManager=${manager}${force ? '&force=true' : ''}`, sent, { contentType });
};
const apply = (to: string, manager: string, data: Any, force = false): Any => send('PATCH', to, manager, { data }, APPLY, force);
const put = (to: string, manager: string, data: Any): Any => send('PUT', to, manager, { data }, 'application/json');
const owners = ({ body }: Any): Any => (body.metadata.managedFields ?? []).map((entry: Any) => [entry.manager, entry.operation, Object.keys(entry.fieldsV1['f:data']).join(' ')]);

describe('the fields that are applied', () => {
  it('belong to who applied them, also when that changes them', () => {
    const map = fresh();
    expect(owners(apply(map, 'a', { x: '1' }))).toEqual([['a', 'Apply', 'f:x']]);
    expect(owners(apply(map, 'a', { x: '2' }))).toEqual([['a', 'Apply', 'f:x']]);
    expect(owners(apply(map, 'a', { x: '3', y: '1' }))).toEqual([['a', 'Apply', 'f:x f:y']]);
  });

  it('go to who forces them, and back', () => {
    const map = fresh();
    apply(map, 'a', { x: '1' });
    expect(owners(apply(map, 'b', { x: '2' }, true))).toEqual([['b', 'Apply', 'f:x']]);
    expect(owners(put(map, 'c', { x: '4' }))).toEqual([['c', 'Update', 'f:x']]);
    expect(owners(apply(map, 'b', { x: '5' }, true))).toEqual([['b', 'Apply', 'f:x']]);
  });

  it('are shared by those who apply the same', () => {
    const map = fresh();
    apply(map, 'a', { x: '1' });
    expect(owners(apply(map, 'b', { x: '1' }))).toEqual([['a', 'Apply', 'f:x'], ['b', 'Apply', 'f:x']]);
  });
});

it('a conflict names the manager and the version it wrote in', () => {
  const map = fresh();
  apply(map, 'a', { x: '1' });
  put(map, 'c', { x: '2' });
  expect(apply(map, 'a', { x: '1' })).toMatchObject({ code: 409, body: { message: 'Apply failed with 1 conflict: conflict with "c" using v1: .data.x' } });
});

it('a struct goes with the last of its fields', () => {
  const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles/aggregated';
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'aggregated' } };
  const request = (body: Any): Any => k.request('PATCH', `${roles}?fieldManager=a`, body, { contentType: APPLY });
  expect(request({ ...role, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } }).code).toBe(201);
  const { code, body } = request(role);
  expect([code, body.aggregationRule]).toEqual([200, undefined]);
});

it('what a secret gets as text is owned as the data that it becomes, but by who applies it as it was applied', () => {
  const secrets = path.replace('configmaps', 'secrets');
  const ownersOf = (body: Any): Any => body.metadata.managedFields.map((entry: Any) => [entry.manager, entry.operation, entry.fieldsV1]);
  const made = k.request('POST', `${secrets}?fieldManager=a`, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { x: '1' } });
  expect(ownersOf(made.body)).toEqual([['a', 'Update', { 'f:data': { '.': {}, 'f:x': {} }, 'f:type': {} }]]);
  const applied = k.request('PATCH', `${secrets}/s?fieldManager=d`, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { w: '2' } }, { contentType: APPLY });
  expect(ownersOf(applied.body)).toEqual([['d', 'Apply', { 'f:stringData': { 'f:w': {} } }], ['a', 'Update', { 'f:data': { '.': {}, 'f:x': {} }, 'f:type': {} }]]);
  expect((applied.body as Any).data).toEqual({ x: 'MQ==', w: 'Mg==' });
});
