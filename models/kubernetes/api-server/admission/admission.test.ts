import { describe, expect, it } from 'vitest';
import type { ApiResponse } from '../../api/message.ts';
import { ApiBench, messageOf } from '../../cluster/testing/api-bench.ts';
import type { SimulationOptions } from '../../cluster/simulation.ts';

const POLICIES = 'admissionregistration.k8s.io/v1/validatingadmissionpolicies';
const BINDINGS = 'admissionregistration.k8s.io/v1/validatingadmissionpolicybindings';
const MUTATING = 'admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const VALIDATING = 'admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
const CONFIG_MAPS = { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] };

function bench(options: SimulationOptions = {}): ApiBench {
  const made = new ApiBench(options);
  made.send('create', '/v1/serviceaccounts', { metadata: { name: 'default' } }, { namespace: 'default' });
  return made;
}
const put = (api: ApiBench, name: string, data: Record<string, string> = {}, more = {}): ApiResponse => api.send('create', '/v1/configmaps', { metadata: { name, ...more }, data }, { namespace: 'default' });

describe('PodSecurity', () => {
  const pod = (spec: Record<string, unknown>): unknown => ({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
  const label = (api: ApiBench, labels: Record<string, string>): ApiResponse =>
    api.send('patch', '/v1/namespaces/default', { metadata: { labels } }, { contentType: 'application/merge-patch+json' });

  it('refuses pods that violate what the namespace enforces', () => {
    const api = bench();
    label(api, { 'pod-security.kubernetes.io/enforce': 'restricted' });
    const { code, body } = api.send('create', '/v1/pods', pod({ hostNetwork: true }), { namespace: 'default' });
    expect(code).toBe(403);
    expect((body as any).message).toBe(
      'pods "p" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true), allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
    const warned = api.send('create', 'apps/v1/deployments', { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } }, { namespace: 'default' });
    expect(warned.code).toBe(201);
    expect(warned.warnings?.[0]).toMatch(/^would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false/);
  });
  it('names existing pods when the labels get stricter, and refuses labels that mean nothing', () => {
    const api = bench();
    expect(api.send('create', '/v1/pods', pod({ volumes: [{ name: 'v', hostPath: { path: '/' } }] }), { namespace: 'default' }).code).toBe(201);
    expect(label(api, { 'pod-security.kubernetes.io/enforce': 'baseline' }).warnings).toEqual([
      'existing pods in namespace "default" violate the new PodSecurity enforce level "baseline:latest"',
      'p: hostPath volumes',
    ]);
    expect(messageOf(label(api, { 'pod-security.kubernetes.io/enforce': 'strict' }))).toBe(
      'Namespace "default" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
    );
  });
});

describe('ValidatingAdmissionPolicy', () => {
  const policy = (spec: Record<string, unknown>): unknown => ({ metadata: { name: 'sizes' }, spec: { matchConstraints: { resourceRules: [{ ...CONFIG_MAPS, operations: ['CREATE', 'UPDATE'] }] }, ...spec } });
  const binding = (spec: Record<string, unknown> = {}): unknown => ({ metadata: { name: 'all' }, spec: { policyName: 'sizes', validationActions: ['Deny'], ...spec } });

  it('denies with the words of the policy, warns, and lets pass what conditions exclude', () => {
    const api = bench();
    api.send('create', POLICIES, policy({
      variables: [{ name: 'count', expression: 'size(object.data)' }],
      matchConditions: [{ name: 'not-free', expression: "!object.metadata.name.startsWith('free')" }],
      validations: [{ expression: 'variables.count < 2', messageExpression: "'has ' + string(variables.count) + ' entries'", reason: 'Forbidden' }],
    }));
    api.send('create', BINDINGS, binding());
    const { code, body } = put(api, 'a', { x: '1', y: '2' });
    expect(code).toBe(403);
    expect((body as any).message).toBe('configmaps "a" is forbidden: ValidatingAdmissionPolicy \'sizes\' with binding \'all\' denied request: has 2 entries');
    expect((body as any).details.causes).toEqual([{ message: "ValidatingAdmissionPolicy 'sizes' with binding 'all' denied request: has 2 entries" }]);
    expect(put(api, 'free', { x: '1', y: '2' }).code).toBe(201);
    expect(put(api, 'b', { x: '1' }).code).toBe(201);
  });
  it('counts errors by the failure policy, and reads its parameters', () => {
    const api = bench();
    put(api, 'limits', { max: '1' });
    api.send('create', POLICIES, policy({ paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: 'size(object.data) <= int(params.data.max)' }] }));
    api.send('create', BINDINGS, binding({ paramRef: { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' } }));
    expect(messageOf(put(api, 'a', { x: '1', y: '2' }))).toContain('denied request: failed expression: size(object.data) <= int(params.data.max)');
    expect(messageOf(put(api, 'b'))).toContain("expression 'size(object.data) <= int(params.data.max)' resulted in error: no such key: data");
    api.send('delete', '/v1/configmaps/limits', undefined, { namespace: 'default' });
    expect(messageOf(put(api, 'c', { x: '1' }))).toContain('failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction');
  });
  it('can ask the authorizer', () => {
    const api = bench({ authorization: 'RBAC' });
    api.send('create', POLICIES, policy({ validations: [{ expression: "authorizer.group('').resource('configmaps').namespace('default').check('use').allowed()" }] }));
    api.send('create', BINDINGS, binding());
    expect(put(api, 'a').code).toBe(201);
  });
  it('is refused when its expressions are wrong', () => {
    expect(messageOf(bench().send('create', POLICIES, policy({ validations: [{ expression: 'objct.x' }] })))).toContain(
      "spec.validations[0].expression: Invalid value: \"objct.x\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'objct' (in container '')",
    );
  });
});

describe('webhooks', () => {
  const hook = (name: string, more: Record<string, unknown> = {}): unknown => ({
    name: `${name}.example.com`,
    clientConfig: { service: { namespace: 'default', name } },
    rules: [{ ...CONFIG_MAPS, operations: ['CREATE'] }],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    ...more,
  });
  const configure = (api: ApiBench, resource: string, ...hooks: unknown[]): ApiResponse => api.send('create', resource, { metadata: { name: 'hooks' }, webhooks: hooks });

  it('change objects, one after the other, and are asked again when others changed something', () => {
    const seen: string[] = [];
    const api = bench({
      webhooks: {
        'default/first': ({ request }) => {
          seen.push(`first ${Object.keys(request.object.data).join()}`);
          return { allowed: true, patch: request.object.data.first === undefined ? [{ op: 'add', path: '/data/first', value: '1' }] : [] };
        },
        'default/second': ({ request }) => {
          seen.push(`second ${Object.keys(request.object.data).join()}`);
          return { allowed: true, patch: [{ op: 'add', path: '/data/second', value: '2' }], warnings: ['careful'] };
        },
      },
    });
    expect(configure(api, MUTATING, hook('first', { reinvocationPolicy: 'IfNeeded' }), hook('second')).code).toBe(201);
    const { body, warnings } = put(api, 'a', { x: '0' });
    expect((body as any).data).toEqual({ x: '0', first: '1', second: '2' });
    expect(warnings).toEqual(['careful']);
    expect(seen).toEqual(['first x', 'second x,first', 'first x,first,second']);
  });
  it('refuse in their own words, with their own code', () => {
    const api = bench({ webhooks: { 'default/no': ({ request }) => ({ allowed: request.name !== 'a', status: { message: 'not a', code: 418, reason: 'Teapot' } }) } });
    configure(api, VALIDATING, hook('no'));
    expect(put(api, 'a')).toMatchObject({ code: 418, body: { message: 'admission webhook "no.example.com" denied the request: not a', reason: 'Teapot' } });
    expect(put(api, 'b').code).toBe(201);
  });
  it('are selected by rules, selectors and conditions', () => {
    const api = bench({ webhooks: { 'default/no': () => ({ allowed: false }) } });
    configure(api, VALIDATING, hook('no', { objectSelector: { matchLabels: { guarded: 'yes' } }, matchConditions: [{ name: 'x', expression: "object.metadata.name != 'spared'" }] }));
    expect(put(api, 'a').code).toBe(201);
    expect(messageOf(put(api, 'b', {}, { labels: { guarded: 'yes' } }))).toBe('admission webhook "no.example.com" denied the request without explanation');
    expect(put(api, 'spared', {}, { labels: { guarded: 'yes' } }).code).toBe(201);
    expect(api.send('create', '/v1/secrets', { metadata: { name: 's', labels: { guarded: 'yes' } } }, { namespace: 'default' }).code).toBe(201);
  });
  it('that cannot be reached fail requests, or do not matter', () => {
    const api = bench({ gateway: true });
    configure(api, VALIDATING, hook('gone', { timeoutSeconds: 1 }));
    const failure = (why: string): string => `Internal error occurred: failed calling webhook "gone.example.com": failed to call webhook: Post "https://gone.default.svc:443/?timeout=1s": ${why}`;
    expect(put(api, 'a')).toMatchObject({ code: 500, body: { message: failure('service "gone" not found') } });
    api.send('create', '/v1/services', { metadata: { name: 'gone' }, spec: { ports: [{ port: 443 }] } }, { namespace: 'default' });
    expect(messageOf(put(api, 'a'))).toBe(failure('context deadline exceeded'));
    api.send('delete', `${VALIDATING}/hooks`);
    configure(api, VALIDATING, hook('gone', { timeoutSeconds: 1, failurePolicy: 'Ignore' }));
    expect(put(api, 'a').code).toBe(201);
  });
  it('with side effects are no friends of dry runs', () => {
    const api = bench({ webhooks: { 'default/yes': () => ({ allowed: true }) } });
    configure(api, VALIDATING, hook('yes', { sideEffects: 'NoneOnDryRun' }));
    expect(api.send('create', '/v1/configmaps', { metadata: { name: 'a' } }, { namespace: 'default', query: { dryRun: 'All' } }).code).toBe(201);
  });
});
