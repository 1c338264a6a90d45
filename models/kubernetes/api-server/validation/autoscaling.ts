/**
 * Validation of HorizontalPodAutoscalers.
 * Upstream: pkg/apis/autoscaling/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import { quantityOf } from '../../object/quantity.ts';
import type { KubeObject } from '../../object/types.ts';
import { forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { specOf } from './check.ts';
import { labelErrors, pathSegmentErrors } from './name.ts';
import { quantitySyntax } from './quantity-syntax.ts';
import { containerResourceErrors } from './quantity.ts';

const METRIC_TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue'];

function validateMetricTarget(target: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const type = (target['type'] as string | undefined) ?? '';
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric target type'));
  if (!TARGET_TYPES.includes(type)) errors.push(invalidValue(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  for (const field of ['value', 'averageValue'] as const) {
    const amount = target[field] as string | undefined;
    if (amount !== undefined && quantityOf(amount).nanos <= 0n) errors.push(invalidValue(`${path}.${field}`, quantitySyntax(amount), 'must be positive'));
  }
  const utilization = target['averageUtilization'] as number | undefined;
  if (utilization !== undefined && utilization < 1) errors.push(invalidValue(`${path}.averageUtilization`, utilization, 'must be greater than 0'));
  return errors;
}

const validateContainer = (name: string, path: string): FieldError[] =>
  name === '' ? [required(path, 'must specify a container')] : labelErrors(name).map((text) => invalidValue(path, name, text));

/** What a source must say beside its target, and which values of the target belong to it. */
function sourceErrors(type: string, source: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const target = (source['target'] as Json | undefined) ?? {};
  const at = `${path}.target`;
  if (type === 'Resource' || type === 'ContainerResource') {
    if ((source['name'] ?? '') === '') errors.push(required(`${path}.name`, 'must specify a resource name'));
    else if (type === 'ContainerResource') errors.push(...containerResourceErrors(source['name'], `${path}.name`));
    if (type === 'ContainerResource') errors.push(...validateContainer(source['container'] ?? '', `${path}.container`));
    errors.push(...validateMetricTarget(target, at));
    if (target['averageUtilization'] === undefined && target['averageValue'] === undefined) errors.push(required(`${at}.averageUtilization`, 'must set either a target raw value or a target utilization'));
    if (target['averageUtilization'] !== undefined && target['averageValue'] !== undefined) errors.push(forbiddenValue(`${at}.averageValue`, 'may not set both a target raw value and a target utilization'));
    return errors;
  }
  if (type === 'Object') errors.push(...referenceErrors((source['describedObject'] as Json | undefined) ?? {}, `${path}.describedObject`));
  const metric = (source['metric'] as Json | undefined) ?? {};
  if ((metric['name'] ?? '') === '') errors.push(required(`${path}.metric.name`, 'must specify a metric name'));
  else for (const text of pathSegmentErrors(metric['name'])) errors.push(invalidValue(`${path}.metric.name`, metric['name'], text));
  errors.push(...validateMetricTarget(target, at));
  if (type === 'Pods') {
    if (target['averageValue'] === undefined) errors.push(required(`${at}.averageValue`, 'must specify a positive target averageValue'));
  } else if (target['value'] === undefined && target['averageValue'] === undefined) {
    errors.push(required(`${at}.averageValue`, type === 'Object' ? 'must set either a target value or averageValue' : 'must set either a target value for metric or a per-pod target'));
  } else if (type === 'External' && target['value'] !== undefined && target['averageValue'] !== undefined) {
    errors.push(forbiddenValue(`${at}.value`, 'may not set both a target value for metric and a per-pod target'));
  }
  return errors;
}

/** A CrossVersionObjectReference. */
function referenceErrors(reference: Json, path: string): FieldError[] {
  return (['kind', 'name'] as const).flatMap((field) => {
    const value = (reference[field] as string | undefined) ?? '';
    if (value === '') return [required(`${path}.${field}`)];
    return pathSegmentErrors(value).map((text) => invalidValue(`${path}.${field}`, value, text));
  });
}

/** The field of a metric that belongs to a type. */
const sourceField = (type: string): string => `${type.slice(0, 1).toLowerCase()}${type.slice(1)}`;
/** Types in the order in which upstream looks for their sources: the first one found is validated. */
const SOURCE_ORDER = ['Object', 'External', 'Pods', 'Resource', 'ContainerResource'];

/** validateMetricSpec. A type that is none is told twice. */
function validateMetric(metric: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const type = (metric['type'] as string | undefined) ?? '';
  const isKnown = METRIC_TYPES.includes(type);
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'));
  if (!isKnown) errors.push(notSupported(`${path}.type`, type, METRIC_TYPES));
  const present = SOURCE_ORDER.filter((name) => metric[sourceField(name)] !== undefined);
  const first = present[0];
  if (first !== undefined) errors.push(...sourceErrors(first, metric[sourceField(first)], `${path}.${sourceField(first)}`));
  if (!isKnown) errors.push(notSupported(`${path}.type`, type, METRIC_TYPES));
  else if (!present.includes(type)) errors.push(required(`${path}.${sourceField(type)}`, 'must populate information for the given metric source'));
  if (present.length !== 1) {
    for (const other of present) if (other !== type) errors.push(forbiddenValue(`${path}.${sourceField(other)}`, 'must populate the given metric source only'));
  }
  return errors;
}

function validateMetrics(metrics: readonly Json[], minReplicas: number | undefined): FieldError[] {
  const errors = metrics.flatMap((metric, at) => validateMetric(metric, `spec.metrics[${at}]`));
  const hasExternal = metrics.some(({ type }) => type === 'Object' || type === 'External');
  if (minReplicas === 0 && !hasExternal) errors.push(forbiddenValue('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'));
  return errors;
}

function validateScaling(rules: Json | undefined, path: string): FieldError[] {
  if (rules === undefined) return [];
  const errors: FieldError[] = [];
  const window = (rules['stabilizationWindowSeconds'] as number | undefined) ?? 0;
  if (window < 0) errors.push(invalidValue(`${path}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'));
  if (window > 3600) errors.push(invalidValue(`${path}.stabilizationWindowSeconds`, window, 'must be less than or equal to 3600'));
  const select = rules['selectPolicy'] as string | undefined;
  if (select !== undefined && !['Disabled', 'Max', 'Min'].includes(select)) errors.push(notSupported(`${path}.selectPolicy`, select, ['Disabled', 'Max', 'Min']));
  const policies = (rules['policies'] as Json[] | undefined) ?? [];
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  policies.forEach((policy, at) => {
    const here = `${path}.policies[${at}]`;
    if (policy['type'] !== 'Pods' && policy['type'] !== 'Percent') errors.push(notSupported(`${here}.type`, policy['type'] ?? '', ['Percent', 'Pods']));
    if ((policy['value'] ?? 0) <= 0) errors.push(invalidValue(`${here}.value`, policy['value'] ?? 0, 'must be greater than zero'));
    if ((policy['periodSeconds'] ?? 0) <= 0) errors.push(invalidValue(`${here}.periodSeconds`, policy['periodSeconds'] ?? 0, 'must be greater than zero'));
    else if (policy['periodSeconds'] > 1800) errors.push(invalidValue(`${here}.periodSeconds`, policy['periodSeconds'], 'must be less than or equal to 1800'));
  });
  return errors;
}

export function validateAutoscaler(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  const min = spec['minReplicas'] as number | undefined;
  const max = (spec['maxReplicas'] as number | undefined) ?? 0;
  if (min !== undefined && min < 1) errors.push(invalidValue('spec.minReplicas', min, 'must be greater than or equal to 1'));
  if (max < 1) errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than 0'));
  if (min !== undefined && max < min) errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  errors.push(...referenceErrors((spec['scaleTargetRef'] as Json | undefined) ?? {}, 'spec.scaleTargetRef'));
  errors.push(...validateMetrics(spec['metrics'] ?? [], min));
  errors.push(...validateScaling(spec['behavior']?.['scaleUp'], 'spec.behavior.scaleUp'));
  return [...errors, ...validateScaling(spec['behavior']?.['scaleDown'], 'spec.behavior.scaleDown')];
}

export const validateAutoscalerUpdate = (next: KubeObject, old: KubeObject): FieldError[] => (next['spec'] === old['spec'] ? [] : validateAutoscaler(next));
