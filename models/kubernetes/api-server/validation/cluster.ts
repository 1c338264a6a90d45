/**
 * Validation of nodes, volumes, quotas and limits.
 * Upstream: pkg/apis/core/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { compareQuantity, quantityOf } from '../../object/quantity.ts';
import { duplicate, forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import { immutable, sameJson } from './check.ts';
import { validateAccessModes } from './claim.ts';
import { diffText } from './diff.ts';
import { labelValueErrors, qualifiedNameErrors } from './name.ts';
import { quotaResourceErrors, validateQuantity, validateResourceList } from './quantity.ts';
import { TAINT_EFFECTS, validateNodeSelector } from './scheduling.ts';
import { validateSource } from './volume.ts';

const specOf = (object: KubeObject): Json => (object['spec'] as Json | undefined) ?? {};

/** Taints are unique by key and effect. Errors sit at `metadata.taints`, as upstream has it. */
function validateTaints(taints: readonly Json[] | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  taints?.forEach((taint, at) => {
    const path = `metadata.taints[${at}]`;
    for (const text of qualifiedNameErrors(taint['key'] ?? '')) errors.push(invalidValue(`${path}.key`, taint['key'] ?? '', text));
    const texts = labelValueErrors(taint['value'] ?? '');
    if (texts.length > 0) errors.push(invalidValue(`${path}.value`, taint['value'], texts.join(';')));
    const effect = (taint['effect'] as string | undefined) ?? '';
    if (effect === '') errors.push(required(`${path}.effect`));
    else if (!TAINT_EFFECTS.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, TAINT_EFFECTS));
    const pair = `${effect}/${taint['key']}`;
    if (seen.has(pair)) {
      const shown = `core.Taint{Key:${goQuote(taint['key'] ?? '')}, Value:${goQuote(taint['value'] ?? '')}, Effect:${goQuote(effect)}, TimeAdded:<nil>}`;
      errors.push({ ...duplicate(path, literal(shown)), detail: 'taints must be unique by key and effect pair' });
    }
    seen.add(pair);
  });
  return errors;
}

export function validateNode(node: KubeObject): FieldError[] {
  const errors = validateTaints(specOf(node)['taints']);
  const status = (node['status'] as Json | undefined) ?? {};
  return [...errors, ...validateResourceList(status['capacity'], 'status.capacity'), ...validateResourceList(status['allocatable'], 'status.allocatable')];
}

/** A node's addresses and provider are set once. Upstream validates a node twice on update, so causes come twice. */
export function validateNodeUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const spec = specOf(next);
  const before = specOf(old);
  const taints = spec['taints'] === before['taints'] ? [] : validateTaints(spec['taints']);
  const errors = [...taints, ...taints];
  const status = (next['status'] as Json | undefined) ?? {};
  if (status['capacity'] !== old['status']?.capacity) errors.push(...validateResourceList(status['capacity'], 'status.capacity'));
  if (status['allocatable'] !== old['status']?.allocatable) errors.push(...validateResourceList(status['allocatable'], 'status.allocatable'));
  const ranges = (before['podCIDRs'] as string[] | undefined) ?? [];
  if (ranges.length > 0 && !sameJson(spec['podCIDRs'], ranges)) {
    errors.push(forbiddenValue('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if ((before['providerID'] ?? '') !== '' && spec['providerID'] !== before['providerID']) {
    errors.push(forbiddenValue('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  return errors;
}

const VOLUME_FIELDS = ['capacity', 'accessModes', 'claimRef', 'persistentVolumeReclaimPolicy', 'storageClassName', 'mountOptions', 'volumeMode', 'nodeAffinity', 'volumeAttributesClassName'];

export function validatePersistentVolume(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  if (((spec['accessModes'] as unknown[] | undefined)?.length ?? 0) === 0) errors.push(required('spec.accessModes'));
  errors.push(...validateAccessModes(spec['accessModes'], 'spec.accessModes'));
  const capacity = (spec['capacity'] as Json | undefined) ?? {};
  if (Object.keys(capacity).length === 0) errors.push(required('spec.capacity'));
  else if (capacity['storage'] === undefined || Object.keys(capacity).length > 1) errors.push(notSupported('spec.capacity', literal(capacityText(capacity)), ['storage']));
  for (const name in capacity) {
    errors.push(...validateQuantity(name, capacity[name], `spec.capacity[${name}]`));
    if (quantityOf(capacity[name]).nanos === 0n) errors.push(invalidValue(`spec.capacity[${name}]`, capacity[name], 'must be greater than zero'));
  }
  const policy = spec['persistentVolumeReclaimPolicy'] as string | undefined;
  if (policy !== undefined && !['Delete', 'Recycle', 'Retain'].includes(policy)) {
    errors.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, ['Delete', 'Recycle', 'Retain']));
  }
  if (spec['nodeAffinity'] !== undefined) {
    const selector = spec['nodeAffinity']['required'] as Json | undefined;
    errors.push(...(selector === undefined ? [required('spec.nodeAffinity.required', 'must specify required node constraints')] : validateNodeSelector(selector, 'spec.nodeAffinity.required')));
  } else if (spec['local'] !== undefined) errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
  errors.push(...validateSource(spec, 'spec', VOLUME_FIELDS));
  const mode = spec['volumeMode'] as string | undefined;
  if (mode !== undefined && mode !== 'Block' && mode !== 'Filesystem') errors.push(notSupported('spec.volumeMode', mode, ['Block', 'Filesystem']));
  return errors;
}

const capacityText = (capacity: Json): string => `core.ResourceList{${Object.keys(capacity).sort().map((name) => `${goQuote(name)}:resource.Quantity{}`).join(', ')}}`;

export function validatePersistentVolumeUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  if (next['spec'] === old['spec']) return [];
  const errors = validatePersistentVolume(next);
  const source = (spec: Json): Json => Object.fromEntries(Object.entries(spec).filter(([name]) => !VOLUME_FIELDS.includes(name)));
  const after = source(specOf(next));
  const before = source(specOf(old));
  if (!sameJson(after, before)) {
    errors.push(forbiddenValue('spec.persistentvolumesource', `spec.persistentvolumesource is immutable after creation\n${diffText(before, after)}`));
  }
  errors.push(...immutable(specOf(next)['volumeMode'], specOf(old)['volumeMode'], 'volumeMode'));
  const affinity = specOf(old)['nodeAffinity'] as Json | undefined;
  if (affinity !== undefined && !sameJson(specOf(next)['nodeAffinity'], affinity)) {
    errors.push(invalidValue('nodeAffinity', specOf(next)['nodeAffinity'], 'field is immutable'));
  }
  return errors;
}

const SCOPES = ['BestEffort', 'CrossNamespacePodAffinity', 'NotBestEffort', 'NotTerminating', 'PriorityClass', 'Terminating', 'VolumeAttributesClass'];

export function validateQuota(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  for (const name in spec['hard'] as Json | undefined) {
    const path = `spec.hard[${name}]`;
    errors.push(...quotaResourceErrors(name, path), ...validateQuantity(name, spec['hard'][name], path));
  }
  const scopes = (spec['scopes'] as string[] | undefined) ?? [];
  for (const scope of scopes) if (!SCOPES.includes(scope)) errors.push(invalidValue('spec.scopes', scopes, 'unsupported scope'));
  for (const [a, b] of [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']] as const) {
    if (scopes.includes(a) && scopes.includes(b)) errors.push(invalidValue('spec.scopes', scopes, 'conflicting scopes'));
  }
  return errors;
}

export const validateQuotaUpdate = (next: KubeObject, old: KubeObject): FieldError[] => [
  ...(next['spec'] === old['spec'] ? [] : validateQuota(next)),
  ...immutable(specOf(next)['scopes'], specOf(old)['scopes'], 'spec.scopes'),
];

export function validateQuotaStatus(object: KubeObject): FieldError[] {
  const status = (object['status'] as Json | undefined) ?? {};
  return (['hard', 'used'] as const).flatMap((field) =>
    Object.keys((status[field] as Json | undefined) ?? {}).flatMap((name) => [
      ...quotaResourceErrors(name, `status.${field}[${name}]`),
      ...validateQuantity(name, status[field][name], `status.${field}[${name}]`),
    ]),
  );
}

type Bounds = readonly [field: string, list: Json | undefined];

/** min <= defaultRequest <= default <= max, as far as they are given. */
function orderErrors(name: string, bounds: readonly Bounds[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const of = (field: string): string | undefined => bounds.find(([other]) => other === field)?.[1]?.[name];
  const check = (low: string, high: string, text: (low: string, high: string) => string, at = low): void => {
    const [a, b] = [of(low), of(high)];
    if (a !== undefined && b !== undefined && compareQuantity(quantityOf(a), quantityOf(b)) > 0) {
      errors.push(invalidValue(`${path}.${at}[${name}]`, of(at), text(a, b)));
    }
  };
  check('min', 'max', (a, b) => `min value ${a} is greater than max value ${b}`);
  check('min', 'defaultRequest', (a, b) => `min value ${a} is greater than default request value ${b}`, 'defaultRequest');
  check('defaultRequest', 'max', (a, b) => `default request value ${a} is greater than max value ${b}`);
  check('defaultRequest', 'default', (a, b) => `default request value ${a} is greater than default limit value ${b}`);
  check('min', 'default', (a, b) => `min value ${a} is greater than default value ${b}`, 'default');
  check('default', 'max', (a, b) => `default value ${a} is greater than max value ${b}`);
  return errors;
}

const LIMIT_TYPES: readonly string[] = ['Container', 'PersistentVolumeClaim', 'Pod'];

export function validateLimitRange(object: KubeObject): FieldError[] {
  const seen = new Set<string>();
  return ((specOf(object)['limits'] as Json[] | undefined) ?? []).flatMap((item, at) => {
    const path = `spec.limits[${at}]`;
    const errors: FieldError[] = [];
    const type = (item['type'] as string | undefined) ?? '';
    for (const text of qualifiedNameErrors(type)) errors.push(invalidValue(`${path}.type`, type, text));
    if (!type.includes('/') && !LIMIT_TYPES.includes(type)) errors.push(invalidValue(`${path}.type`, type, 'must be a standard limit type or fully qualified'));
    if (seen.has(type)) errors.push(duplicate(`${path}.type`, type));
    seen.add(type);
    const bounds: Bounds[] = ['min', 'max', 'default', 'defaultRequest', 'maxLimitRequestRatio'].map((field) => [field, item[field]]);
    const names = new Set(bounds.flatMap(([, list]) => Object.keys(list ?? {})));
    for (const [field, list] of bounds) for (const name in list) errors.push(...validateQuantity(name, list[name], `${path}.${field}[${name}]`));
    if (type === 'Pod') {
      for (const field of ['default', 'defaultRequest'] as const) {
        if (Object.keys((item[field] as Json | undefined) ?? {}).length > 0) errors.push(forbiddenValue(`${path}.${field}`, 'may not be specified when `type` is \'Pod\''));
      }
    }
    if (type === 'PersistentVolumeClaim' && item['min']?.['storage'] === undefined && item['max']?.['storage'] === undefined) {
      errors.push(required(path, 'either minimum or maximum storage value is required, but neither was provided'));
    }
    for (const name of [...names].sort((a, b) => (a < b ? -1 : 1))) {
      errors.push(...orderErrors(name, bounds, path));
      const ratio = item['maxLimitRequestRatio']?.[name] as string | undefined;
      if (ratio !== undefined && quantityOf(ratio).nanos < 1_000_000_000n) {
        errors.push(invalidValue(`${path}.maxLimitRequestRatio[${name}]`, ratio, `ratio ${ratio} is less than 1`));
      }
    }
    return errors;
  });
}
