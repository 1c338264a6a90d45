/**
 * One version of a custom resource, compiled: decoding, defaults, validation.
 * Source: apiextensions-apiserver/pkg/apiserver/customresource_handler.go (`schemaCoercingDecoder`),
 * pkg/registry/customresource/{strategy,validator,status_strategy}.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../../object/types.ts';
import { own, type JsonObject } from '../patch/json-value.ts';
import { child, invalidValue, type FieldError } from '../status/field-error.ts';
import { dropNulls, fillDefaults } from './defaulting.ts';
import type { DefinedVersion, ScalePaths } from './definition.ts';
import { coerceEmbedded, coerceMetadata, validateEmbedded } from './embedded.ts';
import { validateListTypes } from './list-type.ts';
import { compileSchema, type Node } from './node.ts';
import { nestedInteger, nestedText, stepsOf } from './path.ts';
import { prune } from './prune.ts';
import { compileRules, runRules, type RuleTree } from './rule.ts';
import { validateValue } from './validate.ts';

/** What a decoded body is, and which of its fields nobody knows. */
export interface DecodedCustom {
  readonly object: KubeObject;
  readonly unknown: readonly string[];
}

export interface CustomVersion {
  readonly name: string;
  readonly node: Node;
  readonly hasStatus: boolean;
  readonly scale: ScalePaths | undefined;
  readonly rules: RuleTree | undefined;
  /** Unknown fields are kept (`preserveUnknownFields` of old definitions). */
  readonly preserves: boolean;
}

const INT32_MAX = 2_147_483_647;

export function compileVersion(version: DefinedVersion, preserves: boolean): CustomVersion {
  const node = compileSchema(version.schema?.openAPIV3Schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
  return {
    name: version.name,
    node,
    hasStatus: version.subresources?.status !== undefined && version.subresources.status !== null,
    scale: version.subresources?.scale,
    rules: compileRules(node, true),
    preserves,
  };
}

/** A body as it goes on: metadata coerced, pruned, without forbidden nulls, with defaults. Left: why it cannot be read. */
export function decodeCustom(version: CustomVersion, sent: JsonObject): Either<string, DecodedCustom> {
  const coerced = coerceMetadata(sent);
  if (coerced.error !== undefined) return left(coerced.error);
  const unknown = [...coerced.unknown];
  const pruned = version.preserves ? { object: coerced.object, unknown: [] } : prune(version.node, coerced.object);
  unknown.push(...pruned.unknown);
  const cleaned = version.preserves ? pruned.object : dropNulls(version.node, pruned.object);
  const embedded = coerceEmbedded(version.node, cleaned, '', unknown);
  return right({ object: fillDefaults(version.node, embedded) as KubeObject, unknown });
}

/** What is stored, as this version shows it. */
export function readCustom(version: CustomVersion, apiVersion: string, stored: KubeObject): KubeObject {
  const typed = stored.apiVersion === apiVersion ? stored : { ...stored, apiVersion };
  const pruned = version.preserves ? typed : (prune(version.node, typed as unknown as JsonObject).object as unknown as KubeObject);
  return fillDefaults(version.node, pruned) as KubeObject;
}

const BLOCKING: readonly string[] = ['FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid'];
const UNCHECKED = 'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

/** The rules' errors, or one that says that they could not be run. */
function ruled(version: CustomVersion, errors: readonly FieldError[], object: JsonObject, old: JsonObject | undefined, warn: (text: string) => void): FieldError[] {
  if (version.rules === undefined) return [];
  if (errors.some(({ type }) => BLOCKING.includes(type))) return [invalidValue('<nil>', undefined, UNCHECKED)];
  const run = runRules(version.rules, object, old);
  run.warnings.forEach(warn);
  return run.errors;
}

/** Validation of a new object; metadata was validated by the caller. */
export function validateCustom(version: CustomVersion, object: KubeObject): FieldError[] {
  const value = object as unknown as JsonObject;
  const errors = [
    ...validateValue(version.node, value),
    ...scaleErrors(version, value, true),
    ...validateEmbedded(withoutRoot(version.node), value),
    ...validateListTypes(version.node, value),
  ];
  return [...errors, ...ruled(version, errors, value, undefined, ignore)];
}

/** Validation of an update. Texts for what stays wrong go to `warn`. */
export function validateCustomUpdate(version: CustomVersion, next: KubeObject, old: KubeObject, warn: (text: string) => void): FieldError[] {
  const [value, before] = [next as unknown as JsonObject, old as unknown as JsonObject];
  const errors = [...validateValue(version.node, value, before), ...scaleErrors(version, value, true), ...validateEmbedded(withoutRoot(version.node), value)];
  if (validateListTypes(version.node, before).length === 0) errors.push(...validateListTypes(version.node, value));
  return [...errors, ...ruled(version, errors, value, before, warn)];
}

/** Validation of an update through `/status`. */
export function validateCustomStatus(version: CustomVersion, next: KubeObject, old: KubeObject, warn: (text: string) => void): FieldError[] {
  const [value, before] = [next as unknown as JsonObject, old as unknown as JsonObject];
  const node = version.node.properties.get('status');
  const status = own(value, 'status');
  const errors: FieldError[] = [];
  if (status !== undefined && node !== undefined) {
    for (const error of validateValue(node, status, own(before, 'status'))) {
      errors.push({ ...error, field: error.field === '<nil>' ? 'status' : child('status', error.field) });
    }
  }
  errors.push(...scaleErrors(version, value, false));
  if (validateListTypes(version.node, before).length === 0) errors.push(...validateListTypes(version.node, value));
  return [...errors, ...ruled(version, errors, value, before, warn)];
}

const ignore = (): void => undefined;

/** The root is a resource itself, whose metadata the caller validates. */
const withoutRoot = (node: Node): Node => (node.isEmbedded ? { ...node, isEmbedded: false } : node);

function scaleErrors({ scale }: CustomVersion, object: JsonObject, withSpec: boolean): FieldError[] {
  if (scale === undefined) return [];
  const errors: FieldError[] = [];
  for (const path of [...(withSpec ? [scale.specReplicasPath] : []), scale.statusReplicasPath]) {
    const replicas = nestedInteger(object, stepsOf(path));
    if (isLeft(replicas)) errors.push(invalidValue(path, 0, replicas.left));
    else if ((replicas.right ?? 0) < 0) errors.push(invalidValue(path, replicas.right, 'should be a non-negative integer'));
    else if ((replicas.right ?? 0) > INT32_MAX) errors.push(invalidValue(path, replicas.right, `should be less than or equal to ${INT32_MAX}`));
  }
  if (scale.labelSelectorPath) {
    const selector = nestedText(object, stepsOf(scale.labelSelectorPath));
    if (isLeft(selector)) errors.push(invalidValue(scale.labelSelectorPath, '', selector.left));
  }
  return errors;
}
