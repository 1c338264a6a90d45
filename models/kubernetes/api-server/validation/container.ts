/**
 * Validation of containers: regular, init and ephemeral.
 * Upstream: pkg/apis/core/validation/validation.go (validateContainers, validateInitContainers, ValidateEnv, ...).
 */
import type { Json } from '../defaults/fill.ts';
import { duplicate, forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { literal } from '../status/go-format.ts';
import { labelErrors, portNameErrors, portNumberErrors } from './name.ts';
import { validateLifecycle, validateProbes } from './probe.ts';
import { validateRequirements } from './quantity.ts';
import { validateSecurityContext } from './security.ts';
import { validateKey, validateMounts } from './volume.ts';

/** Sorted, as messages list them. */
export const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

/** What containers are checked against. */
export interface PodScope {
  readonly volumes: ReadonlySet<string>;
  readonly devices: ReadonlySet<string>;
  readonly claims: readonly string[];
  readonly gracePeriod: number | undefined;
  readonly hostUsers: boolean | undefined;
}

function validatePorts(ports: readonly Json[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  ports.forEach((port, at) => {
    const here = `${path}[${at}]`;
    const name = (port['name'] as string | undefined) ?? '';
    if (name !== '') {
      const texts = portNameErrors(name);
      for (const text of texts) errors.push(invalidValue(`${here}.name`, name, text));
      if (texts.length === 0 && names.has(name)) errors.push(duplicate(`${here}.name`, name));
      if (texts.length === 0) names.add(name);
    }
    const number = (port['containerPort'] as number | undefined) ?? 0;
    if (number === 0) errors.push(required(`${here}.containerPort`));
    else for (const text of portNumberErrors(number)) errors.push(invalidValue(`${here}.containerPort`, number, text));
    const hostPort = (port['hostPort'] as number | undefined) ?? 0;
    if (hostPort !== 0) for (const text of portNumberErrors(hostPort)) errors.push(invalidValue(`${here}.hostPort`, hostPort, text));
    if (port['protocol'] === undefined) errors.push(required(`${here}.protocol`));
    else if (!PROTOCOLS.includes(port['protocol'])) errors.push(notSupported(`${here}.protocol`, port['protocol'], PROTOCOLS));
  });
  return errors;
}

const ENV_FIELDS = [
  'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs',
  'status.podIP', 'status.podIPs',
];
const ENV_RESOURCES = [
  'limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage', 'requests.memory',
];
const ENV_NAME = /^[ -<>-~]+$/;
const ENV_NAME_TEXT = "a valid environment variable name must consist only of printable ASCII characters other than '='";

function validateFieldRef(ref: Json, path: string): FieldError[] {
  const field = (ref['fieldPath'] as string | undefined) ?? '';
  if (field === '') return [required(`${path}.fieldPath`)];
  if (/^metadata\.(labels|annotations)\['[^']+'\]$/.test(field) || ENV_FIELDS.includes(field)) return [];
  return [notSupported(`${path}.fieldPath`, field, ENV_FIELDS)];
}

function validateResourceRef(ref: Json, path: string): FieldError[] {
  const resource = (ref['resource'] as string | undefined) ?? '';
  if (resource === '') return [required(`${path}.resource`)];
  if (ENV_RESOURCES.includes(resource) || /^(limits|requests)\.hugepages-/.test(resource)) return [];
  return [notSupported(`${path}.resource`, resource, ENV_RESOURCES)];
}

function validateValueFrom(env: Json, path: string): FieldError[] {
  const from = env['valueFrom'] as Json;
  const errors: FieldError[] = [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = from;
  const count = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef].filter((source) => source !== undefined).length;
  if (fieldRef !== undefined) errors.push(...validateFieldRef(fieldRef, `${path}.fieldRef`));
  if (resourceFieldRef !== undefined) errors.push(...validateResourceRef(resourceFieldRef, `${path}.resourceFieldRef`));
  for (const [name, ref] of [['configMapKeyRef', configMapKeyRef], ['secretKeyRef', secretKeyRef]] as const) {
    if (ref === undefined) continue;
    if ((ref['name'] ?? '') === '') errors.push(required(`${path}.${name}.name`));
    errors.push(...validateKey(ref['key'] ?? '', `${path}.${name}.key`));
  }
  if (count === 0) errors.push(invalidValue(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'));
  if ((env['value'] ?? '') !== '') {
    if (count !== 0) errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'));
  } else if (count > 1) errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
  return errors;
}

/** ValidateEnv and validateEnvFrom. */
function validateEnvironment(container: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  ((container['env'] as Json[] | undefined) ?? []).forEach((env, at) => {
    const here = `${path}.env[${at}]`;
    const name = (env['name'] as string | undefined) ?? '';
    if (name === '') errors.push(required(`${here}.name`));
    else if (!ENV_NAME.test(name)) errors.push(invalidValue(`${here}.name`, name, ENV_NAME_TEXT));
    if (env['valueFrom'] !== undefined) errors.push(...validateValueFrom(env, `${here}.valueFrom`));
  });
  ((container['envFrom'] as Json[] | undefined) ?? []).forEach((source, at) => {
    const here = `${path}.envFrom[${at}]`;
    const prefix = (source['prefix'] as string | undefined) ?? '';
    if (prefix !== '' && !ENV_NAME.test(prefix)) errors.push(invalidValue(`${here}.prefix`, prefix, ENV_NAME_TEXT));
    const kinds = ['configMapRef', 'secretRef'].filter((name) => source[name] !== undefined);
    for (const kind of kinds) if ((source[kind]['name'] ?? '') === '') errors.push(required(`${here}.${kind}.name`));
    if (kinds.length === 0) errors.push(invalidValue(here, '', 'must specify one of: `configMapRef` or `secretRef`'));
    if (kinds.length > 1) errors.push(invalidValue(here, '', 'may not have more than one field specified at a time'));
  });
  return errors;
}

function validateDevices(container: Json, scope: PodScope, path: string): FieldError[] {
  const errors: FieldError[] = [];
  ((container['volumeDevices'] as Json[] | undefined) ?? []).forEach((device, at) => {
    const here = `${path}.volumeDevices[${at}]`;
    const name = (device['name'] as string | undefined) ?? '';
    if (name === '') errors.push(required(`${here}.name`));
    else if (!scope.volumes.has(name)) errors.push({ type: 'FieldValueNotFound', field: `${here}.name`, value: name, detail: '' });
    else if (!scope.devices.has(name)) errors.push(invalidValue(`${here}.name`, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'));
    if ((device['devicePath'] ?? '') === '') errors.push(required(`${here}.devicePath`));
  });
  return errors;
}

/** validateContainerCommon. */
function validateCommon(container: Json, scope: PodScope, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const name = (container['name'] as string | undefined) ?? '';
  if (name === '') errors.push(required(`${path}.name`));
  else for (const text of labelErrors(name)) errors.push(invalidValue(`${path}.name`, name, text));
  const image = (container['image'] as string | undefined) ?? '';
  if (image === '') errors.push(required(`${path}.image`));
  else if (image.trim() !== image) errors.push(invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  const policy = container['terminationMessagePolicy'] as string | undefined;
  if (policy === undefined) errors.push(required(`${path}.terminationMessagePolicy`));
  else if (policy !== 'File' && policy !== 'FallbackToLogsOnError') {
    errors.push(notSupported(`${path}.terminationMessagePolicy`, policy, ['FallbackToLogsOnError', 'File']));
  }
  if (container['ports'] !== undefined) errors.push(...validatePorts(container['ports'], `${path}.ports`));
  if (container['env'] !== undefined || container['envFrom'] !== undefined) errors.push(...validateEnvironment(container, path));
  if (container['volumeMounts'] !== undefined) errors.push(...validateMounts(container, scope.volumes, path));
  if (container['volumeDevices'] !== undefined) errors.push(...validateDevices(container, scope, path));
  const pull = container['imagePullPolicy'] as string | undefined;
  if (pull === undefined) errors.push(required(`${path}.imagePullPolicy`));
  else if (!PULL_POLICIES.includes(pull)) errors.push(notSupported(`${path}.imagePullPolicy`, pull, PULL_POLICIES));
  errors.push(...validateRequirements(container['resources'], scope.claims, `${path}.resources`));
  ((container['resizePolicy'] as Json[] | undefined) ?? []).forEach((entry) => {
    if (!['cpu', 'memory'].includes(entry['resourceName'])) errors.push(notSupported(`${path}.resizePolicy`, entry['resourceName'] ?? '', ['cpu', 'memory']));
  });
  return [...errors, ...validateSecurityContext(container['securityContext'], scope.hostUsers, `${path}.securityContext`)];
}

const NOT_FOR_INIT = 'may not be set for init containers without restartPolicy=Always';

function validateInitContainer(container: Json, scope: PodScope, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const policy = container['restartPolicy'] as string | undefined;
  if (policy !== undefined && policy !== 'Always') errors.push(notSupported(`${path}.restartPolicy`, policy, ['Always']));
  if (policy === 'Always') {
    return [...errors, ...validateLifecycle(container['lifecycle'], `${path}.lifecycle`, scope.gracePeriod), ...validateProbes(container, path)];
  }
  for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (container[name] !== undefined) errors.push(forbiddenValue(`${path}.${name}`, NOT_FOR_INIT));
  }
  return errors;
}

/** validateContainers, then validateInitContainers, whose names share one space. */
export function validateContainers(spec: Json, scope: PodScope, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const containers = (spec['containers'] as Json[] | undefined) ?? [];
  const names = new Set<string>();
  if (containers.length === 0) errors.push(required(`${path}.containers`));
  containers.forEach((container, at) => {
    const here = `${path}.containers[${at}]`;
    errors.push(...validateCommon(container, scope, here));
    if (names.has(container['name'])) errors.push(duplicate(`${here}.name`, container['name']));
    else names.add(container['name']);
    errors.push(...validateLifecycle(container['lifecycle'], `${here}.lifecycle`, scope.gracePeriod), ...validateProbes(container, here));
    if (container['restartPolicy'] !== undefined) errors.push(forbiddenValue(`${here}.restartPolicy`, 'may not be set for non-init containers'));
  });
  errors.push(...hostPortConflicts(containers, `${path}.containers`));
  ((spec['initContainers'] as Json[] | undefined) ?? []).forEach((container, at) => {
    const here = `${path}.initContainers[${at}]`;
    errors.push(...validateCommon(container, scope, here));
    const name = container['name'] as string | undefined;
    if (name !== undefined && names.has(name)) errors.push(duplicate(`${here}.name`, name));
    else if (name !== undefined) names.add(name);
    errors.push(...validateInitContainer(container, scope, here), ...hostPortConflicts([container], here));
  });
  return errors;
}

function hostPortConflicts(containers: readonly Json[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  containers.forEach((container, at) => {
    ((container['ports'] as Json[] | undefined) ?? []).forEach((port, portAt) => {
      if ((port['hostPort'] ?? 0) === 0) return;
      const text = `${port['protocol']}/${port['hostIP'] ?? ''}/${port['hostPort']}`;
      const here = path.endsWith('containers') ? `${path}[${at}]` : path;
      if (seen.has(text)) errors.push(duplicate(`${here}.ports[${portAt}].hostPort`, text));
      seen.add(text);
    });
  });
  return errors;
}

const EPHEMERAL_FIELDS = [
  'name', 'image', 'command', 'args', 'workingDir', 'envFrom', 'env', 'volumeMounts', 'volumeDevices', 'terminationMessagePath',
  'terminationMessagePolicy', 'imagePullPolicy', 'securityContext', 'stdin', 'stdinOnce', 'tty', 'targetContainerName',
];

/** validateEphemeralContainers: a narrow set of fields, and a known target. */
export function validateEphemeralContainers(spec: Json, scope: PodScope, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const others = [...((spec['containers'] as Json[] | undefined) ?? []), ...((spec['initContainers'] as Json[] | undefined) ?? [])].map((item) => item['name'] as string);
  const names = new Set(others);
  ((spec['ephemeralContainers'] as Json[] | undefined) ?? []).forEach((container, at) => {
    const here = `${path}[${at}]`;
    errors.push(...validateCommon(container, scope, here));
    if (names.has(container['name'])) errors.push(duplicate(`${here}.name`, container['name']));
    names.add(container['name']);
    const target = container['targetContainerName'] as string | undefined;
    if (target !== undefined && !others.includes(target)) {
      errors.push({ type: 'FieldValueNotFound', field: `${here}.targetContainerName`, value: target, detail: '' });
    }
    for (const name of Object.keys(container)) {
      const isEmptyResources = name === 'resources' && Object.keys(container['resources'] ?? {}).length === 0;
      if (!EPHEMERAL_FIELDS.includes(name) && !isEmptyResources) errors.push(forbiddenValue(`${here}.${name}`, 'cannot be set for an Ephemeral Container'));
    }
  });
  return errors;
}

/** hostNetwork demands equal container and host ports. */
export function validateHostNetwork(spec: Json, path: string): FieldError[] {
  if (spec['hostNetwork'] !== true) return [];
  return ((spec['containers'] as Json[] | undefined) ?? []).flatMap((container, at) =>
    ((container['ports'] as Json[] | undefined) ?? []).flatMap((port, portAt) =>
      port['hostPort'] === port['containerPort']
        ? []
        : [invalidValue(`${path}.containers[${at}].ports[${portAt}].containerPort`, literal(String(port['containerPort'] ?? 0)), 'must match `hostPort` when `hostNetwork` is true')],
    ),
  );
}
