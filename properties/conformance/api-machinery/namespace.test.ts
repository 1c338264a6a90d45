/** Twins of test/e2e/apimachinery/namespace.go. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Any, Client, IMAGES, MERGE_PATCH, STRATEGIC_PATCH } from '../framework/client.ts';

let k: Client;
beforeAll(() => {
  k = new Client();
});
const path = (name: string): string => `/api/v1/namespaces/${name}`;

describe('Namespaces [Serial]', () => {
  it('should ensure that all pods are removed when a namespace is deleted', () => {
    const name = k.namespace('nsdeletetest');
    k.post(`${path(name)}/pods`, { metadata: { name: 'test-pod' }, spec: { containers: [{ name: 'nginx', image: IMAGES.pause }] } });
    k.poll(() => k.get(`${path(name)}/pods/test-pod`).status.phase === 'Running');
    k.delete(path(name));
    k.poll(() => k.maybe(path(name)) === undefined, 180);
    k.post('/api/v1/namespaces', { metadata: { name } });
    expect(k.get(`${path(name)}/pods`).items).toEqual([]);
    expect(k.maybe(`${path(name)}/pods/test-pod`)).toBeUndefined();
  });

  it('should ensure that all services are removed when a namespace is deleted', () => {
    const name = k.namespace('nsdeletetest');
    k.post(`${path(name)}/services`, { metadata: { name: 'test-service' }, spec: { selector: { foo: 'bar', baz: 'blah' }, ports: [{ port: 80, targetPort: 80 }] } });
    k.delete(path(name));
    k.poll(() => k.maybe(path(name)) === undefined, 90);
    k.post('/api/v1/namespaces', { metadata: { name } });
    expect(k.maybe(`${path(name)}/services/test-service`)).toBeUndefined();
  });

  it('should patch a Namespace', () => {
    const name = k.namespace('nspatchtest');
    k.patch(path(name), STRATEGIC_PATCH, { metadata: { labels: { testLabel: 'testValue' } } });
    expect(k.get(path(name)).metadata.labels.testLabel).toBe('testValue');
  });

  it('should apply changes to a namespace status', () => {
    const name = k.namespace('namespace-status');
    expect(k.get(`${path(name)}/status`).status.phase).toBe('Active');
    const condition = { type: 'StatusPatch', status: 'True', reason: 'E2E', message: 'Patched by an e2e test' };
    const patched = k.patch(`${path(name)}/status`, MERGE_PATCH, { metadata: { annotations: { 'e2e-patched-ns-status': name } }, status: { conditions: [condition] } });
    expect(patched.metadata.annotations['e2e-patched-ns-status']).toBe(name);
    expect(patched.status.conditions.at(-1)).toMatchObject(condition);
    const update = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Updated by an e2e test' };
    const updated = k.update(path(name), ({ status }) => status.conditions.push(update), '/status');
    expect(updated.status.conditions).toHaveLength(2);
    expect(updated.status.conditions.at(-1)).toMatchObject(update);
  });

  it('should apply an update to a Namespace', () => {
    const name = k.namespace('namespace-update');
    const updated = k.update(path(name), ({ metadata }) => (metadata.labels[name] = 'updated'));
    expect(updated.metadata.labels[name]).toBe('updated');
  });

  it('should apply a finalizer to a Namespace', () => {
    const name = k.namespace('namespace-finalizer');
    const fake = 'e2e.example.com/fakeFinalizer';
    const updated = k.update(path(name), ({ spec }) => spec.finalizers.push(fake), '/finalize');
    expect(updated.spec.finalizers).toContain(fake);
    const removed = k.update(path(name), ({ spec }) => (spec.finalizers = spec.finalizers.filter((each: Any) => each !== fake)), '/finalize');
    expect(removed.spec.finalizers).toEqual(['kubernetes']);
  });
});
