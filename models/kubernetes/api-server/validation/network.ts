/**
 * Validation of PodDisruptionBudgets and HorizontalPodAutoscalers.
 * Upstream: pkg/apis/{policy,autoscaling}/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { quantityOf } from '../../object/quantity.ts';
import { literal } from '../status/go-format.ts';
import { nonNegative, notMoreThan100Percent, positiveIntOrPercent, validateLabelSelector } from './check.ts';
import { pathSegmentErrors } from './name.ts';

const specOf = (object: KubeObject): Json => (object['spec'] as Json | undefined) ?? {};

export function validateBudget(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const { minAvailable: min, maxUnavailable: max } = spec;
  const errors: FieldError[] = [];
  if (min !== undefined && max !== undefined) {
    const selector = spec['selector'] === undefined ? '(*v1.LabelSelector)(nil)' : '(*v1.LabelSelector)(0xc000000000)';
    const text = `policy.PodDisruptionBudgetSpec{MinAvailable:(*intstr.IntOrString)(0xc000000000), Selector:${selector}, MaxUnavailable:(*intstr.IntOrString)(0xc000000000), UnhealthyPodEvictionPolicy:(*policy.UnhealthyPodEvictionPolicyType)(nil)}`;
    errors.push(invalidValue('spec', literal(text), 'minAvailable and maxUnavailable cannot be both set'));
  }
  if (min !== undefined) errors.push(...positiveIntOrPercent(min, 'spec.minAvailable'), ...notMoreThan100Percent(min, 'spec.minAvailable'));
  if (max !== undefined) errors.push(...positiveIntOrPercent(max, 'spec.maxUnavailable'), ...notMoreThan100Percent(max, 'spec.maxUnavailable'));
  errors.push(...validateLabelSelector(spec['selector'], 'spec.selector'));
  const policy = spec['unhealthyPodEvictionPolicy'] as string | undefined;
  if (policy !== undefined && policy !== 'AlwaysAllow' && policy !== 'IfHealthyBudget') {
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, ['AlwaysAllow', 'IfHealthyBudget']));
  }
  return errors;
}

export const validateBudgetUpdate = (next: KubeObject, old: KubeObject): FieldError[] => (next['spec'] === old['spec'] ? [] : validateBudget(next));

export const validateBudgetStatus = (object: KubeObject): FieldError[] =>
  (['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const).flatMap((name) => nonNegative((object['status'] as Json | undefined)?.[name], `status.${name}`));

const METRIC_TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

function validateMetricTarget(target: Json | undefined, path: string): FieldError[] {
  const value = target ?? {};
  const types = ['AverageValue', 'Utilization', 'Value'];
  if ((value['type'] ?? '') === '') return [required(`${path}.type`, 'must specify a metric target type')];
  if (!types.includes(value['type'])) return [invalidValue(`${path}.type`, value['type'], 'must be either Utilization, Value, or AverageValue')];
  const errors: FieldError[] = [];
  for (const field of ['value', 'averageValue'] as const) {
    const amount = value[field] as string | undefined;
    if (amount !== undefined && quantityOf(amount).nanos <= 0n) errors.push(invalidValue(`${path}.${field}`, literal(amount), 'must be positive'));
  }
  const utilization = value['averageUtilization'] as number | undefined;
  if (utilization !== undefined && utilization < 1) errors.push(invalidValue(`${path}.averageUtilization`, utilization, 'must be greater than 0'));
  return errors;
}

/** What a source must say beside its target, and which values of the target belong to it. */
function sourceErrors(type: string, source: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const target = (source['target'] as Json | undefined) ?? {};
  const at = `${path}.target`;
  if (type === 'Resource' || type === 'ContainerResource') {
    if ((source['name'] ?? '') === '') errors.push(required(`${path}.name`, 'must specify a resource name'));
    if (type === 'ContainerResource' && (source['container'] ?? '') === '') errors.push(required(`${path}.container`, 'must specify a container'));
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

function validateMetrics(metrics: readonly Json[], minReplicas: number | undefined): FieldError[] {
  const errors: FieldError[] = [];
  let hasExternal = false;
  metrics.forEach((metric, at) => {
    const path = `spec.metrics[${at}]`;
    const type = (metric['type'] as string | undefined) ?? '';
    if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'));
    else if (!METRIC_TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, METRIC_TYPES));
    else {
      const field = `${type.slice(0, 1).toLowerCase()}${type.slice(1)}`;
      hasExternal ||= type === 'Object' || type === 'External';
      const source = metric[field] as Json | undefined;
      if (source === undefined) errors.push(required(`${path}.${field}`, 'must populate information for the given metric source'));
      else errors.push(...sourceErrors(type, source, `${path}.${field}`));
      for (const other of METRIC_TYPES.map((name) => `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`)) {
        if (other !== field && metric[other] !== undefined) errors.push(forbiddenValue(`${path}.${other}`, 'must populate the given metric source only'));
      }
    }
  });
  if (minReplicas === 0 && !hasExternal) errors.push(forbiddenValue('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'));
  return errors;
}

function validateScaling(rules: Json | undefined, path: string): FieldError[] {
  if (rules === undefined) return [];
  const errors = nonNegative(rules['stabilizationWindowSeconds'], `${path}.stabilizationWindowSeconds`);
  if ((rules['stabilizationWindowSeconds'] ?? 0) > 3600) {
    errors.push(invalidValue(`${path}.stabilizationWindowSeconds`, rules['stabilizationWindowSeconds'], 'must be less than or equal to 3600'));
  }
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
