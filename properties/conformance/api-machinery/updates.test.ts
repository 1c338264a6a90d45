/**
 * What an update must say and what it may not: the name (apiserver/pkg/endpoints/handlers/rest.go, `checkName`), the version where a kind
 * demands one, and a spec that is valid as a whole. Found beside a kube-apiserver that got the same requests.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Any, Client } from '../framework/client.ts';

let k: Client;
let namespace = '';
beforeAll(() => {
  k = new Client();
  namespace = k.namespace('updates');
});

const core = (resource: string): string => `/api/v1/namespaces/${namespace}/${resource}`;
const refusal = (verb: string, path: string, body: Any, contentType = 'application/json'): Any => {
  const { code, body: status } = k.request(verb, path, body, { contentType });
  return { code, message: (status as Any).message };
};

describe('the name', () => {
  it.each([
    ['PUT', { data: {} }, 'application/json', 'the name of the object (one based on URL) was undeterminable: name must be provided'],
    ['PUT', { metadata: { name: 'two' } }, 'application/json', 'the name of the object (two) does not match the name on the URL (one)'],
    ['PATCH', [{ op: 'remove', path: '/metadata' }], 'application/json-patch+json', 'the name of the object (one based on URL) was undeterminable: name must be provided'],
    ['PATCH', { metadata: { namespace: 'x' } }, 'application/merge-patch+json', 'the namespace of the object (x) does not match the namespace on the request (NAMESPACE)'],
  ])('of %s %j', (verb, body, type, message) => {
    if (k.request('GET', `${core('configmaps')}/one`).code === 404) k.post(core('configmaps'), { metadata: { name: 'one' } });
    expect(refusal(verb, `${core('configmaps')}/one`, body, type)).toEqual({ code: 400, message: message.replace('NAMESPACE', namespace) });
  });
});

it('a disruption budget is only replaced in a version that the client knows', () => {
  const path = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`;
  k.post(path, { metadata: { name: 'b' }, spec: { minAvailable: 1 } });
  expect(refusal('PUT', `${path}/b`, { metadata: { name: 'b' }, spec: { minAvailable: 2 } })).toEqual({
    code: 422,
    message: 'poddisruptionbudgets.policy "b" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
  });
});

it('a pod that changes is validated whole, before what may not change', () => {
  k.post(core('pods'), { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'nginx:1' }] } });
  const { message } = refusal('PATCH', `${core('pods')}/p`, { spec: { dnsPolicy: 'Nowhere' } }, 'application/merge-patch+json');
  expect(message).toMatch(/^Pod "p" is invalid: \[spec\.dnsPolicy: Unsupported value: "Nowhere".*, spec: Forbidden: pod updates may not change fields other than/su);
});

it('a claim keeps its source, which it names in two fields, and asks for no less than it has', () => {
  const claim = (storage: string, mode = 'Filesystem'): Any => ({
    metadata: { name: 'c' },
    spec: { accessModes: ['ReadWriteOnce'], volumeMode: mode, storageClassName: 's', resources: { requests: { storage } }, dataSource: { kind: 'PersistentVolumeClaim', name: 'other' } },
  });
  const { body } = k.request('POST', core('persistentvolumeclaims'), claim('1Gi'));
  expect((body as Any).spec).toMatchObject({ dataSource: { name: 'other' }, dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'other' } });
  expect(k.request('PUT', `${core('persistentvolumeclaims')}/c`, claim('1Gi')).code).toBe(200);
  expect(refusal('PUT', `${core('persistentvolumeclaims')}/c`, claim('1Gi', 'Block')).message).toMatch(/volumeMode: Invalid value: "Block": field is immutable\]$/u);
});

it('a definition of a resource without its spec is refused, field by field', () => {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }];
  k.post(path, { metadata: { name: 'foos.example.com' }, spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'foos', kind: 'Foo' }, versions } });
  const { code, message } = refusal('PATCH', `${path}/foos.example.com`, [{ op: 'remove', path: '/spec' }], 'application/json-patch+json');
  expect(code).toBe(422);
  expect(message).toMatch(/^CustomResourceDefinition\.apiextensions\.k8s\.io "foos\.example\.com" is invalid: \[spec\.group: Required value, spec\.scope: Required value, spec\.versions: /u);
});

it('a node changes its taints and its first range, and no range after that', () => {
  k.post('/api/v1/nodes', { metadata: { name: 'n' }, spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } });
  const patch = (spec: Any): Any => refusal('PATCH', '/api/v1/nodes/n', { spec }, 'application/merge-patch+json');
  expect(patch({ podCIDR: '10.0.0.0/24', podCIDRs: ['10.0.0.0/24'], taints: null, unschedulable: true }).code).toBe(200);
  expect(patch({ podCIDR: '10.0.1.0/24', podCIDRs: ['10.0.1.0/24'] }).message).toBe(
    'Node "n" is invalid: [spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid, []: Forbidden: node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)]',
  );
});

it('a Job that changes is validated as a new one is', () => {
  const path = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const template = { metadata: { labels: { a: 'b' } }, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox:1' }] } };
  const { body } = k.request('POST', path, { metadata: { name: 'j' }, spec: { template } });
  const { message } = refusal('PATCH', `${path}/j`, [{ op: 'replace', path: '/spec/template/metadata/labels', value: { a: 'b' } }], 'application/json-patch+json');
  expect(message).toContain(`spec.template.metadata.labels[batch.kubernetes.io/controller-uid]: Required value: must be '${(body as Any).metadata.uid}'`);
});
