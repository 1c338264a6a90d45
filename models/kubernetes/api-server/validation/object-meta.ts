/**
 * Validation of `metadata`: names, labels, annotations, owner references, finalizers, and what an update may not change.
 * Source: apimachinery/pkg/api/validation/objectmeta.go, apimachinery/pkg/apis/meta/v1/validation/validation.go.
 */
import type { ObjectMeta, OwnerReference } from '../../object/types.ts';
import { equal } from '../../object/equal.ts';
import { child, forbiddenValue, index, invalidValue, required, tooLong, type FieldError } from '../status/field-error.ts';
import { FIELD_IMMUTABLE, labelErrors, labelValueErrors, MUST_BE_NON_NEGATIVE, qualifiedNameErrors, type NameRule } from './name.ts';

/** `TotalAnnotationSizeLimitB`. */
const ANNOTATIONS_SIZE_MAX = 256 * 1024;

/** Validates the metadata of a new object. */
export function validateObjectMeta(meta: ObjectMeta, namespaced: boolean, nameRule: NameRule, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const invalid = (field: string, value: unknown, texts: readonly string[]): void => {
    for (const text of texts) errors.push(invalidValue(child(path, field), value, text));
  };
  if (meta.generateName) invalid('generateName', meta.generateName, nameRule(meta.generateName, true));
  if (!meta.name) errors.push(required(child(path, 'name'), 'name or generateName is required'));
  else invalid('name', meta.name, nameRule(meta.name, false));
  if (namespaced && !meta.namespace) errors.push(required(child(path, 'namespace')));
  else if (namespaced) invalid('namespace', meta.namespace, labelErrors(meta.namespace as string));
  else if (meta.namespace) errors.push(forbiddenValue(child(path, 'namespace'), 'not allowed on this type'));
  if ((meta.generation ?? 0) < 0) invalid('generation', meta.generation, [MUST_BE_NON_NEGATIVE]);
  errors.push(...validateLabels(meta.labels, child(path, 'labels')));
  errors.push(...validateAnnotations(meta.annotations, child(path, 'annotations')));
  errors.push(...validateOwnerReferences(meta.ownerReferences, child(path, 'ownerReferences')));
  errors.push(...validateFinalizers(meta.finalizers, child(path, 'finalizers')));
  return errors;
}

/** Validates a map of labels. */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, value] of Object.entries(labels ?? {})) {
    for (const text of qualifiedNameErrors(name)) errors.push(invalidValue(path, name, text));
    for (const text of labelValueErrors(value)) errors.push(invalidValue(path, value, text));
  }
  return errors;
}

/** Validates a map of annotations: names as labels (in any case), and the size of all together. */
export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [name, value] of Object.entries(annotations ?? {})) {
    for (const text of qualifiedNameErrors(name.toLowerCase())) errors.push(invalidValue(path, name, text));
    size += name.length + value.length;
  }
  if (size > ANNOTATIONS_SIZE_MAX) errors.push(tooLong(path, ANNOTATIONS_SIZE_MAX));
  return errors;
}

function validateOwnerReferences(references: readonly OwnerReference[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller: OwnerReference | undefined;
  for (const [at, reference] of (references ?? []).entries()) {
    const where = index(path, at);
    const { apiVersion = '', kind = '', name = '', uid = '' } = reference;
    if (!/^[^/]*\/?[^/]+$/.test(apiVersion)) errors.push(invalidValue(child(where, 'apiVersion'), apiVersion, 'version must not be empty'));
    for (const [field, value] of Object.entries({ kind, name, uid })) {
      if (value === '') errors.push(invalidValue(child(where, field), value, `${field} must not be empty`));
    }
    if (kind === 'Event' && apiVersion === 'v1') {
      errors.push(invalidValue(where, reference, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (reference.controller !== true) continue;
    if (controller !== undefined) {
      const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller.kind}/${controller.name} and ${kind}/${name}`;
      errors.push(invalidValue(path, references, text));
    }
    controller ??= reference;
  }
  return errors;
}

/** Finalizers without a domain that upstream knows (apimachinery/pkg/api/validation/objectmeta.go, core's standard ones). */
const STANDARD_FINALIZERS: readonly string[] = ['kubernetes', 'orphan', 'foregroundDeletion'];

function validateFinalizers(finalizers: readonly string[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of finalizers ?? []) {
    for (const text of qualifiedNameErrors(name)) errors.push(invalidValue(path, name, text));
    if (!name.includes('/') && !STANDARD_FINALIZERS.includes(name)) {
      errors.push(invalidValue(path, name, 'name is neither a standard finalizer name nor is it fully qualified'));
    }
  }
  if (finalizers?.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalidValue(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return errors;
}

/** Validates what an update did to metadata. */
export function validateObjectMetaUpdate(next: ObjectMeta, old: ObjectMeta, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const added = (next.finalizers ?? []).filter((name) => !old.finalizers?.includes(name));
  if (old.deletionTimestamp !== undefined && added.length > 0) {
    const list = added.map((name) => JSON.stringify(name)).join(', ');
    const text = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
    errors.push(forbiddenValue(child(path, 'finalizers'), text));
  }
  const immutable = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;
  for (const field of immutable) {
    if (!equal(next[field], old[field])) errors.push(invalidValue(child(path, field), next[field], FIELD_IMMUTABLE));
  }
  return errors;
}
