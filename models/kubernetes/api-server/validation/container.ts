/**
 * Validation of containers: regular, init and ephemeral.
 * Upstream: pkg/apis/core/validation/validation.go (validateContainers, validateInitContainers, ...).
 */
import type { Json } from '../defaults/fill.ts';
import { duplicate, forbiddenValue, invalidValue, notFoundValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { validateEnv, validateEnvFrom } from './environment.ts';
import { validateDevices, validateMounts } from './mount.ts';
import { labelErrors, portNameErrors, portNumberErrors } from './name.ts';
import { validateLifecycle, validateProbes } from './probe.ts';
import { validateRequirements } from './quantity.ts';
import { validateSecurityContext } from './security.ts';

/** Sorted, as messages list them. */
export const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

/** What containers are checked against. */
export interface PodScope {
  readonly volumes: ReadonlyMap<string, Json>;
  readonly claims: readonly string[];
  readonly gracePeriod: number | undefined;
  readonly hostUsers: boolean | undefined;
}

const list = (value: unknown): readonly Json[] => (value as Json[] | undefined) ?? [];
const nameOf = (container: Json): string => container['name'] ?? '';

/** validateContainerPorts. */
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

/** validateContainerCommon. */
function validateCommon(container: Json, scope: PodScope, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const name = (container['name'] as string | undefined) ?? '';
  if (name === '') errors.push(required(`${path}.name`));
  else for (const text of labelErrors(name)) errors.push(invalidValue(`${path}.name`, name, text));
  const image = (container['image'] as string | undefined) ?? '';
  if (image === '') errors.push(required(`${path}.image`));
  const policy = container['terminationMessagePolicy'] as string | undefined;
  if (policy === undefined) errors.push(required(`${path}.terminationMessagePolicy`));
  else if (policy !== 'File' && policy !== 'FallbackToLogsOnError') {
    errors.push(notSupported(`${path}.terminationMessagePolicy`, policy, ['File', 'FallbackToLogsOnError']));
  }
  if (container['ports'] !== undefined) errors.push(...validatePorts(container['ports'], `${path}.ports`));
  if (container['env'] !== undefined) errors.push(...validateEnv(container['env'], `${path}.env`));
  if (container['envFrom'] !== undefined) errors.push(...validateEnvFrom(container['envFrom'], `${path}.envFrom`));
  if (container['volumeMounts'] !== undefined) errors.push(...validateMounts(container, scope.volumes, `${path}.volumeMounts`));
  if (container['volumeDevices'] !== undefined) errors.push(...validateDevices(container, scope.volumes, `${path}.volumeDevices`));
  const pull = container['imagePullPolicy'] as string | undefined;
  if (pull === undefined) errors.push(required(`${path}.imagePullPolicy`));
  else if (!PULL_POLICIES.includes(pull)) errors.push(notSupported(`${path}.imagePullPolicy`, pull, PULL_POLICIES));
  errors.push(...validateRequirements(container['resources'], scope.claims, `${path}.resources`));
  for (const entry of list(container['resizePolicy'])) {
    if (!['cpu', 'memory'].includes(entry['resourceName'])) errors.push(notSupported(`${path}.resizePolicy`, entry['resourceName'] ?? '', ['cpu', 'memory']));
  }
  if (container['securityContext'] !== undefined) errors.push(...validateSecurityContext(container['securityContext'], scope.hostUsers, `${path}.securityContext`));
  return errors;
}

const NOT_FOR_INIT = 'may not be set for init containers without restartPolicy=Always';

/** What an init container may have depends on whether it keeps running. */
function validateInitHooks(container: Json, scope: PodScope, path: string): FieldError[] {
  if (container['restartPolicy'] === 'Always') {
    return [...validateLifecycle(container['lifecycle'], `${path}.lifecycle`, scope.gracePeriod), ...validateProbes(container, path)];
  }
  return ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'].filter((name) => container[name] !== undefined).map((name) => forbiddenValue(`${path}.${name}`, NOT_FOR_INIT));
}

/** validateContainers. */
function validateRegular(containers: readonly Json[], scope: PodScope, path: string): FieldError[] {
  if (containers.length === 0) return [required(path)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  containers.forEach((container, at) => {
    const here = `${path}[${at}]`;
    const name = nameOf(container);
    errors.push(...validateCommon(container, scope, here));
    if (names.has(name)) errors.push(duplicate(`${here}.name`, name));
    names.add(name);
    if (container['lifecycle'] !== undefined) errors.push(...validateLifecycle(container['lifecycle'], `${here}.lifecycle`, scope.gracePeriod));
    errors.push(...validateProbes(container, here));
    if (container['restartPolicy'] !== undefined) errors.push(forbiddenValue(`${here}.restartPolicy`, 'may not be set for non-init containers'));
  });
  errors.push(...hostPortConflicts(containers, path));
  return errors;
}

/** validateInitContainers; ports are compared within one container, since they run one by one. */
function validateInit(spec: Json, scope: PodScope, path: string): FieldError[] {
  const names = new Set(list(spec['containers']).map(nameOf));
  return list(spec['initContainers']).flatMap((container, at) => {
    const here = `${path}[${at}]`;
    const errors = validateCommon(container, scope, here);
    const { restartPolicy: policy } = container;
    if (policy !== undefined && policy !== 'Always') errors.push(notSupported(`${here}.restartPolicy`, policy, ['Always']));
    const name = nameOf(container);
    if (names.has(name)) errors.push(duplicate(`${here}.name`, name));
    else if (name !== '') names.add(name);
    return [...errors, ...hostPortConflicts([container], path), ...validateInitHooks(container, scope, here)];
  });
}

/** validateContainers, then validateInitContainers, whose names share one space. */
export function validateContainers(spec: Json, scope: PodScope, path: string): FieldError[] {
  const errors = validateRegular(list(spec['containers']), scope, `${path}.containers`);
  if (spec['initContainers'] !== undefined) errors.push(...validateInit(spec, scope, `${path}.initContainers`));
  return errors;
}

/** checkHostPortConflicts. */
function hostPortConflicts(containers: readonly Json[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  containers.forEach((container, at) => {
    list(container['ports']).forEach((port, portAt) => {
      if ((port['hostPort'] ?? 0) === 0) return;
      const text = `${port['protocol']}/${port['hostIP'] ?? ''}/${port['hostPort']}`;
      if (seen.has(text)) errors.push(duplicate(`${path}[${at}].ports[${portAt}].hostPort`, text));
      seen.add(text);
    });
  });
  return errors;
}

/** Fields that ephemeral containers may not have, in the order of the Go struct. */
const NOT_EPHEMERAL = ['ports', 'resources', 'resizePolicy', 'restartPolicy', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'];
const EPHEMERAL_TEXT = 'cannot be set for an Ephemeral Container';

const isSet = (value: unknown): boolean => value !== undefined && (typeof value !== 'object' || value === null || Object.keys(value).length > 0);

/** validateEphemeralContainers: a narrow set of fields, and a known target. */
export function validateEphemeralContainers(spec: Json, scope: PodScope, path: string): FieldError[] {
  const others = [...list(spec['containers']), ...list(spec['initContainers'])].map(nameOf);
  const names = new Set(others);
  return list(spec['ephemeralContainers']).flatMap((container, at) => {
    const here = `${path}[${at}]`;
    const errors = [...validateCommon(container, scope, here), ...validateImageSpace(container, here)];
    const name = nameOf(container);
    if (names.has(name)) errors.push(duplicate(`${here}.name`, name));
    names.add(name);
    const target = (container['targetContainerName'] as string | undefined) ?? '';
    if (target !== '' && !others.includes(target)) errors.push(notFoundValue(`${here}.targetContainerName`, target));
    for (const field of NOT_EPHEMERAL) if (isSet(container[field])) errors.push(forbiddenValue(`${here}.${field}`, EPHEMERAL_TEXT));
    list(container['volumeMounts']).forEach((mount, mountAt) => {
      for (const field of ['subPath', 'subPathExpr']) {
        if ((mount[field] ?? '') !== '') errors.push(forbiddenValue(`${here}.volumeMounts[${mountAt}].${field}`, EPHEMERAL_TEXT));
      }
    });
    return errors;
  });
}

/** validateContainerOnlyForPod: templates may hold an image that something fills in later. */
export const validateImageSpace = (container: Json, path: string): FieldError[] =>
  hasImageSpace(container) ? [invalidValue(`${path}.image`, container['image'], 'must not have leading or trailing whitespace')] : [];

export function hasImageSpace(container: Json): boolean {
  const image = (container['image'] as string | undefined) ?? '';
  return image.trim() !== image;
}

/** validatePodHostNetworkDeps: equal ports; a template may leave the host's port to the pod's defaults. */
export function validateHostNetwork(spec: Json, isPod: boolean, path: string): FieldError[] {
  if (spec['hostNetwork'] !== true) return [];
  return list(spec['containers']).flatMap((container, at) =>
    list(container['ports']).flatMap((port, portAt) => {
      const { hostPort = 0, containerPort = 0 } = port;
      if (hostPort === containerPort || (!isPod && hostPort === 0)) return [];
      return [invalidValue(`${path}.containers[${at}].ports[${portAt}].hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true')];
    }),
  );
}
