/**
 * Role-based access control: purely additive, first rule that matches wins.
 * Source: plugin/pkg/auth/authorizer/rbac/rbac.go, pkg/apis/rbac/v1/evaluation_helpers.go.
 */
import type { UserInfo } from '../../api/message.ts';
import type { KubeObject } from '../../object/types.ts';
import type { Lookup } from '../registry/kind.ts';
import { goQuote } from '../status/go-format.ts';

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

/** An answer, and what upstream says for it. */
export interface Verdict {
  readonly isAllowed: boolean;
  readonly reason: string;
}

export const isMaster = (user: UserInfo): boolean => user.groups.includes(MASTERS);

/** Whether the roles of a user allow an action, and which did. */
export const rbacDecides = (lookup: Lookup, user: UserInfo, action: Action): Verdict => decided(lookup, user, action.namespace, (rule) => ruleAllows(rule, action));
/** The same for a verb on a path that is no resource. */
export const rbacDecidesPath = (lookup: Lookup, user: UserInfo, path: string, verb: string): Verdict =>
  decided(lookup, user, '', ({ nonResourceURLs = [], verbs }) => has(verbs, verb) && nonResourceURLs.some((url) => urlCovers(url, path)));

/** `*`, the path itself, or what it begins with. */
export const urlCovers = (url: string, path: string): boolean => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)));

function decided(lookup: Lookup, user: UserInfo, namespace: string, allows: (rule: PolicyRule) => boolean): Verdict {
  if (isMaster(user)) return { isAllowed: true, reason: '' };
  const missing: string[] = [];
  for (const { binding, subject, role } of grantsOf(lookup, user, namespace)) {
    if (role === undefined) missing.push(`${binding.roleRef.kind.toLowerCase()}.${RBAC} ${goQuote(binding.roleRef.name)} not found`);
    else if (rulesIn(role).some(allows)) return { isAllowed: true, reason: `RBAC: allowed by ${describe(binding, subject)}` };
  }
  if (missing.length === 0) return { isAllowed: false, reason: '' };
  return { isAllowed: false, reason: `RBAC: ${missing.length === 1 ? missing[0] : `[${[...new Set(missing)].join(', ')}]`}` };
}

function describe({ metadata, roleRef }: Binding, subject: Subject): string {
  const { namespace } = metadata;
  const name = namespace === undefined ? `ClusterRoleBinding ${goQuote(metadata.name)}` : `RoleBinding ${goQuote(`${metadata.name}/${namespace}`)}`;
  const who = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? namespace ?? ''}` : subject.name;
  return `${name} of ${roleRef.kind} ${goQuote(roleRef.name)} to ${subject.kind} ${goQuote(who)}`;
}

interface Grant {
  readonly binding: Binding;
  readonly subject: Subject;
  /** Undefined when there is no such role. */
  readonly role: KubeObject | undefined;
}

/** The bindings that name a user in a namespace (`''`: cluster-wide ones only), in upstream's order. */
function* grantsOf(lookup: Lookup, user: UserInfo, namespace: string): Generator<Grant> {
  for (const scope of namespace === '' ? [''] : ['', namespace]) {
    const resource = scope === '' ? 'clusterrolebindings' : 'rolebindings';
    for (const binding of lookup.list({ group: RBAC, resource }, scope) as readonly Binding[]) {
      const subject = subjectFor(binding, user, scope);
      if (subject !== undefined) yield { binding, subject, role: roleOf(lookup, binding.roleRef, scope) };
    }
  }
}

const rulesIn = (role: KubeObject | undefined): readonly PolicyRule[] => (role?.['rules'] as readonly PolicyRule[] | null | undefined) ?? [];

/** All rules that apply to a user in a namespace, in upstream's order. */
export const rulesOf = (lookup: Lookup, user: UserInfo, namespace: string): PolicyRule[] => [...grantsOf(lookup, user, namespace)].flatMap(({ role }) => rulesIn(role));

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

/** The role that a reference in a namespace names. */
export function roleOf(lookup: Lookup, { kind, name }: Binding['roleRef'], namespace: string): KubeObject | undefined {
  return kind === 'ClusterRole' ? lookup.get({ group: RBAC, resource: 'clusterroles' }, '', name) : lookup.get({ group: RBAC, resource: 'roles' }, namespace, name);
}

const CONTROLLER_MANAGER = 'system:kube-controller-manager';
const CONTROLLER_ROLE = 'system:controller:';

/**
 * The subject of a binding that a user is. The simulated kube-controller-manager has one identity for all its loops, where
 * kubeadm gives each a ServiceAccount, so it counts as all of these.
 */
function subjectFor({ subjects, roleRef }: Binding, user: UserInfo, namespace: string): Subject | undefined {
  return (subjects ?? []).find((subject) => {
    if (subject.kind === 'User') return user.name === subject.name;
    if (subject.kind === 'Group') return user.groups.includes(subject.name);
    if (user.name === CONTROLLER_MANAGER && roleRef.name.startsWith(CONTROLLER_ROLE)) return subject.namespace === 'kube-system';
    const home = subject.namespace ?? namespace;
    return subject.kind === 'ServiceAccount' && user.name === `system:serviceaccount:${home}:${subject.name}`;
  });
}
