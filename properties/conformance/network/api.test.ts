/** Endpoint slices and ingresses as objects, and the controllers behind them (test/e2e/network: endpointslice*.go, ingress*.go). */
import { describe, expect } from 'vitest';
import { TestCluster } from '../framework/cluster.ts';
import { conformance, type Framework, IMAGES, type Json } from '../framework/framework.ts';

const cluster = new TestCluster();
const MERGE = { contentType: 'application/merge-patch+json' };

/** Create, get, list, watch, patch, update, status, delete and delete collection, as these tests share it. */
function lifecycle(f: Framework, resource: string, make: (name: string) => Json, options: { readonly global?: boolean; readonly status?: Json; readonly update: (object: Json) => void; readonly updated: (object: Json) => boolean }): void {
  const all = f.path(resource, undefined, { global: options.global === true });
  const everywhere = f.path(resource, undefined, { global: true });
  const selector = `labelSelector=special-label%3D${f.namespace}`;
  const named = (name: string): Json => ({ ...make(name), metadata: { generateName: 'e2e-example-', labels: { 'special-label': f.namespace, 'ingress-name': name } } });
  const first = f.must('POST', all, named('one'));
  f.must('POST', all, named('two'));
  const third = f.must('POST', all, named('three'));
  const { name } = third.metadata;
  expect(f.must('GET', `${all}/${name}`).metadata.uid).toBe(third.metadata.uid);
  expect(f.must('GET', `${all}?${selector}`).items).toHaveLength(3);
  expect(f.must('GET', `${everywhere}?${selector}`).items).toHaveLength(3);
  const watched = f.cluster.watch(`${all}?${selector}&resourceVersion=${first.metadata.resourceVersion}`);
  f.cluster.poll('both others were added', () => watched.filter(({ type }) => type === 'ADDED').length === 2);
  expect(f.must('PATCH', `${all}/${name}`, { metadata: { annotations: { patched: 'true' } } }, MERGE).metadata.annotations.patched).toBe('true');
  const current = structuredClone(f.must('GET', `${all}/${name}`));
  current.metadata.annotations.updated = 'true';
  options.update(current);
  const updated = f.must('PUT', `${all}/${name}`, current);
  expect(options.updated(updated)).toBe(true);
  f.cluster.poll('the update was seen', () => watched.some(({ type, object }) => type === 'MODIFIED' && object.metadata.annotations?.['updated'] === 'true'));
  if (options.status !== undefined) {
    const patched = f.must('PATCH', `${all}/${name}/status`, { metadata: { annotations: { patchedstatus: 'true' } }, status: options.status }, MERGE);
    expect(patched.status).toEqual(options.status);
    expect(patched.metadata.annotations.patchedstatus).toBe('true');
    expect(f.must('PUT', `${all}/${name}/status`, { ...patched, status: { loadBalancer: { ingress: [{ ip: '169.1.1.2' }] } } }).status.loadBalancer.ingress[0].ip).toBe('169.1.1.2');
    expect(f.must('GET', `${all}/${name}/status`).metadata.uid).toBe(third.metadata.uid);
  }
  f.must('DELETE', `${all}/${name}`);
  f.cluster.poll('it is gone', () => f.try('GET', `${all}/${name}`).code === 404);
  expect(f.must('GET', `${all}?${selector}`).items).toHaveLength(2);
  f.must('DELETE', `${all}?${selector}`);
  f.cluster.poll('none is left', () => f.must('GET', `${all}?${selector}`).items.length === 0);
}

describe('EndpointSlice', () => {
  const SLICES = 'discovery.k8s.io/v1/endpointslices';
  const slices = (f: Framework, service: string): Json[] => f.list(SLICES, `labelSelector=kubernetes.io%2Fservice-name%3D${service}`);

  conformance('EndpointSlice should have Endpoints and EndpointSlices pointing to API Server', () => cluster, (f) => {
    const endpoints = f.must('GET', '/api/v1/namespaces/default/endpoints/kubernetes');
    expect(endpoints.subsets.length).toBeGreaterThan(0);
    const { items } = f.must('GET', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes');
    expect(items.length).toBeGreaterThan(0);
    const addresses = (list: string[]): string[] => [...list].sort();
    expect(addresses(items.flatMap((slice: Json) => slice.endpoints.flatMap((each: Json) => each.addresses)))).toEqual(addresses(endpoints.subsets.flatMap((subset: Json) => subset.addresses.map(({ ip }: Json) => ip))));
  });

  conformance('EndpointSlice should create and delete Endpoints and EndpointSlices for a Service with a selector specified', () => cluster, (f) => {
    f.create('services', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'empty' }, spec: { selector: { 'does-not-match-anything': 'endpoints-and-endpoint-slices-should-still-be-created' }, ports: [{ name: 'example', port: 80, protocol: 'TCP' }] } });
    f.cluster.poll('endpoints', () => f.try('GET', f.path('endpoints', 'empty')).code === 200, 60);
    f.cluster.poll('one slice', () => slices(f, 'empty').length === 1, 60);
    f.delete('services', 'empty');
    f.cluster.poll('no endpoints', () => f.try('GET', f.path('endpoints', 'empty')).code === 404, 60);
    f.cluster.poll('no slice', () => slices(f, 'empty').length === 0, 60);
  });

  conformance('EndpointSlice should create Endpoints and EndpointSlices for Pods matching a Service', () => cluster, (f) => {
    const pod = (name: string, port: string, containerPort: number): void =>
      void f.create('pods', f.pod(name, { containers: [{ name: 'container1', image: IMAGES.nginx, ports: [{ name: port, containerPort, protocol: 'TCP' }] }] }, { labels: { foo: 'bar', [name]: 'true' } }));
    pod('pod1', 'example-name', 3000);
    pod('pod2', 'other-port', 3001);
    const service = (name: string, selector: Json, targetPort: Json, more: Json = {}): void => void f.create('services', { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector, ports: [{ name: 'example', port: 80, targetPort, protocol: 'TCP' }], ...more } });
    service('example-int-port', { pod1: 'true' }, 3000);
    service('example-named-port', { foo: 'bar' }, 'example-name', { publishNotReadyAddresses: true });
    service('example-no-match', { foo: 'nothing' }, 'example-name');
    f.waitRunning('pod1');
    f.waitRunning('pod2');
    const addresses = (name: string): string[] => slices(f, name).flatMap((slice) => (slice.endpoints ?? []).flatMap((each: Json) => each.addresses));
    const ip = (name: string): string => f.get('pods', name).status.podIP;
    f.cluster.poll('the numbered port', () => addresses('example-int-port').join() === ip('pod1'), 60);
    expect(slices(f, 'example-int-port')[0].ports).toEqual([{ name: 'example', port: 3000, protocol: 'TCP' }]);
    expect(slices(f, 'example-int-port')[0].endpoints[0]).toMatchObject({ conditions: { ready: true, serving: true, terminating: false }, targetRef: { kind: 'Pod', name: 'pod1' } });
    f.cluster.poll('the named port', () => addresses('example-named-port').length === 2, 60);
    const byPorts = slices(f, 'example-named-port');
    expect(byPorts).toHaveLength(2);
    expect(byPorts.map(({ ports }) => ports?.[0]?.port ?? 0).sort()).toEqual([0, 3000]);
    expect(addresses('example-no-match')).toEqual([]);
    expect(f.get('endpoints', 'example-int-port').subsets[0].addresses[0].ip).toBe(ip('pod1'));
    f.deleteSync('pod1', { gracePeriodSeconds: 0 });
    f.cluster.poll('no address is left', () => addresses('example-int-port').length === 0, 60);
  });

  conformance('EndpointSlice should support creating EndpointSlice API operations', () => cluster, (f) =>
    lifecycle(f, SLICES, () => ({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', endpoints: [{ addresses: ['1.2.3.4', '5.6.7.8'] }] }), {
      update: (object) => void (object.endpoints[0].addresses = ['11.11.11.11']),
      updated: (object) => object.endpoints[0].addresses[0] === '11.11.11.11',
    }));
});

describe('EndpointSliceMirroring', () => {
  conformance('EndpointSliceMirroring should mirror a custom Endpoints resource through create update and delete', () => cluster, (f) => {
    f.create('services', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'custom' }, spec: { ports: [{ name: 'example', port: 80, protocol: 'TCP' }] } });
    const subsets = (ip: string): Json => [{ addresses: [{ ip }], ports: [{ port: 80, name: 'example' }] }];
    f.create('endpoints', { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'custom' }, subsets: subsets('10.1.2.3') });
    const mirrored = (): Json[] => f.list('discovery.k8s.io/v1/endpointslices', 'labelSelector=kubernetes.io%2Fservice-name%3Dcustom');
    f.cluster.poll('it is mirrored', () => mirrored().length === 1 && mirrored()[0].endpoints[0].addresses[0] === '10.1.2.3', 12);
    expect(mirrored()[0].metadata.labels['endpointslice.kubernetes.io/managed-by']).toBe('endpointslicemirroring-controller.k8s.io');
    expect(mirrored()[0].ports).toEqual([{ name: 'example', port: 80, protocol: 'TCP' }]);
    f.update('endpoints', 'custom', (object) => {
      object.subsets = [{ addresses: [{ ip: '10.2.3.4' }], ports: [{ port: 9090, name: 'example' }] }];
    });
    f.cluster.poll('the update is mirrored', () => mirrored()[0]?.endpoints?.[0]?.addresses[0] === '10.2.3.4' && mirrored()[0].ports[0].port === 9090, 12);
    f.delete('endpoints', 'custom');
    f.cluster.poll('the slice is gone', () => mirrored().length === 0, 12);
  });
});

describe('Ingress', () => {
  conformance('Ingress API should support creating Ingress API operations', () => cluster, (f) => {
    const backend = { service: { name: 'default-backend', port: { name: '', number: 8080 } } };
    const make = (name: string): Json => ({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', spec: { defaultBackend: backend, rules: [{ host: `${name}.example.com`, http: { paths: [{ path: '/', pathType: 'ImplementationSpecific', backend: { service: { name: 'test-backend', port: { number: 8080 } } } }] } }] } });
    lifecycle(f, 'networking.k8s.io/v1/ingresses', make, { update: () => {}, updated: (object) => object.metadata.annotations.updated === 'true', status: { loadBalancer: { ingress: [{ ip: '169.1.1.1' }] } } });
  });
  conformance('IngressClass API should support creating IngressClass API operations', () => cluster, (f) =>
    lifecycle(f, 'networking.k8s.io/v1/ingressclasses', () => ({ apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', spec: { controller: 'example.com/controller' } }), {
      global: true, update: () => {}, updated: (object) => object.metadata.annotations.updated === 'true',
    }));
});
