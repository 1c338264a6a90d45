/**
 * Role-based access control: purely additive, first rule that matches wins.
 * Source: plugin/pkg/auth/authorizer/rbac/rbac.go, pkg/apis/rbac/v1/evaluation_helpers.go.
 */
import type { UserInfo } from '../../api/message.ts';
import type { KubeObject } from '../../object/types.ts';
import type { Lookup } from '../registry/kind.ts';

const RBAC = 'rbac.authorization.k8s.io';
/** Members may do everything, without any role. */
const MASTERS = 'system:masters';

/** What somebody wants to do to a resource. */
export interface Action {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** One rule of a role. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

interface Binding extends KubeObject {
  readonly subjects?: readonly Subject[];
  readonly roleRef: { readonly kind: string; readonly name: string };
}

/** Whether the roles of a user allow an action. */
export function rbacAllows(lookup: Lookup, user: UserInfo, action: Action): boolean {
  if (user.groups.includes(MASTERS)) return true;
  return rulesOf(lookup, user, action.namespace).some((rule) => ruleAllows(rule, action));
}

/** Whether the roles of a user allow a verb on a path that is no resource. */
export function rbacAllowsPath(lookup: Lookup, user: UserInfo, path: string, verb: string): boolean {
  if (user.groups.includes(MASTERS)) return true;
  return rulesOf(lookup, user, '').some(({ nonResourceURLs = [], verbs }) => has(verbs, verb) && nonResourceURLs.some((url) => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)))));
}

/** All rules that apply to a user in a namespace (`''`: cluster-wide ones only), in upstream's order. */
export function rulesOf(lookup: Lookup, user: UserInfo, namespace: string): PolicyRule[] {
  const rules: PolicyRule[] = [];
  for (const binding of lookup.list({ group: RBAC, resource: 'clusterrolebindings' }, '') as readonly Binding[]) {
    if (appliesTo(binding, user, '')) rules.push(...roleRules(lookup, binding, ''));
  }
  if (namespace === '') return rules;
  for (const binding of lookup.list({ group: RBAC, resource: 'rolebindings' }, namespace) as readonly Binding[]) {
    if (appliesTo(binding, user, namespace)) rules.push(...roleRules(lookup, binding, namespace));
  }
  return rules;
}

/** Whether one rule covers an action on a resource. */
export function ruleAllows(rule: PolicyRule, { verb, group, resource, subresource, name }: Action): boolean {
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const resources = rule.resources ?? [];
  return (
    has(rule.verbs, verb) &&
    has(rule.apiGroups ?? [], group) &&
    (has(resources, full) || (subresource !== '' && resources.includes(`*/${subresource}`))) &&
    ((rule.resourceNames?.length ?? 0) === 0 || rule.resourceNames?.includes(name) === true)
  );
}

const has = (list: readonly string[], wanted: string): boolean => list.includes('*') || list.includes(wanted);

function roleRules(lookup: Lookup, { roleRef }: Binding, namespace: string): readonly PolicyRule[] {
  const resource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  const role = lookup.get({ group: RBAC, resource }, resource === 'roles' ? namespace : '', roleRef.name);
  return (role?.['rules'] as readonly PolicyRule[] | undefined) ?? [];
}

function appliesTo({ subjects }: Binding, user: UserInfo, namespace: string): boolean {
  return (subjects ?? []).some((subject) => {
    if (subject.kind === 'User') return user.name === subject.name;
    if (subject.kind === 'Group') return user.groups.includes(subject.name);
    const home = subject.namespace ?? namespace;
    return subject.kind === 'ServiceAccount' && user.name === `system:serviceaccount:${home}:${subject.name}`;
  });
}
