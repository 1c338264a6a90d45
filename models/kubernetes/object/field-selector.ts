/**
 * Field selectors (`status.phase!=Failed,spec.nodeName=n1`): parsing and matching against named field values.
 *
 * Which fields a kind offers is the API server's knowledge; here a selector is only a conjunction of comparisons.
 * Source: apimachinery/pkg/fields/selector.go.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

export type FieldSelector = readonly FieldRequirement[];

/** Field values by path; a field that is not there counts as the empty string. */
export type Fields = (field: string) => string;


/** Undoes the backslash escapes of a value; undefined when an escape is not one of `\\`, `\,`, `\=`. */
const unescapeValue = (value: string): string | undefined => {
  if (!value.includes('\\')) return value;
  const replaced = value.replace(/\\([\\,=])/g, '$1');
  return /\\(?![\\,=])/.test(value.replace(/\\[\\,=]/g, '')) ? undefined : replaced;
};

/** Splits at commas that are not escaped. */
const splitTerms = (text: string): string[] => {
  const terms: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === ',') {
      terms.push(text.slice(start, at));
      start = at + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
};

/** Finds the first operator that is not escaped. */
const splitTerm = (term: string): { field: string; operator: '=' | '!='; value: string } | undefined => {
  for (let at = 0; at < term.length; at += 1) {
    const rest = term.slice(at, at + 2);
    if (rest === '!=') return { field: term.slice(0, at), operator: '!=', value: term.slice(at + 2) };
    if (rest === '==') return { field: term.slice(0, at), operator: '=', value: term.slice(at + 2) };
    if (rest.startsWith('=')) return { field: term.slice(0, at), operator: '=', value: term.slice(at + 1) };
  }
  return undefined;
};

/** Reads a field selector; the error is upstream's text. Empty text selects everything. */
export const parseFieldSelector = (text: string): Either<string, FieldSelector> => {
  const requirements: FieldRequirement[] = [];
  const parts = splitTerms(text).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  for (const part of parts) {
    if (part === '') continue;
    const term = splitTerm(part);
    if (term === undefined) return left(`invalid selector: '${text}'; can't understand '${part}'`);
    const value = unescapeValue(term.value);
    if (value === undefined) {
      return left(`invalid field selector: invalid escape sequence: ${term.value}`);
    }
    requirements.push({ field: term.field, operator: term.operator, value });
  }
  return right(requirements);
};

/** Whether all comparisons hold. */
export const fieldSelectorMatches = (selector: FieldSelector, fields: Fields): boolean => {
  for (const { field, operator, value } of selector) {
    if ((fields(field) === value) !== (operator === '=')) return false;
  }
  return true;
};

/** The value that the selector demands of a field, if it demands exactly one (`RequiresExactMatch`). */
export const exactFieldMatch = (selector: FieldSelector, field: string): string | undefined =>
  selector.find((requirement) => requirement.field === field && requirement.operator === '=')?.value;

/** The text form, as upstream prints it. */
export const formatFieldSelector = (selector: FieldSelector): string =>
  selector
    .map(({ field, operator, value }) => `${field}${operator}${value.replace(/[\\,=]/g, '\\$&')}`)
    .join(',');
