/**
 * Validation of RBAC kinds, certificate requests, webhook configurations and token requests.
 * Upstream: pkg/apis/{rbac,certificates,admissionregistration,authentication}/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import { sameJson, validateLabelSelector } from './check.ts';
import { fullyQualifiedNameErrors, subdomainErrors } from './name.ts';

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

/** CertificateSigningRequest on creation. */
export function validateSigningRequest(object: KubeObject): FieldError[] {
  const spec = (object['spec'] as Json | undefined) ?? {};
  const errors: FieldError[] = [];
  if ((spec['request'] ?? '') === '') errors.push(invalidValue('spec.request', '', 'PEM block type must be CERTIFICATE REQUEST'));
  if (isEmpty(spec['usages'])) errors.push(required('spec.usages'));
  const signer = (spec['signerName'] as string | undefined) ?? '';
  if (signer === '') errors.push(required('spec.signerName'));
  else if (!/^[^/]+\/[^/]+/.test(signer)) errors.push(invalidValue('spec.signerName', signer, 'must be a fully qualified domain and path of the form \'example.com/signer-name\''));
  const seconds = spec['expirationSeconds'] as number | undefined;
  if (seconds !== undefined && seconds < 600) errors.push(invalidValue('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
  return errors;
}

function validateClientConfig(config: Json, path: string): FieldError[] {
  const { url, service } = config;
  if ((url === undefined) === (service === undefined)) return [required(path, 'exactly one of url or service is required')];
  if (url !== undefined) {
    if (!/^https:\/\/[^/?#]+/.test(url)) return [invalidValue(`${path}.url`, url, "must be a valid URL with scheme 'https'")];
    return [];
  }
  const errors: FieldError[] = [];
  if ((service['name'] ?? '') === '') errors.push(required(`${path}.service.name`, 'service name is required'));
  if ((service['namespace'] ?? '') === '') errors.push(required(`${path}.service.namespace`, 'service namespace is required'));
  const port = (service['port'] as number | undefined) ?? 443;
  if (port < 1 || port > 65535) errors.push(invalidValue(`${path}.service.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'));
  return errors;
}

function validateOperations(rule: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['operations', 'apiGroups', 'apiVersions', 'resources'] as const) if (isEmpty(rule[field])) errors.push(required(`${path}.${field}`));
  ((rule['operations'] as string[] | undefined) ?? []).forEach((operation, at) => {
    const supported = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
    if (!supported.includes(operation)) errors.push(notSupported(`${path}.operations[${at}]`, operation, supported));
  });
  return errors;
}

function validateWebhook(hook: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const name = (hook['name'] as string | undefined) ?? '';
  for (const text of name === '' ? ['Required value'] : fullyQualifiedNameErrors(name)) {
    errors.push(name === '' ? required(`${path}.name`) : invalidValue(`${path}.name`, name, text));
  }
  ((hook['rules'] as Json[] | undefined) ?? []).forEach((rule, at) => errors.push(...validateOperations(rule, `${path}.rules[${at}]`)));
  for (const [field, supported] of [['failurePolicy', ['Fail', 'Ignore']], ['matchPolicy', ['Equivalent', 'Exact']]] as const) {
    if (hook[field] !== undefined && !(supported as readonly string[]).includes(hook[field])) errors.push(notSupported(`${path}.${field}`, hook[field], supported));
  }
  if (hook['sideEffects'] === undefined) errors.push(required(`${path}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
  else if (!['None', 'NoneOnDryRun'].includes(hook['sideEffects'])) errors.push(notSupported(`${path}.sideEffects`, hook['sideEffects'], ['None', 'NoneOnDryRun']));
  const seconds = hook['timeoutSeconds'] as number | undefined;
  if (seconds !== undefined && (seconds > 30 || seconds < 1)) errors.push(invalidValue(`${path}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds'));
  errors.push(...validateLabelSelector(hook['namespaceSelector'], `${path}.namespaceSelector`), ...validateLabelSelector(hook['objectSelector'], `${path}.objectSelector`));
  errors.push(...validateClientConfig(hook['clientConfig'] ?? {}, `${path}.clientConfig`));
  const versions = (hook['admissionReviewVersions'] as string[] | undefined) ?? [];
  if (versions.length === 0) errors.push(required(`${path}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
  else if (!versions.includes('v1') && !versions.includes('v1beta1')) errors.push(invalidValue(`${path}.admissionReviewVersions`, versions, 'must include at least one of v1, v1beta1'));
  return errors;
}

/** Mutating and validating webhook configurations. */
export function validateWebhooks(object: KubeObject): FieldError[] {
  const names = new Set<string>();
  return ((object['webhooks'] as Json[] | undefined) ?? []).flatMap((hook, at) => {
    const path = `webhooks[${at}]`;
    const errors = validateWebhook(hook, path);
    if (names.has(hook['name'])) errors.push({ type: 'FieldValueDuplicate', field: `${path}.name`, value: hook['name'], detail: '' });
    names.add(hook['name']);
    return errors;
  });
}

/** Validating admission policy: what does not need CEL. */
export function validateAdmissionPolicy(object: KubeObject): FieldError[] {
  const spec = (object['spec'] as Json | undefined) ?? {};
  const errors: FieldError[] = [];
  const constraints = spec['matchConstraints'] as Json | undefined;
  if (constraints === undefined) errors.push(required('spec.matchConstraints'));
  else if (isEmpty(constraints['resourceRules'])) errors.push(required('spec.matchConstraints.resourceRules'));
  if (isEmpty(spec['validations']) && isEmpty(spec['auditAnnotations'])) {
    const text = 'validations or auditAnnotations must contain at least one item';
    errors.push(required('spec.validations', text), required('spec.auditAnnotations', text));
  }
  ((spec['validations'] as Json[] | undefined) ?? []).forEach((validation, at) => {
    if (((validation['expression'] as string | undefined) ?? '').trim() === '') errors.push(required(`spec.validations[${at}].expression`, 'expression is not specified'));
  });
  return errors;
}

export function validateAdmissionPolicyBinding(object: KubeObject): FieldError[] {
  const spec = (object['spec'] as Json | undefined) ?? {};
  const errors: FieldError[] = [];
  if ((spec['policyName'] ?? '') === '') errors.push(required('spec.policyName'));
  const actions = (spec['validationActions'] as string[] | undefined) ?? [];
  if (actions.length === 0) errors.push(required('spec.validationActions'));
  actions.forEach((action, at) => {
    if (!['Audit', 'Deny', 'Warn'].includes(action)) errors.push(notSupported(`spec.validationActions[${at}]`, action, ['Audit', 'Deny', 'Warn']));
  });
  if (actions.includes('Deny') && actions.includes('Warn')) errors.push(invalidValue('spec.validationActions', actions, 'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'));
  return errors;
}
