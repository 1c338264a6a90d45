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

const RANKS: ReadonlyMap<string, number> = new Map(SOURCE_ORDER.map((name, at) => [name, at]));
const byRank = (a: string, b: string): number => (RANKS.get(a) as number) - (RANKS.get(b) as number);

/** One volume source among the fields of `holder`; `others` are fields of the holder that are no sources. */
export function validateSource(holder: Json, path: string, others: readonly string[]): FieldError[] {
  const found: string[] = [];
  for (const name in holder) if (holder[name] !== undefined && RANKS.has(name) && !others.includes(name)) found.push(name);
  if (found.length > 1) found.sort(byRank);
  const [first] = found;
  if (first === undefined) return [required(path, 'must specify a volume type')];
  const errors = SOURCES[first]?.(holder[first], `${path}.${first}`) ?? [];
  if (found.length === 1) return errors;
  return [...errors, ...found.slice(1).map((name) => forbiddenValue(`${path}.${SHOWN_AS[name] ?? name}`, 'may not specify more than 1 volume type'))];
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

const NO_SOURCES = ['name'];

/** What ValidateVolumes found: errors, and the volumes that containers can use, by name. */
export interface Volumes {
  readonly errors: FieldError[];
  readonly usable: ReadonlyMap<string, Json>;
}

/** ValidateVolumes: unique label names, one source each. `podName` is empty in templates. */
export function validateVolumes(volumes: readonly Json[] | undefined, podName: string, path: string): Volumes {
  const errors: FieldError[] = [];
  const usable = new Map<string, Json>();
  if (volumes === undefined) return { errors, usable };
  const created = podName === '' ? [] : volumes.filter((volume) => volume['ephemeral'] !== undefined).map((volume) => `${podName}-${volume['name']}`);
  volumes.forEach((volume, at) => {
    const here = `${path}[${at}]`;
    const name = (volume['name'] as string | undefined) ?? '';
    const own = [...validateSource(volume, here, NO_SOURCES), ...nameRules(volume, podName, here)];
    if (name === '') own.push(required(`${here}.name`));
    else for (const text of labelErrors(name)) own.push(invalidValue(`${here}.name`, name, text));
    if (usable.has(name)) own.push(duplicate(`${here}.name`, name));
    if (own.length === 0) usable.set(name, volume);
    else errors.push(...own);
    const claim = volume['persistentVolumeClaim']?.['claimName'] as string | undefined;
    if (claim !== undefined && created.includes(claim)) {
      errors.push(invalidValue(`${here}.persistentVolumeClaim.claimName`, claim, 'must not reference a PVC that gets created for an ephemeral volume'));
    }
  });
  return { errors, usable };
}
