/**
 * Label and field selectors: their meaning, their text form and the errors of both.
 *
 * A selector is a conjunction of requirements sorted by key, as upstream keeps it; "nothing" is a value of its own,
 * because an absent selector and an empty one mean opposite things. Matching allocates nothing, since schedulers and
 * controllers match every pod against every selector.
 *
 * Source: apimachinery/pkg/labels/selector.go, apimachinery/pkg/fields/selector.go,
 * apimachinery/pkg/apis/meta/v1/helpers.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import { labelKeyErrors, labelValueErrors } from './label.ts';
import { parseLabelSelectorText } from './selector-text.ts';

export type Labels = Readonly<Record<string, string>>;

/** Operators with upstream's spelling (apimachinery/pkg/selection/operator.go). */
export type Operator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

export interface Selector {
  /** False for the selector that matches no object at all, whatever its labels. */
  readonly selectable: boolean;
  readonly requirements: readonly Requirement[];
}

/** The `LabelSelector` field type of the API. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export const EVERYTHING: Selector = { selectable: true, requirements: [] };
export const NOTHING: Selector = { selectable: false, requirements: [] };

const byKey = (a: Requirement, b: Requirement): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** A Go string literal of the text, as `%q` prints it in error messages. */
export const quoted = (text: string): string =>
  `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\t/g, '\\t').replace(/\r/g, '\\r')}"`;

const isInteger = (text: string): boolean => /^[+-]?[0-9]+$/.test(text);
const invalid = (path: string, value: string, detail: string): string => `${path}: Invalid value: ${value}: ${detail}`;
const goStrings = (values: readonly string[]): string => `[]string{${values.map(quoted).join(', ')}}`;

const cardinalityErrors = (operator: Operator, values: readonly string[]): string[] => {
  const wrong = (detail: string): string => invalid('values', goStrings(values), detail);
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length === 0 ? [wrong("for 'in', 'notin' operators, values set can't be empty")] : [];
    case '=':
    case '==':
    case '!=':
      return values.length === 1 ? [] : [wrong('exact-match compatibility requires one single value')];
    case 'exists':
    case '!':
      return values.length === 0 ? [] : [wrong('values set must be empty for exists and does not exist')];
    case 'gt':
    case 'lt': {
      const errors = values.length === 1 ? [] : [wrong("for 'Gt', 'Lt' operators, exactly one value is required")];
      values.forEach((value, index) => {
        if (isInteger(value)) return;
        errors.push(invalid(`values[${index}]`, quoted(value), "for 'Gt', 'Lt' operators, the value must be an integer"));
      });
      return errors;
    }
  }
};

/** Makes a requirement, or says what is wrong with it, in upstream's words (`NewRequirement`). */
export const newRequirement = (
  key: string,
  operator: Operator,
  values: readonly string[],
): Either<string, Requirement> => {
  const errors: string[] = [];
  const keyErrors = labelKeyErrors(key);
  if (keyErrors.length > 0) errors.push(invalid('key', quoted(key), keyErrors.join('; ')));
  errors.push(...cardinalityErrors(operator, values));
  values.forEach((value, index) => {
    const valueErrors = labelValueErrors(value);
    if (valueErrors.length > 0) errors.push(invalid(`values[${index}][${key}]`, quoted(value), valueErrors.join('; ')));
  });
  if (errors.length === 0) return right({ key, operator, values });
  return left(errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`);
};

/** An int64 of base 10, or undefined. Beyond 2^53 the comparison is done by bigint, so it stays exact. */
const integerOf = (text: string): bigint | undefined => {
  if (!isInteger(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
};

/** Whether the labels meet one requirement. */
export const requirementMatches = (requirement: Requirement, labels: Labels | undefined): boolean => {
  const value: unknown = labels?.[requirement.key];
  const has = typeof value === 'string';
  switch (requirement.operator) {
    case 'in':
    case '=':
    case '==':
      return has && requirement.values.includes(value);
    case 'notin':
    case '!=':
      return !has || !requirement.values.includes(value);
    case 'exists':
      return has;
    case '!':
      return !has;
    case 'gt':
    case 'lt': {
      if (!has || requirement.values.length !== 1) return false;
      const left64 = integerOf(value);
      const right64 = integerOf(requirement.values[0] ?? '');
      if (left64 === undefined || right64 === undefined) return false;
      return requirement.operator === 'gt' ? left64 > right64 : left64 < right64;
    }
  }
};

/** Whether the labels meet every requirement. */
export const selectorMatches = (selector: Selector, labels: Labels | undefined): boolean => {
  if (!selector.selectable) return false;
  const { requirements } = selector;
  for (let i = 0; i < requirements.length; i += 1) {
    if (!requirementMatches(requirements[i] as Requirement, labels)) return false;
  }
  return true;
};

/** Whether the selector matches everything. */
export const isEmptySelector = (selector: Selector): boolean =>
  selector.selectable && selector.requirements.length === 0;

const expressionOperator = (operator: string): Operator | undefined => {
  switch (operator) {
    case 'In': return 'in';
    case 'NotIn': return 'notin';
    case 'Exists': return 'exists';
    case 'DoesNotExist': return '!';
    default: return undefined;
  }
};

/**
 * What a `LabelSelector` field means: absent matches nothing, empty matches everything
 * (`metav1.LabelSelectorAsSelector`).
 */
export const parseLabelSelector = (field: LabelSelector | undefined | null): Either<string, Selector> => {
  if (field === undefined || field === null) return right(NOTHING);
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(field.matchLabels ?? {})) {
    const made = newRequirement(key, '=', [value]);
    if (isLeft(made)) return made;
    requirements.push(made.right);
  }
  for (const expression of field.matchExpressions ?? []) {
    const operator = expressionOperator(expression.operator);
    if (operator === undefined) return left(`${quoted(expression.operator)} is not a valid label selector operator`);
    const made = newRequirement(expression.key, operator, expression.values ?? []);
    if (isLeft(made)) return made;
    requirements.push(made.right);
  }
  return right(requirements.length === 0 ? EVERYTHING : { selectable: true, requirements: requirements.sort(byKey) });
};

/** Like {@link parseLabelSelector}, for selectors that validation let pass; a broken one matches nothing. */
export const selectorOf = (field: LabelSelector | undefined | null): Selector => {
  const parsed = parseLabelSelector(field);
  return isLeft(parsed) ? NOTHING : parsed.right;
};

/** The selector that wants exactly these labels; no labels match everything (`labels.SelectorFromSet`). */
export const selectorFromSet = (labels: Labels | undefined): Selector => {
  const requirements: Requirement[] = Object.entries(labels ?? {})
    .map(([key, value]): Requirement => ({ key, operator: '=', values: [value] }))
    .sort(byKey);
  return requirements.length === 0 ? EVERYTHING : { selectable: true, requirements };
};

/** The conjunction of a selector and more requirements. */
export const addRequirements = (selector: Selector, more: readonly Requirement[]): Selector => ({
  selectable: selector.selectable,
  requirements: [...selector.requirements, ...more].sort(byKey),
});

/** Reads the text form (`a=b,c in (d,e),!f`); the error is the text of upstream's `labels.Parse`. */
export const parseSelector = (text: string): Either<string, Selector> => {
  const parsed = parseLabelSelectorText(text, newRequirement);
  if (isLeft(parsed)) return parsed;
  return right({ selectable: true, requirements: [...parsed.right].sort(byKey) });
};

const formatRequirement = ({ key, operator, values }: Requirement): string => {
  const list = values.length === 1 ? (values[0] ?? '') : [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join(',');
  switch (operator) {
    case '!': return `!${key}`;
    case 'exists': return key;
    case 'in':
    case 'notin': return `${key} ${operator} (${list})`;
    case 'gt': return `${key}>${list}`;
    case 'lt': return `${key}<${list}`;
    default: return `${key}${operator}${list}`;
  }
};

/** The text form, as upstream prints it (also what `status.selector` of a scale holds). */
export const formatSelector = (selector: Selector): string => selector.requirements.map(formatRequirement).join(',');
