import { beforeAll, describe, expect, it } from 'vitest';
import { ApiBench, messageOf } from '../../cluster/testing/api-bench.ts';

/** What is wrong with an object, as its creation says it; long texts of regular expressions are cut. */
const wrongOf = (bench: ApiBench, resource: string, apiVersion: string, kind: string, content: object, namespace?: string): string =>
  messageOf(bench.send('create', `${apiVersion}/${resource}`, { apiVersion, kind, ...content }, namespace === undefined ? {} : { namespace }))
    .replace(/^.* is invalid: /, '')
    .replaceAll(/(label|subdomain|name part) must (be|consist) .*?'\)/g, '$1 …');

describe('kinds of the cluster are refused as upstream refuses them', () => {
  let bench: ApiBench;
  beforeAll(() => {
    bench = new ApiBench();
  });

  it.each<[string, object, string]>([
    ['a policy that is none', { metadata: { name: 'a' }, preemptionPolicy: 'x' }, 'preemptionPolicy: Unsupported value: "x": supported values: "PreemptLowerPriority", "Never"'],
    ['an empty policy', { metadata: { name: 'a' }, preemptionPolicy: '' }, 'preemptionPolicy: Required value'],
    ['a name of the system', { metadata: { name: 'system-x' } }, "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class"],
  ])('PriorityClass with %s', (_, content, expected) => {
    expect(wrongOf(bench, 'priorityclasses', 'scheduling.k8s.io/v1', 'PriorityClass', content)).toBe(expected);
  });

  it.each<[string, object, string]>([
    ['a bad node selector', { scheduling: { nodeSelector: { a: '-' } } }, 'scheduling.nodeSelector: Invalid value: "-": a valid label …'],
    ['a negative overhead', { overhead: { podFixed: { cpu: '-1' } } }, 'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
    ['the same toleration twice', { scheduling: { tolerations: [{ key: 'k', operator: 'Exists' }, { key: 'k', operator: 'Exists' }] } }, 'scheduling.tolerations[1]: Duplicate value: core.Toleration{Key:"k", Operator:"Exists", Value:"", Effect:"", TolerationSeconds:(*int64)(nil)}'],
  ])('RuntimeClass with %s', (_, content, expected) => {
    expect(wrongOf(bench, 'runtimeclasses', 'node.k8s.io/v1', 'RuntimeClass', { metadata: { name: 'a' }, handler: 'h', ...content })).toBe(expected);
  });

  it.each<[string, object, string]>([
    ['a term of nothing', { leaseDurationSeconds: 0 }, 'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
    ['fewer than no transitions', { leaseTransitions: -1 }, 'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0'],
    ['a holder preferred for no reason', { preferredHolder: 'a' }, 'spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined'],
    ['no holder', { holderIdentity: '' }, ''],
  ])('Lease with %s', (_, spec, expected) => {
    expect(wrongOf(bench, 'leases', 'coordination.k8s.io/v1', 'Lease', { metadata: { name: 'a' }, spec }, 'default')).toBe(expected);
  });

  const service = { group: 'g.example.com', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 };
  it.each<[string, string, object, string]>([
    ['another name', 'v2.x', service, 'metadata.name: Invalid value: "v2.x": must be `spec.version+"."+spec.group`: "v1.g.example.com"'],
    ['a name that is no path', 'a/b', service, 'metadata.name: Invalid value: "a/b": may not contain \'/\''],
    ['priorities out of range', 'v1.g.example.com', { ...service, groupPriorityMinimum: 20001, versionPriority: 0 }, '[spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000, spec.versionPriority: Invalid value: 0: must be positive and less than 1000]'],
    ['doubts about itself', 'v1.g.example.com', { ...service, insecureSkipTLSVerify: true }, 'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify'],
    ['an empty service', 'v1.g.example.com', { ...service, service: { port: 0 } }, '[spec.service.namespace: Required value, spec.service.name: Required value, spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive]'],
  ])('APIService with %s', (_, name, spec, expected) => {
    expect(wrongOf(bench, 'apiservices', 'apiregistration.k8s.io/v1', 'APIService', { metadata: { name }, spec })).toBe(expected);
  });

  const hook = { name: 'a.b.c', admissionReviewVersions: ['v1'], sideEffects: 'None', clientConfig: { url: 'https://a' } };
  const rule = { apiGroups: ['g'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
  it.each<[string, object, string]>([
    ['side effects untold', { sideEffects: undefined }, 'webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun'],
    ['empty side effects', { sideEffects: '' }, 'webhooks[0].sideEffects: Unsupported value: "": supported values: "None", "NoneOnDryRun"'],
    ['an empty policy', { failurePolicy: '' }, 'webhooks[0].failurePolicy: Unsupported value: "": supported values: "Fail", "Ignore"'],
    ['an empty scope', { rules: [{ ...rule, scope: '' }] }, 'webhooks[0].rules[0].scope: Unsupported value: "": supported values: "*", "Cluster", "Namespaced"'],
    ['resources beside all', { rules: [{ ...rule, resources: ['*', 'pods'] }] }, 'webhooks[0].rules[0].resources: Invalid value: []string{"*", "pods"}: if \'*\' is present, must not specify other resources without subresources'],
    ['all resources at the end', { rules: [{ ...rule, resources: ['pods', '*'] }] }, ''],
  ])('a webhook with %s', (_, more, expected) => {
    const content = { metadata: { name: 'a' }, webhooks: [{ ...hook, ...more }] };
    expect(wrongOf(bench, 'validatingwebhookconfigurations', 'admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', content)).toBe(expected);
  });

  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } };
  it.each<[string, object, string]>([
    ['no schema', { versions: [{ ...version, schema: undefined }] }, 'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required'],
    ['an empty short name', { names: { plural: 'foos', kind: 'Foo', shortNames: [''] } }, 'spec.names.shortNames[0]: Invalid value: "": a DNS-1035 label …'],
    ['no versions', { versions: [] }, '[spec.versions: Invalid value: []apiextensions.CustomResourceDefinitionVersion(nil): must have exactly one version marked as storage version, status.storedVersions: Invalid value: []string(nil): must have at least one stored version]'],
    ['a bad version', { versions: [{ ...version, name: '1' }] }, '[spec.versions[0].name: Invalid value: "1": a DNS-1035 label …, spec.version: Invalid value: "1": a DNS-1035 label …]'],
    ['unknown fields and defaults', { preserveUnknownFields: true, versions: [{ ...version, schema: { openAPIV3Schema: { type: 'object', properties: { a: { type: 'string', default: 'x' } } } } }] }, '[spec.preserveUnknownFields: Invalid value: true: must be false in order to use defaults in the schema, spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead]'],
  ])('CustomResourceDefinition with %s', (_, more, expected) => {
    const spec = { group: 'example.com', scope: 'Namespaced', names: { plural: 'foos', kind: 'Foo' }, versions: [version], ...more };
    expect(wrongOf(bench, 'customresourcedefinitions', 'apiextensions.k8s.io/v1', 'CustomResourceDefinition', { metadata: { name: 'foos.example.com' }, spec })).toBe(expected);
  });

  it.each<[string, string, object, object, string[]]>([
    ['roles', 'Role', { rules: [] }, { rules: [{ apiGroups: [''], resources: ['pods'] }] }, ['rules[0].verbs', 'rules[0].verbs']],
    ['rolebindings', 'RoleBinding', { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'a' } }, { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: '' } }, ['roleRef.name', 'roleRef.name', 'roleRef']],
  ])('an update of %s is validated twice', (resource, kind, content, changed, fields) => {
    const path = `rbac.authorization.k8s.io/v1/${resource}`;
    const object = { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata: { name: 'a' } };
    expect(bench.send('create', path, { ...object, ...content }, { namespace: 'default' }).code).toBe(201);
    const { body } = bench.send('update', `${path}/a`, { ...object, ...changed }, { namespace: 'default' });
    expect((body as { details?: { causes?: { field: string }[] } }).details?.causes?.map(({ field }) => field)).toEqual(fields);
  });

  it('an access review names no kind', () => {
    const answer = bench.send('create', 'authorization.k8s.io/v1/subjectaccessreviews', { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { user: 'u' } });
    expect(answer.code).toBe(422);
    expect(messageOf(answer)).toMatch(/^\.authorization\.k8s\.io "" is invalid: spec\.resourceAttributes: /);
  });
});
