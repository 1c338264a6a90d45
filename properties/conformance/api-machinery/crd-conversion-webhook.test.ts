/** Twins of test/e2e/apimachinery/{crd_conversion_webhook,crd_selectable_fields}.go: both convert with agnhost's webhook. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Any, Client, MERGE_PATCH } from '../framework/client.ts';
import { customDefinition, type Custom } from './definition.ts';
import { CA_BUNDLE, deployWebhook } from './webhook-server.ts';

let k: Client;
let namespace = '';
let custom: Custom;

const object = (properties: readonly string[]): Any => ({ type: 'object', properties: Object.fromEntries(properties.map((name) => [name, { type: 'string' }])) });

beforeAll(() => {
  k = new Client();
});

const selectable = (name: string): Any => ({ selectableFields: (name === 'v1' ? ['hostPort'] : ['host', 'port']).map((field) => ({ jsonPath: `.${field}` })) });

beforeEach(() => {
  namespace = k.namespace('crd-webhook');
  const { service, port } = deployWebhook(k, namespace, 'crd-conversion-webhook', 9443);
  const webhook = { clientConfig: { caBundle: CA_BUNDLE, service: { namespace, name: service, path: '/crdconvert', port } }, conversionReviewVersions: ['v1', 'v1beta1'] };
  custom = customDefinition(k, namespace, { group: 'stable.example.com', versions: ['v1', 'v2'], schemas: { v1: object(['hostPort']), v2: object(['host', 'port']) }, version: selectable, spec: { conversion: { strategy: 'Webhook', webhook }, preserveUnknownFields: false } });
  // Until one in the other version is taken, the webhook is not ready.
  k.poll(() => k.request('POST', custom.path('v2'), { apiVersion: `${custom.group}/v2`, kind: custom.kind, metadata: { name: 'ready' } }).code === 201, 30, 0.1);
  k.delete(`${custom.path('v2')}/ready`);
});

const instance = (name: string): Any => ({ apiVersion: `${custom.group}/v1`, kind: custom.kind, metadata: { name, namespace }, hostPort: 'localhost:8080' });
const isV1 = (shown: Any): void => expect(shown).toMatchObject({ apiVersion: 'stable.example.com/v1', hostPort: 'localhost:8080' });
function isV2(shown: Any): void {
  expect(shown).toMatchObject({ apiVersion: 'stable.example.com/v2', host: 'localhost', port: '8080' });
  expect(shown).not.toHaveProperty('hostPort');
}

describe('CustomResourceConversionWebhook [Privileged:ClusterAdmin]', () => {
  it('should be able to convert from CR v1 to CR v2', () => {
    k.post(custom.path('v1'), instance('cr-instance-1'));
    isV2(k.get(`${custom.path('v2')}/cr-instance-1`));
    // Beyond upstream's test: what is written in the other version, and watched in it.
    const watch = k.watch(custom.path('v2'));
    isV2(watch.until((type) => type === 'ADDED'));
    k.patch(`${custom.path('v2')}/cr-instance-1`, MERGE_PATCH, { port: '9090' });
    expect(k.get(`${custom.path('v1')}/cr-instance-1`).hostPort).toBe('localhost:9090');
    expect(watch.until((type) => type === 'MODIFIED').port).toBe('9090');
    custom.remove();
  });

  it('should be able to convert a non homogeneous list of CRs', () => {
    k.post(custom.path('v1'), instance('cr-instance-1'));
    k.update(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${custom.name}`, ({ spec }) => (spec.versions = custom.versions.map((version) => ({ ...version, storage: version.name === 'v2' }))));
    k.post(custom.path('v1'), instance('cr-instance-2'));
    const names = ({ items }: Any): string[] => items.map(({ metadata }: Any) => metadata.name).sort();
    const first = k.get(custom.path('v1'));
    expect(names(first)).toEqual(['cr-instance-1', 'cr-instance-2']);
    first.items.forEach(isV1);
    const second = k.get(custom.path('v2'));
    expect(names(second)).toEqual(['cr-instance-1', 'cr-instance-2']);
    second.items.forEach(isV2);
    custom.remove();
  });
});

describe('CustomResourceFieldSelectors [Privileged:ClusterAdmin]', () => {
  const where = (version: string, selector: string): string => `${custom.path(version)}?fieldSelector=${encodeURIComponent(selector)}`;
  const listed = (version: string, selector: string): string[] => k.get(where(version, selector)).items.map(({ metadata }: Any) => metadata.name);
  const QUERIES = [['v2', 'host=host1'], ['v2', 'host=host1,port=80'], ['v1', 'hostPort=host1:80']] as const;

  it('CustomResourceFieldSelectors MUST list and watch custom resources matching the field selector', () => {
    const watches = QUERIES.map(([version, selector]) => k.watch(where(version, selector)));
    const seen = (wanted: string): string[][] => watches.map(({ events }) => events.filter(({ type }) => type === wanted).map(({ object: { metadata } }) => metadata.name).sort());
    const create = (name: string, fields: Any): Any => k.post(custom.path('v2'), { apiVersion: `${custom.group}/v2`, kind: custom.kind, metadata: { name, namespace }, ...fields });
    create('a', { host: 'host1', port: '80' });
    create('b', { host: 'host1', port: '8080' });
    create('c', { host: 'host2' });
    expect(QUERIES.map(([version, selector]) => listed(version, selector))).toEqual([['a', 'b'], ['a'], ['a']]);
    expect(listed('v1', 'hostPort=host1:8080')).toEqual(['b']);
    k.poll(() => JSON.stringify(seen('ADDED')) === '[["a","b"],["a"],["a"]]', 30);

    k.delete(where('v2', 'host=host1,port=80'), { gracePeriodSeconds: 0 });
    k.update(`${custom.path('v2')}/b`, (object) => (object.host = 'host2'));
    expect(QUERIES.map(([version, selector]) => listed(version, selector))).toEqual([[], [], []]);
    k.poll(() => JSON.stringify(seen('DELETED')) === '[["a","b"],["a"],["a"]]', 30);
    expect(seen('ADDED')).toEqual([['a', 'b'], ['a'], ['a']]);
    // Beyond upstream's test: fields are those of the version; the last state that matched is what goes.
    expect(k.refused(() => listed('v1', 'host=host1')).message).toBe('field label not supported: host');
    expect(watches[0]?.events.find(({ type, object: { metadata } }) => type === 'DELETED' && metadata.name === 'b')?.object).toMatchObject({ apiVersion: `${custom.group}/v2`, host: 'host1', port: '8080' });
    custom.remove();
  });
});
