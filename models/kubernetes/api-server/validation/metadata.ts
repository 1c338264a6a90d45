/**
 * Validation of `metadata`, the same for every kind.
 *
 * Labels and annotations are walked once; when an update shares them by reference with the stored object they were
 * valid then, and are skipped. Upstream: apimachinery/pkg/api/validation/objectmeta.go.
 */
import type { KubeObject, OwnerReference } from '../../object/types.ts';
import { forbiddenValue, invalidValue, required, tooLong } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goPlain, goSyntax, literal } from '../status/go-format.ts';
import { FIELD_IMMUTABLE, labelErrors, labelValueErrors, MUST_BE_NON_NEGATIVE, qualifiedNameErrors } from './name.ts';
import type { NameRule } from './name.ts';

/** Bytes of all annotations together. */
const ANNOTATIONS_MAX = 262144;
/** Finalizers without a slash that upstream knows (helper.standardFinalizers). */
const STANDARD_FINALIZERS: readonly string[] = ['kubernetes', 'orphan', 'foregroundDeletion'];

type Meta = KubeObject['metadata'];

/** Keys and values of a label map. */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in labels) {
    for (const text of qualifiedNameErrors(key)) errors.push(invalidValue(path, key, text));
    for (const text of labelValueErrors(labels[key] ?? '')) errors.push(invalidValue(path, labels[key], text));
  }
  return errors;
}

/** Keys and total size of annotations. */
export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const key in annotations) {
    for (const text of qualifiedNameErrors(key.toLowerCase())) errors.push(invalidValue(path, key, text));
    size += byteLength(key) + byteLength(annotations[key] ?? '');
  }
  if (size > ANNOTATIONS_MAX) errors.push(tooLong(path, ANNOTATIONS_MAX));
  return errors;
}

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

const emptyText = (path: string, value: string | undefined, text: string): FieldError[] =>
  value === undefined || value === '' ? [invalidValue(path, value ?? '', text)] : [];

const goPointer = (value: boolean | undefined): string => `(*bool)(${value === undefined ? 'nil' : '0xc000000000'})`;

const goOwner = ({ apiVersion = '', kind = '', name = '', uid = '', controller, blockOwnerDeletion }: Partial<OwnerReference>): string =>
  `v1.OwnerReference{APIVersion:${goSyntax(apiVersion)}, Kind:${goSyntax(kind)}, Name:${goSyntax(name)}, UID:${goSyntax(uid)}, Controller:${goPointer(controller)}, BlockOwnerDeletion:${goPointer(blockOwnerDeletion)}}`;

/** Group and version; both empty where the text is neither `version` nor `group/version` (schema.FromAPIVersionAndKind). */
function groupVersionOf(apiVersion: string): { group: string; version: string } {
  const parts = apiVersion.split('/');
  if (parts.length > 2) return { group: '', version: '' };
  const version = parts.pop() as string;
  return { group: parts[0] ?? '', version };
}

function validateOwners(owners: readonly OwnerReference[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller = '';
  for (const owner of owners ?? []) {
    const { group, version } = groupVersionOf(owner.apiVersion ?? '');
    if (version === '') errors.push(invalidValue(`${path}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty'));
    errors.push(...emptyText(`${path}.kind`, owner.kind, 'must not be empty'));
    errors.push(...emptyText(`${path}.name`, owner.name, 'must not be empty'));
    errors.push(...emptyText(`${path}.uid`, owner.uid, 'must not be empty'));
    if (group === '' && version === 'v1' && owner.kind === 'Event') {
      errors.push(invalidValue(path, literal(goOwner(owner)), '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (owner.controller !== true) continue;
    if (controller === '') controller = `${owner.kind}/${owner.name}`;
    else {
      const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.kind}/${owner.name}`;
      errors.push(invalidValue(path, literal(`[]v1.OwnerReference{${(owners ?? []).map(goOwner).join(', ')}}`), text));
    }
  }
  return errors;
}

function validateFinalizers(finalizers: readonly string[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (finalizers === undefined) return errors;
  for (const name of finalizers) for (const text of qualifiedNameErrors(name)) errors.push(invalidValue(path, name, text));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalidValue(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return [...errors, ...finalizers.flatMap((name, at) => validateStandardFinalizer(name, `${path}[${at}]`))];
}

/** validateKubeFinalizerName. */
export const validateStandardFinalizer = (name: string, path: string): FieldError[] =>
  name.includes('/') || STANDARD_FINALIZERS.includes(name) ? [] : [invalidValue(path, name, 'name is neither a standard finalizer name nor is it fully qualified')];

/** ValidateObjectMeta. What is as in `old`, an object that has been stored, was valid then. */
export function validateObjectMeta(meta: Meta, namespaced: boolean, rule: NameRule, path = 'metadata', old?: Meta): FieldError[] {
  const errors: FieldError[] = [];
  const { generateName, name, namespace } = meta;
  if (generateName !== undefined && generateName !== '' && generateName !== old?.generateName) {
    for (const text of rule(generateName, true)) errors.push(invalidValue(`${path}.generateName`, generateName, text));
  }
  if (name === undefined || name === '') errors.push(required(`${path}.name`, 'name or generateName is required'));
  else if (name !== old?.name) for (const text of rule(name, false)) errors.push(invalidValue(`${path}.name`, name, text));
  if (namespaced) {
    if (namespace === undefined || namespace === '') errors.push(required(`${path}.namespace`));
    else if (namespace !== old?.namespace) for (const text of labelErrors(namespace)) errors.push(invalidValue(`${path}.namespace`, namespace, text));
  } else if (namespace !== undefined && namespace !== '') {
    errors.push(forbiddenValue(`${path}.namespace`, 'not allowed on this type'));
  }
  if ((meta.generation ?? 0) < 0) errors.push(invalidValue(`${path}.generation`, meta.generation, MUST_BE_NON_NEGATIVE));
  if (meta.labels !== undefined && meta.labels !== old?.labels) errors.push(...validateLabels(meta.labels, `${path}.labels`));
  if (meta.annotations !== undefined && meta.annotations !== old?.annotations) errors.push(...validateAnnotations(meta.annotations, `${path}.annotations`));
  if (meta.ownerReferences !== undefined && meta.ownerReferences !== old?.ownerReferences) errors.push(...validateOwners(meta.ownerReferences, `${path}.ownerReferences`));
  if (meta.finalizers !== undefined && meta.finalizers !== old?.finalizers) errors.push(...validateFinalizers(meta.finalizers, `${path}.finalizers`));
  return errors;
}

const IMMUTABLE = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

function validateNoNewFinalizers(next: Meta, old: Meta, path: string): FieldError[] {
  if (old.deletionTimestamp === undefined || next.finalizers === old.finalizers) return [];
  const before = old.finalizers ?? [];
  const added = (next.finalizers ?? []).filter((name) => !before.includes(name));
  if (added.length === 0) return [];
  const text = `no new finalizers can be added if the object is being deleted, found new finalizers ${goSyntax(added)}`;
  return [forbiddenValue(`${path}.finalizers`, text)];
}

/** ValidateObjectMetaUpdate. */
export function validateObjectMetaUpdate(next: Meta, old: Meta, path = 'metadata'): FieldError[] {
  const errors = validateNoNewFinalizers(next, old, path);
  if (next.resourceVersion === undefined || next.resourceVersion === '') {
    errors.push(invalidValue(`${path}.resourceVersion`, '', 'must be specified for an update'));
  }
  if ((next.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalidValue(`${path}.generation`, next.generation, 'must not be decremented'));
  }
  for (const name of IMMUTABLE) {
    if ((next[name] ?? undefined) !== (old[name] ?? undefined)) errors.push(invalidValue(`${path}.${name}`, shown(next[name]), FIELD_IMMUTABLE));
  }
  if (next.labels !== old.labels) errors.push(...validateLabels(next.labels, `${path}.labels`));
  if (next.annotations !== old.annotations) errors.push(...validateAnnotations(next.annotations, `${path}.annotations`));
  if (next.ownerReferences !== old.ownerReferences) errors.push(...validateOwners(next.ownerReferences, `${path}.ownerReferences`));
  return errors;
}

const shown = (value: unknown): unknown => (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? literal(goPlain(value)) : value);
