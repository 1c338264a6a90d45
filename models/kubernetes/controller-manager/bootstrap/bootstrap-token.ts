/**
 * Bootstrap tokens: what a Secret says about one, and the signature that it puts under `cluster-info`.
 *
 * Source: k8s.io/cluster-bootstrap/token/{api,util,jws}.
 */
import { sha256, utf8Bytes } from '../../object/hash.ts';
import { parseTime } from '../../object/time.ts';
import type { Secret } from '../../object/types.ts';
import { base64url, decodeBase64 } from '../../object/base64.ts';

export const BOOTSTRAP_TOKEN_TYPE = 'bootstrap.kubernetes.io/token';
const BLOCK = 64;

const field = ({ data }: Secret, name: string): string => [...decodeBase64(data?.[name] ?? '')].map((byte) => String.fromCharCode(byte)).join('');

/** When the token ends, µs since 1970; undefined when it never does, 0 when what stands there is no time. */
export function expirationOf(secret: Secret): number | undefined {
  const text = field(secret, 'expiration');
  return text === '' ? undefined : (parseTime(text) ?? 0);
}

/** The token's id and secret, if it may be used for signing now. */
export function signingToken(secret: Secret, now: number): { readonly id: string; readonly secret: string } | undefined {
  const id = field(secret, 'token-id');
  const key = field(secret, 'token-secret');
  const end = expirationOf(secret);
  const isValid = secret.type === BOOTSTRAP_TOKEN_TYPE && secret.metadata.name === `bootstrap-token-${id}` && id !== '' && key !== '';
  return isValid && field(secret, 'usage-bootstrap-signing') === 'true' && (end === undefined || end > now) ? { id, secret: key } : undefined;
}

/** A detached JSON web signature: header, nothing, signature (jws.ComputeDetachedSignature). */
export function detachedSignature(content: string, { id, secret }: { readonly id: string; readonly secret: string }): string {
  const header = base64url(utf8Bytes(`{"alg":"HS256","kid":"${id}"}`));
  return `${header}..${base64url(hmacSha256(utf8Bytes(secret), utf8Bytes(`${header}.${base64url(utf8Bytes(content))}`)))}`;
}

/** RFC 2104 over SHA-256. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK);
  block.set(key.length > BLOCK ? sha256(key) : key);
  const padded = (byte: number, rest: Uint8Array): Uint8Array => Uint8Array.from([...block.map((value) => value ^ byte), ...rest]);
  return sha256(padded(0x5c, sha256(padded(0x36, message))));
}
