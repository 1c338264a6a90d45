/**
 * Validation of the volumes of a pod, and of the one source that a volume has.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateVolumes, validateVolumeSource).
 */
import type { Json } from '../defaults/fill.ts';
import { duplicate, forbiddenValue, invalidValue, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote } from '../status/go-format.ts';
import { labelErrors, subdomainErrors } from './name.ts';
import { SOURCES } from './volume-source.ts';

/** The order in which upstream looks for sources: the first one found counts. */
const SOURCE_ORDER = [
  'emptyDir', 'hostPath', 'gitRepo', 'gcePersistentDisk', 'awsElasticBlockStore', 'secret', 'nfs', 'iscsi', 'glusterfs', 'flocker',
  'persistentVolumeClaim', 'rbd', 'cinder', 'cephfs', 'quobyte', 'downwardAPI', 'fc', 'flexVolume', 'configMap', 'azureFile',
  'vsphereVolume', 'photonPersistentDisk', 'portworxVolume', 'azureDisk', 'storageos', 'projected', 'scaleIO', 'local', 'csi',
  'ephemeral', 'image',
];
/** Sources that upstream writes differently when there is one too many. */
const SHOWN_AS: Readonly<Record<string, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' };

/** One volume source among the fields of `holder`; `others` are fields of the holder that are no sources. */
export function validateSource(holder: Json, path: string, others: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  let count = 0;
  for (const name of SOURCE_ORDER) {
    const source = holder[name];
    if (source === undefined || others.includes(name)) continue;
    count++;
    if (count > 1) errors.push(forbiddenValue(`${path}.${SHOWN_AS[name] ?? name}`, 'may not specify more than 1 volume type'));
    else errors.push(...(SOURCES[name]?.(source, `${path}.${name}`) ?? []));
  }
  if (count === 0) errors.push(required(path, 'must specify a volume type'));
  return errors;
}

const PORTAL_TEXT = 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

/** Rules that join the name of a volume with its source or its pod. */
function nameRules(volume: Json, podName: string, path: string): FieldError[] {
  const { name = '', iscsi, ephemeral } = volume;
  const errors: FieldError[] = [];
  if (iscsi?.['initiatorName'] !== undefined && `${name}:${iscsi['targetPortal'] ?? ''}`.length > 64) errors.push(invalidValue(`${path}.name`, name, PORTAL_TEXT));
  if (ephemeral === undefined || podName === '' || name === '') return errors;
  const claim = `${podName}-${name}`;
  return [...errors, ...subdomainErrors(claim).map((text) => invalidValue(`${path}.name`, name, `PVC name ${goQuote(claim)}: ${text}`))];
}

/** What ValidateVolumes found: errors, and the volumes that containers can use, by name. */
export interface Volumes {
  readonly errors: readonly FieldError[];
  readonly usable: ReadonlyMap<string, Json>;
}

/** ValidateVolumes: unique label names, one source each. `podName` is empty in templates. */
export function validateVolumes(volumes: readonly Json[] | undefined, podName: string, path: string): Volumes {
  const errors: FieldError[] = [];
  const usable = new Map<string, Json>();
  const created = new Set((podName === '' ? [] : (volumes ?? [])).filter((volume) => volume['ephemeral'] !== undefined).map((volume) => `${podName}-${volume['name']}`));
  volumes?.forEach((volume, at) => {
    const here = `${path}[${at}]`;
    const name = (volume['name'] as string | undefined) ?? '';
    const own = [...validateSource(volume, here, ['name']), ...nameRules(volume, podName, here)];
    if (name === '') own.push(required(`${here}.name`));
    else own.push(...labelErrors(name).map((text) => invalidValue(`${here}.name`, name, text)));
    if (usable.has(name)) own.push(duplicate(`${here}.name`, name));
    if (own.length === 0) usable.set(name, volume);
    else errors.push(...own);
    const claim = volume['persistentVolumeClaim']?.['claimName'] as string | undefined;
    if (claim !== undefined && created.has(claim)) {
      errors.push(invalidValue(`${here}.persistentVolumeClaim.claimName`, claim, 'must not reference a PVC that gets created for an ephemeral volume'));
    }
  });
  return { errors, usable };
}
