/**
 * Validation of a custom object against its schema, with the real server's messages.
 *
 * The order of checks is that of kube-openapi's validators: type, logic (allOf, anyOf, oneOf, not), strings, formats,
 * numbers, lists, enum, objects. Source: kube-openapi/pkg/validation/validate/{schema,type,schema_props,string,number,
 * slice,object,values}*.go, errors/schema.go; apiextensions-apiserver/pkg/apiserver/validation/validation.go.
 */
import { isObject, jsonEqual, own, type JsonObject } from '../patch/json-value.ts';
import { invalidValue, notSupported, required, tooLong, tooMany, typeInvalid, type FieldError } from '../status/field-error.ts';
import { goFloat, goQuote } from '../status/go-format.ts';
import { formatFails, isStringFormat } from './format.ts';
import { itemFinder, type Node } from './node.ts';

/** Errors of a subtree; `matches` counts checks that were made, by which the best alternative of anyOf is chosen. */
interface Result {
  readonly errors: FieldError[];
  matches: number;
}

/** Errors without a field are printed so. */
const NO_FIELD = '<nil>';
const INT32_MAX = 2 ** 31;

/**
 * Checks a whole object. With `old`, what was there before and has not changed is not complained about (ratcheting,
 * apiextensions-apiserver/pkg/apiserver/validation/ratcheting.go).
 */
export function validateValue(node: Node, input: unknown, old?: unknown): FieldError[] {
  return check(node, input, '', old).errors;
}

function check(node: Node, input: unknown, path: string, old?: unknown): Result {
  const result: Result = { errors: [], matches: 1 };
  if (old !== undefined && jsonEqual(input, old)) return result;
  const { schema } = node;
  if (node.types.length > 0 || schema.format) typeCheck(node, input, path, result);
  if (input === null || input === undefined) {
    if (schema.enum !== undefined) enumCheck(node, input, path, result);
    return result;
  }
  logic(node, input, path, result);
  if (typeof input === 'string') text(node, input, path, result);
  else if (typeof input === 'number') number(node, input, path, result);
  else if (Array.isArray(input)) list(node, input, path, result, old);
  if (schema.enum !== undefined) enumCheck(node, input, path, result);
  if (isObject(input)) object(node, input, path, result, isObject(old) && schema['x-kubernetes-map-type'] !== 'atomic' ? old : undefined);
  return result;
}

function merge(into: Result, from: Result): void {
  into.errors.push(...from.errors);
  into.matches += from.matches;
}

const field = (path: string): string => path.replace(/^\./, '') || NO_FIELD;
const loose = (text: string): FieldError => invalidValue(NO_FIELD, '', text);

function typeOf(input: unknown): string {
  if (input === null || input === undefined) return 'null';
  if (Array.isArray(input)) return 'array';
  if (typeof input === 'number') return Number.isInteger(input) ? 'integer' : 'number';
  return typeof input;
}

function typeCheck({ types, schema }: Node, input: unknown, path: string, result: Result): void {
  result.matches++;
  const is = typeOf(input);
  if (is === 'null') {
    if (types.length > 0 && schema.nullable !== true) result.errors.push(typeError(path, types.join(','), 'null'));
    return;
  }
  const hasFormat = schema.format !== undefined && isStringFormat(schema.format);
  if (!types.includes('number') && !types.includes('integer') && hasFormat && (is === 'string' || is === 'array')) return;
  if (types.length === 0 || types.includes(is) || (is === 'integer' && types.includes('number'))) return;
  result.errors.push(typeError(path, types.join(','), is));
}

const typeError = (path: string, wanted: string, is: string): FieldError =>
  typeInvalid(field(path), is, `${path} in body must be of type ${wanted}: ${goQuote(is)}`);

function logic(node: Node, input: unknown, path: string, result: Result): void {
  const { allOf, anyOf, oneOf, not } = node;
  if (allOf.length + anyOf.length + oneOf.length === 0 && not === undefined) return;
  result.matches++;
  const name = goQuote(path);
  if (anyOf.length > 0) {
    const best = bestOf(anyOf.map((inner) => check(inner, input, path)));
    if (best.valid === 0) result.errors.push(loose(`${name} must validate at least one schema (anyOf)`), ...best.failures);
  }
  if (oneOf.length > 0) {
    const best = bestOf(oneOf.map((inner) => check(inner, input, path)));
    if (best.valid !== 1) {
      const found = best.valid === 0 ? 'Found none valid' : `Found ${best.valid} valid alternatives`;
      result.errors.push(loose(`${name} must validate one and only one schema (oneOf). ${found}`), ...best.failures);
    }
  }
  if (allOf.length > 0) {
    const results = allOf.map((inner) => check(inner, input, path));
    for (const inner of results) merge(result, inner);
    const valid = results.filter(({ errors }) => errors.length === 0).length;
    if (valid !== allOf.length) result.errors.push(loose(`${name} must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`));
  }
  if (not !== undefined && check(not, input, path).errors.length === 0) result.errors.push(loose(`${name} must not validate the schema (not)`));
}

/** How many alternatives hold, and the errors of the one that came furthest when none does. */
function bestOf(results: readonly Result[]): { readonly valid: number; readonly failures: readonly FieldError[] } {
  const valid = results.filter(({ errors }) => errors.length === 0).length;
  if (valid > 0) return { valid, failures: [] };
  let best = results[0] as Result;
  for (const result of results) if (result.matches > best.matches) best = result;
  return { valid, failures: best.errors };
}

function text({ schema, pattern }: Node, input: string, path: string, result: Result): void {
  const { errors } = result;
  const { maxLength, minLength, format } = schema;
  const length = maxLength === undefined && minLength === undefined ? 0 : [...input].length;
  if (maxLength !== undefined || minLength !== undefined || schema.pattern !== undefined) {
    result.matches++;
    // The string validator stops at its first failure.
    if (maxLength !== undefined && length > maxLength) errors.push(tooLong(field(path), maxLength));
    else if (minLength !== undefined && length < minLength) errors.push(invalidValue(field(path), input, `${path} in body should be at least ${minLength} chars long`));
    else if (pattern !== undefined && !pattern.test(input)) errors.push(invalidValue(field(path), input, `${path} in body should match '${schema.pattern}'`));
  }
  if (format === undefined || !isStringFormat(format)) return;
  result.matches++;
  if (formatFails(format, input)) errors.push(typeInvalid(field(path), input, `${path} in body must be of type ${format}: ${goQuote(input)}`));
}

function number({ schema, types }: Node, input: number, path: string, result: Result): void {
  const { errors } = result;
  const { multipleOf, maximum, minimum, exclusiveMaximum, exclusiveMinimum, format } = schema;
  if (format === undefined && multipleOf === undefined && maximum === undefined && minimum === undefined && types.length === 0) return;
  result.matches++;
  const outside = Number.isInteger(input) && types[0] === 'integer' && format === 'int32' && (input >= INT32_MAX || input < -INT32_MAX);
  if (outside) errors.push(loose('Checked value must be of type integer with format int32'));
  const fail = (detail: string): void => void errors.push(invalidValue(field(path), input, `${path} in body should be ${detail}`));
  if (multipleOf !== undefined && !Number.isInteger(input / multipleOf)) fail(`a multiple of ${goFloat(multipleOf)}`);
  if (maximum !== undefined && (exclusiveMaximum === true ? input >= maximum : input > maximum)) fail(`less than ${exclusiveMaximum === true ? '' : 'or equal to '}${goFloat(maximum)}`);
  if (minimum !== undefined && (exclusiveMinimum === true ? input <= minimum : input < minimum)) fail(`greater than ${exclusiveMinimum === true ? '' : 'or equal to '}${goFloat(minimum)}`);
}

function list({ schema, items }: Node, input: readonly unknown[], path: string, result: Result, old: unknown): void {
  result.matches++;
  const before = itemFinder(schema, Array.isArray(old) ? old : []);
  if (items !== undefined) for (const [at, item] of input.entries()) merge(result, check(items, item, `${path}[${at}]`, before(item)));
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && input.length < minItems) {
    result.errors.push(invalidValue(field(path), input.length, `${path} in body should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && input.length > maxItems) result.errors.push(tooMany(field(path), input.length, maxItems));
}

function enumCheck({ schema }: Node, input: unknown, path: string, result: Result): void {
  result.matches++;
  const allowed = schema.enum ?? [];
  if (allowed.some((entry) => jsonEqual(entry, input ?? null))) return;
  if ((input === null || input === undefined) && schema.nullable === true) return;
  result.errors.push(notSupported(field(path), input, allowed.map((entry) => (typeof entry === 'string' ? entry : JSON.stringify(entry)))));
}

function object(node: Node, input: JsonObject, path: string, result: Result, old: JsonObject | undefined): void {
  result.matches++;
  const { schema } = node;
  const count = Object.keys(input).length;
  const inner = (name: string): string => (path === '' ? name : `${path}.${name}`);
  if (schema.minProperties !== undefined && count < schema.minProperties) {
    result.errors.push(invalidValue(field(path), count, `${path} in body should have at least ${schema.minProperties} properties`));
    return;
  }
  if (schema.maxProperties !== undefined && count > schema.maxProperties) {
    result.errors.push(tooMany(field(path), count, schema.maxProperties));
    return;
  }
  if (schema.additionalProperties === false) {
    for (const name of Object.keys(input).sort()) {
      if (!node.properties.has(name)) result.errors.push(invalidValue(field(path), '', `${inner(name)} in body is a forbidden property`));
    }
  }
  if (typeof node.additional === 'object') {
    for (const name of Object.keys(input).sort()) {
      if (!node.properties.has(name)) merge(result, check(node.additional, input[name], `${path}.${name}`, old === undefined ? undefined : own(old, name)));
    }
  }
  for (const name of node.names) {
    const value = own(input, name);
    if (value !== undefined) merge(result, check(node.properties.get(name) as Node, value, inner(name), old === undefined ? undefined : own(old, name)));
  }
  for (const name of schema.required ?? []) {
    const hasDefault = node.properties.get(name)?.schema.default !== undefined;
    if (own(input, name) === undefined && !hasDefault) result.errors.push(required(field(`${path}.${name}`)));
  }
}

