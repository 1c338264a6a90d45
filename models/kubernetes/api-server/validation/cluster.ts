/**
 * Validation of nodes, namespaces, storage and priority.
 * Upstream: pkg/apis/core/validation/validation.go, pkg/apis/{storage,scheduling,node}/validation.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { duplicate, forbiddenValue, internalFieldError, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import { immutable, sameJson } from './check.ts';
import { isDualStack, validateCIDR } from './ip.ts';
import { validateStandardFinalizer } from './metadata.ts';
import { labelErrors, labelValueErrors, qualifiedNameErrors } from './name.ts';
import { validateQuantity, validateResourceList } from './quantity.ts';
import { TAINT_EFFECTS, validateTolerations } from './scheduling.ts';

const specOf = (object: KubeObject): Json => (object['spec'] as Json | undefined) ?? {};

/** Taints are unique by key and effect. Errors sit at `metadata.taints`, as upstream has it. */
function validateTaints(taints: readonly Json[] | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  taints?.forEach((taint, at) => {
    const path = `metadata.taints[${at}]`;
    for (const text of qualifiedNameErrors(taint['key'] ?? '')) errors.push(invalidValue(`${path}.key`, taint['key'] ?? '', text));
    const texts = labelValueErrors(taint['value'] ?? '');
    if (texts.length > 0) errors.push(invalidValue(`${path}.value`, taint['value'], texts.join(';')));
    const effect = (taint['effect'] as string | undefined) ?? '';
    if (effect === '') errors.push(required(`${path}.effect`));
    else if (!TAINT_EFFECTS.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, TAINT_EFFECTS));
    const pair = `${effect}/${taint['key']}`;
    if (seen.has(pair)) {
      const shown = `core.Taint{Key:${goQuote(taint['key'] ?? '')}, Value:${goQuote(taint['value'] ?? '')}, Effect:${goQuote(effect)}, TimeAdded:<nil>}`;
      errors.push({ ...duplicate(path, literal(shown)), detail: 'taints must be unique by key and effect pair' });
    }
    seen.add(pair);
  });
  return errors;
}

/** ValidateNodeResources: amounts only, a node may have what nobody knows. */
const validateAmounts = (list: Json | undefined, path: string): FieldError[] =>
  Object.entries(list ?? {}).flatMap(([name, amount]) => validateQuantity(name, amount as string, `${path}.${name}`));

function validatePodRanges(ranges: readonly string[]): FieldError[] {
  const errors = ranges.flatMap((range, at) => validateCIDR(range, `spec.podCIDRs[${at}]`));
  if (ranges.length < 2) return errors;
  const wrong = ranges.find((range) => validateCIDR(range, '').length > 0);
  if (wrong !== undefined) {
    errors.push(internalFieldError('spec.podCIDRs', `invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[${ranges.indexOf(wrong)}]: <nil> (invalid CIDR address: ${wrong})`));
  }
  if (ranges.length > 2 || !isDualStack(ranges)) errors.push(invalidValue('spec.podCIDRs', ranges, 'may specify no more than one CIDR for each IP family'));
  return errors;
}

export function validateNode(node: KubeObject): FieldError[] {
  const spec = specOf(node);
  const status = (node['status'] as Json | undefined) ?? {};
  return [
    ...validateTaints(spec['taints']),
    ...validateAmounts(status['capacity'], 'status.capacity'),
    ...validateAmounts(status['allocatable'], 'status.allocatable'),
    ...validatePodRanges((spec['podCIDRs'] as string[] | undefined) ?? []),
  ];
}

/** A node's addresses and provider are set once. Upstream validates a node twice on update, so causes come twice. */
export function validateNodeUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const spec = specOf(next);
  const before = specOf(old);
  const taints = spec['taints'] === before['taints'] ? [] : validateTaints(spec['taints']);
  const errors = [...taints, ...taints];
  const status = (next['status'] as Json | undefined) ?? {};
  if (status['capacity'] !== old['status']?.capacity) errors.push(...validateAmounts(status['capacity'], 'status.capacity'));
  if (status['allocatable'] !== old['status']?.allocatable) errors.push(...validateAmounts(status['allocatable'], 'status.allocatable'));
  const ranges = (before['podCIDRs'] as string[] | undefined) ?? [];
  if (ranges.length > 0 && !sameJson(spec['podCIDRs'], ranges)) {
    errors.push(forbiddenValue('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if ((before['providerID'] ?? '') !== '' && spec['providerID'] !== before['providerID']) {
    errors.push(forbiddenValue('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  return errors;
}

/** validateFinalizerName: qualified, and with a domain unless it is a standard one. */
function validateFinalizer(name: string, path: string): FieldError[] {
  const errors = qualifiedNameErrors(name).map((text) => invalidValue(path, name, text));
  return [...errors, ...validateStandardFinalizer(name, path)];
}

const finalizersOf = (namespace: KubeObject): readonly string[] => (specOf(namespace)['finalizers'] as string[] | undefined) ?? [];

export const validateNamespace = (namespace: KubeObject): FieldError[] => finalizersOf(namespace).flatMap((name) => validateFinalizer(name, 'spec.finalizers'));

/** ValidateNamespaceFinalizeUpdate. */
export const validateNamespaceFinalize = (namespace: KubeObject): FieldError[] =>
  finalizersOf(namespace).flatMap((name, at) => validateFinalizer(name, `spec.finalizers[${at}]`));

export function validateStorageClass(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const provisioner = (object['provisioner'] as string | undefined) ?? '';
  if (provisioner === '') errors.push(required('provisioner'));
  else for (const text of qualifiedNameErrors(provisioner.toLowerCase())) errors.push(invalidValue('provisioner', provisioner, text));
  for (const key in object['parameters'] as Json | undefined) if (key === '') errors.push(invalidValue('parameters', key, 'field can not be empty.'));
  const policy = object['reclaimPolicy'] as string | undefined;
  if (policy !== undefined && policy !== 'Delete' && policy !== 'Retain') errors.push(notSupported('reclaimPolicy', policy, ['Delete', 'Retain']));
  const mode = object['volumeBindingMode'] as string | undefined;
  if (mode === undefined) errors.push(required('volumeBindingMode'));
  else if (mode !== 'Immediate' && mode !== 'WaitForFirstConsumer') errors.push(notSupported('volumeBindingMode', mode, ['Immediate', 'WaitForFirstConsumer']));
  return errors;
}

export function validateStorageClassUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy'] as const) {
    if (!sameJson(next[field], old[field])) errors.push(forbiddenValue(field, `updates to ${field} are forbidden.`));
  }
  return [...errors, ...immutable(next['volumeBindingMode'], old['volumeBindingMode'], 'volumeBindingMode')];
}

/** HighestUserDefinablePriority. */
const USER_PRIORITY_MAX = 1000000000;
const SYSTEM_CLASSES: Readonly<Record<string, number>> = { 'system-node-critical': 2000001000, 'system-cluster-critical': 2000000000 };

export function validatePriorityClass(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const { name = '' } = object.metadata;
  const value = (object['value'] as number | undefined) ?? 0;
  if (name.startsWith('system-')) {
    if (SYSTEM_CLASSES[name] !== value) {
      const known = SYSTEM_CLASSES[name] !== undefined;
      const text = `priority class names with 'system-' prefix are reserved for system use only. error: ${known ? `value of ${name} PriorityClass must be ${SYSTEM_CLASSES[name]}` : `${name} is not a known system priority class`}`;
      errors.push(forbiddenValue('metadata.name', text));
    }
  } else if (value > USER_PRIORITY_MAX) {
    errors.push(forbiddenValue('value', `maximum allowed value of a user defined priority is ${USER_PRIORITY_MAX}`));
  }
  const policy = object['preemptionPolicy'] as string | undefined;
  if (policy === undefined) errors.push(required('preemptionPolicy'));
  else if (policy !== 'Never' && policy !== 'PreemptLowerPriority') errors.push(notSupported('preemptionPolicy', policy, ['Never', 'PreemptLowerPriority']));
  return errors;
}

export const validatePriorityClassUpdate = (next: KubeObject, old: KubeObject): FieldError[] => [
  ...(next['value'] === old['value'] ? [] : [forbiddenValue('value', 'may not be changed in an update.')]),
  ...immutable(next['preemptionPolicy'], old['preemptionPolicy'], 'preemptionPolicy'),
];

export function validateRuntimeClass(object: KubeObject): FieldError[] {
  const handler = (object['handler'] as string | undefined) ?? '';
  const errors: FieldError[] = labelErrors(handler).map((text) => invalidValue('handler', handler, text));
  if (object['overhead'] !== undefined) errors.push(...validateResourceList(object['overhead'].podFixed, 'overhead.podFixed'));
  if (object['scheduling'] !== undefined) errors.push(...validateTolerations(object['scheduling'].tolerations, 'scheduling.tolerations'));
  return errors;
}

export const validateRuntimeClassUpdate = (next: KubeObject, old: KubeObject): FieldError[] => immutable(next['handler'], old['handler'], 'handler');

export const validateAttachment = (object: KubeObject): FieldError[] => {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  if ((spec['attacher'] ?? '') === '') errors.push(required('spec.attacher'));
  if ((spec['nodeName'] ?? '') === '') errors.push(required('spec.nodeName'));
  const source = (spec['source'] as Json | undefined) ?? {};
  if (source['inlineVolumeSpec'] === undefined && source['persistentVolumeName'] === undefined) {
    errors.push(required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
  }
  return errors;
};
export const validateAttachmentUpdate = (next: KubeObject, old: KubeObject): FieldError[] => immutable(next['spec'], old['spec'], 'spec', literal('storage.VolumeAttachmentSpec{}'));
