/**
 * Small checks that many kinds share, each returning a list of field errors.
 * Upstream: pkg/apis/core/validation/validation.go and apimachinery/pkg/apis/meta/v1/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { parseLabelSelector, selectorMatches } from '../../object/selector.ts';
import { isLeft } from 'fp-ts/lib/Either.js';
import { forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, goSyntax, literal } from '../status/go-format.ts';
import type { Literal } from '../status/go-format.ts';
import { validateLabels } from './metadata.ts';
import { FIELD_IMMUTABLE, labelValueErrors, MUST_BE_NON_NEGATIVE, qualifiedNameErrors } from './name.ts';

/** The spec of an object that may have none. */
export const specOf = (object: KubeObject): Json => (object['spec'] as Json | undefined) ?? {};

/** ValidateNonnegativeField. */
export const nonNegative = (value: number | undefined | null, path: string): FieldError[] =>
  typeof value === 'number' && value < 0 ? [invalidValue(path, value, MUST_BE_NON_NEGATIVE)] : [];

/** ValidatePositiveField. */
export const positive = (value: number | undefined | null, path: string): FieldError[] =>
  typeof value === 'number' && value <= 0 ? [invalidValue(path, value, 'must be greater than 0')] : [];

/** ValidateImmutableField; values are compared deeply. */
export const immutable = (next: unknown, old: unknown, path: string, shown: unknown = next): FieldError[] =>
  sameJson(next, old) ? [] : [invalidValue(path, shown, FIELD_IMMUTABLE)];

/** Required, or one of the supported values. */
export function oneOf(value: string | undefined | null, supported: readonly string[], path: string, isRequired = false): FieldError[] {
  if (value === undefined || value === null || value === '') return isRequired ? [required(path)] : [];
  return supported.includes(value) ? [] : [notSupported(path, value, supported)];
}

/** Deep equality of JSON; absent, null and empty collections are the same (apiequality.Semantic). */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isAbsent(a) || isAbsent(b)) return isAbsent(a) && isAbsent(b);
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, at) => sameJson(item, b[at]));
  }
  if (typeof a !== 'object' || typeof b !== 'object' || Array.isArray(b)) return false;
  const left = a as Json;
  const right = b as Json;
  for (const key in left) if (!sameJson(left[key], right[key])) return false;
  for (const key in right) if (left[key] === undefined && !isAbsent(right[key])) return false;
  return true;
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/** `v1.LabelSelector{...}` as Go prints it. */
export function selectorText(selector: Json | undefined | null): Literal {
  if (selector === undefined || selector === null) return literal('"null"');
  const labels = selector.matchLabels === undefined ? 'map[string]string(nil)' : goSyntax(selector.matchLabels);
  const expressions = (selector.matchExpressions as Json[] | undefined)?.map(requirementText).join(', ');
  const list = expressions === undefined ? '[]v1.LabelSelectorRequirement(nil)' : `[]v1.LabelSelectorRequirement{${expressions}}`;
  return literal(`v1.LabelSelector{MatchLabels:${labels}, MatchExpressions:${list}}`);
}

const requirementText = (requirement: Json): string => {
  const values = requirement.values === undefined || requirement.values === null ? '[]string(nil)' : goSyntax(requirement.values);
  return `v1.LabelSelectorRequirement{Key:${goQuote(requirement.key ?? '')}, Operator:${goQuote(requirement.operator ?? '')}, Values:${values}}`;
};

/** `map[string]string{...}`, also when empty. */
export const labelsText = (labels: Json | undefined): Literal =>
  literal(labels === undefined ? 'map[string]string(nil)' : goSyntax(labels));

/** `intstr.IntOrString{...}`. */
export const intOrStringText = (value: number | string): Literal =>
  literal(
    typeof value === 'number'
      ? `intstr.IntOrString{Type:0, IntVal:${value}, StrVal:""}`
      : `intstr.IntOrString{Type:1, IntVal:0, StrVal:${goQuote(value)}}`,
  );

/** ValidateLabelSelector. */
export function validateLabelSelector(selector: Json | undefined | null, path: string): FieldError[] {
  if (selector === undefined || selector === null) return [];
  const errors = validateLabels(selector.matchLabels, `${path}.matchLabels`);
  (selector.matchExpressions as Json[] | undefined)?.forEach((requirement, at) => {
    errors.push(...validateRequirement(requirement, `${path}.matchExpressions[${at}]`));
  });
  return errors;
}

function validateRequirement(requirement: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const count = (requirement.values as string[] | undefined)?.length ?? 0;
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      if (count === 0) errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (count > 0) errors.push(forbiddenValue(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    default:
      errors.push(invalidValue(`${path}.operator`, requirement.operator ?? '', 'not a valid selector operator'));
  }
  for (const text of qualifiedNameErrors(requirement.key ?? '')) errors.push(invalidValue(`${path}.key`, requirement.key ?? '', text));
  (requirement.values as string[] | undefined)?.forEach((value, at) => {
    for (const text of labelValueErrors(value)) errors.push(invalidValue(`${path}.values[${at}]`, value, text));
  });
  return errors;
}

/** Whether a selector can be used at all (LabelSelectorAsSelector gives no error). */
export const compiles = (selector: Json | undefined | null): boolean => validateLabelSelector(selector, '').length === 0;

/** Whether the selector compiles and matches; a selector that does not compile matches nothing. */
export function selects(selector: Json | undefined, labels: Json | undefined): boolean {
  const parsed = parseLabelSelector(selector as never);
  return !isLeft(parsed) && selectorMatches(parsed.right, labels as never);
}

/** Whether a selector is there and empty. */
export const isEmptyLabelSelector = (selector: Json | undefined | null): boolean =>
  selector !== undefined &&
  selector !== null &&
  Object.keys(selector.matchLabels ?? {}).length === 0 &&
  ((selector.matchExpressions as unknown[] | undefined)?.length ?? 0) === 0;

const PERCENT = /^[0-9]+%$/;
const PERCENT_TEXT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** ValidatePositiveIntOrPercent. */
export function positiveIntOrPercent(value: number | string | undefined, path: string): FieldError[] {
  if (typeof value === 'number') return nonNegative(value, path);
  if (value === undefined) return [];
  return PERCENT.test(value) ? [] : [invalidValue(path, intOrStringText(value), PERCENT_TEXT)];
}

/** IsNotMoreThan100Percent. */
export function notMoreThan100Percent(value: number | string | undefined, path: string): FieldError[] {
  if (typeof value !== 'string' || !PERCENT.test(value) || Number(value.slice(0, -1)) <= 100) return [];
  return [invalidValue(path, intOrStringText(value), 'must not be greater than 100%')];
}

/** The number in an int-or-percent, for comparisons with zero. */
export const intOrPercentValue = (value: number | string | undefined): number =>
  typeof value === 'number' ? value : value !== undefined && PERCENT.test(value) ? Number(value.slice(0, -1)) : 0;
