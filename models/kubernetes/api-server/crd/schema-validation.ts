/**
 * Validation of an openAPIV3Schema: what Kubernetes allows of OpenAPI, its extensions, and the CEL rules.
 *
 * Source: apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
 * (`validateCustomResourceDefinitionValidation`, `ValidateCustomResourceDefinitionOpenAPISchema`).
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import { child, forbiddenValue, index, invalidValue, key, notSupported, required, type FieldError } from '../status/field-error.ts';
import { goQuote, literal, type Literal } from '../status/go-format.ts';
import { validateDefaults } from './default-validation.ts';
import type { JsonSchema, ValidationRule } from './definition.ts';
import { compileSchema } from './node.ts';
import { compileRules, type CompiledRule, type RuleTree } from './rule.ts';
import { isValidFieldPath } from './selectable-validation.ts';
import { validateStructural } from './structural.ts';

/** Fields of JSONSchemaProps that may stand at the root when the status subresource is on, in Go's spelling. */
const ROOT_FIELDS: readonly string[] = [
  'Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum', 'MaxLength', 'MinLength', 'Pattern',
  'MaxItems', 'MinItems', 'UniqueItems', 'MultipleOf', 'Required', 'Items', 'Properties', 'ExternalDocs', 'Example', 'XPreserveUnknownFields', 'XValidations',
];
const ROOT_NAMES: readonly string[] = [
  ...ROOT_FIELDS.filter((name) => !name.startsWith('X')).map((name) => `${(name[0] as string).toLowerCase()}${name.slice(1)}`),
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
];
const TYPES: readonly string[] = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const META_FIELDS: readonly string[] = ['metadata', 'kind', 'apiVersion'];
const REASONS: readonly string[] = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const UNSUPPORTED: readonly (readonly [field: string, name: string])[] = [
  ['id', 'id is not supported'],
  ['additionalItems', 'additionalItems is not supported'],
  ['patternProperties', 'patternProperties is not supported'],
  ['definitions', 'definitions is not supported'],
  ['dependencies', 'dependencies is not supported'],
  ['$ref', '$ref is not supported'],
];

/** What is known on the way down. */
interface Place {
  readonly isRoot: boolean;
  /** Why defaults are forbidden here; undefined where they are allowed. */
  readonly noDefaults: string | undefined;
  readonly isInMetadata: boolean;
  /** The outermost list or map whose items cannot be compared with what they were. */
  readonly uncorrelated: string | undefined;
  /** The rules at this place; undefined inside logic, where none may be. */
  readonly rules: RuleTree | undefined;
}

interface Found {
  readonly schema: FieldError[];
  readonly cel: FieldError[];
}

/** All that is wrong with a schema. `path` ends with `openAPIV3Schema`. */
export function validateSchema(schema: JsonSchema, hasStatus: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (hasStatus) {
    if (schema.type !== 'object' && schema.type) errors.push(invalidValue(`${path}.type`, schema.type, 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'));
    else if (Object.keys(schema).some((name) => !ROOT_NAMES.includes(name))) {
      errors.push(invalidValue(path, literal('apiextensions.JSONSchemaProps{...}'), `only [${ROOT_FIELDS.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`));
    }
  }
  if (schema.nullable === true) errors.push(forbiddenValue(`${path}.nullable`, 'nullable cannot be true at the root'));
  const structural = validateStructural(schema, path);
  const defaults = structural.length > 0 ? structural : validateDefaults(compileSchema(schema), path);
  errors.push(...defaults);
  const rules = defaults.length > 0 ? undefined : compileRules(compileSchema(schema), true);
  const found: Found = { schema: [], cel: [] };
  walk(schema, path, { isRoot: true, noDefaults: undefined, isInMetadata: false, uncorrelated: undefined, rules }, found);
  return [...errors, ...found.schema, ...found.cel];
}

function walk(schema: JsonSchema, path: string, place: Place, found: Found): void {
  const before = found.schema.length;
  found.schema.push(...plainErrors(schema, path, place));
  const { additionalProperties: additional, properties = {}, items } = schema;
  if (additional !== undefined) {
    if (Object.keys(properties).length > 0 && additional !== true) found.schema.push(forbiddenValue(child(path, 'additionalProperties'), 'additionalProperties and properties are mutual exclusive'));
    if (typeof additional === 'object') {
      const noDefaults = place.isInMetadata ? 'inside additionalProperties applying to object metadata' : place.noDefaults;
      walk(additional, child(path, 'additionalProperties'), { ...place, isRoot: false, noDefaults, rules: place.rules?.additional }, found);
    }
  }
  for (const name of Object.keys(properties).sort()) {
    const isMeta = (place.isRoot || schema['x-kubernetes-embedded-resource'] === true) && META_FIELDS.includes(name);
    walk(properties[name] as JsonSchema, key(child(path, 'properties'), name), {
      isRoot: false,
      noDefaults: isMeta && place.isRoot ? `in top-level ${name}` : place.noDefaults,
      isInMetadata: place.isInMetadata || isMeta,
      uncorrelated: place.uncorrelated ?? (schema['x-kubernetes-map-type'] === 'atomic' ? path : undefined),
      rules: place.rules?.properties.get(name),
    }, found);
  }
  const inner: Place = { ...place, isRoot: false, rules: undefined };
  if (schema.not !== undefined) walk(schema.not, child(path, 'not'), inner, found);
  for (const logic of ['allOf', 'oneOf', 'anyOf'] as const) {
    (schema[logic] ?? []).forEach((part, at) => walk(part, index(child(path, logic), at), inner, found));
  }
  if (items !== undefined && !Array.isArray(items)) {
    const isMap = schema['x-kubernetes-list-type'] === 'map';
    walk(items, child(path, 'items'), { ...place, isRoot: false, uncorrelated: place.uncorrelated ?? (isMap ? undefined : path), rules: place.rules?.items }, found);
  }
  found.schema.push(...extensionErrors(schema, path), ...ruleErrors(schema, path));
  if (found.schema.length === before && place.rules !== undefined) found.cel.push(...celErrors(place.rules.rules, path, place.uncorrelated));
}

function plainErrors(schema: JsonSchema, path: string, { noDefaults, isInMetadata }: Place): FieldError[] {
  const errors: FieldError[] = [];
  const given = schema as Readonly<Record<string, unknown>>;
  if (schema.type && !TYPES.includes(schema.type) && schema.type !== 'null') errors.push(notSupported(child(path, 'type'), schema.type, TYPES));
  if (schema.default !== undefined && noDefaults !== undefined) errors.push(forbiddenValue(child(path, 'default'), `must not be set ${noDefaults}`));
  for (const [field, text] of UNSUPPORTED) if (given[field] !== undefined && given[field] !== '') errors.push(forbiddenValue(child(path, field), text));
  if (schema.type === 'null') errors.push(forbiddenValue(child(path, 'type'), 'type cannot be set to null, use nullable as an alternative'));
  if (Array.isArray(schema.items)) errors.push(forbiddenValue(child(path, 'items'), 'items must be a schema object and not an array'));
  if (isInMetadata && schema['x-kubernetes-embedded-resource'] === true) errors.push(forbiddenValue(child(path, 'x-kubernetes-embedded-resource'), 'must not be used inside of resource meta'));
  if (schema.uniqueItems === true) errors.push(forbiddenValue(child(path, 'uniqueItems'), 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  return errors;
}

function typeRequired(schema: JsonSchema, path: string, wanted: string, extension: string): FieldError[] {
  if (schema.type === wanted) return [];
  const text = `must be ${wanted} if ${extension} is specified`;
  return [schema.type ? invalidValue(child(path, 'type'), schema.type, text) : required(child(path, 'type'), text)];
}

function extensionErrors(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const listType = schema['x-kubernetes-list-type'];
  const mapType = schema['x-kubernetes-map-type'];
  const at = (name: string): string => child(path, name);
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) errors.push(invalidValue(at('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'));
  if (mapType !== undefined) {
    errors.push(...typeRequired(schema, path, 'object', 'x-kubernetes-map-type'));
    if (!['atomic', 'granular'].includes(mapType)) errors.push(notSupported(at('x-kubernetes-map-type'), mapType, ['atomic', 'granular']));
  }
  if (listType !== undefined) {
    const wrong = typeRequired(schema, path, 'array', 'x-kubernetes-list-type');
    errors.push(...wrong, ...(wrong.length === 0 && listType === 'set' ? setItemErrors(schema, path) : []));
    if (!['atomic', 'set', 'map'].includes(listType)) errors.push(notSupported(at('x-kubernetes-list-type'), listType, ['atomic', 'set', 'map']));
  }
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (keys.length > 0 && listType !== 'map') {
    const text = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(listType === undefined ? required(at('x-kubernetes-list-type'), text) : invalidValue(at('x-kubernetes-list-type'), listType, text));
  }
  if (listType === 'map') errors.push(...mapListErrors(schema, keys, path));
  if ((listType === 'map' || listType === 'set') && schema.items !== undefined) errors.push(...listItemErrors(schema, listType, keys, path));
  return errors;
}

function setItemErrors({ items }: JsonSchema, path: string): FieldError[] {
  const text = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const inner = items?.['x-kubernetes-list-type'];
  if (items?.type === 'array' && inner !== undefined && inner !== 'atomic') return [invalidValue(child(path, 'items', 'x-kubernetes-list-type'), inner, text)];
  if (items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') return [invalidValue(child(path, 'items', 'x-kubernetes-map-type'), inner ?? null, text)];
  return [];
}

function mapListErrors({ items }: JsonSchema, keys: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (keys.length === 0) errors.push(required(child(path, 'x-kubernetes-list-map-keys'), 'must not be empty if x-kubernetes-list-type is map'));
  if (items === undefined) return [...errors, required(child(path, 'items'), 'must have a schema if x-kubernetes-list-type is map')];
  if (items.type !== 'object') return [...errors, invalidValue(child(path, 'items', 'type'), items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map")];
  for (const [position, name] of keys.entries()) {
    const property = items.properties?.[name];
    if (property === undefined) errors.push(invalidValue(child(path, 'x-kubernetes-list-map-keys'), keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object') {
      errors.push(invalidValue(`${key(child(path, 'items', 'properties'), name)}.type`, items.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"));
    }
    if (keys.indexOf(name) < position) errors.push(invalidValue(child(path, 'x-kubernetes-list-map-keys'), keys, 'must not contain duplicate entries'));
  }
  return errors;
}

function listItemErrors({ items }: JsonSchema, listType: string, keys: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (items?.nullable === true) errors.push(forbiddenValue(child(path, 'items', 'nullable'), `cannot be nullable when x-kubernetes-list-type is ${listType}`));
  for (const name of listType === 'map' ? keys : []) {
    const property = items?.properties?.[name];
    if (property === undefined) continue;
    const at = key(child(path, 'items', 'properties'), name);
    if (!(items?.required ?? []).includes(name) && property.default === undefined) {
      errors.push(required(`${at}.default`, 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'));
    }
    if (property.nullable === true) errors.push(forbiddenValue(`${at}.nullable`, 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'));
  }
  return errors;
}

const hasLineBreak = (text: string): boolean => /[\n\r]/.test(text);

function ruleErrors(schema: JsonSchema, path: string): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, position) => {
    const at = index(child(path, 'x-kubernetes-validations'), position);
    const errors = wordErrors(rule, at);
    if (rule.messageExpression && rule.messageExpression.trim() === '') errors.push(required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'));
    if (rule.reason !== undefined && !REASONS.includes(rule.reason)) errors.push(notSupported(`${at}.reason`, rule.reason, REASONS));
    const { fieldPath } = rule;
    if (fieldPath) {
      if (fieldPath.trim() === '') errors.push(invalidValue(`${at}.fieldPath`, fieldPath, 'must be non-empty if specified'));
      if (hasLineBreak(fieldPath)) errors.push(invalidValue(`${at}.fieldPath`, fieldPath, 'must not contain line breaks'));
      if (!isValidFieldPath(fieldPath, schema)) errors.push(invalidValue(`${at}.fieldPath`, fieldPath, 'must be a valid path'));
    }
    return errors;
  });
}

function wordErrors({ rule, message }: ValidationRule, at: string): FieldError[] {
  const words = (rule ?? '').trim();
  const said = (message ?? '').trim();
  if (words === '') return [required(`${at}.rule`, 'rule is not specified')];
  if (message && said === '') return [invalidValue(`${at}.message`, message, 'must be non-empty if specified')];
  if (hasLineBreak(said)) return [invalidValue(`${at}.message`, message, 'must not contain line breaks')];
  if (hasLineBreak(words) && said === '') return [required(`${at}.message`, 'message must be specified if rule contains line breaks')];
  return [];
}

function celErrors(rules: readonly CompiledRule[], path: string, uncorrelated: string | undefined): FieldError[] {
  return rules.flatMap(({ rule, program, message, usesOldSelf }, position) => {
    const at = index(child(path, 'x-kubernetes-validations'), position);
    const shown = ruleText(rule as unknown as Readonly<Record<string, unknown>>);
    const errors: FieldError[] = [];
    if (isLeft(program)) errors.push(invalidValue(`${at}.rule`, shown, `compilation failed: ${program.left}`));
    else if (program.right.type !== 'bool' && program.right.type !== 'dyn') errors.push(invalidValue(`${at}.rule`, shown, 'cel expression must evaluate to a bool'));
    if (message !== undefined) {
      if (isLeft(message)) errors.push(invalidValue(`${at}.messageExpression`, shown, `messageExpression compilation failed: ${message.left}`));
      else if (message.right.type !== 'string' && message.right.type !== 'dyn') errors.push(invalidValue(`${at}.messageExpression`, shown, 'messageExpression must evaluate to a string'));
    }
    if (usesOldSelf && uncorrelated !== undefined) {
      errors.push(invalidValue(`${at}.rule`, rule.rule, `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`));
    }
    if (!usesOldSelf && rule.optionalOldSelf !== undefined && !isLeft(program)) {
      errors.push(invalidValue(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'));
    }
    return errors;
  });
}

/** A rule as Go prints the struct. */
const ruleText = (rule: Readonly<Record<string, unknown>>): Literal => {
  const text = (name: string): string => goQuote((rule[name] as string | undefined) ?? '');
  const reason = rule['reason'] === undefined ? '(*apiextensions.FieldValueErrorReason)(nil)' : '(*apiextensions.FieldValueErrorReason)(0xc000000000)';
  const optional = rule['optionalOldSelf'] === undefined ? '(*bool)(nil)' : '(*bool)(0xc000000000)';
  return literal(`apiextensions.ValidationRule{Rule:${text('rule')}, Message:${text('message')}, MessageExpression:${text('messageExpression')}, Reason:${reason}, FieldPath:${text('fieldPath')}, OptionalOldSelf:${optional}}`);
};
