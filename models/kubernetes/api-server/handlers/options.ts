/**
 * Options of writes in the query: dryRun, fieldManager, fieldValidation, force.
 * Source: apimachinery/pkg/apis/meta/v1/validation/validation.go.
 */
import type { Query } from '../../api/message.ts';
import { isOn } from '../../api/query-flag.ts';
import { forbiddenValue, notSupported, required, tooLong, invalidValue, type FieldError } from '../status/field-error.ts';
import { invalid, type Status } from '../status/status.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface WriteOptions {
  readonly isDryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Who owns the written fields: the parameter, or the user agent's first part. */
  readonly manager: string;
  readonly force: boolean;
  /** The object was applied: its managed fields say already who owns what. */
  readonly isApplied: boolean;
}

/** apimachinery/pkg/apis/meta/v1/validation: `FieldManagerMaxLength`. */
const FIELD_MANAGER_LENGTH_MAX = 128;

/** What is wrong with the options of a create, update or patch, if anything. `kind` is the options' kind, for the message. */
export function writeOptionsErrors(query: Query, kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions', isApply = false): Status | undefined {
  const errors: FieldError[] = [];
  const manager = query['fieldManager'] ?? '';
  if (kind === 'PatchOptions') {
    if (isApply && manager === '') errors.push(required('fieldManager', 'is required for apply patch'));
    if (!isApply && query['force'] !== undefined) errors.push(forbiddenValue('force', 'may not be specified for non-apply patch'));
  }
  errors.push(...dryRunErrors(query));
  if (manager.length > FIELD_MANAGER_LENGTH_MAX) errors.push(tooLong('fieldManager', FIELD_MANAGER_LENGTH_MAX));
  for (const [at, letter] of [...manager].entries()) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(letter)) {
      const point = (letter.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
      errors.push(invalidValue('fieldManager', manager, `invalid character U+${point} (at position ${at})`));
      break;
    }
  }
  const validation = query['fieldValidation'];
  if (validation !== undefined && validation !== '' && !['Ignore', 'Warn', 'Strict'].includes(validation)) {
    errors.push(notSupported('fieldValidation', validation, ['Ignore', 'Warn', 'Strict']));
  }
  return errors.length === 0 ? undefined : invalid({ group: 'meta.k8s.io', kind }, '', errors);
}

export function dryRunErrors(query: Query): FieldError[] {
  const value = query['dryRun'];
  return value === undefined || value === 'All' ? [] : [notSupported('dryRun', [value], ['All'])];
}

export function writeOptions(query: Query, userAgent: string): WriteOptions {
  const validation = query['fieldValidation'];
  return {
    isDryRun: query['dryRun'] === 'All',
    fieldValidation: validation === 'Ignore' || validation === 'Strict' ? validation : 'Warn',
    manager: query['fieldManager'] || managerOf(userAgent),
    force: isOn(query['force']),
    isApplied: false,
  };
}

/** The part before the first slash, printable characters only, at most 128 of them (endpoints/handlers/create.go). */
function managerOf(userAgent: string): string {
  const slash = userAgent.indexOf('/');
  const name = (slash < 0 ? userAgent : userAgent.slice(0, slash)).replace(/[^\x20-\x7e]/g, '').slice(0, FIELD_MANAGER_LENGTH_MAX);
  return name === '' ? 'unknown' : name;
}
