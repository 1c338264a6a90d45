/**
 * Validation of resource names and quantities.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateResourceRequirements and around), core/helper/helpers.go.
 */
import type { Json } from '../defaults/fill.ts';
import { isRight } from 'fp-ts/lib/Either.js';
import { compareQuantity, formatQuantity, parseQuantity, quantityOf } from '../../object/quantity.ts';
import { duplicate, forbiddenValue, invalidValue, notFoundValue, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { labelErrors, MUST_BE_NON_NEGATIVE, qualifiedNameErrors } from './name.ts';
import { quantitySyntax } from './quantity-syntax.ts';

const STANDARD = ['cpu', 'memory', 'ephemeral-storage', 'storage'];
const STANDARD_CONTAINER = ['cpu', 'memory', 'ephemeral-storage'];
const STANDARD_QUOTA = [
  'cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.storage', 'requests.ephemeral-storage',
  'limits.cpu', 'limits.memory', 'limits.ephemeral-storage', 'pods', 'resourcequotas', 'services', 'replicationcontrollers',
  'secrets', 'persistentvolumeclaims', 'configmaps', 'services.nodeports', 'services.loadbalancers',
];
const INTEGER_RESOURCES = [
  'pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'configmaps', 'persistentvolumeclaims',
  'services.nodeports', 'services.loadbalancers',
];

const HUGE_PAGES = 'hugepages-';
const UNIT = 1_000_000_000n;

export const isHugePage = (name: string): boolean => name.startsWith(HUGE_PAGES);
const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');
/** An extended resource has a foreign prefix and fits `requests.` in front of it. */
export const isExtended = (name: string): boolean =>
  !isNative(name) && !name.startsWith('requests.') && qualifiedNameErrors(`requests.${name}`).length === 0;

/** IsIntegerResourceName. */
const isInteger = (name: string): boolean => INTEGER_RESOURCES.includes(name) || isExtended(name);
/** IsOvercommitAllowed. */
export const isOvercommitAllowed = (name: string): boolean => isNative(name) && !isHugePage(name);

/** ValidateResourceQuantityValue. */
export function validateQuantity(name: string, value: string, path: string): FieldError[] {
  const quantity = quantityOf(value);
  const errors: FieldError[] = [];
  if (quantity.nanos < 0n) errors.push(invalidValue(path, value, MUST_BE_NON_NEGATIVE));
  if (isInteger(name) && quantity.nanos % UNIT !== 0n) errors.push(invalidValue(path, quantitySyntax(value), 'must be an integer'));
  return errors;
}

/** validateResourceName: a resource name of any kind. */
export function resourceNameErrors(name: string, path: string): FieldError[] {
  const errors = qualifiedNameErrors(name).map((text) => invalidValue(path, name, text));
  if (errors.length > 0 || name.includes('/')) return errors;
  const known = STANDARD.includes(name) || isQuotaName(name) || name.startsWith('attachable-volumes-');
  return known ? errors : [invalidValue(path, name, 'must be a standard resource type or fully qualified')];
}

/** validateContainerResourceName. */
export function containerResourceErrors(name: string, path: string): FieldError[] {
  const errors = resourceNameErrors(name, path);
  if (!name.includes('/')) {
    if (!STANDARD_CONTAINER.includes(name) && !isHugePage(name)) {
      return [...errors, invalidValue(path, name, 'must be a standard resource for containers')];
    }
    return errors;
  }
  if (!isNative(name) && !isExtended(name)) return [...errors, invalidValue(path, name, "doesn't follow extended resource name standard")];
  return errors;
}

/** ValidateResourceQuotaResourceName. */
export function quotaResourceErrors(name: string, path: string): FieldError[] {
  const errors = resourceNameErrors(name, path);
  return name.includes('/') || isQuotaName(name) ? errors : [...errors, invalidValue(path, name, 'must be a standard resource for quota')];
}
/** IsStandardQuotaResourceName. */
export const isQuotaName = (name: string): boolean =>
  STANDARD_QUOTA.includes(name) || isHugePage(name) || name.startsWith('requests.hugepages-');

/** A request against its limit; `path` is that of the requirements. */
function compareRequest(name: string, request: string, limit: string | undefined, path: string): FieldError[] {
  if (limit === undefined) {
    return isOvercommitAllowed(name) ? [] : [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')];
  }
  const order = compareQuantity(quantityOf(request), quantityOf(limit));
  if (!isOvercommitAllowed(name) && order !== 0) {
    return [invalidValue(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`)];
  }
  if (order > 0) return [invalidValue(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`)];
  return [];
}

/** IsHugePageResourceValueDivisible: the size of a page is the end of its name. */
function hugePageErrors(name: string, value: string, path: string): FieldError[] {
  const size = parseQuantity(name.slice(HUGE_PAGES.length));
  const isWhole = isRight(size) && size.right.nanos > 0n && size.right.nanos % UNIT === 0n && quantityOf(value).nanos % size.right.nanos === 0n;
  return isWhole ? [] : [invalidValue(path, value, `${value} is not positive integer multiple of ${name}`)];
}

/** validateResourceClaimNames. */
function claimErrors(claims: readonly Json[], known: readonly string[], path: string): FieldError[] {
  const seen = new Set<string>();
  return claims.flatMap((claim, at) => {
    const here = `${path}[${at}]`;
    const { name = '', request = '' } = claim;
    if (name === '') return [required(here)];
    const errors: FieldError[] = [];
    const key = request === '' ? name : `${name}/${request}`;
    if (seen.has(name)) errors.push(duplicate(here, name));
    else {
      if (request !== '') errors.push(...labelErrors(request).map((text) => invalidValue(`${here}.request`, request, text)));
      if (seen.has(key)) errors.push(duplicate(here, key));
      else if (request === '') errors.push(...[...seen].filter((other) => other.startsWith(`${name}/`)).map(() => duplicate(here, name)));
      seen.add(key);
    }
    if (known.includes(name)) return errors;
    const names = known.length === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`;
    return [...errors, { ...notFoundValue(here, name), detail: `must be one of the names in pod.spec.resourceClaims${names}` }];
  });
}

const AMOUNTS = ['limits', 'requests'] as const;

/** ValidateContainerResourceRequirements. */
export function validateRequirements(resources: Json | undefined, claimNames: readonly string[], path: string): FieldError[] {
  if (resources === undefined) return [];
  const errors: FieldError[] = [];
  let hasHugePages = false;
  let hasCompute = false;
  for (const field of AMOUNTS) {
    const list = resources[field] as Json | undefined;
    for (const name in list) {
      const at = `${path}.${field}[${name}]`;
      errors.push(...containerResourceErrors(name, at), ...validateQuantity(name, list[name], at));
      if (field === 'requests') errors.push(...compareRequest(name, list[name], resources['limits']?.[name], path));
      if (isHugePage(name)) errors.push(...hugePageErrors(name, list[name], at));
      hasHugePages ||= isHugePage(name);
      hasCompute ||= name === 'cpu' || name === 'memory';
    }
  }
  if (hasHugePages && !hasCompute) errors.push(forbiddenValue(path, 'HugePages require cpu or memory'));
  if (resources['claims'] !== undefined) errors.push(...claimErrors(resources['claims'], claimNames, `${path}.claims`));
  return errors;
}

/** The canonical text of a quantity in a message. */
export const quantityText = (value: string | number): string => formatQuantity(quantityOf(value));
