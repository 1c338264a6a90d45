/**
 * Validation of pod volumes, mounts and devices.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateVolumes, validateVolumeSource, ValidateVolumeMounts).
 */
import type { Json } from '../defaults/fill.ts';
import { duplicate, forbiddenValue, invalidValue, notFoundValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { configKeyErrors, labelErrors, rangeText, subdomainErrors } from './name.ts';
import { validateClaimSpec } from './claim.ts';

const fileMode = (mode: number | undefined, path: string): FieldError[] =>
  mode !== undefined && (mode > 0o777 || mode < 0) ? [invalidValue(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')] : [];

const needs = (value: unknown, path: string): FieldError[] => (value === undefined || value === '' ? [required(path)] : []);

/** validateLocalDescendingPath: relative, without `..`. */
export function descendingPath(value: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (value.startsWith('/')) errors.push(invalidValue(path, value, 'must be a relative path'));
  if (value.split('/').includes('..')) errors.push(invalidValue(path, value, "must not contain '..'"));
  return errors;
}

function keyToPath(items: Json[] | undefined, path: string): FieldError[] {
  return (items ?? []).flatMap((item, at) => {
    const here = `${path}.items[${at}]`;
    const errors = needs(item['key'], `${here}.key`);
    if (item['path'] === undefined || item['path'] === '') errors.push(required(`${here}.path`));
    else errors.push(...descendingPath(item['path'], `${here}.path`));
    return [...errors, ...fileMode(item['mode'], `${here}.mode`)];
  });
}

/** Fields that the downward API can expose (volumes). */
const VOLUME_FIELDS = ['metadata.name', 'metadata.namespace', 'metadata.labels', 'metadata.annotations', 'metadata.uid'];

function downwardFile(file: Json, path: string): FieldError[] {
  const errors = file['path'] === undefined || file['path'] === '' ? [required(`${path}.path`)] : descendingPath(file['path'], `${path}.path`);
  if (file['fieldRef'] !== undefined) {
    const field = file['fieldRef']['fieldPath'] ?? '';
    if (field === '') errors.push(required(`${path}.fieldRef.fieldPath`));
    else if (!VOLUME_FIELDS.includes(field.replace(/\[.*\]$/, ''))) errors.push(notSupported(`${path}.fieldRef.fieldPath`, field, [...VOLUME_FIELDS].sort()));
    if (file['resourceFieldRef'] !== undefined) errors.push(invalidValue(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
  } else if (file['resourceFieldRef'] === undefined) {
    errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  }
  return [...errors, ...fileMode(file['mode'], `${path}.mode`)];
}

const downward = (source: Json, path: string): FieldError[] => [
  ...fileMode(source['defaultMode'], `${path}.defaultMode`),
  ...((source['items'] as Json[] | undefined) ?? []).flatMap((item, at) => downwardFile(item, `${path}.items[${at}]`)),
];

function projected(source: Json, path: string): FieldError[] {
  const errors = fileMode(source['defaultMode'], `${path}.defaultMode`);
  ((source['sources'] as Json[] | undefined) ?? []).forEach((part, at) => {
    const here = `${path}.sources[${at}]`;
    const kinds = Object.keys(part);
    if (kinds.length === 0) errors.push(required(here));
    for (const kind of kinds.slice(1)) errors.push(forbiddenValue(`${here}.${kind}`, 'may not specify more than 1 volume type'));
    const { secret, configMap, downwardAPI, serviceAccountToken: token } = part;
    for (const [name, ref] of [['secret', secret], ['configMap', configMap]] as const) {
      if (ref === undefined) continue;
      errors.push(...needs(ref['name'], `${here}.${name}.name`), ...keyToPath(ref['items'], `${here}.${name}`));
    }
    if (downwardAPI !== undefined) errors.push(...downward(downwardAPI, `${here}.downwardAPI`));
    if (token === undefined) return;
    const seconds = token['expirationSeconds'];
    if (typeof seconds === 'number' && seconds < 600) errors.push(invalidValue(`${here}.serviceAccountToken.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'));
    if (typeof seconds === 'number' && seconds > 2 ** 32) errors.push(invalidValue(`${here}.serviceAccountToken.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'));
    errors.push(...needs(token['path'], `${here}.serviceAccountToken.path`));
  });
  return errors;
}

const HOST_PATH_TYPES = ['', 'DirectoryOrCreate', 'Directory', 'FileOrCreate', 'File', 'Socket', 'CharDevice', 'BlockDevice'];

function hostPath(source: Json, path: string): FieldError[] {
  const errors = needs(source['path'], `${path}.path`);
  if ((source['path'] as string | undefined)?.split('/').includes('..')) errors.push(invalidValue(`${path}.path`, source['path'], "must not contain '..'"));
  const type = source['type'] as string | undefined;
  if (type !== undefined && !HOST_PATH_TYPES.includes(type)) {
    errors.push(notSupported(`${path}.type`, type, HOST_PATH_TYPES.filter((name) => name !== '').sort()));
  }
  return errors;
}

function nfs(source: Json, path: string): FieldError[] {
  const errors = [...needs(source['server'], `${path}.server`), ...needs(source['path'], `${path}.path`)];
  const target = source['path'] as string | undefined;
  return target !== undefined && target !== '' && !target.startsWith('/') ? [...errors, invalidValue(`${path}.path`, target, 'must be an absolute path')] : errors;
}

/** A check for each source; kinds without one accept whatever the schema accepts. */
const SOURCES: Readonly<Record<string, (source: Json, path: string) => FieldError[]>> = {
  hostPath,
  nfs,
  projected,
  emptyDir: (source, path) =>
    typeof source['sizeLimit'] === 'string' && source['sizeLimit'].startsWith('-') ? [forbiddenValue(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')] : [],
  secret: (source, path) => [
    ...needs(source['secretName'], `${path}.secretName`),
    ...fileMode(source['defaultMode'], `${path}.defaultMode`),
    ...keyToPath(source['items'], path),
  ],
  configMap: (source, path) => [
    ...needs(source['name'], `${path}.name`),
    ...fileMode(source['defaultMode'], `${path}.defaultMode`),
    ...keyToPath(source['items'], path),
  ],
  downwardAPI: downward,
  persistentVolumeClaim: (source, path) => needs(source['claimName'], `${path}.claimName`),
  csi: (source, path) => needs(source['driver'], `${path}.driver`),
  gcePersistentDisk: (source, path) => needs(source['pdName'], `${path}.pdName`),
  awsElasticBlockStore: (source, path) => needs(source['volumeID'], `${path}.volumeID`),
  gitRepo: (source, path) => needs(source['repository'], `${path}.repository`),
  flexVolume: (source, path) => needs(source['driver'], `${path}.driver`),
  local: (source, path) => needs(source['path'], `${path}.path`),
  ephemeral: (source, path) =>
    source['volumeClaimTemplate'] === undefined
      ? [required(`${path}.volumeClaimTemplate`)]
      : validateClaimSpec(source['volumeClaimTemplate']['spec'] ?? {}, `${path}.volumeClaimTemplate.spec`),
};

/** One volume source among the fields of `holder`; `others` are fields of the holder that are no sources. */
export function validateSource(holder: Json, path: string, others: readonly string[], missing = 'must specify a volume type'): FieldError[] {
  const errors: FieldError[] = [];
  let count = 0;
  for (const name of SOURCE_ORDER) {
    const source = holder[name];
    if (source === undefined || others.includes(name)) continue;
    count++;
    if (count > 1) errors.push(forbiddenValue(`${path}.${name}`, 'may not specify more than 1 volume type'));
    else errors.push(...(SOURCES[name]?.(source, `${path}.${name}`) ?? []));
  }
  if (count === 0) errors.push(required(path, missing));
  return errors;
}

/** The order in which upstream looks for sources: the first one found counts. */
const SOURCE_ORDER = [
  'emptyDir', 'hostPath', 'gitRepo', 'gcePersistentDisk', 'awsElasticBlockStore', 'secret', 'nfs', 'iscsi', 'glusterfs', 'flocker',
  'persistentVolumeClaim', 'rbd', 'cephfs', 'cinder', 'quobyte', 'downwardAPI', 'fc', 'flexVolume', 'configMap', 'azureFile',
  'vsphereVolume', 'photonPersistentDisk', 'portworxVolume', 'azureDisk', 'storageos', 'projected', 'scaleIO', 'local', 'csi',
  'ephemeral', 'image',
];

/** ValidateVolumes: unique label names, one source each. */
export function validateVolumes(volumes: readonly Json[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  volumes?.forEach((volume, at) => {
    const here = `${path}[${at}]`;
    const name = (volume['name'] as string | undefined) ?? '';
    const own = validateSource(volume, here, ['name']);
    if (name === '') own.push(required(`${here}.name`));
    else own.push(...labelErrors(name).map((text) => invalidValue(`${here}.name`, name, text)));
    if (seen.has(name)) own.push(duplicate(`${here}.name`, name));
    if (own.length === 0) seen.add(name);
    else errors.push(...own);
  });
  return errors;
}

/** ValidateVolumeMounts against the names of the pod's volumes. */
export function validateMounts(container: Json, volumes: ReadonlySet<string>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  ((container['volumeMounts'] as Json[] | undefined) ?? []).forEach((mount, at) => {
    const here = `${path}.volumeMounts[${at}]`;
    const name = (mount['name'] as string | undefined) ?? '';
    if (name === '') errors.push(required(`${here}.name`));
    else if (!volumes.has(name)) errors.push(notFoundValue(`${here}.name`, name));
    const target = (mount['mountPath'] as string | undefined) ?? '';
    if (target === '') errors.push(required(`${here}.mountPath`));
    if (paths.has(target)) errors.push(invalidValue(`${here}.mountPath`, target, 'must be unique'));
    paths.add(target);
    if (mount['subPath'] !== undefined) errors.push(...descendingPath(mount['subPath'], `${here}.subPath`));
    if (mount['subPathExpr'] !== undefined) {
      if (mount['subPath'] !== undefined) errors.push(invalidValue(`${here}.subPathExpr`, mount['subPathExpr'], 'subPathExpr and subPath are mutually exclusive'));
      errors.push(...descendingPath(mount['subPathExpr'], `${here}.subPathExpr`));
    }
    const propagation = mount['mountPropagation'] as string | undefined;
    if (propagation === undefined) return;
    const supported = ['Bidirectional', 'HostToContainer', 'None'];
    if (!supported.includes(propagation)) errors.push(notSupported(`${here}.mountPropagation`, propagation, supported));
    if (propagation === 'Bidirectional' && container['securityContext']?.['privileged'] !== true) {
      errors.push(forbiddenValue(`${here}.mountPropagation`, 'Bidirectional mount propagation is available only to privileged containers'));
    }
  });
  return errors;
}

/** A config map or secret key. */
export const validateKey = (key: string, path: string): FieldError[] =>
  key === '' ? [required(path)] : configKeyErrors(key).map((text) => invalidValue(path, key, text));

/** Names of claims are subdomains. */
export const subdomainField = (value: string, path: string): FieldError[] => subdomainErrors(value).map((text) => invalidValue(path, value, text));
/** `must be between a and b, inclusive`. */
export const inRange = (value: number | undefined, low: number, high: number, path: string): FieldError[] =>
  value !== undefined && (value < low || value > high) ? [invalidValue(path, value, rangeText(low, high))] : [];
