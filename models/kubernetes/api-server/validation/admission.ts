/**
 * Validation of webhook configurations, admission policies and their bindings.
 * Source: pkg/apis/admissionregistration/validation/validation.go.
 */
import type { Environment } from '@marcbachmann/cel-js';
import { isLeft } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../../object/types.ts';
import { admissionEnvironment } from '../admission/match/condition.ts';
import { compile } from '../cel/program.ts';
import type { Json } from '../defaults/fill.ts';
import { duplicate, forbiddenValue, index, invalidValue, notSupported, required, tooMany, type FieldError } from '../status/field-error.ts';
import { validateLabelSelector } from './check.ts';
import { validateServiceOrUrl } from './client-config.ts';
import { fullyQualifiedNameErrors, label1035Errors, labelErrors, qualifiedNameErrors, subdomainErrors } from './name.ts';

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const ACTIONS = ['Audit', 'Deny', 'Warn'];
const CONDITIONS_MAX = 64;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const hasLineBreak = (text: string): boolean => /[\n\r]/.test(text);

/** `if '*' is present, must not specify other …`. */
function wildcardErrors(values: readonly unknown[], path: string, what: string): FieldError[] {
  return values.length > 1 && values.includes('*') ? [invalidValue(path, values, `if '*' is present, must not specify other ${what}`)] : [];
}

function validateRule(rule: Json, path: string): FieldError[] {
  const [operations, groups, versions] = [listOf(rule['operations']), listOf(rule['apiGroups']), listOf(rule['apiVersions'])];
  const errors: FieldError[] = [];
  if (operations.length === 0) errors.push(required(`${path}.operations`));
  errors.push(...wildcardErrors(operations, `${path}.operations`, 'operations'));
  operations.forEach((operation, at) => {
    if (!OPERATIONS.includes(operation as string)) errors.push(notSupported(`${path}.operations[${at}]`, operation, OPERATIONS));
  });
  if (groups.length === 0) errors.push(required(`${path}.apiGroups`));
  errors.push(...wildcardErrors(groups, `${path}.apiGroups`, 'API groups'));
  if (versions.length === 0) errors.push(required(`${path}.apiVersions`));
  errors.push(...wildcardErrors(versions, `${path}.apiVersions`, 'API versions'));
  versions.forEach((version, at) => {
    if (version === '') errors.push(required(`${path}.apiVersions[${at}]`));
  });
  errors.push(...resourceErrors(listOf(rule['resources']) as readonly string[], `${path}.resources`));
  const { scope } = rule as { scope?: string };
  if (scope !== undefined && !SCOPES.includes(scope)) errors.push(notSupported(`${path}.scope`, scope, SCOPES));
  return errors;
}

function resourceErrors(resources: readonly string[], path: string): FieldError[] {
  if (resources.length === 0) return [required(path)];
  const errors: FieldError[] = [];
  const whole = new Set<string>();
  const everywhere = new Set<string>();
  // Of several whole resources it is the last that counts.
  let isLastPlain = false;
  for (const [at, name] of resources.entries()) {
    if (name === '') {
      errors.push(required(index(path, at)));
      continue;
    }
    const slash = name.indexOf('/');
    if (slash < 0) {
      isLastPlain = name !== '*';
      continue;
    }
    const [resource, subresource] = [name.slice(0, slash), name.slice(slash + 1)];
    if (whole.has(resource)) errors.push(invalidValue(index(path, at), name, `if '${resource}/*' is present, must not specify ${name}`));
    if (everywhere.has(subresource)) errors.push(invalidValue(index(path, at), name, `if '*/${subresource}' is present, must not specify ${name}`));
    if (subresource === '*') whole.add(resource);
    if (resource === '*') everywhere.add(subresource);
  }
  if (resources.length > 1 && resources.includes('*/*')) errors.push(invalidValue(path, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && isLastPlain) errors.push(invalidValue(path, resources, "if '*' is present, must not specify other resources without subresources"));
  return errors;
}

/** An expression that must compile and have a type. */
function expressionErrors(source: string, env: Environment, type: string, path: string): FieldError[] {
  const program = compile(source.trim(), env);
  if (isLeft(program)) return [invalidValue(path, source, `compilation failed: ${program.left}`)];
  return program.right.type === type || program.right.type === 'dyn' || type === 'any' ? [] : [invalidValue(path, source, `must evaluate to ${type}`)];
}

function conditionErrors(conditions: readonly unknown[], env: Environment, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (conditions.length > CONDITIONS_MAX) errors.push(tooMany(path, conditions.length, CONDITIONS_MAX));
  const names = new Set<string>();
  for (const [at, condition] of conditions.entries()) {
    const { name = '', expression = '' } = condition as { name?: string; expression?: string };
    const here = index(path, at);
    if (expression.trim() === '') errors.push(required(`${here}.expression`));
    else errors.push(...expressionErrors(expression, env, 'bool', `${here}.expression`));
    if (name === '') errors.push(required(`${here}.name`));
    else {
      for (const text of qualifiedNameErrors(name)) errors.push(invalidValue(`${here}.name`, name, text));
      if (names.has(name)) errors.push(duplicate(`${here}.name`, name));
      names.add(name);
    }
  }
  return errors;
}

function validateWebhook(hook: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const name = textOf(hook['name']);
  if (name === '') errors.push(required(`${path}.name`));
  else for (const text of fullyQualifiedNameErrors(name)) errors.push(invalidValue(`${path}.name`, name, text));
  listOf(hook['rules']).forEach((rule, at) => errors.push(...validateRule(rule as Json, `${path}.rules[${at}]`)));
  for (const [field, supported] of [['failurePolicy', ['Fail', 'Ignore']], ['matchPolicy', ['Equivalent', 'Exact']]] as const) {
    if (hook[field] !== undefined && !(supported as readonly string[]).includes(hook[field])) errors.push(notSupported(`${path}.${field}`, hook[field], supported));
  }
  if (hook['sideEffects'] === undefined) errors.push(required(`${path}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
  else if (!['None', 'NoneOnDryRun'].includes(hook['sideEffects'])) errors.push(notSupported(`${path}.sideEffects`, hook['sideEffects'], ['None', 'NoneOnDryRun']));
  const seconds = hook['timeoutSeconds'] as number | undefined;
  if (seconds !== undefined && (seconds > 30 || seconds < 1)) errors.push(invalidValue(`${path}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds'));
  if (hook['reinvocationPolicy'] !== undefined && !['IfNeeded', 'Never'].includes(hook['reinvocationPolicy'])) errors.push(notSupported(`${path}.reinvocationPolicy`, hook['reinvocationPolicy'], ['IfNeeded', 'Never']));
  errors.push(...validateLabelSelector(hook['namespaceSelector'], `${path}.namespaceSelector`), ...validateLabelSelector(hook['objectSelector'], `${path}.objectSelector`));
  errors.push(...validateServiceOrUrl((hook['clientConfig'] as Json | undefined) ?? {}, `${path}.clientConfig`));
  const conditions = listOf(hook['matchConditions']);
  if (conditions.length > 0) errors.push(...conditionErrors(conditions, admissionEnvironment(), `${path}.matchConditions`));
  errors.push(...reviewVersionErrors(listOf(hook['admissionReviewVersions']) as readonly string[], `${path}.admissionReviewVersions`));
  return errors;
}

function reviewVersionErrors(versions: readonly string[], path: string): FieldError[] {
  if (versions.length === 0) return [required(path, 'must specify one of v1, v1beta1')];
  const errors: FieldError[] = [];
  for (const [at, version] of versions.entries()) {
    if (versions.indexOf(version) < at) errors.push(invalidValue(index(path, at), version, 'duplicate version'));
    else for (const text of label1035Errors(version)) errors.push(invalidValue(index(path, at), version, text));
  }
  if (!versions.includes('v1') && !versions.includes('v1beta1')) errors.push(invalidValue(path, versions, 'must include at least one of v1, v1beta1'));
  return errors;
}

/** Mutating and validating webhook configurations. */
export function validateWebhooks(object: KubeObject): FieldError[] {
  const names = new Set<string>();
  return listOf(object['webhooks']).flatMap((entry, at) => {
    const hook = entry as Json;
    const path = `webhooks[${at}]`;
    const errors = validateWebhook(hook, path);
    const name = textOf(hook['name']);
    if (name !== '' && names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    return errors;
  });
}

export function validateAdmissionPolicy(object: KubeObject): FieldError[] {
  const spec = (object['spec'] as Json | undefined) ?? {};
  const errors: FieldError[] = [];
  if (spec['failurePolicy'] === undefined) errors.push(required('spec.failurePolicy'));
  else if (!['Fail', 'Ignore'].includes(spec['failurePolicy'])) errors.push(notSupported('spec.failurePolicy', spec['failurePolicy'], ['Fail', 'Ignore']));
  const declared = spec['paramKind'] === undefined || spec['paramKind'] === null ? [] : ['params'];
  if (declared.length > 0) errors.push(...paramKindErrors(spec['paramKind'] as Json, 'spec.paramKind'));
  const constraints = spec['matchConstraints'] as Json | undefined;
  if (constraints === undefined) errors.push(required('spec.matchConstraints'));
  else {
    errors.push(...matchErrors(constraints, 'spec.matchConstraints'));
    if (listOf(constraints['resourceRules']).length === 0) errors.push(required('spec.matchConstraints.resourceRules'));
  }
  const conditions = listOf(spec['matchConditions']);
  if (conditions.length > 0) errors.push(...conditionErrors(conditions, admissionEnvironment(declared), 'spec.matchConditions'));
  const fields: Record<string, string> = {};
  const environment = (): Environment => {
    const env = admissionEnvironment(declared);
    env.registerType('kubernetes.variables', { fields: { ...fields } });
    return env.registerVariable('variables', 'kubernetes.variables');
  };
  listOf(spec['variables']).forEach((variable, at) => {
    errors.push(...variableErrors(variable as Json, environment(), `spec.variables[${at}]`));
    fields[textOf((variable as Json)['name'])] = 'dyn';
  });
  const [validations, annotations] = [listOf(spec['validations']), listOf(spec['auditAnnotations'])];
  if (validations.length === 0 && annotations.length === 0) {
    const text = 'validations or auditAnnotations must contain at least one item';
    errors.push(required('spec.validations', text), required('spec.auditAnnotations', text));
  }
  const env = environment();
  validations.forEach((validation, at) => errors.push(...validationErrors(validation as Json, env, `spec.validations[${at}]`)));
  annotations.forEach((annotation, at) => errors.push(...annotationErrors(annotation as Json, env, `spec.auditAnnotations[${at}]`)));
  return errors;
}

function paramKindErrors(kind: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const apiVersion = textOf(kind['apiVersion']);
  const [first = '', second] = apiVersion.split('/');
  const [group, version] = second === undefined ? ['', first] : [first, second];
  if (apiVersion === '') errors.push(required(`${path}.apiVersion`));
  else if (apiVersion.split('/').length > 2) errors.push(invalidValue(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else {
    if (group !== '' && subdomainErrors(group).length > 0) errors.push(invalidValue(`${path}.apiVersion`, group, subdomainErrors(group).join(',')));
    if (label1035Errors(version).length > 0) errors.push(invalidValue(`${path}.apiVersion`, version, label1035Errors(version).join(',')));
  }
  const name = textOf(kind['kind']);
  if (name === '') errors.push(required(`${path}.kind`));
  else if (label1035Errors(name.toLowerCase()).length > 0) errors.push(invalidValue(`${path}.kind`, name, `may have mixed case, but should otherwise match: ${label1035Errors(name.toLowerCase()).join(',')}`));
  return errors;
}

function matchErrors(match: Json, path: string): FieldError[] {
  const errors = [...validateLabelSelector(match['namespaceSelector'], `${path}.namespaceSelector`), ...validateLabelSelector(match['objectSelector'], `${path}.objectSelector`)];
  for (const field of ['resourceRules', 'excludeResourceRules'] as const) {
    listOf(match[field]).forEach((rule, at) => {
      const here = `${path}.${field}[${at}]`;
      errors.push(...validateRule(rule as Json, here));
      const names = listOf((rule as Json)['resourceNames']);
      names.forEach((name, position) => {
        if (names.indexOf(name) < position) errors.push(duplicate(`${here}.resourceNames[${position}]`, name));
      });
    });
  }
  if (match['matchPolicy'] !== undefined && !['Equivalent', 'Exact'].includes(match['matchPolicy'])) errors.push(notSupported(`${path}.matchPolicy`, match['matchPolicy'], ['Equivalent', 'Exact']));
  return errors;
}

function variableErrors(variable: Json, env: Environment, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const [name, expression] = [textOf(variable['name']), textOf(variable['expression'])];
  if (name === '') errors.push(required(`${path}.name`, 'name is not specified'));
  else if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) errors.push(invalidValue(`${path}.name`, name, 'name is not a valid CEL identifier'));
  if (expression.trim() === '') errors.push(required(`${path}.expression`, 'expression is not specified'));
  else errors.push(...expressionErrors(expression, env, 'any', `${path}.expression`));
  return errors;
}

function validationErrors(validation: Json, env: Environment, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const [expression, message, messageExpression] = [textOf(validation['expression']), textOf(validation['message']), textOf(validation['messageExpression'])];
  if (expression.trim() === '') errors.push(required(`${path}.expression`, 'expression is not specified'));
  else errors.push(...expressionErrors(expression, env, 'bool', `${path}.expression`));
  if (messageExpression !== '') {
    if (messageExpression.trim() === '') errors.push(invalidValue(`${path}.messageExpression`, messageExpression, 'must be non-empty if specified'));
    else errors.push(...expressionErrors(messageExpression, env, 'string', `${path}.messageExpression`));
  }
  if (message !== '' && message.trim() === '') errors.push(invalidValue(`${path}.message`, message, 'message must be non-empty if specified'));
  else if (hasLineBreak(message.trim())) errors.push(invalidValue(`${path}.message`, message, 'message must not contain line breaks'));
  else if (hasLineBreak(expression.trim()) && message === '') errors.push(required(`${path}.message`, 'message must be specified if expression contains line breaks'));
  if (validation['reason'] !== undefined && !REASONS.includes(validation['reason'])) errors.push(notSupported(`${path}.reason`, validation['reason'], REASONS));
  return errors;
}

function annotationErrors(annotation: Json, env: Environment, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const [name, expression] = [textOf(annotation['key']), textOf(annotation['valueExpression'])];
  if (name === '') errors.push(required(`${path}.key`));
  else for (const text of qualifiedNameErrors(name)) errors.push(invalidValue(`${path}.key`, name, text));
  if (expression.trim() === '') errors.push(required(`${path}.valueExpression`, 'valueExpression is not specified'));
  else errors.push(...expressionErrors(expression, env, 'any', `${path}.valueExpression`));
  return errors;
}

export function validateAdmissionPolicyBinding(object: KubeObject): FieldError[] {
  const spec = (object['spec'] as Json | undefined) ?? {};
  const errors: FieldError[] = [];
  const name = textOf(spec['policyName']);
  if (name === '') errors.push(required('spec.policyName'));
  else for (const text of subdomainErrors(name)) errors.push(invalidValue('spec.policyName', name, text));
  errors.push(...paramRefErrors(spec['paramRef'] as Json | undefined, 'spec.paramRef'));
  if (spec['matchResources'] !== undefined) errors.push(...matchErrors(spec['matchResources'] as Json, 'spec.matchResources'));
  const actions = listOf(spec['validationActions']) as readonly string[];
  if (actions.length === 0) errors.push(required('spec.validationActions'));
  actions.forEach((action, at) => {
    if (!ACTIONS.includes(action)) errors.push(notSupported(`spec.validationActions[${at}]`, action, ACTIONS));
    else if (actions.indexOf(action) < at) errors.push(duplicate(`spec.validationActions[${at}]`, action));
  });
  if (actions.includes('Deny') && actions.includes('Warn')) {
    errors.push(invalidValue('spec.validationActions', actions, 'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'));
  }
  return errors;
}

function paramRefErrors(ref: Json | undefined, path: string): FieldError[] {
  if (ref === undefined || ref === null) return [];
  const errors: FieldError[] = [];
  const [name, namespace, action] = [textOf(ref['name']), textOf(ref['namespace']), ref['parameterNotFoundAction'] as string | undefined];
  if (name !== '') {
    for (const text of subdomainErrors(name)) errors.push(invalidValue(`${path}.name`, name, text));
    if (ref['selector'] !== undefined) errors.push(forbiddenValue(`${path}.name`, 'name and selector are mutually exclusive'));
  }
  if (ref['selector'] !== undefined) {
    errors.push(...validateLabelSelector(ref['selector'], `${path}.selector`));
    if (name !== '') errors.push(forbiddenValue(`${path}.selector`, 'name and selector are mutually exclusive'));
  }
  if (name === '' && ref['selector'] === undefined) errors.push(required(path, 'one of name or selector must be specified'));
  if (namespace !== '') for (const text of labelErrors(namespace)) errors.push(invalidValue(`${path}.namespace`, namespace, text));
  if (action === undefined) errors.push(required(`${path}.parameterNotFoundAction`));
  else if (action !== 'Deny' && action !== 'Allow') errors.push(notSupported(`${path}.parameterNotFoundAction`, action, ['Allow', 'Deny']));
  return errors;
}
