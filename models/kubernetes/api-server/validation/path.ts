/**
 * Checks of paths and file modes, as volumes, mounts and profiles use them.
 * Upstream: pkg/apis/core/validation/validation.go (validateLocalDescendingPath, validatePathNoBacksteps, ...).
 */
import { invalidValue } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';

/** validatePathNoBacksteps. */
export const noBacksteps = (value: string, path: string): FieldError[] =>
  value.includes('..') && value.split('/').includes('..') ? [invalidValue(path, value, "must not contain '..'")] : [];

/** validateLocalDescendingPath: relative, without `..`. */
export const descendingPath = (value: string, path: string): FieldError[] =>
  value.startsWith('/') ? [invalidValue(path, value, 'must be a relative path'), ...noBacksteps(value, path)] : noBacksteps(value, path);

/** ValidateLocalNonReservedPath: names that begin with `..` belong to the kubelet. */
export function nonReservedPath(value: string, path: string): FieldError[] {
  const errors = descendingPath(value, path);
  if (value.startsWith('..') && !value.startsWith('../')) errors.push(invalidValue(path, value, "must not start with '..'"));
  return errors;
}

/** The permission bits of a file. */
export const fileMode = (mode: number | undefined, path: string): FieldError[] =>
  mode !== undefined && (mode > 0o777 || mode < 0) ? [invalidValue(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')] : [];
