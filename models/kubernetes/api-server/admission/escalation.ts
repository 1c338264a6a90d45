/**
 * Nobody grants what they do not hold: roles and bindings are checked against the rules of whoever writes them.
 *
 * Upstream has this in front of the storage of these kinds, which is where the last mutating plugin stands here.
 * Source: pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased/storage.go, pkg/registry/rbac/validation/rule.go.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { equal } from '../../object/equal.ts';
import type { KubeObject } from '../../object/types.ts';
import { describeRules, quoted, uncovered } from '../authorization/cover.ts';
import { isMaster, roleOf, rulesOf, type PolicyRule } from '../authorization/rbac.ts';
import { goQuote } from '../status/go-format.ts';
import { forbidden, notFound, type Status } from '../status/status.ts';
import type { AdmissionPlugin, AdmissionWorld, Attributes } from './plugin.ts';

const RBAC = 'rbac.authorization.k8s.io';
const FULL: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

export const escalation: AdmissionPlugin = {
  name: 'Escalation',
  handles: ['CREATE', 'UPDATE'],
  resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].map((resource) => `${RBAC}/${resource}`),
  mutate(attributes, world): Either<Status, KubeObject> {
    const object = attributes.object as KubeObject;
    const { info, subresource, context } = attributes;
    if (subresource !== '' || isMaster(context.user)) return right(object);
    const refused = info.resource.endsWith('bindings') ? ofBinding(attributes, object, world) : ofRole(attributes, object, world);
    return refused === undefined ? right(object) : left(refused);
  },
};

const isSame = (object: KubeObject, old: KubeObject | undefined, fields: readonly string[]): boolean => old !== undefined && fields.every((field) => equal(object[field], old[field]));
const holds = ({ context, info }: Attributes, world: AdmissionWorld, verb: string, resource: string, name: string, namespace: string): boolean =>
  world.authorizes(context.user, { verb, group: info.group, resource, subresource: '', namespace, name });

function ofRole(attributes: Attributes, role: KubeObject, world: AdmissionWorld): Status | undefined {
  const { info, old, name, namespace } = attributes;
  if (isSame(role, old, ['rules', 'aggregationRule']) || holds(attributes, world, 'escalate', info.resource, name, namespace)) return undefined;
  const aggregates = (role['aggregationRule']?.clusterRoleSelectors?.length ?? 0) > 0;
  return missing(attributes, role, (role['rules'] as PolicyRule[] | null | undefined) ?? []) ?? (aggregates ? missing(attributes, role, FULL) : undefined);
}

function ofBinding(attributes: Attributes, binding: KubeObject, world: AdmissionWorld): Status | undefined {
  const { old, namespace, context } = attributes;
  if (isSame(binding, old, ['roleRef', 'subjects'])) return undefined;
  const ref = (binding['roleRef'] ?? { kind: '', name: '' }) as { readonly kind: string; readonly name: string };
  const resource = ref.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  if (holds(attributes, world, 'bind', resource, ref.name, namespace)) return undefined;
  const role = roleOf(context.lookup, ref, namespace);
  if (role === undefined) return notFound({ group: RBAC, resource }, ref.name);
  return missing(attributes, binding, (role['rules'] as PolicyRule[] | null | undefined) ?? []);
}

function missing({ info, context, namespace }: Attributes, object: KubeObject, rules: readonly PolicyRule[]): Status | undefined {
  const { user, lookup } = context;
  const lacking = uncovered(rulesOf(lookup, user, namespace), rules);
  if (lacking.length === 0) return undefined;
  const text = `user ${goQuote(user.name)} (groups=${quoted(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${describeRules(lacking)}`;
  return forbidden(info, object.metadata.name, text);
}
