/**
 * Dotted paths into custom objects (`.spec.replicas`), as the scale subresource and field selectors use them.
 * Source: apimachinery/pkg/apis/meta/v1/unstructured/helpers.go.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { isObject, own, type JsonObject } from '../patch/json-value.ts';
import { goPlain } from '../status/go-format.ts';

export const stepsOf = (path: string): readonly string[] => path.replace(/^\./, '').split('.');

const goType = (value: unknown): string => {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'map[string]interface {}';
};

/** The value at a path; undefined when it is not there. */
export function nested(object: JsonObject, steps: readonly string[]): Either<string, unknown> {
  let value: unknown = object;
  for (const [at, step] of steps.entries()) {
    if (value === undefined) return right(undefined);
    if (!isObject(value)) return left(`.${steps.slice(0, at).join('.')} accessor error: ${goPlain(value)} is of the type ${goType(value)}, expected map[string]interface{}`);
    value = own(value, step);
  }
  return right(value);
}

function typed<T>(object: JsonObject, steps: readonly string[], is: (value: unknown) => value is T, expected: string): Either<string, T | undefined> {
  const found = nested(object, steps);
  if (found._tag === 'Left' || found.right === undefined) return found as Either<string, undefined>;
  if (is(found.right)) return right(found.right);
  return left(`.${steps.join('.')} accessor error: ${goPlain(found.right)} is of the type ${goType(found.right)}, expected ${expected}`);
}

export const nestedInteger = (object: JsonObject, steps: readonly string[]): Either<string, number | undefined> =>
  typed(object, steps, (value): value is number => Number.isInteger(value), 'int64');

export const nestedText = (object: JsonObject, steps: readonly string[]): Either<string, string | undefined> =>
  typed(object, steps, (value): value is string => typeof value === 'string', 'string');

/** The object with a value at a path; maps on the way are made. */
export function withNested(object: JsonObject, steps: readonly string[], value: unknown): JsonObject {
  const [step, ...rest] = steps as [string, ...string[]];
  if (rest.length === 0) return own(object, step) === value ? object : { ...object, [step]: value };
  const inner = own(object, step);
  return { ...object, [step]: withNested(isObject(inner) ? inner : {}, rest, value) };
}
