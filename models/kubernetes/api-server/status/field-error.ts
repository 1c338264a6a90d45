/**
 * One thing that is wrong with one field, and the text that the API server prints for it.
 *
 * Validation collects these and {@link invalid} of status.ts folds them into one 422 Status. The field path is kept as
 * text (`spec.containers[0].name`), built with the helpers below, because nothing ever takes a path apart again.
 * Upstream: apimachinery/pkg/util/validation/field/{errors,path}.go.
 */
import { goQuote, goValue } from './go-format.ts';

/** The `reason` of a cause; upstream's `ErrorType`. */
export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'InternalError'
  | 'FieldValueTypeInvalid';

const TYPE_TEXT: Readonly<Record<FieldErrorType, string>> = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  InternalError: 'Internal error',
  FieldValueTypeInvalid: 'Invalid value',
};

/** A field error. `value` is printed unless the type never shows one or `omitValue` is set. */
export interface FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  readonly value?: unknown;
  readonly detail: string;
  readonly omitValue?: boolean;
}

/** `path.name`, or just `name` at the root. */
export const child = (path: string, ...names: readonly string[]): string =>
  names.reduce((at, name) => (at === '' ? name : `${at}.${name}`), path);
/** `path[3]`. */
export const index = (path: string, position: number): string => `${path}[${position}]`;
/** `path[key]`. */
export const key = (path: string, name: string): string => `${path}[${name}]`;

/** `Required value[: detail]`. */
export const required = (field: string, detail = ''): FieldError => ({ type: 'FieldValueRequired', field, detail });
/** `Invalid value: <value>: detail`. */
export const invalidValue = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  value,
  detail,
});
/** `Invalid value: <value>: detail` with the reason that CRD schemas give for a wrong JSON type. */
export const typeInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueTypeInvalid',
  field,
  value,
  detail,
});
/** `Duplicate value: <value>`. */
export const duplicate = (field: string, value: unknown): FieldError => ({
  type: 'FieldValueDuplicate',
  field,
  value,
  detail: '',
});
/** `Not found: <value>`. */
export const notFoundValue = (field: string, value: unknown): FieldError => ({
  type: 'FieldValueNotFound',
  field,
  value,
  detail: '',
});
/** `Unsupported value: <value>[: supported values: "A", "B"]`; the values are listed in the order given. */
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: 'FieldValueNotSupported',
  field,
  value,
  detail: supported.length > 0 ? `supported values: ${supported.map(goQuote).join(', ')}` : '',
});
/** `Forbidden: detail`. */
export const forbiddenValue = (field: string, detail: string): FieldError => ({
  type: 'FieldValueForbidden',
  field,
  detail,
});
/** `Too long: may not be more than N bytes`. */
export const tooLong = (field: string, maxLength: number): FieldError => ({
  type: 'FieldValueTooLong',
  field,
  detail: maxLength < 0 ? 'value is too long' : `may not be more than ${maxLength} ${maxLength === 1 ? 'byte' : 'bytes'}`,
});
/** `Too many: N: must have at most M items`; a negative `actual` is not shown. */
export const tooMany = (field: string, actual: number, maximum: number): FieldError => ({
  type: 'FieldValueTooMany',
  field,
  detail: maximum < 0 ? 'has too many items' : `must have at most ${maximum} ${maximum === 1 ? 'item' : 'items'}`,
  ...(actual < 0 ? { omitValue: true } : { value: actual }),
});
/** `Internal error: detail`. */
export const internalFieldError = (field: string, detail: string): FieldError => ({
  type: 'InternalError',
  field,
  detail,
});

const showsValue = (error: FieldError): boolean =>
  error.omitValue !== true &&
  error.type !== 'FieldValueRequired' &&
  error.type !== 'FieldValueForbidden' &&
  error.type !== 'FieldValueTooLong' &&
  error.type !== 'InternalError';

/** The message of a cause: everything but the field path. */
export function errorBody(error: FieldError): string {
  const value = showsValue(error) ? `: ${goValue(error.value)}` : '';
  const detail = error.detail === '' ? '' : `: ${error.detail}`;
  return `${TYPE_TEXT[error.type]}${value}${detail}`;
}

/** The whole message, path first. */
export const errorText = (error: FieldError): string => `${error.field}: ${errorBody(error)}`;

/** Several messages as one: alone, or `[a, b]` without repetitions (utilerrors.Aggregate). */
export function aggregate(messages: readonly string[]): string {
  const unique = [...new Set(messages)];
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`;
}
