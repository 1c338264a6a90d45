/** Twins of test/e2e/apimachinery/custom_resource_definition.go and crd_watch.go. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Any, Client, JSON_PATCH, MERGE_PATCH } from '../framework/client.ts';
import { customDefinition } from './definition.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
let k: Client;
let namespace = '';

beforeAll(() => {
  k = new Client();
  namespace = k.namespace('custom-resource-definition');
});

/** The definition that upstream's fixtures make at random. */
function noxu(labels?: Any): Any {
  const suffix = k.uniqueName('noxu');
  const [plural, group] = [`${suffix}s`, 'mygroup.example.com'];
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.${group}`, labels }, spec: { group, names: { plural, singular: suffix, kind: `${suffix}kind`, listKind: `${suffix}list` }, scope: 'Cluster', versions: [{ name: 'v1beta1', served: true, storage: true, schema, subresources: {} }] } };
}

const isEstablished = (name: string): boolean => k.get(`${DEFINITIONS}/${name}`).status.conditions?.some(({ type, status }: Any) => type === 'Established' && status === 'True') === true;

describe('CustomResourceDefinition resources [Privileged:ClusterAdmin]', () => {
  it('Simple CustomResourceDefinition creating/deleting custom resource definition objects works', () => {
    const definition = noxu();
    k.post(DEFINITIONS, definition);
    k.poll(() => isEstablished(definition.metadata.name), 30, 0.1);
    k.delete(`${DEFINITIONS}/${definition.metadata.name}`);
    k.poll(() => k.maybe(`${DEFINITIONS}/${definition.metadata.name}`) === undefined, 30, 0.1);
  });

  it('Simple CustomResourceDefinition listing custom resource definition objects works', () => {
    const labels = { 'e2e-list-test-uuid': namespace };
    const all = `${DEFINITIONS}?labelSelector=e2e-list-test-uuid=${namespace}`;
    const made = Array.from({ length: 10 }, () => k.post(DEFINITIONS, noxu(labels)));
    k.poll(() => made.every(({ metadata }) => isEstablished(metadata.name)), 30, 0.1);
    const found = k.get(all).items;
    expect(found).toHaveLength(10);
    expect(found.map(({ spec }: Any) => spec)).toEqual(made.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)).map(({ spec }) => spec));
    k.delete(all);
    k.poll(() => made.every(({ metadata }) => k.maybe(`${DEFINITIONS}/${metadata.name}`) === undefined), 30, 0.1);
  });

  it('Simple CustomResourceDefinition getting/updating/patching custom resource definition status sub-resource works', () => {
    const definition = noxu();
    const path = `${DEFINITIONS}/${definition.metadata.name}`;
    k.post(DEFINITIONS, definition);
    k.poll(() => isEstablished(definition.metadata.name), 30, 0.1);
    expect(k.get(`${path}/status`).spec).toEqual(k.get(path).spec);
    const condition = { message: 'updated', reason: 'updated', status: 'True', type: 'updated' };
    const updated = k.update(`${path}/status`, ({ status }) => status.conditions.push(condition));
    expect(updated.status.conditions.at(-1)).toMatchObject(condition);
    const patched = k.patch(`${path}/status`, JSON_PATCH, [{ op: 'add', path: '/status/conditions', value: [{ message: 'patched', reason: 'patched', status: 'True', type: 'patched' }] }]);
    expect(patched.status.conditions).toContainEqual(expect.objectContaining({ type: 'patched' }));
    k.delete(path);
  });

  it('custom resource defaulting for requests and from storage works', () => {
    const text = { type: 'string' };
    const custom = customDefinition(k, namespace, { scope: 'Cluster', schema: { type: 'object', properties: { a: text, b: text } } });
    const object = (name: string): Any => ({ apiVersion: `${custom.group}/v1`, kind: custom.kind, metadata: { name } });
    const setDefault = (fields: Any): void => void k.patch(`${DEFINITIONS}/${custom.name}`, JSON_PATCH, Object.entries(fields).map(([path, value]) => (value === undefined ? { op: 'remove', path } : { op: 'add', path, value })));
    const at = (field: string): string => `/spec/versions/0/schema/openAPIV3Schema/properties/${field}/default`;
    k.post(custom.path(), object('u1'));
    expect(k.get(`${custom.path()}/u1`)).not.toHaveProperty('a');
    setDefault({ [at('a')]: 'A' });
    k.poll(() => k.get(`${custom.path()}/u1`).a === 'A', 30, 0.1);
    const u2 = k.post(custom.path(), object('u2'));
    expect(u2.a).toBe('A');
    expect(u2).not.toHaveProperty('b');
    const others = { ...object('u3'), a: 'A', b: 'B' };
    expect(k.post(custom.path(), others)).toMatchObject({ a: 'A', b: 'B' });
    setDefault({ [at('a')]: undefined, [at('b')]: 'B' });
    k.poll(() => k.get(`${custom.path()}/u2`).b === 'B', 30, 0.1);
    expect(k.get(`${custom.path()}/u2`)).toMatchObject({ a: 'A', b: 'B' });
    expect(k.get(`${custom.path()}/u1`)).not.toHaveProperty('a');
    custom.remove();
  });
});

describe('CustomResourceDefinition Watch [Privileged:ClusterAdmin]', () => {
  it('CustomResourceDefinition Watch watch on custom resource definition objects', () => {
    const custom = customDefinition(k, namespace, { scope: 'Cluster' });
    const [a, b] = ['name1', 'name2'];
    const [watchA, watchB] = [a, b].map((name) => k.watch(`${custom.path()}?fieldSelector=metadata.name=${name}`)) as [Any, Any];
    const object = (name: string): Any => ({ apiVersion: `${custom.group}/v1`, kind: custom.kind, metadata: { name }, content: { key: 'value' }, num: { num1: 9_223_372_036_854_775_000, num2: 1_000_000 } });
    const expectOnly = (watch: Any, other: Any, type: string): void => {
      watch.until((is: string) => is === type);
      expect(other.rest()).toEqual([]);
    };
    k.post(custom.path(), object(a));
    expectOnly(watchA, watchB, 'ADDED');
    k.post(custom.path(), object(b));
    expectOnly(watchB, watchA, 'ADDED');
    k.patch(`${custom.path()}/${a}`, MERGE_PATCH, { dummy: 'test' });
    expectOnly(watchA, watchB, 'MODIFIED');
    k.patch(`${custom.path()}/${b}`, MERGE_PATCH, { dummy: 'test' });
    expectOnly(watchB, watchA, 'MODIFIED');
    k.delete(`${custom.path()}/${a}`);
    expectOnly(watchA, watchB, 'DELETED');
    k.delete(`${custom.path()}/${b}`);
    expectOnly(watchB, watchA, 'DELETED');
    custom.remove();
  });
});
