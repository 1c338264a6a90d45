/**
 * Validation of ResourceQuotas and LimitRanges.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateResourceQuota*, ValidateLimitRange), core/helper/helpers.go.
 */
import type { Json } from '../defaults/fill.ts';
import { compareQuantity, quantityMilliValue, quantityOf, quantityValue } from '../../object/quantity.ts';
import type { KubeObject } from '../../object/types.ts';
import { duplicate, forbiddenValue, invalidValue, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import type { Literal } from '../status/go-format.ts';
import { immutable, specOf } from './check.ts';
import { qualifiedNameErrors } from './name.ts';
import { quantitySyntax } from './quantity-syntax.ts';
import { containerResourceErrors, isOvercommitAllowed, isQuotaName, quotaResourceErrors, resourceNameErrors, validateQuantity } from './quantity.ts';

/** Resources of pods that a quota counts or adds up, and those of claims. */
const POD_RESOURCES = ['pods', 'cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'];
const CLAIM_RESOURCES = ['persistentvolumeclaims', 'requests.storage'];
/** Which resources a quota with a scope may limit (IsResourceQuotaScopeValidForResource). */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  BestEffort: ['pods'],
  CrossNamespacePodAffinity: POD_RESOURCES,
  NotBestEffort: POD_RESOURCES,
  NotTerminating: POD_RESOURCES,
  PriorityClass: POD_RESOURCES,
  Terminating: POD_RESOURCES,
  VolumeAttributesClass: CLAIM_RESOURCES,
};
/** Scopes that a pod is in or not, without any value. */
const PLAIN_SCOPES = ['BestEffort', 'CrossNamespacePodAffinity', 'NotBestEffort', 'NotTerminating', 'Terminating'];
const OPPOSITES = [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']] as const;
const EXISTS_ONLY =
  "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

const typedList = (type: string, values: readonly string[] | undefined): string =>
  values === undefined ? `[]${type}(nil)` : `[]${type}{${values.map(goQuote).join(', ')}}`;
const scopesText = (scopes: readonly string[] | undefined): Literal => literal(typedList('core.ResourceQuotaScope', scopes));

function selectorText(selector: Json): Literal {
  const requirements = ((selector['matchExpressions'] as Json[] | undefined) ?? []).map(
    ({ scopeName = '', operator = '', values }) =>
      `core.ScopedResourceSelectorRequirement{ScopeName:${goQuote(scopeName)}, Operator:${goQuote(operator)}, Values:${typedList('string', values)}}`,
  );
  return literal(`core.ScopeSelector{MatchExpressions:[]core.ScopedResourceSelectorRequirement{${requirements.join(', ')}}}`);
}

/** An error for each limited resource that does not go with a scope. */
const misfits = (scope: string, spec: Json, path: string, shown: Literal): FieldError[] =>
  Object.keys((spec['hard'] as Json | undefined) ?? {})
    .filter((name) => isQuotaName(name) && SCOPES[scope]?.includes(name) === false)
    .map(() => invalidValue(path, shown, 'unsupported scope applied to resource'));

const conflicts = (scopes: readonly string[], path: string, shown: Literal): FieldError[] =>
  OPPOSITES.filter((pair) => pair.every((scope) => scopes.includes(scope))).map(() => invalidValue(path, shown, 'conflicting scopes'));

/** validateResourceQuotaScopes. */
function validateScopes(spec: Json): FieldError[] {
  const path = 'spec.scopes';
  const scopes = (spec['scopes'] as string[] | undefined) ?? [];
  const shown = scopesText(scopes);
  const errors = scopes.flatMap((scope) => [
    ...(SCOPES[scope] === undefined ? [invalidValue(path, shown, 'unsupported scope')] : []),
    ...misfits(scope, spec, path, shown),
  ]);
  return [...errors, ...conflicts(scopes, path, shown)];
}

function validateOperator(operator: string, values: readonly string[], path: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0 ? [] : [required(`${path}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")];
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0 ? [] : [invalidValue(`${path}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")];
    default:
      return [invalidValue(`${path}.operator`, operator, 'not a valid selector operator')];
  }
}

/** validateScopedResourceSelectorRequirement; its paths have no index. */
function validateScopeSelector(spec: Json): FieldError[] {
  const selector = spec['scopeSelector'] as Json | undefined;
  if (selector === undefined) return [];
  const path = 'spec.scopeSelector.matchExpressions';
  const requirements = (selector['matchExpressions'] as Json[] | undefined) ?? [];
  const errors = requirements.flatMap(({ scopeName = '', operator = '', values = [] }) => [
    ...(SCOPES[scopeName] === undefined ? [invalidValue(`${path}.scopeName`, scopeName, 'unsupported scope')] : []),
    ...misfits(scopeName, spec, path, selectorText(selector)),
    ...(PLAIN_SCOPES.includes(scopeName) && operator !== 'Exists' ? [invalidValue(`${path}.operator`, operator, EXISTS_ONLY)] : []),
    ...validateOperator(operator, values, path),
  ]);
  return [...errors, ...conflicts(requirements.map(({ scopeName }) => scopeName), path, scopesText(spec['scopes']))];
}

const validateAmounts = (list: Json | undefined, path: string): FieldError[] =>
  Object.entries(list ?? {}).flatMap(([name, amount]) => [
    ...quotaResourceErrors(name, `${path}[${name}]`),
    ...validateQuantity(name, amount as string, `${path}[${name}]`),
  ]);

/** ValidateResourceQuotaSpec. */
export function validateQuota(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  return [...validateAmounts(spec['hard'], 'spec.hard'), ...validateScopes(spec), ...validateScopeSelector(spec)];
}

export const validateQuotaUpdate = (next: KubeObject, old: KubeObject): FieldError[] => [
  ...(next['spec'] === old['spec'] ? [] : validateQuota(next)),
  ...immutable(specOf(next)['scopes'], specOf(old)['scopes'], 'spec.scopes', scopesText(specOf(next)['scopes'])),
];

export function validateQuotaStatus(object: KubeObject): FieldError[] {
  const status = (object['status'] as Json | undefined) ?? {};
  return [...validateAmounts(status['hard'], 'status.hard'), ...validateAmounts(status['used'], 'status.used')];
}

const LIMIT_TYPES: readonly string[] = ['Container', 'PersistentVolumeClaim', 'Pod'];

/** validateLimitRangeTypeName. */
function validateLimitType(type: string, path: string): FieldError[] {
  const errors = qualifiedNameErrors(type).map((text) => invalidValue(path, type, text));
  if (errors.length > 0 || type.includes('/') || LIMIT_TYPES.includes(type)) return errors;
  return [invalidValue(path, type, 'must be a standard limit type or fully qualified')];
}

/** What `max / min` leaves no room for; milli units as long as they fit an int64. */
function validateRatio(ratio: string, min: string, max: string, path: string): FieldError[] {
  const amounts = [ratio, min, max].map(quantityOf);
  const fitsMilli = amounts.every((amount) => quantityValue(amount) < Number.MAX_SAFE_INTEGER);
  const [ratioValue = 0, minValue = 0, maxValue = 0] = amounts.map(fitsMilli ? quantityMilliValue : quantityValue);
  const limit = maxValue / minValue;
  return (fitsMilli ? ratioValue / 1000 : ratioValue) > limit ? [invalidValue(path, quantitySyntax(ratio), `ratio ${ratio} is greater than max/min = ${limit.toFixed(6)}`)] : [];
}

/** min <= defaultRequest <= default <= max, as far as they are given; `at` is the field that is told, `shown` the value. */
function validateOrder(item: Json, name: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const of = (field: string): string | undefined => item[field]?.[name];
  const check = (low: string, high: string, at: string, shown: string, lowText: string, highText: string): void => {
    const [a, b, value] = [of(low), of(high), of(shown)];
    if (a === undefined || b === undefined || value === undefined || compareQuantity(quantityOf(a), quantityOf(b)) <= 0) return;
    errors.push(invalidValue(`${path}.${at}[${name}]`, quantitySyntax(value), `${lowText} value ${a} is greater than ${highText} value ${b}`));
  };
  check('min', 'max', 'min', 'min', 'min', 'max');
  check('min', 'defaultRequest', 'defaultRequest', 'defaultRequest', 'min', 'default request');
  check('defaultRequest', 'max', 'defaultRequest', 'defaultRequest', 'default request', 'max');
  check('defaultRequest', 'default', 'defaultRequest', 'defaultRequest', 'default request', 'default limit');
  check('min', 'default', 'default', 'min', 'min', 'default');
  check('default', 'max', 'default', 'max', 'default', 'max');
  return errors;
}

/** All values of one resource against each other. */
function validateResource(item: Json, name: string, path: string): FieldError[] {
  const errors = validateOrder(item, name, path);
  const of = (field: string): string | undefined => item[field]?.[name];
  const [min, max, ratio, limit, request] = [of('min'), of('max'), of('maxLimitRequestRatio'), of('default'), of('defaultRequest')];
  const ratioPath = `${path}.maxLimitRequestRatio[${name}]`;
  if (ratio !== undefined && compareQuantity(quantityOf(ratio), quantityOf('1')) < 0) errors.push(invalidValue(ratioPath, quantitySyntax(ratio), `ratio ${ratio} is less than 1`));
  if (ratio !== undefined && min !== undefined && max !== undefined) errors.push(...validateRatio(ratio, min, max, ratioPath));
  if (!isOvercommitAllowed(name) && limit !== undefined && request !== undefined && compareQuantity(quantityOf(limit), quantityOf(request)) !== 0) {
    errors.push(invalidValue(`${path}.defaultRequest[${name}]`, quantitySyntax(request), `default value ${limit} must equal to defaultRequest value ${request} in ${name}`));
  }
  return errors;
}

function validateLimit(item: Json, path: string): FieldError[] {
  const type = (item['type'] as string | undefined) ?? '';
  const isPod = type === 'Pod';
  const nameErrors = isPod || type === 'Container' ? containerResourceErrors : resourceNameErrors;
  const namesOf = (field: string): string[] => Object.keys((item[field] as Json | undefined) ?? {});
  const validateNames = (field: string): FieldError[] => namesOf(field).flatMap((name) => nameErrors(name, `${path}.${field}[${name}]`));
  const errors = [...validateNames('max'), ...validateNames('min')];
  for (const field of ['default', 'defaultRequest']) {
    if (!isPod) errors.push(...validateNames(field));
    else if (namesOf(field).length > 0) errors.push(forbiddenValue(`${path}.${field}`, "may not be specified when `type` is 'Pod'"));
  }
  if (type === 'PersistentVolumeClaim' && item['min']?.['storage'] === undefined && item['max']?.['storage'] === undefined) {
    errors.push(required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided'));
  }
  errors.push(...validateNames('maxLimitRequestRatio'));
  const compared = isPod ? { ...item, default: undefined, defaultRequest: undefined } : item;
  const names = new Set(['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'].flatMap(namesOf));
  return [...errors, ...[...names].sort().flatMap((name) => validateResource(compared, name, path))];
}

/** ValidateLimitRange. */
export function validateLimitRange(object: KubeObject): FieldError[] {
  const seen = new Set<string>();
  return ((specOf(object)['limits'] as Json[] | undefined) ?? []).flatMap((item, at) => {
    const path = `spec.limits[${at}]`;
    const type = (item['type'] as string | undefined) ?? '';
    const errors = validateLimitType(type, `${path}.type`);
    if (seen.has(type)) errors.push(duplicate(`${path}.type`, type));
    seen.add(type);
    return [...errors, ...validateLimit(item, path)];
  });
}
