/**
 * Validation of RBAC kinds.
 * Upstream: pkg/apis/rbac/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { isLeft } from 'fp-ts/lib/Either.js';
import { type LabelSelector, parseLabelSelector } from '../../object/selector.ts';
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

/** ValidateClusterRole: the selectors of an aggregated role must also compile. */
export function validateClusterRole(object: KubeObject): FieldError[] {
  const errors = rules(object, false);
  const aggregation = object['aggregationRule'] as Json | undefined;
  if (aggregation === undefined) return errors;
  const selectors = (aggregation['clusterRoleSelectors'] as Json[] | undefined) ?? [];
  if (selectors.length === 0) errors.push(required('aggregationRule.clusterRoleSelectors', 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  selectors.forEach((selector, at) => {
    const path = `aggregationRule.clusterRoleSelectors[${at}]`;
    errors.push(...validateLabelSelector(selector, path));
    if (isLeft(parseLabelSelector(selector as LabelSelector))) errors.push(invalidValue(path, null, 'invalid label selector.'));
  });
  return errors;
}

const SUBJECT_KINDS: readonly string[] = ['ServiceAccount', 'User', 'Group'];

/** validateRoleBindingSubject. */
function validateSubject(subject: Json, isNamespaced: boolean, path: string): FieldError[] {
  const { kind = '', name = '', apiGroup = '', namespace = '' } = subject as { kind?: string; name?: string; apiGroup?: string; namespace?: string };
  const errors = name === '' ? [required(`${path}.name`)] : [];
  if (!SUBJECT_KINDS.includes(kind)) return [...errors, notSupported(`${path}.kind`, kind, SUBJECT_KINDS)];
  if (kind !== 'ServiceAccount') return apiGroup === RBAC_GROUP ? errors : [...errors, notSupported(`${path}.apiGroup`, apiGroup, [RBAC_GROUP])];
  if (name !== '') errors.push(...subdomainErrors(name).map((text) => invalidValue(`${path}.name`, name, text)));
  if (apiGroup !== '') errors.push(notSupported(`${path}.apiGroup`, apiGroup, ['']));
  if (!isNamespaced && namespace === '') errors.push(required(`${path}.namespace`));
  return errors;
}

/** RoleBinding and ClusterRoleBinding. */
export const validateBinding =
  (isNamespaced: boolean) =>
  (object: KubeObject): FieldError[] => {
    const errors: FieldError[] = [];
    const ref = (object['roleRef'] as Json | undefined) ?? {};
    const kinds = isNamespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
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
