/**
 * Validation of list and watch options: which of them may stand together.
 * Source: apimachinery/pkg/apis/meta/internalversion/validation/validation.go.
 */
import type { Query } from '../../api/message.ts';
import { parseIntError } from '../request/number.ts';
import { forbiddenValue, notSupported, type FieldError } from '../status/field-error.ts';
import { badRequest, invalid, type Status } from '../status/status.ts';

/** Options that are numbers, in the order in which they are decoded. */
const NUMBERS = ['timeoutSeconds', 'limit'] as const;

/** What is wrong with the options, if anything. */
export function listOptionsErrors(query: Query, isWatch: boolean): Status | undefined {
  const version = query['resourceVersion'] ?? '';
  const match = query['resourceVersionMatch'] ?? '';
  const token = query['continue'] ?? '';
  const initial = query['sendInitialEvents'];
  if (token !== '' && version !== '' && version !== '0') {
    return badRequest('specifying resource version is not allowed when using continue');
  }
  for (const name of NUMBERS) {
    const wrong = query[name] === undefined ? undefined : parseIntError(query[name]);
    if (wrong !== undefined) return badRequest(wrong);
  }
  const errors: FieldError[] = [];
  const forbid = (field: string, why: string): number => errors.push(forbiddenValue(field, why));
  if (match !== '' && initial === undefined) matchErrors(version, match, token, isWatch, errors, forbid);
  if (initial !== undefined) initialEventsErrors(match, version, isWatch, errors, forbid);
  return errors.length === 0 ? undefined : invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

type Forbid = (field: string, why: string) => number;

function matchErrors(version: string, match: string, token: string, isWatch: boolean, errors: FieldError[], forbid: Forbid): void {
  const field = 'resourceVersionMatch';
  if (isWatch) forbid(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  if (version === '') forbid(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (token !== '') forbid(field, 'resourceVersionMatch is forbidden when continue is provided');
  if (match !== 'Exact' && match !== 'NotOlderThan') errors.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']));
  if (match === 'Exact' && version === '0') forbid(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
}

function initialEventsErrors(match: string, version: string, isWatch: boolean, errors: FieldError[], forbid: Forbid): void {
  if (!isWatch) {
    forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list');
    return;
  }
  void version;
  if (match === '') forbid('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  else if (match !== 'NotOlderThan') errors.push(notSupported('resourceVersionMatch', match, ['NotOlderThan']));
}
