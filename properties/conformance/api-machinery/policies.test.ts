/** Twins of test/e2e/apimachinery/{validatingadmissionpolicy,flowcontrol}.go. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Any, Client, IMAGES, MERGE_PATCH } from '../framework/client.ts';

const ADMISSION = '/apis/admissionregistration.k8s.io/v1';
const FLOW = '/apis/flowcontrol.apiserver.k8s.io/v1';
let k: Client;
let namespace = '';
let label = '';
beforeAll(() => {
  k = new Client();
});
beforeEach(() => {
  label = k.uniqueName('policy');
  namespace = k.namespace('validating-admission-policy', { [label]: 'true' });
});

const deployments = (): string => `/apis/apps/v1/namespaces/${namespace}/deployments`;
const deployment = (name: string, replicas: number): Any => ({ metadata: { name }, spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'app', image: IMAGES.pause }] } } } });
const matchConstraints = (): Any => ({ resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }, { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }], namespaceSelector: { matchLabels: { [label]: 'true' } } });

function install(name: string, spec: Any, marker: Any): void {
  const more = { expression: `object.kind != 'ConfigMap' || !object.metadata.name.startsWith('${name}-marker')`, message: 'marker denied' };
  k.post(`${ADMISSION}/validatingadmissionpolicies`, { metadata: { name }, spec: { failurePolicy: 'Fail', matchConstraints: matchConstraints(), ...spec, validations: [...spec.validations, more] } });
  k.post(`${ADMISSION}/validatingadmissionpolicybindings`, { metadata: { name: `${name}-binding` }, spec: { policyName: name, validationActions: ['Deny'], matchResources: { namespaceSelector: { matchLabels: { [label]: 'true' } } } } });
  k.poll(() => k.request('POST', `/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: k.uniqueName(`${name}-marker`) }, ...marker }).code >= 400, 60, 0.5);
}

/** Create, get, list, watch, update, patch, delete, deletecollection of a resource; `change` of its spec; its status, if it has one. */
function supports(all: string, make: () => Any, hasStatus: boolean): void {
  const kind = make();
  const labels = { 'special-label': label };
  const selector = `labelSelector=special-label=${label}`;
  const create = (): Any => k.post(all, { ...make(), metadata: { generateName: 'e2e-', labels } });
  const [made] = [create(), create(), create()];
  const path = `${all}/${made.metadata.name}`;
  expect(k.get(path).metadata.uid).toBe(made.metadata.uid);
  expect(k.get(path).spec).toMatchObject(kind.spec);
  const listed = k.get(`${all}?${selector}`);
  expect(listed.items).toHaveLength(3);
  const watch = k.watch(`${all}?${selector}&resourceVersion=${listed.metadata.resourceVersion}`);
  expect(k.patch(path, MERGE_PATCH, { metadata: { annotations: { patched: 'true' } } }).metadata.annotations.patched).toBe('true');
  expect(k.update(path, ({ metadata }) => (metadata.annotations.updated = 'true')).metadata.annotations.updated).toBe('true');
  watch.until((type, { metadata }) => type === 'MODIFIED' && metadata.annotations?.patched === 'true');
  watch.until((type, { metadata }) => type === 'MODIFIED' && metadata.annotations?.updated === 'true');
  if (hasStatus) {
    expect(k.get(`${path}/status`).metadata.uid).toBe(made.metadata.uid);
    const patched = k.patch(`${path}/status`, MERGE_PATCH, { metadata: { annotations: { patchedstatus: 'true' } }, status: { conditions: [{ type: 'PatchStatusFailed', status: 'False', reason: 'e2e' }] } });
    expect(patched.status.conditions.some(({ type }: Any) => type === 'PatchStatusFailed')).toBe(true);
    const updated = k.update(path, (object) => object.status.conditions.push({ type: 'StatusUpdateFailed', status: 'False', reason: 'E2E', message: 'Set from an e2e test' }), '/status');
    expect(updated.status.conditions.some(({ type }: Any) => type === 'StatusUpdateFailed')).toBe(true);
  }
  k.delete(path);
  expect(k.maybe(path)).toBeUndefined();
  expect(k.get(`${all}?${selector}`).items).toHaveLength(2);
  k.delete(`${all}?${selector}`);
  expect(k.get(`${all}?${selector}`).items).toEqual([]);
}

describe('ValidatingAdmissionPolicy [Privileged:ClusterAdmin]', () => {
  it('should validate against a Deployment', () => {
    install('validate-deployment', { validations: [{ expression: "object.kind != 'Deployment' || object.spec.replicas > 1", messageExpression: "'wants replicas > 1, got ' + string(object.spec.replicas)" }, { expression: "object.kind != 'Deployment' || namespaceObject.metadata.name == 'x' || true" }] }, {});
    const refused = k.refused(() => k.post(deployments(), deployment('replicated', 1)));
    expect(refused.code).toBe(422);
    expect(refused.message).toContain('wants replicas > 1, got 1');
    k.post(deployments(), deployment('replicated', 2));
  });

  it('should allow expressions to refer variables.', () => {
    install('variables', { variables: [{ name: 'replicas', expression: "object.kind == 'Deployment' ? object.spec.replicas : 3" }, { name: 'oddReplicas', expression: 'variables.replicas % 2 == 1' }], validations: [{ expression: 'variables.replicas > 1' }, { expression: 'variables.oddReplicas' }] }, {});
    k.post(deployments(), deployment('replicated', 3));
    expect(k.refused(() => k.post(deployments(), deployment('even', 2))).code).toBe(422);
    expect(k.refused(() => k.post(deployments(), deployment('one', 1))).message).toMatch(/failed expression: variables.replicas > 1/);
  });

  it('should support ValidatingAdmissionPolicy API operations', () => {
    supports(`${ADMISSION}/validatingadmissionpolicies`, () => ({ spec: { failurePolicy: 'Fail', matchConstraints: matchConstraints(), validations: [{ expression: 'true' }] } }), true);
  });

  it('should support ValidatingAdmissionPolicyBinding API operations', () => {
    supports(`${ADMISSION}/validatingadmissionpolicybindings`, () => ({ spec: { policyName: 'replicalimit-policy.example.com', validationActions: ['Deny'], matchResources: { namespaceSelector: { matchLabels: { [label]: 'true' } } } } }), false);
  });
});

describe('API priority and fairness', () => {
  it('should support FlowSchema API operations', () => {
    supports(`${FLOW}/flowschemas`, () => ({ spec: { matchingPrecedence: 10_000, priorityLevelConfiguration: { name: 'global-default' }, distinguisherMethod: { type: 'ByUser' }, rules: [{ subjects: [{ kind: 'User', user: { name: 'example-e2e-non-existent-user' } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }] } }), true);
  });

  it('should support PriorityLevelConfiguration API operations', () => {
    supports(`${FLOW}/prioritylevelconfigurations`, () => ({ spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } } }), true);
  });
});
