/**
 * Validation of PersistentVolumes.
 * Upstream: pkg/apis/core/validation/validation.go (ValidatePersistentVolume*).
 */
import type { Json } from '../defaults/fill.ts';
import { quantityOf, quantityValue } from '../../object/quantity.ts';
import type { KubeObject } from '../../object/types.ts';
import { forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import type { Literal } from '../status/go-format.ts';
import { immutable, oneOf, sameJson, specOf } from './check.ts';
import { validateAccessModes } from './claim.ts';
import { driverNameErrors } from './csi.ts';
import { diffText } from './diff.ts';
import { labelErrors, subdomainErrors } from './name.ts';
import { quantitySyntax } from './quantity-syntax.ts';
import { validateNodeSelector } from './scheduling.ts';
import { validateSource } from './volume.ts';

/** Fields of the spec that are no sources. */
const VOLUME_FIELDS = ['capacity', 'accessModes', 'claimRef', 'persistentVolumeReclaimPolicy', 'storageClassName', 'mountOptions', 'volumeMode', 'nodeAffinity', 'volumeAttributesClassName'];
/** Sources that look different in pods, or are not there, in upstream's order. */
const OWN_SOURCES = ['local', 'csi'];

/** Storage, which is there and positive, and nothing else. */
function validateCapacity(capacity: Json | undefined, path: string): FieldError[] {
  const names = Object.keys(capacity ?? {});
  const errors = names.length === 0 ? [required(path)] : [];
  if (names.length !== 1 || names[0] !== 'storage') errors.push(notSupported(path, capacityText(capacity), ['storage']));
  for (const name of names) {
    const amount = quantityOf(capacity?.[name]);
    const whole = quantityValue(amount);
    if (whole < 0) errors.push(invalidValue(`${path}[${name}]`, whole, 'must be a valid resource quantity'));
    if (amount.nanos <= 0n) errors.push(invalidValue(`${path}[${name}]`, capacity?.[name], 'must be greater than zero'));
  }
  return errors;
}

const capacityText = (capacity: Json | undefined): Literal =>
  literal(capacity === undefined ? 'core.ResourceList(nil)' : `core.ResourceList{${Object.keys(capacity).sort().map((name) => `${goQuote(name)}:${quantitySyntax(capacity[name] as string).goText}`).join(', ')}}`);

/** A node affinity as Go prints it; where its selector lies in memory nobody can know. */
const affinityText = (affinity: Json | undefined): Literal => literal(affinity === undefined ? '"null"' : `core.VolumeNodeAffinity{Required:(*core.NodeSelector)(${affinity['required'] === undefined ? 'nil' : '0xc000000000'})}`);

/** validateVolumeNodeAffinity. */
function validateAffinity(affinity: Json | undefined, path: string): FieldError[] {
  if (affinity === undefined) return [];
  const selector = affinity['required'] as Json | undefined;
  return selector === undefined ? [required(`${path}.required`, 'must specify required node constraints')] : validateNodeSelector(selector, `${path}.required`);
}

/** validatePVSecretReference. */
function validateSecretReference(reference: Json | undefined, path: string): FieldError[] {
  if (reference === undefined) return [];
  const { name = '', namespace = '' } = reference;
  return [
    ...(name === '' ? [required(`${path}.name`)] : subdomainErrors(name).map((text) => invalidValue(`${path}.name`, name, text))),
    ...(namespace === '' ? [required(`${path}.namespace`)] : labelErrors(namespace).map((text) => invalidValue(`${path}.namespace`, namespace, text))),
  ];
}

/** validateCSIPersistentVolumeSource. */
const validateCSI = (csi: Json, path: string): FieldError[] => [
  ...driverNameErrors(csi['driver'] ?? '', `${path}.driver`),
  ...((csi['volumeHandle'] ?? '') === '' ? [required(`${path}.volumeHandle`)] : []),
  ...['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'].flatMap((field) => validateSecretReference(csi[field], `${path}.${field}`)),
];

/** validateLocalVolumeSource, with the node affinity that such a volume needs. */
function validateLocal(spec: Json, path: string): FieldError[] {
  const local = (spec['local']['path'] as string | undefined) ?? '';
  const errors = local === '' ? [required(`${path}.local.path`)] : [];
  if (local.split('/').includes('..')) errors.push(invalidValue(`${path}.local.path`, local, "must not contain '..'"));
  if (spec['nodeAffinity'] === undefined) errors.push(required(`${path}.nodeAffinity`, 'Local volume requires node affinity'));
  return errors;
}

/** Exactly one source. */
function validateSources(spec: Json, path: string): FieldError[] {
  const own = OWN_SOURCES.filter((name) => spec[name] !== undefined);
  const hasOther = Object.keys(spec).some((name) => spec[name] !== undefined && !VOLUME_FIELDS.includes(name) && !OWN_SOURCES.includes(name));
  const errors = hasOther || own.length === 0 ? validateSource(spec, path, [...VOLUME_FIELDS, ...OWN_SOURCES]) : [];
  own.forEach((name, at) => {
    if (hasOther || at > 0) errors.push(forbiddenValue(`${path}.${name}`, 'may not specify more than 1 volume type'));
    else errors.push(...(name === 'csi' ? validateCSI(spec['csi'], `${path}.csi`) : validateLocal(spec, path)));
  });
  return errors;
}

/** Whether a path leads to the root, however it is written. */
const isRoot = (path: string | undefined): boolean => path !== undefined && path.startsWith('/') && path.split('/').every((part) => part === '' || part === '.');

/** ValidatePersistentVolumeSpec. */
export function validatePersistentVolume(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const className = (spec['storageClassName'] as string | undefined) ?? '';
  const recyclesRoot = isRoot(spec['hostPath']?.['path']) && spec['persistentVolumeReclaimPolicy'] === 'Recycle';
  return [
    ...(((spec['accessModes'] as unknown[] | undefined)?.length ?? 0) === 0 ? [required('spec.accessModes')] : []),
    ...validateAccessModes(spec['accessModes'], 'spec.accessModes'),
    ...validateCapacity(spec['capacity'], 'spec.capacity'),
    ...oneOf(spec['persistentVolumeReclaimPolicy'], ['Delete', 'Recycle', 'Retain'], 'spec.persistentVolumeReclaimPolicy'),
    ...validateAffinity(spec['nodeAffinity'], 'spec.nodeAffinity'),
    ...validateSources(spec, 'spec'),
    ...(recyclesRoot ? [forbiddenValue('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'")] : []),
    ...(className === '' ? [] : subdomainErrors(className).map((text) => invalidValue('spec.storageClassName', className, text))),
    ...(spec['volumeMode'] === undefined || ['Block', 'Filesystem'].includes(spec['volumeMode']) ? [] : [notSupported('spec.volumeMode', spec['volumeMode'], ['Block', 'Filesystem'])]),
  ];
}

/** ValidatePersistentVolumeUpdate: what it is made of stays. */
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
    errors.push(invalidValue('nodeAffinity', affinityText(specOf(next)['nodeAffinity']), 'field is immutable'));
  }
  return errors;
}
