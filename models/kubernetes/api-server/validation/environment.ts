/**
 * Validation of environment variables.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateEnv, ValidateEnvFrom).
 */
import type { Json } from '../defaults/fill.ts';
import { invalidValue, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { ENV_FIELDS, validateFieldRef, validateResourceRef } from './downward.ts';
import { configKeyErrors, nameIsSubdomain } from './name.ts';

const NAME = /^[ -<>-~]+$/;
const NAME_TEXT = "a valid environment variable name must consist only of printable ASCII characters other than '='";

/** IsRelaxedEnvVarName. */
const nameErrors = (name: string, path: string): FieldError[] => (NAME.test(name) ? [] : [invalidValue(path, name, NAME_TEXT)]);

/** validateConfigMapKeySelector and validateSecretKeySelector. */
function validateKeyRef(ref: Json, path: string): FieldError[] {
  const { name = '', key = '' } = ref;
  const errors = nameIsSubdomain(name, false).map((text) => invalidValue(`${path}.name`, name, text));
  if (key === '') errors.push(required(`${path}.key`));
  else for (const text of configKeyErrors(key)) errors.push(invalidValue(`${path}.key`, key, text));
  return errors;
}

/** validateEnvVarValueFrom. */
function validateValueFrom(env: Json, path: string): FieldError[] {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = env['valueFrom'] as Json;
  const errors: FieldError[] = [];
  if (fieldRef !== undefined) errors.push(...validateFieldRef(fieldRef, ENV_FIELDS, `${path}.fieldRef`));
  if (resourceFieldRef !== undefined) errors.push(...validateResourceRef(resourceFieldRef, false, `${path}.resourceFieldRef`));
  if (configMapKeyRef !== undefined) errors.push(...validateKeyRef(configMapKeyRef, `${path}.configMapKeyRef`));
  if (secretKeyRef !== undefined) errors.push(...validateKeyRef(secretKeyRef, `${path}.secretKeyRef`));
  const count = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef].filter((source) => source !== undefined).length;
  if (count === 0) errors.push(invalidValue(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'));
  else if ((env['value'] ?? '') !== '') errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'));
  else if (count > 1) errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
  return errors;
}

/** ValidateEnv. */
export function validateEnv(variables: readonly Json[] | undefined, path: string): FieldError[] {
  return (variables ?? []).flatMap((env, at) => {
    const here = `${path}[${at}]`;
    const name = (env['name'] as string | undefined) ?? '';
    const errors = name === '' ? [required(`${here}.name`)] : nameErrors(name, `${here}.name`);
    return env['valueFrom'] === undefined ? errors : [...errors, ...validateValueFrom(env, `${here}.valueFrom`)];
  });
}

/** validateConfigMapEnvSource and validateSecretEnvSource; the name may look like a prefix. */
function validateEnvSource(ref: Json, path: string): FieldError[] {
  const name = (ref['name'] as string | undefined) ?? '';
  return name === '' ? [required(`${path}.name`)] : nameIsSubdomain(name, true).map((text) => invalidValue(`${path}.name`, name, text));
}

/** ValidateEnvFrom; upstream leaves the position out where the number of sources is wrong. */
export function validateEnvFrom(sources: readonly Json[] | undefined, path: string): FieldError[] {
  return (sources ?? []).flatMap((source, at) => {
    const here = `${path}[${at}]`;
    const { prefix = '', configMapRef, secretRef } = source;
    const errors = prefix === '' ? [] : nameErrors(prefix, `${here}.prefix`);
    if (configMapRef !== undefined) errors.push(...validateEnvSource(configMapRef, `${here}.configMapRef`));
    if (secretRef !== undefined) errors.push(...validateEnvSource(secretRef, `${here}.secretRef`));
    if (configMapRef === undefined && secretRef === undefined) errors.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (configMapRef !== undefined && secretRef !== undefined) errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
    return errors;
  });
}
