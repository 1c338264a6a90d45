/**
 * Whether a schema is structural: types everywhere, and logic that only restricts what is declared outside of it.
 * Source: apiextensions-apiserver/pkg/apiserver/schema/{validation,complete}.go.
 */
import { jsonEqual } from '../patch/json-value.ts';
import { child, errorText, forbiddenValue, index, invalidValue, key, required, type FieldError } from '../status/field-error.ts';
import type { JsonSchema } from './definition.ts';
import { patternOf } from './node.ts';

type Level = 'root' | 'item' | 'field';

/** All violations, sorted by their text. */
export function validateStructural(schema: JsonSchema, path: string): FieldError[] {
  return [...invariants(schema, 'root', path), ...completeness(schema, path)].sort((a, b) => (errorText(a) < errorText(b) ? -1 : 1));
}

const WHERE: Readonly<Record<Level, string>> = { root: 'at the root', item: 'for specified array items', field: 'for specified object fields' };

function invariants(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type, items, properties = {}, additionalProperties: additional } = schema;
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (type === 'array' && items === undefined) errors.push(required(child(path, 'items'), 'must be specified'));
  if (items !== undefined && !Array.isArray(items)) errors.push(...invariants(items, 'item', child(path, 'items')));
  for (const name of Object.keys(properties)) errors.push(...invariants(properties[name] as JsonSchema, 'field', key(child(path, 'properties'), name)));
  if (additional !== undefined) {
    if (level === 'root') errors.push(forbiddenValue(child(path, 'additionalProperties'), 'must not be used at the root'));
    if (typeof additional === 'object') errors.push(...invariants(additional, 'field', child(path, 'additionalProperties')));
  }
  if (isIntOrString && preserves) errors.push(invalidValue(child(path, 'x-kubernetes-preserve-unknown-fields'), true, 'must be false if x-kubernetes-int-or-string is true'));
  if (isIntOrString && isEmbedded) errors.push(invalidValue(child(path, 'x-kubernetes-embedded-resource'), true, 'must be false if x-kubernetes-int-or-string is true'));
  errors.push(...valueValidation(schema, isIntOrStringPattern(schema.anyOf), isIntOrStringPattern(schema.allOf?.[0]?.anyOf), path));
  if (isEmbedded && type !== 'object') {
    const text = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type ? invalidValue(child(path, 'type'), type, text) : required(child(path, 'type'), text));
  } else if (!type && !isIntOrString && !preserves) errors.push(required(child(path, 'type'), `must not be empty ${WHERE[level]}`));
  if (isEmbedded && additional !== undefined) errors.push(forbiddenValue(child(path, 'additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set'));
  if (level === 'root' && type && type !== 'object') errors.push(invalidValue(child(path, 'type'), type, 'must be object at the root'));
  if (level === 'root' || isEmbedded) errors.push(...typeMeta(properties, path));
  if (level === 'root' && properties['metadata'] !== undefined && !isPlainMetadata(properties['metadata'])) {
    errors.push(forbiddenValue(key(child(path, 'properties'), 'metadata'), 'must not specify anything other than name and generateName, but metadata is implicitly specified'));
  }
  if (isEmbedded && !preserves && Object.keys(properties).length === 0) {
    errors.push(required(child(path, 'properties'), 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'));
  }
  return errors;
}

function typeMeta(properties: Readonly<Record<string, JsonSchema>>, path: string): FieldError[] {
  return (['kind', 'apiVersion', 'metadata'] as const).flatMap((name) => {
    const wanted = name === 'metadata' ? 'object' : 'string';
    const property = properties[name];
    if (property === undefined || property.type === wanted) return [];
    return [invalidValue(`${key(child(path, 'properties'), name)}.type`, property.type ?? '', `must be ${wanted}`)];
  });
}

/** Metadata at the root may only say something about name and generateName. */
function isPlainMetadata(schema: JsonSchema): boolean {
  const { type: _type, default: _default, properties, description: _description, ...rest } = schema;
  const names = Object.keys(properties ?? {});
  return Object.keys(rest).length === 0 && schema.description === undefined && names.every((name) => name === 'name' || name === 'generateName');
}

const isIntOrStringPattern = (anyOf: readonly JsonSchema[] | undefined): boolean => jsonEqual(anyOf ?? null, [{ type: 'integer' }, { type: 'string' }]);

function valueValidation(schema: JsonSchema, skipsAnyOf: boolean, skipsFirst: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!skipsAnyOf) (schema.anyOf ?? []).forEach((inner, at) => errors.push(...nestedValidation(inner, false, index(child(path, 'anyOf'), at))));
  (schema.allOf ?? []).forEach((inner, at) => errors.push(...nestedValidation(inner, skipsFirst && at === 0, index(child(path, 'allOf'), at))));
  (schema.oneOf ?? []).forEach((inner, at) => errors.push(...nestedValidation(inner, false, index(child(path, 'oneOf'), at))));
  if (schema.not !== undefined) errors.push(...nestedValidation(schema.not, false, child(path, 'not')));
  if (schema.pattern && patternOf(schema.pattern) === undefined) {
    errors.push(invalidValue(child(path, 'pattern'), schema.pattern, `must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported syntax: \`${schema.pattern}\``));
  }
  return errors;
}

/** Fields that logic may not have, with what it should be instead. */
const FORBIDDEN: readonly (readonly [field: keyof JsonSchema | 'externalDocs', text: string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['externalDocs', 'must be undefined to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

function nestedValidation(schema: JsonSchema, skipsAnyOf: boolean, path: string): FieldError[] {
  const errors = valueValidation(schema, skipsAnyOf, false, path);
  if (schema.items !== undefined) errors.push(...nestedValidation(schema.items, false, child(path, 'items')));
  const { properties = {} } = schema;
  for (const name of Object.keys(properties)) errors.push(...nestedValidation(properties[name] as JsonSchema, false, key(child(path, 'properties'), name)));
  const given = schema as Readonly<Record<string, unknown>>;
  for (const [field, text] of FORBIDDEN) {
    const value = given[field];
    if (value !== undefined && value !== '' && value !== false) errors.push(forbiddenValue(child(path, field), text));
  }
  if (properties['metadata'] !== undefined) errors.push(forbiddenValue(key(child(path, 'properties'), 'metadata'), 'must not be specified in a nested context'));
  return errors;
}

/** What logic talks about must be declared outside of it, too. */
function completeness(schema: JsonSchema, path: string): FieldError[] {
  const errors = logicParts(schema, path).flatMap(([part, at]) => covered(part, schema, at, path));
  const { properties = {}, items, additionalProperties: additional } = schema;
  for (const name of Object.keys(properties)) errors.push(...completeness(properties[name] as JsonSchema, key(child(path, 'properties'), name)));
  if (items !== undefined && !Array.isArray(items)) errors.push(...completeness(items, child(path, 'items')));
  if (typeof additional === 'object') errors.push(...completeness(additional, child(path, 'additionalProperties')));
  return errors;
}

function logicParts(schema: JsonSchema, path: string): (readonly [JsonSchema, string])[] {
  const parts = (['allOf', 'anyOf', 'oneOf'] as const).flatMap((logic) => (schema[logic] ?? []).map((part, at) => [part, index(child(path, logic), at)] as const));
  return schema.not === undefined ? parts : [...parts, [schema.not, child(path, 'not')] as const];
}

function covered(part: JsonSchema, declared: JsonSchema | undefined, at: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [inner, place] of logicParts(part, at)) errors.push(...covered(inner, declared, place, path));
  if (part.items !== undefined) {
    if (declared?.items === undefined) errors.push(required(child(path, 'items'), `because it is defined in ${child(at, 'items')}`));
    else errors.push(...covered(part.items, declared.items, child(at, 'items'), child(path, 'items')));
  }
  for (const [name, inner] of Object.entries(part.properties ?? {})) {
    const here = key(child(at, 'properties'), name);
    const outside = key(child(path, 'properties'), name);
    const outer = declared?.properties?.[name];
    if (outer === undefined) errors.push(required(outside, `because it is defined in ${here}`));
    else errors.push(...covered(inner, outer, here, outside));
  }
  return errors;
}
