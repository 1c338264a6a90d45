/**
 * Twins of tests that are about HTTP itself: test/e2e/apimachinery/{field_validation,discovery,aggregated_discovery,table_conversion,
 * server_version}.go, and the discovery documents that webhook.go and others look at.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { serveCluster, type Served } from '../../client-node/served.ts';
import type { Any } from '../framework/client.ts';

let served: Served;
beforeAll(async () => {
  served = await serveCluster(20, { nodes: 1, policyObjects: true });
  await vi.waitFor(async () => expect((await send('GET', '/api/v1/namespaces/default')).code).toBe(200), { timeout: 20_000 });
});
afterAll(async () => {
  await served.close();
  expect(served.failures).toEqual([]);
});

async function send(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<{ code: number; text: string; body: Any; type: string }> {
  const response = await fetch(`${served.url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return { code: response.status, text, type, body: type.includes('json') ? JSON.parse(text) : undefined };
}

const get = async (path: string, accept?: string): Promise<Any> => (await send('GET', path, undefined, accept === undefined ? {} : { Accept: accept })).body;

/** A group, version and resource that every cluster has. */
const EXPECTED = [
  ['admissionregistration.k8s.io', 'v1', 'validatingwebhookconfigurations'], ['apiextensions.k8s.io', 'v1', 'customresourcedefinitions'], ['apiregistration.k8s.io', 'v1', 'apiservices'], ['apps', 'v1', 'deployments'],
  ['authentication.k8s.io', 'v1', 'tokenreviews'], ['authorization.k8s.io', 'v1', 'selfsubjectaccessreviews'], ['autoscaling', 'v1', 'horizontalpodautoscalers'], ['autoscaling', 'v2', 'horizontalpodautoscalers'],
  ['batch', 'v1', 'jobs'], ['certificates.k8s.io', 'v1', 'certificatesigningrequests'], ['coordination.k8s.io', 'v1', 'leases'], ['discovery.k8s.io', 'v1', 'endpointslices'], ['events.k8s.io', 'v1', 'events'],
  ['networking.k8s.io', 'v1', 'ingresses'], ['node.k8s.io', 'v1', 'runtimeclasses'], ['policy', 'v1', 'poddisruptionbudgets'], ['scheduling.k8s.io', 'v1', 'priorityclasses'], ['storage.k8s.io', 'v1', 'csinodes'],
] as const;

let definitions = 0;
/** A definition with a schema for v1; answers what custom resources of it are called. */
async function define(schema: Any = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }): Promise<{ group: string; plural: string; kind: string; path: string }> {
  const name = `noxu${++definitions}`;
  const [plural, group] = [`${name}s`, `${name}.example.com`];
  const version = (each: string): Any => ({ name: each, served: true, storage: each === 'v1beta1', schema: { openAPIV3Schema: schema } });
  const definition = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.${group}` }, spec: { group, names: { plural, singular: name, kind: `${name}Kind`, listKind: `${name}List` }, scope: 'Cluster', versions: [version('v1beta1'), version('v1beta2')] } };
  expect((await send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', JSON.stringify(definition), { 'Content-Type': 'application/json' })).code).toBe(201);
  const path = `/apis/${group}/v1beta1/${plural}`;
  await expect.poll(async () => (await send('GET', path)).code, { timeout: 20_000 }).toBe(200);
  return { group, plural, kind: `${name}Kind`, path };
}

const PORTS = { type: 'array', 'x-kubernetes-list-map-keys': ['containerPort', 'protocol'], 'x-kubernetes-list-type': 'map', items: { type: 'object', required: ['containerPort', 'protocol'], properties: { containerPort: { format: 'int32', type: 'integer' }, hostIP: { type: 'string' }, hostPort: { format: 'int32', type: 'integer' }, name: { type: 'string' }, protocol: { type: 'string' } } } };
const FIELDS = { foo: { type: 'string' }, cronSpec: { type: 'string', pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$' }, ports: PORTS };
const schemaOf = (more: Any = {}, properties: Any = FIELDS): Any => ({ type: 'object', properties: { spec: { type: 'object', ...more, properties } } });
const apply = async ({ group, kind, path }: { group: string; kind: string; path: string }, lines: string): Promise<{ code: number; text: string }> =>
  send('PATCH', `${path}/mytest?fieldManager=field_validation_mgr&fieldValidation=Strict`, `\napiVersion: ${group}/v1beta1\nkind: ${kind}\nmetadata:\n  name: mytest\n${lines}\n  cronSpec: "* * * * */5"\n  ports:\n  - name: x\n    containerPort: 80\n    protocol: TCP`, { 'Content-Type': 'application/apply-patch+yaml' });

describe('FieldValidation', () => {
  const deployment = (meta: string, spec: string): string =>
    `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"my-dep",${meta}"labels":{"app":"nginx"}},"spec":{${spec}"selector":{"matchLabels":{"app":"nginx"}},"template":{"metadata":{"labels":{"app":"nginx"}},"spec":{"containers":[{"name":"nginx","image":"nginx:latest"}]}}}}`;
  const post = async (body: string): Promise<string> => (await send('POST', '/apis/apps/v1/namespaces/default/deployments?fieldManager=field_validation_mgr&fieldValidation=Strict', body, { 'Content-Type': 'application/json' })).body.message;

  it('should detect unknown and duplicate fields of a typed object', async () => {
    expect(await post(deployment('', '"unknownField":"foo","replicas":2,"replicas":3,'))).toContain('strict decoding error: unknown field "spec.unknownField", duplicate field "spec.replicas"');
  });

  it('should detect unknown metadata fields of a typed object', async () => {
    expect(await post(deployment('"unknownMeta":"foo",', ''))).toContain('strict decoding error: unknown field "metadata.unknownMeta"');
  });

  it('should create/apply a valid CR for CRD with validation schema', async () => {
    const { code, text } = await apply(await define(schemaOf()), 'spec:\n  foo: foo1');
    expect([code, text]).toEqual([201, expect.any(String)]);
  });

  it('should create/apply a CR with unknown fields for CRD with no validation schema', async () => {
    expect((await apply(await define(), 'spec:\n  unknown: uk1')).code).toBe(201);
  });

  it('should create/apply an invalid CR with extra properties for CRD with validation schema', async () => {
    expect((await apply(await define(schemaOf()), 'unknownField: unknown\nspec:\n  foo: foo1')).text).toContain('.unknownField: field not declared in schema');
  });

  it('should detect unknown metadata fields in both the root and embedded object of a CR', async () => {
    const template = { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { metadata: { type: 'object', properties: { name: { type: 'string' } } }, spec: { type: 'object' } } };
    const custom = await define(schemaOf({ 'x-kubernetes-preserve-unknown-fields': true }, { template, ...FIELDS }));
    const { text } = await apply(custom, '  unknownMeta: unknown\nspec:\n  template:\n    apiversion: foo/v1\n    kind: Sub\n    metadata:\n        unknownSubMeta: unknown\n        name: subobject\n        namespace: default\n  foo: foo1');
    expect(text).toMatch(/\.(?:spec\.template\.)?metadata\.unknown(?:Sub)?Meta: field not declared in schema/);
  });

  it('should detect duplicates in a CR when preserving unknown fields', async () => {
    const { text } = await apply(await define(schemaOf({ 'x-kubernetes-preserve-unknown-fields': true })), 'spec:\n  unknown: uk1\n  foo: foo1\n  foo: foo2');
    expect(text).toContain('line 9: key \\"foo\\" already set in map');
  });
});

describe('Discovery', () => {
  it('should validate PreferredVersion for each APIGroup', async () => {
    const { groups } = await get('/apis/');
    expect(groups.length).toBeGreaterThan(0);
    for (const { name } of groups) {
      const group = await get(`/apis/${name}/`);
      expect(group.versions.map(({ groupVersion }: Any) => groupVersion)).toContain(group.preferredVersion.groupVersion);
    }
  });

  it('should locate the groupVersion and a resource within each APIGroup', async () => {
    for (const [group, version, resource] of [['', 'v1', 'namespaces'], ...EXPECTED] as const) {
      const list = await get(group === '' ? `/api/${version}` : `/apis/${group}/${version}`);
      expect(list.groupVersion).toBe(group === '' ? version : `${group}/${version}`);
      expect(list.resources.map(({ name }: Any) => name)).toContain(resource);
    }
  });

  const DOCUMENTS = [
    ['AdmissionWebhook: should include webhook resources in discovery documents', 'admissionregistration.k8s.io', ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']],
    ['CustomResourceDefinition: should include custom resource definition resources in discovery documents', 'apiextensions.k8s.io', ['customresourcedefinitions']],
    ['parts of other tests: admission policies', 'admissionregistration.k8s.io', ['validatingadmissionpolicies', 'validatingadmissionpolicies/status', 'validatingadmissionpolicybindings']],
    ['parts of other tests: flow control', 'flowcontrol.apiserver.k8s.io', ['flowschemas', 'flowschemas/status', 'prioritylevelconfigurations', 'prioritylevelconfigurations/status']],
    ['parts of other tests: certificates', 'certificates.k8s.io', ['certificatesigningrequests', 'certificatesigningrequests/approval', 'certificatesigningrequests/status']],
  ] as const;
  it.each(DOCUMENTS)('%s', async (_test, name, resources) => {
    expect((await get('/apis')).groups.find((group: Any) => group.name === name).versions).toContainEqual({ groupVersion: `${name}/v1`, version: 'v1' });
    expect((await get(`/apis/${name}`)).versions).toContainEqual({ groupVersion: `${name}/v1`, version: 'v1' });
    expect((await get(`/apis/${name}/v1`)).resources.map((resource: Any) => resource.name)).toEqual(expect.arrayContaining([...resources]));
  });
});

describe('AggregatedDiscovery', () => {
  const V2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const has = ({ items }: Any, [group, version, resource]: readonly [string, string, string]): boolean =>
    items.some(({ metadata = {}, versions }: Any) => (metadata.name ?? '') === group && versions.some((each: Any) => each.version === version && each.resources.some((one: Any) => one.resource === resource)));

  it('should support raw aggregated discovery endpoint Accept headers', async () => {
    const groups = await get('/apis', V2);
    for (const expected of EXPECTED) expect(has(groups, expected)).toBe(true);
    expect(has(await get('/api', V2), ['', 'v1', 'namespaces'])).toBe(true);
  });

  it('should support raw aggregated discovery request for CRDs', async () => {
    const { group, plural } = await define();
    await expect.poll(async () => has(await get('/apis', V2), [group, 'v1beta1', plural])).toBe(true);
  });

  it('should support aggregated discovery interface', async () => {
    const accept = `${V2},${V2.replace('v2', 'v2beta1')},application/json`;
    for (const path of ['/api', '/apis']) expect((await send('GET', path, undefined, { Accept: accept })).type).toBe(V2);
    const groups = await get('/apis', accept);
    for (const expected of EXPECTED) expect(has(groups, expected)).toBe(true);
  });

  it('should support aggregated discovery interface for CRDs', async () => {
    const { group, plural } = await define();
    const accept = `${V2},${V2.replace('v2', 'v2beta1')},application/json`;
    await expect.poll(async () => has(await get('/apis', accept), [group, 'v1beta2', plural])).toBe(true);
  });
});

describe('Servers with support for Table transformation', () => {
  it('should return a 406 for a backend which does not implement metadata', async () => {
    const review = JSON.stringify({ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { nonResourceAttributes: { path: '/', verb: 'get' } } });
    const { code } = await send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review, { 'Content-Type': 'application/json', Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    expect(code).toBe(406);
  });
});

describe('server version', () => {
  it('should find the server version', async () => {
    const { major, minor } = await get('/version');
    expect([major, minor]).toEqual([expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+$/)]);
  });
});
