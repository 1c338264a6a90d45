/**
 * Validation of how a container uses volumes: mounted as files, or as block devices.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateVolumeMounts, ValidateVolumeDevices).
 */
import type { Json } from '../defaults/fill.ts';
import { forbiddenValue, invalidValue, notFoundValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { descendingPath, noBacksteps } from './path.ts';

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE_READ_ONLY = ['Disabled', 'Enabled', 'IfPossible'];

const list = (value: unknown): readonly Json[] => (value as Json[] | undefined) ?? [];

/** validateMountPropagation; upstream leaves the position of the mount out. */
function validatePropagation(mode: string, isPrivileged: boolean, path: string): FieldError[] {
  if (!PROPAGATIONS.includes(mode)) return [notSupported(path, mode, PROPAGATIONS)];
  return mode === 'Bidirectional' && !isPrivileged ? [forbiddenValue(path, 'Bidirectional mount propagation is available only to privileged containers')] : [];
}

/** validateMountRecursiveReadOnly; upstream leaves the position of the mount out. */
function validateRecursiveReadOnly(mount: Json, path: string): FieldError[] {
  const mode = mount['recursiveReadOnly'] as string | undefined;
  if (mode === undefined || mode === 'Disabled') return [];
  if (!RECURSIVE_READ_ONLY.includes(mode)) return [notSupported(path, mode, RECURSIVE_READ_ONLY)];
  const errors: FieldError[] = [];
  if (mount['readOnly'] !== true) errors.push(forbiddenValue(path, 'may only be specified when readOnly is true'));
  if ((mount['mountPropagation'] ?? 'None') !== 'None') errors.push(forbiddenValue(path, 'may only be specified when mountPropagation is None or not specified'));
  return errors;
}

function validateSubPaths(mount: Json, isImage: boolean, here: string, path: string): FieldError[] {
  const { subPath = '', subPathExpr = '' } = mount;
  const errors: FieldError[] = [];
  if (isImage && subPath !== '') errors.push(invalidValue(`${here}.subPath`, subPath, 'not allowed in image volume sources'));
  if (isImage && subPathExpr !== '') errors.push(invalidValue(`${here}.subPathExpr`, subPathExpr, 'not allowed in image volume sources'));
  if (subPath !== '') errors.push(...descendingPath(subPath, `${path}.subPath`));
  if (subPathExpr === '') return errors;
  if (subPath !== '') errors.push(invalidValue(`${here}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
  return [...errors, ...descendingPath(subPathExpr, `${path}.subPathExpr`)];
}

/** ValidateVolumeMounts against the usable volumes of the pod. */
export function validateMounts(container: Json, volumes: ReadonlyMap<string, Json>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  const devices = list(container['volumeDevices']);
  const isPrivileged = container['securityContext']?.['privileged'] === true;
  list(container['volumeMounts']).forEach((mount, at) => {
    const here = `${path}[${at}]`;
    const { name = '', mountPath = '' } = mount;
    if (name === '') errors.push(required(`${here}.name`));
    if (!volumes.has(name)) errors.push(notFoundValue(`${here}.name`, name));
    if (mountPath === '') errors.push(required(`${here}.mountPath`));
    if (paths.has(mountPath)) errors.push(invalidValue(`${here}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
    if (devices.some((device) => (device['name'] ?? '') === name)) errors.push(invalidValue(`${here}.name`, name, 'must not already exist in volumeDevices'));
    if (devices.some((device) => (device['devicePath'] ?? '') === mountPath)) {
      errors.push(invalidValue(`${here}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'));
    }
    if (mount['subPath'] !== undefined || mount['subPathExpr'] !== undefined) errors.push(...validateSubPaths(mount, volumes.get(name)?.['image'] !== undefined, here, path));
    if (mount['mountPropagation'] !== undefined) errors.push(...validatePropagation(mount['mountPropagation'], isPrivileged, `${path}.mountPropagation`));
    if (mount['recursiveReadOnly'] !== undefined) errors.push(...validateRecursiveReadOnly(mount, `${path}.recursiveReadOnly`));
  });
  return errors;
}

const isClaim = (volume: Json | undefined): boolean => volume?.['persistentVolumeClaim'] !== undefined || volume?.['ephemeral'] !== undefined;

/** ValidateVolumeDevices: only claims can be block devices. */
export function validateDevices(container: Json, volumes: ReadonlyMap<string, Json>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const paths = new Set<string>();
  const mounts = list(container['volumeMounts']);
  list(container['volumeDevices']).forEach((device, at) => {
    const here = `${path}[${at}]`;
    const { name = '', devicePath = '' } = device;
    if (name === '') errors.push(required(`${here}.name`));
    if (names.has(name)) errors.push(invalidValue(`${here}.name`, name, 'must be unique'));
    if (!volumes.has(name)) errors.push(notFoundValue(`${here}.name`, name));
    else if (!isClaim(volumes.get(name))) {
      errors.push(invalidValue(`${here}.name`, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'));
    }
    if (devicePath === '') errors.push(required(`${here}.devicePath`));
    if (paths.has(devicePath)) errors.push(invalidValue(`${here}.devicePath`, devicePath, 'must be unique'));
    if (noBacksteps(devicePath, here).length > 0) errors.push(invalidValue(`${here}.devicePath`, devicePath, "can not contain backsteps ('..')"));
    else paths.add(devicePath);
    if (mounts.some((mount) => (mount['name'] ?? '') === name)) errors.push(invalidValue(`${here}.name`, name, 'must not already exist in volumeMounts'));
    if (mounts.some((mount) => (mount['mountPath'] ?? '') === devicePath)) {
      errors.push(invalidValue(`${here}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'));
    }
    if (name !== '') names.add(name);
  });
  return errors;
}
