/**
 * Validation of StorageClasses and VolumeAttachments.
 * Upstream: pkg/apis/storage/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { duplicate, forbiddenValue, invalidValue, notSupported, required, tooLong } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import type { Literal } from '../status/go-format.ts';
import { immutable, oneOf, sameJson, specOf } from './check.ts';
import { driverNameErrors } from './csi.ts';
import { byteLength } from './metadata.ts';
import { qualifiedNameErrors, subdomainErrors } from './name.ts';

const PARAMETERS_MAX = 512;
/** Bytes of all parameters, or of an attachment's metadata. */
const SIZE_MAX = 256 * 1024;
const ERROR_MESSAGE_MAX = 1024;
const BINDING_MODES: readonly string[] = ['Immediate', 'WaitForFirstConsumer'];

const sizeOf = (map: Json): number => Object.entries(map).reduce((size, [key, value]) => size + byteLength(key) + byteLength(value as string), 0);

/** validateParameters. */
function validateParameters(parameters: Json, path: string): FieldError[] {
  if (Object.keys(parameters).length > PARAMETERS_MAX) return [tooLong(path, PARAMETERS_MAX)];
  const errors = '' in parameters ? [invalidValue(path, '', 'field can not be empty.')] : [];
  return sizeOf(parameters) > SIZE_MAX ? [...errors, tooLong(path, SIZE_MAX)] : errors;
}

/** validateTopologySelectorLabelRequirement. */
function validateRequirement(requirement: Json, path: string): FieldError[] {
  const { key = '', values } = requirement as { key?: string; values?: readonly string[] | null };
  const errors: FieldError[] = (values?.length ?? 0) === 0 ? [required(`${path}.values`)] : [];
  values?.forEach((value, at) => {
    if (values.indexOf(value) < at) errors.push(duplicate(`${path}.values[${at}]`, value));
  });
  return [...errors, ...qualifiedNameErrors(key).map((text) => invalidValue(`${path}.key`, key, text))];
}

/** ValidateTopologySelectorTerm, with a text that two terms share when they want the same. */
function validateTerm(term: Json, path: string): { readonly errors: FieldError[]; readonly meaning: string } {
  const errors: FieldError[] = [];
  const wanted = new Map<string, readonly string[]>();
  ((term['matchLabelExpressions'] as Json[] | undefined) ?? []).forEach((requirement, at) => {
    const here = `${path}.matchLabelExpressions[${at}]`;
    const key = (requirement['key'] as string | undefined) ?? '';
    errors.push(...validateRequirement(requirement, here));
    if (wanted.has(key)) errors.push(duplicate(`${here}.key`, key));
    wanted.set(key, [...new Set(requirement['values'] as string[] | undefined)].sort());
  });
  return { errors, meaning: JSON.stringify([...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** validateAllowedTopologies. Upstream's list of earlier terms begins with one empty term for each that is given. */
function validateTopologies(terms: readonly Json[], path: string): FieldError[] {
  const earlier = terms.map(() => '[]');
  return terms.flatMap((term, at) => {
    const { errors, meaning } = validateTerm(term, `${path}[${at}]`);
    const same = earlier.filter((other) => other === meaning);
    earlier.push(meaning);
    return [...errors, ...same.map(() => duplicate(`${path}[${at}].matchLabelExpressions`, ''))];
  });
}

/** ValidateStorageClass. */
export function validateStorageClass(object: KubeObject): FieldError[] {
  const { provisioner = '', parameters, reclaimPolicy, volumeBindingMode: mode, allowedTopologies } = object as Json;
  const errors: FieldError[] = [];
  if (provisioner === '') errors.push(required('provisioner'));
  else for (const text of qualifiedNameErrors((provisioner as string).toLowerCase())) errors.push(invalidValue('provisioner', provisioner, text));
  errors.push(...validateParameters((parameters as Json | undefined) ?? {}, 'parameters'));
  errors.push(...oneOf(reclaimPolicy as string | undefined, ['Delete', 'Retain'], 'reclaimPolicy'));
  if (mode === undefined) errors.push(required('volumeBindingMode'));
  else if (!BINDING_MODES.includes(mode as string)) errors.push(notSupported('volumeBindingMode', mode, BINDING_MODES));
  return [...errors, ...validateTopologies((allowedTopologies as Json[] | undefined) ?? [], 'allowedTopologies')];
}

/** An update is checked like a creation, and keeps what it provisions by (ValidateStorageClassUpdate). */
export function validateStorageClassUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateStorageClass(next);
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy'] as const) {
    if (!sameJson(next[field], old[field])) errors.push(forbiddenValue(field, `updates to ${field} are forbidden.`));
  }
  return [...errors, ...immutable(next['volumeBindingMode'], old['volumeBindingMode'], 'volumeBindingMode')];
}

/** validateVolumeAttachmentSource. */
function validateSource(source: Json, path: string): FieldError[] {
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source;
  const text = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (inline === undefined && name === undefined) return [required(path, text)];
  if (inline !== undefined && name !== undefined) return [forbiddenValue(path, text)];
  return name === '' ? [required(`${path}.persistentVolumeName`, 'must specify non empty persistentVolumeName')] : [];
}

/** validateVolumeAttachmentStatus. */
function validateAttachmentStatus(status: Json): FieldError[] {
  const errors = sizeOf((status['attachmentMetadata'] as Json | undefined) ?? {}) > SIZE_MAX ? [tooLong('status.attachmentMetadata', SIZE_MAX)] : [];
  for (const field of ['attachError', 'detachError'] as const) {
    const message = ((status[field] as Json | undefined)?.['message'] as string | undefined) ?? '';
    if (byteLength(message) > ERROR_MESSAGE_MAX) errors.push(tooLong(`status.${field}.message`, SIZE_MAX));
  }
  return errors;
}

/** ValidateVolumeAttachment: what holds on every write. */
function validateStoredAttachment(object: KubeObject): FieldError[] {
  const { attacher = '', nodeName = '', source } = specOf(object) as { attacher?: string; nodeName?: string; source?: Json };
  return [
    ...(attacher === '' ? [required('spec.attacher')] : []),
    ...validateSource(source ?? {}, 'spec.source'),
    ...subdomainErrors(nodeName).map((text) => invalidValue('spec.nodeName', nodeName, text)),
    ...validateAttachmentStatus((object['status'] as Json | undefined) ?? {}),
  ];
}

/** Creation asks for more (ValidateVolumeAttachmentV1). */
export function validateAttachment(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const name = (spec['source'] as Json | undefined)?.['persistentVolumeName'] as string | undefined;
  return [
    ...validateStoredAttachment(object),
    ...driverNameErrors((spec['attacher'] as string | undefined) ?? '', 'spec.attacher'),
    ...(name === undefined ? [] : subdomainErrors(name).map((text) => invalidValue('spec.source.persistentVolumeName', name, text))),
  ];
}

/** An attachment as Go prints it; where names lie in memory nobody can know. */
const attachmentText = ({ attacher = '', source = {}, nodeName = '' }: Json): Literal => {
  const pointer = (type: string, value: unknown): string => `(*${type})(${value === undefined ? 'nil' : '0xc000000000'})`;
  const { persistentVolumeName: name, inlineVolumeSpec: inline } = source as Json;
  const shown = `storage.VolumeAttachmentSource{PersistentVolumeName:${pointer('string', name)}, InlineVolumeSpec:${pointer('core.PersistentVolumeSpec', inline)}}`;
  return literal(`storage.VolumeAttachmentSpec{Attacher:${goQuote(attacher)}, Source:${shown}, NodeName:${goQuote(nodeName)}}`);
};

/** Upstream validates an attachment twice on update, so causes come twice. */
export const validateAttachmentUpdate = (next: KubeObject, old: KubeObject): FieldError[] => [
  ...validateStoredAttachment(next),
  ...validateStoredAttachment(next),
  ...immutable(next['spec'], old['spec'], 'spec', attachmentText((next['spec'] as Json | undefined) ?? {})),
];
