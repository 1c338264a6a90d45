/**
 * Validation of PodDisruptionBudgets.
 * Upstream: pkg/apis/policy/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { invalidValue, notSupported } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { literal } from '../status/go-format.ts';
import { nonNegative, notMoreThan100Percent, positiveIntOrPercent, specOf, validateLabelSelector } from './check.ts';

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
