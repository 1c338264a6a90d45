/**
 * Validation of nodes and namespaces.
 * Upstream: pkg/apis/core/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { duplicate, forbiddenValue, internalFieldError, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import { sameJson, specOf } from './check.ts';
import { isDualStack, validateCIDR } from './ip.ts';
import { validateStandardFinalizer } from './metadata.ts';
import { labelValueErrors, qualifiedNameErrors } from './name.ts';
import { validateQuantity } from './quantity.ts';
import { TAINT_EFFECTS } from './scheduling.ts';

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
  if (!sameJson(protectedOf(spec, before), protectedOf(before, before))) errors.push(forbiddenValue('[]', NODE_FORBIDDEN));
  return errors;
}

const NODE_FORBIDDEN = 'node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)';

/** A node's spec without what an update may change; `podCIDR` repeats the first of `podCIDRs`. */
function protectedOf(spec: Json, before: Json): Json {
  const { unschedulable: _unschedulable, taints: _taints, configSource: _source, podCIDR: _first, podCIDRs, providerID, ...rest } = spec;
  const isNew = (field: string): boolean => ((before[field] as string | readonly string[] | undefined)?.length ?? 0) === 0;
  return { ...rest, ...(isNew('podCIDRs') ? {} : { podCIDRs }), ...(isNew('providerID') ? {} : { providerID }) };
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

