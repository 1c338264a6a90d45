/**
 * Validation of the sources of volumes, one function for each kind that has rules.
 * Upstream: pkg/apis/core/validation/validation.go (validateHostPathVolumeSource, validateISCSIVolumeSource, ...).
 */
import type { Json } from '../defaults/fill.ts';
import { quantityOf } from '../../object/quantity.ts';
import { forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { validateClaimSpec } from './claim.ts';
import { driverNameErrors } from './csi.ts';
import { validateAnnotations, validateLabels } from './metadata.ts';
import { labelErrors, rangeText, subdomainErrors } from './name.ts';
import { descendingPath, noBacksteps } from './path.ts';
import { validateDownward, validateKeyed, validateProjected } from './projected.ts';

/** Checks one source at its path. */
type SourceCheck = (source: Json, path: string) => FieldError[];

const missing = (value: unknown): boolean => value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** Every one of the fields has to be there. */
const needs = (source: Json, path: string, ...fields: readonly string[]): FieldError[] =>
  fields.filter((field) => missing(source[field])).map((field) => required(`${path}.${field}`));

const inRange = (value: number | undefined, path: string): FieldError[] =>
  value !== undefined && (value < 0 || value > 255) ? [invalidValue(path, value, rangeText(0, 255))] : [];

const HOST_PATH_TYPES = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

function hostPath(source: Json, path: string): FieldError[] {
  if (missing(source['path'])) return [required(`${path}.path`)];
  const errors = noBacksteps(source['path'], `${path}.path`);
  const type = source['type'] as string | undefined;
  if (type !== undefined && !HOST_PATH_TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, HOST_PATH_TYPES));
  return errors;
}

function nfs(source: Json, path: string): FieldError[] {
  const errors = needs(source, path, 'server', 'path');
  const target = (source['path'] as string | undefined) ?? '';
  return target.startsWith('/') ? errors : [...errors, invalidValue(`${path}.path`, target, 'must be an absolute path')];
}

const INITIATORS: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.[-.a-zA-Z0-9]+:[^,;*&$|\s]+$/,
  eui: /^eui.[a-zA-Z0-9]{16}$/,
  naa: /^naa.[a-zA-Z0-9]{32}$/,
};

function initiatorName(name: string, path: string): FieldError[] {
  const rule = INITIATORS[name.slice(0, 3)];
  if (rule === undefined) return [invalidValue(path, name, 'must be valid format starting with iqn, eui, or naa')];
  return rule.test(name) ? [] : [invalidValue(path, name, 'must be valid format')];
}

function iscsi(source: Json, path: string): FieldError[] {
  const { iqn, initiatorName: initiator } = source;
  const errors = needs(source, path, 'targetPortal');
  errors.push(...(missing(iqn) ? [required(`${path}.iqn`)] : initiatorName(iqn, `${path}.iqn`)), ...inRange(source['lun'], `${path}.lun`));
  const isSecret = source['chapAuthDiscovery'] === true || source['chapAuthSession'] === true;
  if (isSecret && source['secretRef'] === undefined) errors.push(required(`${path}.secretRef`));
  return initiator === undefined ? errors : [...errors, ...initiatorName(initiator, `${path}.initiatorname`)];
}

function fc(source: Json, path: string): FieldError[] {
  const hasNames = !missing(source['targetWWNs']);
  const hasIds = !missing(source['wwids']);
  const errors: FieldError[] = [];
  if (!hasNames && !hasIds) errors.push(required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'));
  if (hasNames && hasIds) errors.push(invalidValue(`${path}.targetWWNs`, source['targetWWNs'], 'targetWWNs and wwids can not be specified simultaneously'));
  if (!hasNames) return errors;
  return [...errors, ...(source['lun'] === undefined ? [required(`${path}.lun`, 'lun is required if targetWWNs is specified')] : inRange(source['lun'], `${path}.lun`))];
}

/** A disk with partitions; zero is none, though the text says otherwise. */
function partitioned(field: string, shownAs?: string): SourceCheck {
  return (source, path) => {
    const here = shownAs === undefined ? path : path.replace(/[^.]*$/, shownAs);
    const errors = needs(source, here, field);
    const partition = (source['partition'] as number | undefined) ?? 0;
    return partition >= 0 && partition <= 255 ? errors : [...errors, invalidValue(`${here}.partition`, partition, rangeText(1, 255))];
  };
}

function flocker(source: Json, path: string): FieldError[] {
  const { datasetName: name = '', datasetUUID: id = '' } = source;
  const errors: FieldError[] = [];
  if (name === '' && id === '') errors.push(required(path, 'one of datasetName and datasetUUID is required'));
  if (name !== '' && id !== '') errors.push(invalidValue(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  return name.includes('/') ? [...errors, invalidValue(`${path}.datasetName`, name, "must not contain '/'")] : errors;
}

const HOST_PORT = /^([^:[\]]*|\[[^[\]]*\]):[^:[\]]*$/;
const REGISTRY_TEXT = 'must be a host:port pair or multiple pairs separated by commas';

function quobyte(source: Json, path: string): FieldError[] {
  const { registry = '', tenant = '' } = source;
  const errors: FieldError[] = [];
  if (registry === '') errors.push(required(`${path}.registry`, REGISTRY_TEXT));
  else if (tenant.length >= 65) errors.push(required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'));
  else for (const pair of registry.split(',')) if (!HOST_PORT.test(pair)) errors.push(invalidValue(`${path}.registry`, registry, REGISTRY_TEXT));
  return [...errors, ...needs(source, path, 'volume')];
}

/** A source with needed fields and a secret whose name is needed, too. */
const withSecret = (...fields: readonly string[]): SourceCheck => (source, path) => [
  ...needs(source, path, ...fields),
  ...(source['secretRef'] === undefined ? [] : needs(source['secretRef'], `${path}.secretRef`, 'name')),
];

function flexVolume(source: Json, path: string): FieldError[] {
  const errors = needs(source, path, 'driver');
  for (const name in source['options']) {
    const domain = `.${(name.split('/', 1)[0] ?? '').toLowerCase()}`;
    if (!domain.endsWith('.kubernetes.io') && !domain.endsWith('.k8s.io')) continue;
    errors.push(invalidValue(`${path}.options[${name}]`, name, 'kubernetes.io and k8s.io namespaces are reserved'));
  }
  return errors;
}

const CACHING_MODES = ['None', 'ReadOnly', 'ReadWrite'];
const DISK_KINDS = ['Dedicated', 'Managed', 'Shared'];
const MANAGED_URI = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const BLOB_URI = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

function azureDisk(source: Json, path: string): FieldError[] {
  const { cachingMode, kind, diskURI: uri = '' } = source;
  const errors = needs(source, path, 'diskName', 'diskURI');
  if (cachingMode !== undefined && !CACHING_MODES.includes(cachingMode)) errors.push(notSupported(`${path}.cachingMode`, cachingMode, CACHING_MODES));
  if (kind !== undefined && !DISK_KINDS.includes(kind)) errors.push(notSupported(`${path}.kind`, kind, DISK_KINDS));
  if (kind === 'Managed' && !uri.startsWith('/subscriptions/')) errors.push(notSupported(`${path}.diskURI`, uri, [MANAGED_URI]));
  if (kind !== undefined && kind !== 'Managed' && !uri.startsWith('https://')) errors.push(notSupported(`${path}.diskURI`, uri, [BLOB_URI]));
  return errors;
}

function storageos(source: Json, path: string): FieldError[] {
  const { volumeName = '', volumeNamespace = '' } = source;
  const label = (value: string, field: string): FieldError[] => labelErrors(value).map((text) => invalidValue(`${path}.${field}`, value, text));
  const errors = volumeName === '' ? [required(`${path}.volumeName`)] : label(volumeName, 'volumeName');
  if (volumeNamespace !== '') errors.push(...label(volumeNamespace, 'volumeNamespace'));
  return [...errors, ...(source['secretRef'] === undefined ? [] : needs(source['secretRef'], `${path}.secretRef`, 'name'))];
}

/** validateCSIVolumeSource; upstream leaves the reference out of the path of its name. */
function csi(source: Json, path: string): FieldError[] {
  const errors = driverNameErrors(source['driver'] ?? '', `${path}.driver`);
  const secret = source['nodePublishSecretRef'] as Json | undefined;
  if (secret === undefined) return errors;
  if (missing(secret['name'])) return [...errors, required(`${path}.nodePublishSecretRef.name`)];
  return [...errors, ...subdomainErrors(secret['name']).map((text) => invalidValue(`${path}.name`, secret['name'], text))];
}

/** ValidatePersistentVolumeClaimTemplate: of the metadata only labels and annotations count. */
function ephemeral(source: Json, path: string): FieldError[] {
  const template = source['volumeClaimTemplate'] as Json | undefined;
  if (template === undefined) return [required(`${path}.volumeClaimTemplate`)];
  const here = `${path}.volumeClaimTemplate`;
  const meta = (template['metadata'] as Json | undefined) ?? {};
  const errors = [...validateAnnotations(meta['annotations'], `${here}.metadata.annotations`), ...validateLabels(meta['labels'], `${here}.metadata.labels`)];
  for (const field in meta) {
    if (field === 'annotations' || field === 'labels' || missing(meta[field])) continue;
    errors.push(forbiddenValue(`${here}.metadata.${field}`, 'cannot be set'));
  }
  return [...errors, ...validateClaimSpec((template['spec'] as Json | undefined) ?? {}, `${here}.spec`)];
}

/** The checks by field, for pods and PersistentVolumes; kinds without one accept whatever the schema accepts. */
export const SOURCES: Readonly<Record<string, SourceCheck>> = {
  azureDisk,
  ephemeral,
  fc,
  flexVolume,
  flocker,
  hostPath,
  iscsi,
  nfs,
  quobyte,
  storageos,
  awsElasticBlockStore: partitioned('volumeID'),
  azureFile: (source, path) => needs(source, path, 'secretName', 'shareName'),
  cephfs: (source, path) => needs(source, path, 'monitors'),
  cinder: withSecret('volumeID'),
  configMap: (source, path) => validateKeyed(source, 'name', path),
  csi,
  downwardAPI: validateDownward,
  emptyDir: (source, path) =>
    source['sizeLimit'] !== undefined && quantityOf(source['sizeLimit']).nanos < 0n ? [forbiddenValue(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')] : [],
  gcePersistentDisk: partitioned('pdName', 'persistentDisk'),
  gitRepo: (source, path) => [...needs(source, path, 'repository'), ...descendingPath(source['directory'] ?? '', `${path}.directory`)],
  glusterfs: (source, path) => needs(source, path, 'endpoints', 'path'),
  local: (source, path) => needs(source, path, 'path'),
  persistentVolumeClaim: (source, path) => needs(source, path, 'claimName'),
  photonPersistentDisk: (source, path) => needs(source, path, 'pdID'),
  portworxVolume: (source, path) => needs(source, path, 'volumeID'),
  projected: validateProjected,
  rbd: (source, path) => needs(source, path, 'monitors', 'image'),
  scaleIO: (source, path) => needs(source, path, 'gateway', 'system', 'volumeName'),
  secret: (source, path) => validateKeyed(source, 'secretName', path),
  vsphereVolume: (source, path) => needs(source, path, 'volumePath'),
};
