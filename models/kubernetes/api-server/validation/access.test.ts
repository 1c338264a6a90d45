import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { errorText, type FieldError } from '../status/field-error.ts';
import { validateBinding, validateClusterRole } from './access.ts';
import { validateAccessReview, validateLocalAccessReview, validateSelfAccessReview } from './access-review.ts';

const object = (content: object): KubeObject => ({ apiVersion: 'v1', kind: 'x', metadata: {}, ...content }) as unknown as KubeObject;
const linesOf = (errors: readonly FieldError[]): string[] => errors.map((error) => errorText(error).replace(/a valid label must .*$/, '…'));
const GROUP = 'rbac.authorization.k8s.io';

describe('bindings', () => {
  const roleRef = { apiGroup: GROUP, kind: 'ClusterRole', name: 'view' };
  it.each<[string, boolean, object, string[]]>([
    ['no role', true, {}, [
      `roleRef.apiGroup: Unsupported value: "": supported values: "${GROUP}"`,
      'roleRef.kind: Unsupported value: "": supported values: "Role", "ClusterRole"',
      'roleRef.name: Required value',
    ]],
    ['a role for the cluster', false, { roleRef: { ...roleRef, kind: 'Role' } }, ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"']],
    ['an empty subject', true, { roleRef, subjects: [{}] }, ['subjects[0].name: Required value', 'subjects[0].kind: Unsupported value: "": supported values: "ServiceAccount", "User", "Group"']],
    ['an account without namespace', false, { roleRef, subjects: [{ kind: 'ServiceAccount', name: 'a', apiGroup: GROUP }] }, [
      `subjects[0].apiGroup: Unsupported value: "${GROUP}": supported values: ""`,
      'subjects[0].namespace: Required value',
    ]],
    ['a user without group', true, { roleRef, subjects: [{ kind: 'User', name: 'u' }] }, [`subjects[0].apiGroup: Unsupported value: "": supported values: "${GROUP}"`]],
  ])('with %s', (_, isNamespaced, content, expected) => {
    expect(linesOf(validateBinding(isNamespaced)(object(content)))).toEqual(expected);
  });
});

describe('an aggregated ClusterRole', () => {
  const PATH = 'aggregationRule.clusterRoleSelectors[0]';
  it.each<[string, object, string[]]>([
    ['a selector of everything', {}, []],
    ['a bad label', { matchLabels: { a: '-' } }, [`${PATH}.matchLabels: Invalid value: "-": …`, `${PATH}: Invalid value: "null": invalid label selector.`]],
    ['an operator that is none', { matchExpressions: [{ key: 'a', operator: 'x' }] }, [
      `${PATH}.matchExpressions[0].operator: Invalid value: "x": not a valid selector operator`,
      `${PATH}: Invalid value: "null": invalid label selector.`,
    ]],
  ])('with %s', (_, selector, expected) => {
    expect(linesOf(validateClusterRole(object({ aggregationRule: { clusterRoleSelectors: [selector] } })))).toEqual(expected);
  });
});

describe('access reviews', () => {
  const NEITHER = 'spec.resourceAttributes: Invalid value: "null": exactly one of nonResourceAttributes or resourceAttributes must be specified';
  const resourceAttributes = { namespace: 'default', verb: 'get' };

  it('ask about something for somebody', () => {
    expect(linesOf(validateSelfAccessReview(object({})))).toEqual([NEITHER]);
    expect(linesOf(validateAccessReview(object({})))).toEqual([NEITHER, 'spec.user: Invalid value: "": at least one of user or group must be specified']);
    expect(validateAccessReview(object({ spec: { groups: ['g'], resourceAttributes } }))).toEqual([]);
  });

  it('ask about one thing, without a name', () => {
    const [first, second = ''] = linesOf(validateAccessReview(object({ metadata: { name: 'x', creationTimestamp: null }, spec: { user: 'u', resourceAttributes, nonResourceAttributes: { path: '/x' } } })));
    expect(first).toBe('spec.nonResourceAttributes: Invalid value: authorization.NonResourceAttributes{Path:"/x", Verb:""}: cannot be specified in combination with resourceAttributes');
    expect(second).toMatch(/^metadata: Invalid value: v1\.ObjectMeta\{Name:"x", .*: must be empty$/);
  });

  it('stay in their namespace when they are local', () => {
    const local = (spec: object): string[] => linesOf(validateLocalAccessReview(object({ metadata: { namespace: 'default' }, spec: { user: 'u', ...spec } }), 'default'));
    expect(local({ resourceAttributes })).toEqual([]);
    expect(local({ resourceAttributes: {} })).toEqual(['spec.resourceAttributes.namespace: Invalid value: "": must match metadata.namespace']);
    expect(local({ nonResourceAttributes: { path: '/', verb: 'get' } })).toEqual([
      'spec.nonResourceAttributes: Invalid value: authorization.NonResourceAttributes{Path:"/", Verb:"get"}: disallowed on this kind of request',
    ]);
  });
});
