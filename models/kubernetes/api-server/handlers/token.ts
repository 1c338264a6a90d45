/**
 * TokenRequest: a token for a service account. Source: pkg/registry/core/serviceaccount/storage/token.go.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import { formatSeconds, unixSeconds } from '../../object/time.ts';
import { ISSUER, tokenOf } from '../authentication/service-account-token.ts';
import { invalidValue } from '../status/field-error.ts';
import { invalid, notFound } from '../status/status.ts';
import { decodeBody } from './decode.ts';
import { live } from './get.ts';
import { type Answer, type Call, failed } from './request.ts';
import type { Services } from './services.ts';

const TYPE = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', schema: 'authentication.v1.TokenRequest' };
const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
/** Tokens for pods ask for this and get a year, with a warning after it. */
const POD_SECONDS = 3607;
const YEAR_SECONDS = 31_536_000;

export function* issueToken(services: Services, call: Call): Task<Answer> {
  const { request } = call;
  const name = request.name ?? '';
  const decoded = decodeBody(TYPE, request.body, 'Warn');
  if (isLeft(decoded)) return failed(decoded.left);
  const found = yield* live(call, name);
  if ('answer' in found) return found.answer;
  if (found.object === undefined) return failed(notFound(call.info, name));
  const spec = (decoded.right.object['spec'] ?? {}) as { audiences?: string[]; expirationSeconds?: number; boundObjectRef?: { kind?: string; name?: string; uid?: string } };
  const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS;
  const wrong = seconds < MIN_SECONDS ? 'may not specify a duration less than 10 minutes' : seconds > MAX_SECONDS ? 'may not specify a duration larger than 2^32 seconds' : undefined;
  if (wrong !== undefined) {
    return failed(invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [invalidValue('spec.expirationSeconds', seconds, wrong)]));
  }
  const issuedAt = unixSeconds(services.epoch, services.process.now);
  const expires = issuedAt + (seconds === POD_SECONDS && spec.boundObjectRef?.kind === 'Pod' ? YEAR_SECONDS : seconds);
  const audiences = spec.audiences?.length ? spec.audiences : [ISSUER];
  const claims = {
    aud: audiences,
    exp: expires,
    iat: issuedAt,
    iss: ISSUER,
    'kubernetes.io': { namespace: request.namespace, serviceaccount: { name, uid: found.object.metadata.uid } },
    nbf: issuedAt,
    sub: `system:serviceaccount:${request.namespace}:${name}`,
  };
  const token = tokenOf(claims);
  const body = {
    ...decoded.right.object,
    metadata: { name, namespace: request.namespace, creationTimestamp: formatSeconds(issuedAt) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec.boundObjectRef ?? null },
    status: { token, expirationTimestamp: formatSeconds(expires) },
  };
  return { code: 201, body };
}
