/**
 * Validation of access reviews.
 * Upstream: pkg/apis/authorization/validation/validation.go.
 */
import type { KubeObject, ObjectMeta } from '../../object/types.ts';
import type { Json } from '../defaults/fill.ts';
import { invalidValue } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, goSyntax, literal, type Literal } from '../status/go-format.ts';
import { specOf } from './check.ts';

/** `authorization.NonResourceAttributes{...}` as Go prints it. */
function nonResourceText(attributes: Json): Literal {
  const { path = '', verb = '' } = attributes as { path?: string; verb?: string };
  return literal(`authorization.NonResourceAttributes{Path:${goQuote(path)}, Verb:${goQuote(verb)}}`);
}

/** One of both kinds of attributes (ValidateSelfSubjectAccessReviewSpec). */
function attributeErrors(spec: Json): FieldError[] {
  const { resourceAttributes: resource, nonResourceAttributes: other } = spec as { resourceAttributes?: Json; nonResourceAttributes?: Json };
  if (resource === undefined && other === undefined) {
    return [invalidValue('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified')];
  }
  if (resource === undefined || other === undefined) return [];
  return [invalidValue('spec.nonResourceAttributes', nonResourceText(other), 'cannot be specified in combination with resourceAttributes')];
}

/** ValidateSubjectAccessReviewSpec. */
function subjectErrors(spec: Json): FieldError[] {
  const { user = '', groups = [] } = spec as { user?: string; groups?: readonly string[] };
  return user === '' && groups.length === 0 ? [invalidValue('spec.user', '', 'at least one of user or group must be specified')] : [];
}

const mapText = (map: Readonly<Record<string, string>> | undefined): string => (map === undefined ? 'map[string]string(nil)' : goSyntax(map));

function metadataText({ name = '', generateName = '', namespace = '', labels, annotations, finalizers }: ObjectMeta): Literal {
  const ends = finalizers === undefined ? '[]string(nil)' : goSyntax(finalizers);
  return literal(
    `v1.ObjectMeta{Name:${goQuote(name)}, GenerateName:${goQuote(generateName)}, Namespace:${goQuote(namespace)}, SelfLink:"", UID:"", ResourceVersion:"", Generation:0, ` +
      'CreationTimestamp:time.Date(1, time.January, 1, 0, 0, 0, 0, time.UTC), DeletionTimestamp:<nil>, DeletionGracePeriodSeconds:(*int64)(nil), ' +
      `Labels:${mapText(labels)}, Annotations:${mapText(annotations)}, OwnerReferences:[]v1.OwnerReference(nil), Finalizers:${ends}, ManagedFields:[]v1.ManagedFieldsEntry(nil)}`,
  );
}

/** A review is not stored, so its metadata means nothing and must be empty. */
function metadataErrors({ metadata }: KubeObject, isNamespaced: boolean): FieldError[] {
  const ignored = ['creationTimestamp', 'managedFields', ...(isNamespaced ? ['namespace'] : [])];
  const isEmpty = Object.entries(metadata).every(([name, value]) => ignored.includes(name) || value === undefined || value === '');
  return isEmpty ? [] : [invalidValue('metadata', metadataText(metadata), isNamespaced ? 'must be empty except for namespace' : 'must be empty')];
}

export const validateSelfAccessReview = (object: KubeObject): FieldError[] => [...attributeErrors(specOf(object)), ...metadataErrors(object, false)];

export const validateAccessReview = (object: KubeObject): FieldError[] => [
  ...attributeErrors(specOf(object)),
  ...subjectErrors(specOf(object)),
  ...metadataErrors(object, false),
];

/** A local review is about its own namespace alone. */
export function validateLocalAccessReview(object: KubeObject, namespace: string): FieldError[] {
  const spec = specOf(object);
  const { resourceAttributes: resource, nonResourceAttributes: other } = spec as { resourceAttributes?: Json; nonResourceAttributes?: Json };
  const errors = [...attributeErrors(spec), ...subjectErrors(spec), ...metadataErrors(object, true)];
  const asked = (resource?.['namespace'] as string | undefined) ?? '';
  if (resource !== undefined && asked !== namespace) errors.push(invalidValue('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace'));
  if (other !== undefined) errors.push(invalidValue('spec.nonResourceAttributes', nonResourceText(other), 'disallowed on this kind of request'));
  return errors;
}
