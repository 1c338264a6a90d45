/** Twins of test/e2e/apimachinery/webhook.go: admission webhooks that run in pods, called through their Service. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Any, Client, IMAGES, JSON_PATCH, MERGE_PATCH } from '../framework/client.ts';
import { customDefinition } from './definition.ts';
import { CA_BUNDLE, deployWebhook, type Webhook } from './webhook-server.ts';

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1';
let k: Client;
let namespace = '';
let markers = '';
let marker = '';
let server: Webhook;

beforeAll(() => {
  k = new Client();
});

beforeEach(() => {
  for (const kind of ['validating', 'mutating']) k.delete(`${CONFIGURATIONS}/${kind}webhookconfigurations`);
  namespace = k.namespace('webhook');
  marker = namespace;
  markers = k.namespace('webhook-markers', { [marker]: 'true' });
  k.update(`/api/v1/namespaces/${namespace}`, ({ metadata }) => (metadata.labels[marker] = 'true'));
  server = deployWebhook(k, namespace, 'webhook', 8443);
});

type Kind = 'validating' | 'mutating';
interface Hook extends Record<string, unknown> {
  readonly name: string;
}

const rule = (operations: readonly string[], resources: readonly string[], apiGroups: readonly string[] = [''], apiVersions: readonly string[] = ['v1']): Any => ({ operations, apiGroups, apiVersions, resources });

/** A hook at a path of the server, for objects of this test's namespace. */
const hook = (name: string, path: string, rules: readonly Any[], more: Readonly<Record<string, unknown>> = {}): Hook => ({
  name, rules, clientConfig: { service: { namespace, name: server.service, path, port: server.port }, caBundle: CA_BUNDLE },
  sideEffects: 'None', admissionReviewVersions: ['v1', 'v1beta1'], namespaceSelector: { matchLabels: { [marker]: 'true' } }, ...more,
});

/** The hook by which a test sees that its configuration counts. */
const isReady = (kind: Kind): Hook => hook(`${kind}-is-webhook-configuration-ready.k8s.io`, '/always-deny', [rule(['CREATE'], ['configmaps'])], { objectSelector: { matchLabels: { [marker]: 'true' } } });

function register(kind: Kind, hooks: readonly Hook[], metadata: Readonly<Record<string, unknown>> = { name: k.uniqueName('hooks') }): string {
  k.post(`${CONFIGURATIONS}/${kind}webhookconfigurations`, { metadata, webhooks: [...hooks, isReady(kind)] });
  k.poll(() => {
    const { code, body } = k.request('POST', `/api/v1/namespaces/${markers}/configmaps`, { metadata: { name: k.uniqueName('marker'), labels: { [marker]: 'true' } } });
    return code >= 400 && body.message.includes('denied');
  }, 30, 0.1);
  return String(metadata['name']);
}

const unregister = (kind: Kind, name: string): void => void k.delete(`${CONFIGURATIONS}/${kind}webhookconfigurations/${name}`);
const configMaps = (): string => `/api/v1/namespaces/${namespace}/configmaps`;
const pods = (): string => `/api/v1/namespaces/${namespace}/pods`;
const denyData = (): Hook => hook('deny-unwanted-configmap-data.k8s.io', '/configmaps', [rule(['CREATE', 'UPDATE', 'DELETE'], ['configmaps'])]);
const mutateData = (stage: number): Hook => hook(`adding-configmap-data-stage-${stage}.k8s.io`, '/mutating-configmaps', [rule(['CREATE'], ['configmaps'])]);
const nonCompliant = (): Any => ({ metadata: { name: k.uniqueName('non-compliant') }, data: { 'webhook-e2e-test': 'webhook-disallow' } });
const toBeMutated = (): Any => ({ metadata: { name: k.uniqueName('to-be-mutated') }, data: { 'mutation-start': 'yes' } });

/** Whether a configmap of unwanted data is denied now; one that is not is deleted again. */
function isDenied(): boolean {
  const { code, body } = k.request('POST', configMaps(), nonCompliant());
  if (code < 400) k.delete(`${configMaps()}/${body.metadata.name}`);
  else expect(body.message).toContain('denied');
  return code >= 400;
}

function isMutated(): boolean {
  const { metadata, data } = k.post(configMaps(), toBeMutated());
  k.delete(`${configMaps()}/${metadata.name}`);
  return data['mutation-stage-1'] === 'yes';
}

const pod = (name: string, more: Any = {}, container = 'example'): Any => ({ metadata: { name, ...more }, spec: { containers: [{ name: container, image: IMAGES.pause }] } });

describe('AdmissionWebhook [Privileged:ClusterAdmin]', () => {
  it('should be able to deny pod and configmap creation', () => {
    const failOpen = { ...hook('fail-open.k8s.io', '/configmaps', [rule(['CREATE'], ['configmaps'])], { failurePolicy: 'Ignore' }), clientConfig: { service: { namespace, name: server.service, path: '/configmaps', port: server.port } } };
    const skip = { matchExpressions: [{ key: 'skip-webhook-admission', operator: 'NotIn', values: ['yes'] }, { key: marker, operator: 'In', values: ['true'] }] };
    register('validating', [hook('deny-unwanted-pod-container-name-and-label.k8s.io', '/pods', [rule(['CREATE'], ['pods'])]), { ...denyData(), namespaceSelector: skip }, failOpen]);
    const refused = k.refused(() => k.post(pods(), pod('disallowed-pod', { labels: { 'webhook-e2e-test': 'webhook-disallow' } }, 'webhook-disallow')));
    expect(refused.message).toContain('the pod contains unwanted container name');
    expect(refused.message).toContain('the pod contains unwanted label');
    const hanging = k.refused(() => k.post(pods(), pod('hanging-pod', { labels: { 'webhook-e2e-test': 'wait-forever' } })));
    expect(hanging.message).toMatch(/webhook/);
    expect(hanging.message).toMatch(/deadline|timeout/);
    expect(k.maybe(`${pods()}/hanging-pod`)).toBeUndefined();
    expect(k.refused(() => k.post(configMaps(), nonCompliant())).message).toContain('the configmap contains unwanted key and value');
    k.post(configMaps(), { metadata: { name: 'allowed-configmap' }, data: { admit: 'this' } });
    const put = k.refused(() => k.update(`${configMaps()}/allowed-configmap`, (map) => (map.data['webhook-e2e-test'] = 'webhook-disallow')));
    expect(put.message).toContain('the configmap contains unwanted key and value');
    const patched = k.refused(() => k.patch(`${configMaps()}/allowed-configmap`, MERGE_PATCH, { data: { 'webhook-e2e-test': 'webhook-disallow' } }));
    expect(patched.message).toContain('the configmap contains unwanted key and value');
    const exempt = k.namespace('exempted-namespace', { 'skip-webhook-admission': 'yes', [marker]: 'true' });
    k.post(`/api/v1/namespaces/${exempt}/configmaps`, nonCompliant());
  });

  it('should be able to deny attaching pod', () => {
    register('validating', [hook('deny-attaching-pod.k8s.io', '/pods/attach', [rule(['CONNECT'], ['pods/attach'])])]);
    k.post(pods(), pod('to-be-attached-pod', {}, 'container1'));
    k.poll(() => k.get(`${pods()}/to-be-attached-pod`).status.phase === 'Running');
    const refused = k.refused(() => k.get(`${pods()}/to-be-attached-pod/attach?container=container1&stdin=true&stdout=true&stderr=true`));
    expect(refused.message).toContain("attaching to pod 'to-be-attached-pod' is not allowed");
  });

  it('should be able to deny custom resource creation, update and deletion', () => {
    const custom = customDefinition(k, namespace);
    register('validating', [hook('deny-unwanted-custom-resource-data.k8s.io', '/custom-resource', [rule(['CREATE', 'UPDATE', 'DELETE'], [custom.plural], [custom.group], ['*'])])]);
    const object = (name: string, value: string): Any => ({ apiVersion: `${custom.group}/v1`, kind: custom.kind, metadata: { name, namespace }, data: { 'webhook-e2e-test': value } });
    expect(k.refused(() => k.post(custom.path(), object('cr-instance-1', 'webhook-disallow'))).message).toContain('the custom resource contains unwanted data');
    k.post(custom.path(), object('cr-instance-2', 'webhook-nondeletable'));
    const one = `${custom.path()}/cr-instance-2`;
    expect(k.refused(() => k.update(one, ({ data }) => (data['webhook-e2e-test'] = 'webhook-disallow'))).message).toContain('the custom resource contains unwanted data');
    expect(k.refused(() => k.delete(one)).message).toContain('the custom resource cannot be deleted because it contains unwanted key and value');
    k.update(one, ({ data }) => (data['webhook-e2e-test'] = 'webhook-allow'));
    k.delete(one);
    custom.remove();
  });

  it('should unconditionally reject operations on fail closed webhook', () => {
    const closed = hook('fail-closed.k8s.io', '/configmaps', [rule(['CREATE'], ['configmaps'])], { failurePolicy: 'Fail', namespaceSelector: { matchExpressions: [{ key: 'fail-closed-webhook', operator: 'In', values: ['true'] }] } });
    register('validating', [{ ...closed, clientConfig: { service: { namespace, name: server.service, path: '/configmaps', port: server.port } } }]);
    const own = k.uniqueName('fail-closed-namespace');
    k.post('/api/v1/namespaces', { metadata: { name: own, labels: { 'fail-closed-webhook': 'true' } } });
    k.sleep(1);
    const refused = k.refused(() => k.post(`/api/v1/namespaces/${own}/configmaps`, { metadata: { name: 'foo' } }));
    expect(refused.reason).toBe('InternalError');
    expect(refused.message).toMatch(/^Internal error occurred: failed calling webhook "fail-closed.k8s.io": failed to call webhook: Post "https:.*x509: certificate signed by unknown authority$/);
  });

  it('should mutate configmap', () => {
    register('mutating', [mutateData(1), mutateData(2)]);
    expect(k.post(configMaps(), toBeMutated()).data).toEqual({ 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes' });
  });

  it('should mutate pod and apply defaults after mutation', () => {
    register('mutating', [hook('adding-init-container.k8s.io', '/mutating-pods', [rule(['CREATE'], ['pods'])])]);
    const [container, ...others] = k.post(pods(), pod('webhook-to-be-mutated')).spec.initContainers;
    expect(others).toEqual([]);
    expect(container).toMatchObject({ name: 'webhook-added-init-container', terminationMessagePolicy: 'File' });
  });

  it('should not be able to mutate or prevent deletion of webhook configuration objects', () => {
    const rules = [rule(['CREATE', 'DELETE'], ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'], ['admissionregistration.k8s.io'], ['*'])];
    const everywhere = { namespaceSelector: undefined };
    register('validating', [hook('deny-webhook-configuration-deletions.k8s.io', '/always-deny', rules, everywhere)]);
    register('mutating', [hook('add-label-to-webhook-configurations.k8s.io', '/add-label', rules, everywhere)]);
    for (const kind of ['validating', 'mutating'] as const) {
      const name = k.uniqueName('dummy');
      const made = k.post(`${CONFIGURATIONS}/${kind}webhookconfigurations`, { metadata: { name }, webhooks: [hook('dummy.k8s.io', '/always-deny', [rule(['CREATE'], ['invalid'])], { failurePolicy: 'Ignore' })] });
      expect(made.metadata.labels).toBeUndefined();
      k.delete(`${CONFIGURATIONS}/${kind}webhookconfigurations/${name}`);
    }
  });

  it('should mutate custom resource', () => {
    const custom = customDefinition(k, namespace);
    const rules = [rule(['CREATE', 'UPDATE'], [custom.plural], [custom.group], ['*'])];
    register('mutating', [hook('mutate-custom-resource-data-stage-1.k8s.io', '/mutating-custom-resource', rules), hook('mutate-custom-resource-data-stage-2.k8s.io', '/mutating-custom-resource', rules)]);
    const made = k.post(custom.path(), { apiVersion: `${custom.group}/v1`, kind: custom.kind, metadata: { name: 'cr-instance-1', namespace }, data: { 'mutation-start': 'yes' } });
    expect(made.data).toEqual({ 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes' });
    custom.remove();
  });

  it('should deny crd creation', () => {
    register('validating', [hook('deny-crd-with-unwanted-label.k8s.io', '/crd', [rule(['CREATE'], ['customresourcedefinitions'], ['apiextensions.k8s.io'], ['*'])], { namespaceSelector: undefined, objectSelector: { matchLabels: { [marker]: 'true' } } })]);
    const refused = k.refused(() => customDefinition(k, namespace, { labels: { [marker]: 'true', 'webhook-e2e-test': 'webhook-disallow' } }));
    expect(refused.message).toContain('the crd contains unwanted label');
  });

  it('should mutate custom resource with different stored version', () => {
    const custom = customDefinition(k, namespace, { versions: ['v1', 'v2'] });
    const rules = [rule(['CREATE', 'UPDATE'], [custom.plural], [custom.group], ['*'])];
    register('mutating', [hook('mutate-custom-resource-data-stage-1.k8s.io', '/mutating-custom-resource', rules)]);
    k.post(custom.path(), { apiVersion: `${custom.group}/v1`, kind: custom.kind, metadata: { name: 'cr-instance-1', namespace }, data: { 'mutation-start': 'yes' } });
    k.patch(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${custom.name}`, MERGE_PATCH, { spec: { versions: custom.versions.map((version) => ({ ...version, storage: version.name === 'v2' })) } });
    k.sleep(1);
    const patched = k.patch(`${custom.path()}/cr-instance-1`, MERGE_PATCH, { data: { 'mutation-start': 'yes', 'mutation-stage-1': 'yes', dummy: 'test' } });
    expect(patched.data).toEqual({ 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes', dummy: 'test' });
    const again = k.patch(`${custom.path('v2')}/cr-instance-1`, MERGE_PATCH, { data: { dummy: 'test2' } });
    expect(again.apiVersion).toBe(`${custom.group}/v2`);
    expect(again.data.dummy).toBe('test2');
    custom.remove();
  });

  it('should mutate custom resource with pruning', () => {
    const text = { type: 'string' };
    const schema = { type: 'object', properties: { data: { type: 'object', properties: { 'mutation-start': text, 'mutation-stage-1': text } } } };
    const custom = customDefinition(k, namespace, { versions: ['v1', 'v2'], schema });
    const rules = [rule(['CREATE', 'UPDATE'], [custom.plural], [custom.group], ['*'])];
    register('mutating', [hook('mutate-custom-resource-data-stage-1.k8s.io', '/mutating-custom-resource', rules), hook('mutate-custom-resource-data-stage-2.k8s.io', '/mutating-custom-resource', rules)]);
    const made = k.post(custom.path(), { apiVersion: `${custom.group}/v1`, kind: custom.kind, metadata: { name: 'cr-instance-1', namespace }, data: { 'mutation-start': 'yes' } });
    expect(made.data).toEqual({ 'mutation-start': 'yes', 'mutation-stage-1': 'yes' });
    custom.remove();
  });

  it('should honor timeout', () => {
    const slow = (failurePolicy: string, timeoutSeconds?: number): Hook =>
      hook('allow-configmap-with-delay-webhook.k8s.io', '/always-allow-delay-5s', [rule(['CREATE'], ['configmaps'])], { failurePolicy, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }), objectSelector: { matchExpressions: [{ key: marker, operator: 'DoesNotExist' }] } });
    const tryOut = (failurePolicy: string, timeoutSeconds: number | undefined): number => {
      const name = register('validating', [slow(failurePolicy, timeoutSeconds)]);
      const { code, body } = k.request('POST', configMaps(), { metadata: { name: 'e2e-test-slow-webhook-configmap' } });
      if (code < 400) k.delete(`${configMaps()}/e2e-test-slow-webhook-configmap`);
      else expect(body.message).toMatch(/context deadline exceeded|timeout/);
      unregister('validating', name);
      return code;
    };
    expect(tryOut('Fail', 1)).toBe(500);
    expect(tryOut('Ignore', 1)).toBe(201);
    expect(tryOut('Fail', 10)).toBe(201);
    expect(tryOut('Fail', undefined)).toBe(201);
  });

  it('patching/updating a validating webhook should work', () => {
    const name = register('validating', [denyData()]);
    k.poll(isDenied, 30, 0.1);
    k.update(`${CONFIGURATIONS}/validatingwebhookconfigurations/${name}`, ({ webhooks }) => (webhooks[0].rules[0].operations = ['UPDATE']));
    k.poll(() => !isDenied(), 30, 0.1);
    k.patch(`${CONFIGURATIONS}/validatingwebhookconfigurations/${name}`, JSON_PATCH, [{ op: 'replace', path: '/webhooks/0/rules/0/operations', value: ['CREATE'] }]);
    k.poll(isDenied, 30, 0.1);
    unregister('validating', name);
  });

  it('patching/updating a mutating webhook should work', () => {
    const name = register('mutating', [mutateData(1)]);
    k.update(`${CONFIGURATIONS}/mutatingwebhookconfigurations/${name}`, ({ webhooks }) => (webhooks[0].rules[0].operations = ['UPDATE']));
    k.poll(() => !isMutated(), 30, 0.1);
    k.patch(`${CONFIGURATIONS}/mutatingwebhookconfigurations/${name}`, JSON_PATCH, [{ op: 'replace', path: '/webhooks/0/rules/0/operations', value: ['CREATE'] }]);
    k.poll(isMutated, 30, 0.1);
    unregister('mutating', name);
  });

  it.each([['listing validating webhooks should work', 'validating', isDenied], ['listing mutating webhooks should work', 'mutating', isMutated]] as const)('%s', (_title, kind, isInForce) => {
    const labels = { 'e2e-list-test-uuid': namespace };
    for (let index = 0; index < 10; index++) register(kind, [kind === 'validating' ? denyData() : mutateData(1)], { name: `${namespace}-${index}`, labels });
    const all = `${CONFIGURATIONS}/${kind}webhookconfigurations?labelSelector=e2e-list-test-uuid=${namespace}`;
    expect(k.get(all).items).toHaveLength(10);
    k.poll(isInForce, 30, 0.1);
    k.delete(all);
    k.poll(() => !isInForce(), 30, 0.1);
  });

  it.each(['validating', 'mutating'] as const)('should be able to create and update %s webhook configurations with match conditions', (kind) => {
    const condition = (name: string, expression: string): Any => ({ name, expression });
    const first = [condition('expression-1', "object.metadata.namespace == 'production'")];
    const name = k.uniqueName('conditions');
    const path = `${CONFIGURATIONS}/${kind}webhookconfigurations`;
    k.post(path, { metadata: { name }, webhooks: [{ ...denyData(), matchConditions: first }] });
    expect(k.get(`${path}/${name}`).webhooks[0].matchConditions).toEqual(first);
    const second = [...first, condition('expression-2', "object.metadata.namespace == 'staging'")];
    k.update(`${path}/${name}`, ({ webhooks }) => (webhooks[0].matchConditions = second));
    expect(k.get(`${path}/${name}`).webhooks[0].matchConditions).toEqual(second);
    unregister(kind, name);
  });

  it.each(['validating', 'mutating'] as const)('should reject %s webhook configurations with invalid match conditions', (kind) => {
    const refused = k.refused(() =>
      k.post(`${CONFIGURATIONS}/${kind}webhookconfigurations`, { metadata: { name: k.uniqueName('invalid') }, webhooks: [{ ...denyData(), matchConditions: [{ name: 'invalid-expression-1', expression: '... [] bad expression' }] }] }));
    expect(refused.message).toContain('compilation failed');
  });

  it('should mutate everything except \'skip-me\' configmaps', () => {
    register('mutating', [{ ...mutateData(1), matchConditions: [{ name: 'skip-me', expression: "object.metadata.name != 'skip-me'" }] }]);
    expect(k.post(configMaps(), { metadata: { name: 'skip-me' }, data: { 'mutation-start': 'yes' } }).data).toEqual({ 'mutation-start': 'yes' });
    expect(k.post(configMaps(), toBeMutated()).data).toEqual({ 'mutation-start': 'yes', 'mutation-stage-1': 'yes' });
  });
});
