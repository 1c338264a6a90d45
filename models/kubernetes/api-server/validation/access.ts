/**
 * Validation of RBAC kinds.
 * Upstream: pkg/apis/rbac/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import { sameJson, validateLabelSelector } from './check.ts';
import { nameIsPathSegment, subdomainErrors } from './name.ts';

const RBAC_GROUP = 'rbac.authorization.k8s.io';
const isEmpty = (value: unknown): boolean => ((value as unknown[] | undefined)?.length ?? 0) === 0;

function validateRule(rule: Json, isNamespaced: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (isEmpty(rule['verbs'])) errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'));
  if (!isEmpty(rule['nonResourceURLs'])) {
    if (isNamespaced) errors.push(invalidValue(`${path}.nonResourceURLs`, rule['nonResourceURLs'], 'namespaced rules cannot apply to non-resource URLs'));
    if (!isEmpty(rule['apiGroups']) || !isEmpty(rule['resources']) || !isEmpty(rule['resourceNames'])) {
      errors.push(invalidValue(`${path}.nonResourceURLs`, rule['nonResourceURLs'], 'rules cannot apply to both regular resources and non-resource URLs'));
    }
    return errors;
  }
  if (isEmpty(rule['apiGroups'])) errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  if (isEmpty(rule['resources'])) errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

const rules = (object: KubeObject, isNamespaced: boolean): FieldError[] =>
  ((object['rules'] as Json[] | null | undefined) ?? []).flatMap((rule, at) => validateRule(rule, isNamespaced, `rules[${at}]`));

export const validateRole = (object: KubeObject): FieldError[] => rules(object, true);

export function validateClusterRole(object: KubeObject): FieldError[] {
  const errors = rules(object, false);
  const selectors = object['aggregationRule']?.clusterRoleSelectors as Json[] | undefined;
  if (object['aggregationRule'] === undefined) return errors;
  if (isEmpty(selectors)) return [...errors, required('aggregationRule.clusterRoleSelectors', 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  return [...errors, ...(selectors ?? []).flatMap((selector, at) => validateLabelSelector(selector, `aggregationRule.clusterRoleSelectors[${at}]`))];
}

function validateSubject(subject: Json, isNamespaced: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { kind, name, apiGroup } = subject;
  if ((name ?? '') === '') errors.push(required(`${path}.name`));
  if (kind === 'ServiceAccount') {
    if ((apiGroup ?? '') !== '') errors.push(notSupported(`${path}.apiGroup`, apiGroup, ['']));
    if ((name ?? '') !== '') for (const text of subdomainErrors(name)) errors.push(invalidValue(`${path}.name`, name, text));
    if (!isNamespaced && (subject['namespace'] ?? '') === '') errors.push(required(`${path}.namespace`));
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== RBAC_GROUP) errors.push(notSupported(`${path}.apiGroup`, apiGroup ?? '', [RBAC_GROUP]));
  } else errors.push(notSupported(`${path}.kind`, kind ?? '', ['Group', 'ServiceAccount', 'User']));
  return errors;
}

/** RoleBinding and ClusterRoleBinding. */
export const validateBinding =
  (isNamespaced: boolean) =>
  (object: KubeObject): FieldError[] => {
    const errors: FieldError[] = [];
    const ref = (object['roleRef'] as Json | undefined) ?? {};
    const kinds = isNamespaced ? ['ClusterRole', 'Role'] : ['ClusterRole'];
    if (ref['apiGroup'] !== RBAC_GROUP) errors.push(notSupported('roleRef.apiGroup', ref['apiGroup'] ?? '', [RBAC_GROUP]));
    if (!kinds.includes(ref['kind'])) errors.push(notSupported('roleRef.kind', ref['kind'] ?? '', kinds));
    if ((ref['name'] ?? '') === '') errors.push(required('roleRef.name'));
    else for (const text of nameIsPathSegment(ref['name'], false)) errors.push(invalidValue('roleRef.name', ref['name'], text));
    ((object['subjects'] as Json[] | undefined) ?? []).forEach((subject, at) => errors.push(...validateSubject(subject, isNamespaced, `subjects[${at}]`)));
    return errors;
  };

export const validateBindingUpdate =
  (isNamespaced: boolean) =>
  (next: KubeObject, old: KubeObject): FieldError[] => {
    const errors = validateBinding(isNamespaced)(next);
    if (sameJson(next['roleRef'], old['roleRef'])) return errors;
    const { apiGroup = '', kind = '', name = '' } = next['roleRef'] as Json;
    const shown = literal(`rbac.RoleRef{APIGroup:${goQuote(apiGroup)}, Kind:${goQuote(kind)}, Name:${goQuote(name)}}`);
    return [...errors, invalidValue('roleRef', shown, 'cannot change roleRef')];
  };
