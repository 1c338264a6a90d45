/**
 * Validation of resource names and quantities.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateResourceRequirements and around), core/helper/helpers.go.
 */
import type { Json } from '../defaults/fill.ts';
import { compareQuantity, formatQuantity, quantityOf, ZERO } from '../../object/quantity.ts';
import { forbiddenValue, invalidValue, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { MUST_BE_NON_NEGATIVE, qualifiedNameErrors } from './name.ts';
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

export const isHugePage = (name: string): boolean => name.startsWith('hugepages-');
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
  if (isInteger(name) && quantity.nanos % 1_000_000_000n !== 0n) errors.push(invalidValue(path, quantitySyntax(value), 'must be an integer'));
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

/** Any resource name with a non-negative amount, as capacity and allocatable hold them. */
export function validateResourceList(list: Json | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name in list) {
    errors.push(...resourceNameErrors(name, `${path}[${name}]`), ...validateQuantity(name, list[name], `${path}[${name}]`));
  }
  return errors;
}

function compareRequest(name: string, request: string, limit: string | undefined, path: string): FieldError[] {
  if (limit === undefined) {
    return isOvercommitAllowed(name) ? [] : [required(path, 'Limit must be set for non overcommitable resources')];
  }
  const order = compareQuantity(quantityOf(request), quantityOf(limit));
  if (!isOvercommitAllowed(name) && order !== 0) {
    return [invalidValue(path, request, `must be equal to ${name} limit of ${limit}`)];
  }
  if (order > 0) return [invalidValue(path, request, `must be less than or equal to ${name} limit of ${limit}`)];
  return [];
}

/** ValidateContainerResourceRequirements. */
export function validateRequirements(resources: Json | undefined, claimNames: readonly string[], path: string): FieldError[] {
  if (resources === undefined) return [];
  const errors: FieldError[] = [];
  let hasPages = false;
  let hasCore = false;
  const visit = (list: Json | undefined, field: 'limits' | 'requests'): void => {
    for (const name in list) {
      const at = `${path}.${field}[${name}]`;
      errors.push(...containerResourceErrors(name, at), ...validateQuantity(name, list[name], at));
      if (field === 'requests') errors.push(...compareRequest(name, list[name], resources['limits']?.[name], `${path}.requests`));
      if (isHugePage(name)) {
        hasPages = true;
        if (quantityOf(list[name]).nanos === ZERO.nanos) continue;
      }
      if (name === 'cpu' || name === 'memory') hasCore = true;
    }
  };
  visit(resources['limits'], 'limits');
  visit(resources['requests'], 'requests');
  if (hasPages && !hasCore) errors.push(forbiddenValue(path, 'HugePages require cpu or memory'));
  (resources['claims'] as Json[] | undefined)?.forEach((claim, at) => {
    if (!claimNames.includes(claim['name'])) {
      errors.push({ type: 'FieldValueNotFound', field: `${path}.claims[${at}]`, value: claim['name'], detail: '' });
    }
  });
  return errors;
}

/** The canonical text of a quantity in a message. */
export const quantityText = (value: string | number): string => formatQuantity(quantityOf(value));
