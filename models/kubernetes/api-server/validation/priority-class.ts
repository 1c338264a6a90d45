/**
 * Validation of PriorityClasses.
 * Upstream: pkg/apis/scheduling/validation/validation.go.
 */
import type { KubeObject } from '../../object/types.ts';
import { forbiddenValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { immutable } from './check.ts';

/** HighestUserDefinablePriority. */
const USER_PRIORITY_MAX = 1000000000;
const SYSTEM_CLASSES: Readonly<Record<string, number>> = { 'system-node-critical': 2000001000, 'system-cluster-critical': 2000000000 };
const POLICIES: readonly string[] = ['PreemptLowerPriority', 'Never'];

/** Why a name may not begin with `system-` (IsKnownSystemPriorityClass). */
function systemError(name: string, value: number, isDefault: boolean): string | undefined {
  const known = Object.hasOwn(SYSTEM_CLASSES, name) ? SYSTEM_CLASSES[name] : undefined;
  if (known === undefined) return `${name} is not a known system priority class`;
  if (known !== value) return `value of ${name} PriorityClass must be ${known}`;
  return isDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

/** ValidatePriorityClass. */
export function validatePriorityClass(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const { name = '' } = object.metadata;
  const value = (object['value'] as number | undefined) ?? 0;
  if (name.startsWith('system-')) {
    const wrong = systemError(name, value, object['globalDefault'] === true);
    if (wrong !== undefined) errors.push(forbiddenValue('metadata.name', `priority class names with 'system-' prefix are reserved for system use only. error: ${wrong}`));
  } else if (value > USER_PRIORITY_MAX) {
    errors.push(forbiddenValue('value', `maximum allowed value of a user defined priority is ${USER_PRIORITY_MAX}`));
  }
  const policy = object['preemptionPolicy'] as string | undefined;
  if (policy === '') errors.push(required('preemptionPolicy'));
  else if (policy !== undefined && !POLICIES.includes(policy)) errors.push(notSupported('preemptionPolicy', policy, POLICIES));
  return errors;
}

export const validatePriorityClassUpdate = (next: KubeObject, old: KubeObject): FieldError[] => [
  ...(next['value'] === old['value'] ? [] : [forbiddenValue('value', 'may not be changed in an update.')]),
  ...immutable(next['preemptionPolicy'], old['preemptionPolicy'], 'preemptionPolicy'),
];
