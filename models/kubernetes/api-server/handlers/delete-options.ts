/**
 * DeleteOptions, from the body or the query.
 * Source: apiserver/pkg/endpoints/handlers/delete.go, apimachinery/pkg/apis/meta/v1/validation (`ValidateDeleteOptions`).
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { isOn } from '../../api/query-flag.ts';
import { parseIntError } from '../request/number.ts';
import { invalidValue, notSupported, type FieldError } from '../status/field-error.ts';
import { decode as decodeValue } from '../schema/decode.ts';
import { notAnObject } from '../schema/identity.ts';
import { structType } from '../schema/types.ts';
import { badRequest, invalid, plainError, type Status } from '../status/status.ts';
import type { Propagation } from './finalizers.ts';
import { dryRunErrors } from './options.ts';
import type { Call } from './request.ts';

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: Propagation;
  readonly orphanDependents?: boolean;
  readonly isDryRun: boolean;
}

const POLICIES: readonly string[] = ['Foreground', 'Background', 'Orphan'];
const OPTIONS = structType('meta.v1.DeleteOptions');

/** The options of a DELETE. A body wins over the query. */
export function deleteOptions({ request }: Call): Either<Status, DeleteOptions> {
  const query = request.query ?? {};
  const { body } = request;
  // What cannot be decoded is an error of no particular kind, hence a 500 (endpoints/handlers/delete.go).
  if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body))) return left(plainError(`couldn't get version/kind; json parse error: ${notAnObject(body)}`));
  const grace = query['gracePeriodSeconds'];
  const wrong = body === undefined && grace !== undefined ? parseIntError(grace) : undefined;
  if (wrong !== undefined) return left(badRequest(wrong));
  const decoded = decodeValue(OPTIONS, body ?? fromQuery(query));
  if (decoded.error !== undefined) return left(plainError(decoded.error));
  const sent = decoded.value as Record<string, unknown>;
  const dryRun = Array.isArray(sent['dryRun']) ? (sent['dryRun'] as string[])[0] : query['dryRun'];
  const errors: FieldError[] = dryRunErrors(dryRun === undefined ? {} : { dryRun });
  const policy = sent['propagationPolicy'] as string | undefined;
  const orphans = sent['orphanDependents'] as boolean | undefined;
  if (policy !== undefined && orphans !== undefined) {
    errors.push(invalidValue('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set'));
  } else if (policy !== undefined && !POLICIES.includes(policy)) {
    errors.push(notSupported('propagationPolicy', policy, [...POLICIES, 'nil']));
  }
  if (errors.length > 0) return left(invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors));
  const effective = policy ?? (orphans === undefined ? undefined : orphans ? 'Orphan' : 'Background');
  return right({
    isDryRun: dryRun === 'All',
    ...(sent['gracePeriodSeconds'] === undefined || sent['gracePeriodSeconds'] === null
      ? {}
      : { gracePeriodSeconds: Number(sent['gracePeriodSeconds']) }),
    ...(sent['preconditions'] === undefined || sent['preconditions'] === null
      ? {}
      : { preconditions: sent['preconditions'] as { uid?: string } }),
    ...(effective === undefined ? {} : { propagationPolicy: effective as Propagation }),
    ...(orphans === undefined ? {} : { orphanDependents: orphans }),
  });
}

function fromQuery(query: Readonly<Record<string, string>>): Record<string, unknown> {
  const { gracePeriodSeconds, propagationPolicy, orphanDependents } = query;
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: Number(gracePeriodSeconds) }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(orphanDependents === undefined ? {} : { orphanDependents: isOn(orphanDependents) }),
  };
}
