/**
 * Validation of what CSI drivers register: CSIDriver, CSINode.
 * Upstream: pkg/apis/storage/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { duplicate, invalidValue, notSupported, required, tooLong } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import { immutable, nonNegative, sameJson, specOf } from './check.ts';
import { FIELD_IMMUTABLE, qualifiedNameErrors, subdomainErrors } from './name.ts';

const DRIVER_NAME_MAX = 63;
/** csiNodeIDLongerMaxLength. */
const NODE_ID_MAX = 192;
const GROUP_POLICIES: readonly string[] = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLE_MODES: readonly string[] = ['Persistent', 'Ephemeral'];
/** Bounds of a token's life in seconds. */
const TOKEN_SECONDS_MIN = 600;
const TOKEN_SECONDS_MAX = 2 ** 32;

/** ValidateCSIDriverName. */
export function driverNameErrors(name: string, path: string): FieldError[] {
  const errors: FieldError[] = name === '' ? [required(path)] : [];
  if (name.length > DRIVER_NAME_MAX) errors.push(tooLong(path, DRIVER_NAME_MAX));
  return [...errors, ...subdomainErrors(name.toLowerCase()).map((text) => invalidValue(path, name, text))];
}

/** validateTokenRequests. */
function validateTokenRequests(requests: readonly Json[], path: string): FieldError[] {
  const audiences = new Set<string>();
  return requests.flatMap((request, at) => {
    const { audience = '', expirationSeconds: seconds } = request as { audience?: string; expirationSeconds?: number };
    const here = `${path}[${at}]`;
    if (audiences.has(audience)) return [duplicate(`${here}.audience`, audience)];
    audiences.add(audience);
    if (seconds === undefined) return [];
    if (seconds < TOKEN_SECONDS_MIN) return [invalidValue(`${here}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes')];
    return seconds > TOKEN_SECONDS_MAX ? [invalidValue(`${here}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds')] : [];
  });
}

/** validateCSIDriverSpec. */
export function validateDriver(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  for (const [field, shown] of [['attachRequired', 'attachedRequired'], ['podInfoOnMount', 'podInfoOnMount'], ['storageCapacity', 'storageCapacity']] as const) {
    if (spec[field] === undefined) errors.push(required(`spec.${shown}`));
  }
  const policy = spec['fsGroupPolicy'] as string | undefined;
  if (policy !== undefined && !GROUP_POLICIES.includes(policy)) errors.push(notSupported('spec.fsGroupPolicy', policy, GROUP_POLICIES));
  errors.push(...validateTokenRequests((spec['tokenRequests'] as Json[] | undefined) ?? [], 'spec.tokenRequests'));
  for (const mode of (spec['volumeLifecycleModes'] as string[] | undefined) ?? []) {
    if (!LIFECYCLE_MODES.includes(mode)) errors.push(notSupported('spec.volumeLifecycleModes', mode, LIFECYCLE_MODES));
  }
  if (spec['seLinuxMount'] === undefined) errors.push(required('spec.seLinuxMount'));
  return errors;
}

const modesText = (modes: readonly string[] | undefined): unknown =>
  literal(modes === undefined ? '[]storage.VolumeLifecycleMode(nil)' : `[]storage.VolumeLifecycleMode{${modes.map(goQuote).join(', ')}}`);

/** ValidateCSIDriverUpdate. */
export function validateDriverUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const [after, before] = [specOf(next), specOf(old)];
  const modes = after['volumeLifecycleModes'] as readonly string[] | undefined;
  return [
    ...validateDriver(next),
    ...immutable(after['attachRequired'], before['attachRequired'], 'spec.attachedRequired'),
    ...immutable(modes, before['volumeLifecycleModes'], 'spec.volumeLifecycleModes', modesText(modes)),
  ];
}

/** validateCSINodeDriver. */
function validateNodeDriver(driver: Json, names: Set<string>, path: string): FieldError[] {
  const { name = '', nodeID = '', allocatable, topologyKeys } = driver as { name?: string; nodeID?: string; allocatable?: Json; topologyKeys?: readonly string[] };
  const errors = driverNameErrors(name, `${path}.name`);
  if (nodeID === '') errors.push(required(`${path}.nodeID`));
  if (nodeID.length > NODE_ID_MAX) errors.push(invalidValue(`${path}.nodeID`, nodeID, `must be ${NODE_ID_MAX} characters or less`));
  errors.push(...nonNegative(allocatable?.['count'] as number | undefined, `${path}.allocatable.count`));
  if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
  names.add(name);
  const keys = new Set<string>();
  for (const key of topologyKeys ?? []) {
    if (key === '') errors.push(required(path));
    if (keys.has(key)) errors.push(duplicate(path, key));
    keys.add(key);
    errors.push(...qualifiedNameErrors(key).map((text) => invalidValue(path, key, text)));
  }
  return errors;
}

const driversOf = (object: KubeObject): readonly Json[] => (specOf(object)['drivers'] as Json[] | undefined | null) ?? [];

/** ValidateCSINode. */
export function validateCsiNode(object: KubeObject): FieldError[] {
  const names = new Set<string>();
  return driversOf(object).flatMap((driver, at) => validateNodeDriver(driver, names, `spec.drivers[${at}]`));
}

const driverText = (driver: Json): unknown => {
  const { name = '', nodeID = '', topologyKeys, allocatable } = driver as { name?: string; nodeID?: string; topologyKeys?: readonly string[]; allocatable?: Json };
  const keys = topologyKeys === undefined ? '[]string(nil)' : `[]string{${topologyKeys.map(goQuote).join(', ')}}`;
  const count = allocatable === undefined ? '(*storage.VolumeNodeResources)(nil)' : '(*storage.VolumeNodeResources)(0xc000000000)';
  return literal(`storage.CSINodeDriver{Name:${goQuote(name)}, NodeID:${goQuote(nodeID)}, TopologyKeys:${keys}, Allocatable:${count}}`);
};

/** ValidateCSINodeUpdate: a driver that is registered stays as it is, or goes. */
export function validateCsiNodeUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateCsiNode(next);
  for (const before of driversOf(old)) {
    for (const after of driversOf(next)) {
      if (before['name'] === after['name'] && !sameJson(before, after)) errors.push(invalidValue('CSINodeDriver', driverText(after), FIELD_IMMUTABLE));
    }
  }
  return errors;
}
