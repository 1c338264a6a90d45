/**
 * Validation of PersistentVolumeClaims, alone, as templates and inside ephemeral volumes.
 * Upstream: pkg/apis/core/validation/validation.go (ValidatePersistentVolumeClaim*).
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { compareQuantity, quantityOf, quantityValue } from '../../object/quantity.ts';
import { forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { literal } from '../status/go-format.ts';
import { immutable, sameJson, validateLabelSelector } from './check.ts';
import { FIELD_IMMUTABLE, labelErrors, subdomainErrors } from './name.ts';
import { diffText } from './diff.ts';

/** Sorted, as messages list them. */
export const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** Access modes of a claim or volume. */
export function validateAccessModes(modes: readonly string[] | undefined | null, path: string): FieldError[] {
  const errors = (modes ?? []).filter((mode) => !ACCESS_MODES.includes(mode)).map((mode) => notSupported(path, mode, ACCESS_MODES));
  if ((modes ?? []).includes('ReadWriteOncePod') && (modes ?? []).length > 1) {
    errors.push(forbiddenValue(path, 'may not use ReadWriteOncePod with other access modes'));
  }
  return errors;
}

/** ValidatePersistentVolumeClaimSpec. */
export function validateClaimSpec(spec: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (((spec['accessModes'] as string[] | undefined) ?? []).length === 0) errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'));
  errors.push(...validateLabelSelector(spec['selector'], `${path}.selector`));
  errors.push(...validateAccessModes(spec['accessModes'], `${path}.accessModes`));
  const storage = spec['resources']?.['requests']?.['storage'] as string | undefined;
  if (storage === undefined) errors.push(required(`${path}.resources[storage]`));
  else if (quantityOf(storage).nanos <= 0n) errors.push(invalidValue(`${path}.resources[storage]`, storage, 'must be greater than zero'));
  const className = spec['storageClassName'] as string | undefined;
  if (className !== undefined && className !== '') {
    for (const text of subdomainErrors(className)) errors.push(invalidValue(`${path}.storageClassName`, className, text));
  }
  if (spec['volumeMode'] !== undefined && !['Block', 'Filesystem'].includes(spec['volumeMode'])) {
    errors.push(notSupported(`${path}.volumeMode`, spec['volumeMode'], ['Block', 'Filesystem']));
  }
  return [...errors, ...validateDataSources(spec, path)];
}

/** validateDataSource and validateDataSourceRef. */
function validateDataSource(source: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name = '', kind = '', namespace = '' } = source;
  // A group that was left out is shown as null.
  const apiGroup = (source['apiGroup'] as string | null | undefined) ?? '';
  if (name === '') errors.push(required(`${path}.name`));
  if (kind === '') errors.push(required(`${path}.kind`));
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') {
    errors.push(invalidValue(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  }
  if (apiGroup !== '') for (const text of subdomainErrors(apiGroup)) errors.push(invalidValue(`${path}.apiGroup`, apiGroup, text));
  if (namespace !== '') for (const text of labelErrors(namespace)) errors.push(invalidValue(`${path}.namespace`, namespace, text));
  return errors;
}

/** Both references of a claim to what it is filled from; when both are there, they are the same. */
function validateDataSources(spec: Json, path: string): FieldError[] {
  const source = spec['dataSource'] as Json | undefined;
  const ref = spec['dataSourceRef'] as Json | undefined;
  const errors: FieldError[] = [];
  if (source !== undefined) errors.push(...validateDataSource(source, `${path}.dataSource`));
  if (ref !== undefined) errors.push(...validateDataSource(ref, `${path}.dataSourceRef`));
  if ((ref?.['namespace'] ?? '') !== '') {
    if (source !== undefined) errors.push(invalidValue(path, DATA_SOURCE_PATH, 'may not be specified when dataSourceRef.namespace is specified'));
  } else if (source !== undefined && ref !== undefined && !sameJson(source, ref)) {
    errors.push(invalidValue(path, DATA_SOURCE_PATH, 'must match dataSourceRef'));
  }
  return errors;
}

/** Upstream gives the field's path where its value belongs. */
const DATA_SOURCE_PATH = literal('field.Path{name:"dataSource", index:"", parent:(*field.Path)(0xc000000000)}');

/** PersistentVolumeClaim on creation. */
export const validateClaim = (object: KubeObject): FieldError[] => validateClaimSpec((object['spec'] as Json | undefined) ?? {}, 'spec');

const CLAIM_FORBIDDEN = 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** The class may move from the annotation to the field, and may be filled in where there is none; else both stay. */
function validateClass(next: KubeObject, old: KubeObject): { readonly mayChange: boolean; readonly errors: FieldError[] } {
  const [before, after] = [old.metadata.annotations?.[BETA_CLASS], next.metadata.annotations?.[BETA_CLASS]];
  const hasNone = old['spec']?.storageClassName === undefined;
  const hasMoved = hasNone && before !== undefined && next['spec']?.storageClassName === before && (after === undefined || after === before);
  if (hasMoved) return { mayChange: true, errors: [] };
  const errors = (after ?? '') === (before ?? '') ? [] : [invalidValue(`metadata.annotations.${BETA_CLASS}`, after ?? '', FIELD_IMMUTABLE)];
  return { mayChange: hasNone && before === undefined, errors };
}

/** PersistentVolumeClaim on update of the main resource. */
export function validateClaimUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const { mayChange, errors: classErrors } = validateClass(next, old);
  if (next['spec'] === old['spec']) return classErrors;
  const spec = next['spec'] as Json;
  const before = old['spec'] as Json;
  const errors = [...validateClaimSpec(spec, 'spec'), ...classErrors];
  // A claim without volume may be bound.
  let comparable = before['volumeName'] === undefined ? { ...spec, volumeName: undefined } : spec;
  if (mayChange) comparable = { ...comparable, storageClassName: undefined };
  if (old['status']?.phase === 'Bound') comparable = { ...comparable, resources: { ...comparable['resources'], requests: before['resources']?.['requests'] } };
  if (!sameJson(comparable, before)) errors.push(forbiddenValue('spec', `${CLAIM_FORBIDDEN}\n${diffText(before, comparable)}`));
  // What has not been reached may be asked for no more (RecoverVolumeExpansionFailure).
  const size = quantityOf(storageOf(spec['resources']?.['requests']));
  const isSmaller = compareQuantity(size, quantityOf(storageOf(before['resources']?.['requests']))) < 0;
  if (isSmaller && compareQuantity(size, quantityOf(storageOf(old['status']?.capacity))) <= 0) {
    errors.push(forbiddenValue('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  }
  // Upstream names the field so, without `spec`.
  errors.push(...immutable(spec['volumeMode'], before['volumeMode'], 'volumeMode'));
  return errors;
}

/** PersistentVolumeClaim on update of its status: amounts that are there are amounts. */
export const validateClaimStatus = ({ status }: KubeObject): FieldError[] =>
  ['capacity', 'allocatedResources'].flatMap((field) =>
    Object.entries(((status as Json | undefined)?.[field] as Record<string, string> | undefined) ?? {}).flatMap(([name, amount]) => {
      const whole = quantityValue(quantityOf(amount));
      return whole < 0 ? [invalidValue(`status.${field}[${name}]`, whole, 'must be a valid resource quantity')] : [];
    }),
  );

const storageOf = (resources: Json | undefined | null): string => (resources?.['storage'] as string | undefined) ?? '0';
