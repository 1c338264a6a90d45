/**
 * TokenRequest: a token for a service account.
 *
 * The simulated token has the shape of a JWT with the claims of the real one; its signature is no signature, because nobody
 * outside the simulation may rely on it (fidelity.md, "tokens"). Source: pkg/registry/core/serviceaccount/storage/token.go.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import { formatSeconds, unixSeconds } from '../../object/time.ts';
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
/** `--service-account-issuer` of the recorded server. */
const ISSUER = 'https://kubernetes.default.svc';

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
  const token = `${base64({ alg: 'none', kid: 'simulated' })}.${base64(claims)}.simulated`;
  const body = {
    ...decoded.right.object,
    metadata: { name, namespace: request.namespace, creationTimestamp: formatSeconds(issuedAt) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec.boundObjectRef ?? null },
    status: { token, expirationTimestamp: formatSeconds(expires) },
  };
  return { code: 201, body };
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Unpadded base64url of a value's JSON (ASCII names and numbers only). */
function base64(value: unknown): string {
  const text = JSON.stringify(value);
  let out = '';
  for (let i = 0; i < text.length; i += 3) {
    const bits = (text.charCodeAt(i) << 16) | ((text.charCodeAt(i + 1) || 0) << 8) | (text.charCodeAt(i + 2) || 0);
    const digits = Math.min(4, text.length - i + 1);
    for (let digit = 0; digit < digits; digit++) out += DIGITS[(bits >> (18 - 6 * digit)) & 63] as string;
  }
  return out;
}
