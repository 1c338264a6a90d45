/**
 * Validation of references to the fields and resources of a pod: environment variables and downward API volumes.
 * Upstream: pkg/apis/core/validation/validation.go (validateObjectFieldSelector, validateContainerResourceFieldSelector)
 * and pkg/apis/core/pods/helpers.go (ConvertDownwardAPIFieldLabel).
 */
import type { Json } from '../defaults/fill.ts';
import { invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { qualifiedNameErrors } from './name.ts';
import { fileMode, nonReservedPath } from './path.ts';
import { quantityText } from './quantity.ts';

/** Fields that environment variables can take, sorted. */
export const ENV_FIELDS: readonly string[] = [
  'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs',
  'status.podIP', 'status.podIPs',
];
/** Fields that volumes can take, sorted. */
const VOLUME_FIELDS: readonly string[] = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
/** Labels that the conversion of field selectors knows. */
const FIELD_LABELS: readonly string[] = [...new Set([...ENV_FIELDS, ...VOLUME_FIELDS, 'spec.restartPolicy', 'spec.schedulerName', 'status.phase'])];
/** `spec.host` of early clients means the node. */
const RENAMED: Readonly<Record<string, string>> = { 'spec.host': 'spec.nodeName' };
const SUBSCRIPTED = ['metadata.annotations', 'metadata.labels'];

const RESOURCES = ['limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage', 'requests.memory'];
const HUGE_PAGES = /^(limits|requests)\.hugepages-/;

/** SplitMaybeSubscriptedPath: `metadata.labels['app']` is a path with a subscript. */
function splitSubscript(field: string): { readonly path: string; readonly subscript?: string } {
  const at = field.indexOf("['");
  return field.endsWith("']") && at > 0 && at + 2 <= field.length - 2 ? { path: field.slice(0, at), subscript: field.slice(at + 2, -2) } : { path: field };
}

/** validateObjectFieldSelector. */
export function validateFieldRef(ref: Json, supported: readonly string[], path: string): FieldError[] {
  const field = (ref['fieldPath'] as string | undefined) ?? '';
  if ((ref['apiVersion'] ?? '') === '') return [required(`${path}.apiVersion`)];
  if (field === '') return [required(`${path}.fieldPath`)];
  const unconvertible = (reason: string): FieldError[] => [invalidValue(`${path}.fieldPath`, field, `error converting fieldPath: ${reason}`)];
  if (ref['apiVersion'] !== 'v1') return unconvertible(`unsupported pod version: ${ref['apiVersion']}`);
  const { path: name, subscript } = splitSubscript(field);
  if (subscript !== undefined) {
    if (!SUBSCRIPTED.includes(name)) return unconvertible(`field label does not support subscript: ${field}`);
    const key = name === 'metadata.annotations' ? subscript.toLowerCase() : subscript;
    return qualifiedNameErrors(key).map((text) => invalidValue(path, key, text));
  }
  const label = RENAMED[field] ?? field;
  if (!FIELD_LABELS.includes(label)) return unconvertible(`field label not supported: ${field}`);
  return supported.includes(label) ? [] : [notSupported(`${path}.fieldPath`, label, supported)];
}

const BYTE_DIVISORS = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];
const onlyBytes = (resource: string): string => `only divisor's values ${BYTE_DIVISORS.join(', ')} are supported with the ${resource} resource`;

/** The divisors that fit a resource, and what to say about others. */
function divisorRule(resource: string): { readonly allowed: readonly string[]; readonly text: string } | undefined {
  if (resource.endsWith('.cpu')) return { allowed: ['1m', '1'], text: "only divisor's values 1m and 1 are supported with the cpu resource" };
  if (resource.endsWith('.memory')) return { allowed: BYTE_DIVISORS, text: onlyBytes('memory') };
  if (resource.endsWith('.ephemeral-storage')) return { allowed: BYTE_DIVISORS, text: onlyBytes('local ephemeral storage') };
  return HUGE_PAGES.test(resource) ? { allowed: BYTE_DIVISORS, text: onlyBytes('hugepages') } : undefined;
}

/** validateContainerResourceDivisor; zero means that none was given. */
function validateDivisor(resource: string, divisor: string | number | undefined, path: string): FieldError[] {
  const text = divisor === undefined ? '0' : quantityText(divisor);
  const rule = RESOURCES.includes(resource) || HUGE_PAGES.test(resource) ? divisorRule(resource) : undefined;
  return text === '0' || rule === undefined || rule.allowed.includes(text) ? [] : [invalidValue(`${path}.divisor`, resource, rule.text)];
}

/** validateContainerResourceFieldSelector; volumes have to say which container they mean. */
export function validateResourceRef(ref: Json, isVolume: boolean, path: string): FieldError[] {
  const resource = (ref['resource'] as string | undefined) ?? '';
  const errors: FieldError[] = [];
  if (isVolume && (ref['containerName'] ?? '') === '') errors.push(required(`${path}.containerName`));
  else if (resource === '') errors.push(required(`${path}.resource`));
  else if (!RESOURCES.includes(resource) && !HUGE_PAGES.test(resource)) errors.push(notSupported(`${path}.resource`, resource, RESOURCES));
  return [...errors, ...validateDivisor(resource, ref['divisor'], path)];
}

/** validateDownwardAPIVolumeFile; upstream names the volume and leaves the position of the file out. */
export function validateDownwardFile(file: Json, path: string): FieldError[] {
  const target = (file['path'] as string | undefined) ?? '';
  const errors = target === '' ? [required(`${path}.path`)] : nonReservedPath(target, `${path}.path`);
  const { fieldRef, resourceFieldRef } = file;
  if (fieldRef !== undefined) {
    errors.push(...validateFieldRef(fieldRef, VOLUME_FIELDS, `${path}.fieldRef`));
    if (resourceFieldRef !== undefined) errors.push(invalidValue(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
  } else if (resourceFieldRef !== undefined) errors.push(...validateResourceRef(resourceFieldRef, true, `${path}.resourceFieldRef`));
  else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  return [...errors, ...fileMode(file['mode'], `${path}.mode`)];
}
