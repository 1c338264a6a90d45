/**
 * Tokens of service accounts: the form of a JWT with the claims of the real one. The signature is no signature, because nobody
 * outside the simulation may rely on it (fidelity.md, "tokens").
 * Source: pkg/serviceaccount/{claims,jwt,openidmetadata}.go.
 */
import type { UserInfo } from '../../api/message.ts';
import { serviceAccountUser } from '../../api/service-account.ts';
import { base64url, decodeBase64url } from '../../object/base64.ts';
import { utf8Bytes } from '../../object/hash.ts';
import { unixSeconds } from '../../object/time.ts';
import type { Services } from '../handlers/services.ts';

/** `--service-account-issuer` of the recorded server. */
export const ISSUER = 'https://kubernetes.default.svc';
const KEY_ID = 'simulated';
export const JWKS_PATH = '/openid/v1/jwks';
export const DISCOVERY_PATH = '/.well-known/openid-configuration';

export interface Claims {
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly iss: string;
  readonly 'kubernetes.io': { readonly namespace?: string | undefined; readonly serviceaccount: { readonly name: string; readonly uid: string | undefined } };
  readonly nbf: number;
  readonly sub: string;
}

export const tokenOf = (claims: Claims): string => `${encoded({ alg: 'none', kid: KEY_ID })}.${encoded(claims)}.${KEY_ID}`;

/** The claims of a token that this cluster issued, whether or not they hold. */
export function claimsOf(token: string): Claims | undefined {
  const [, body = '', signature] = token.trim().split('.');
  if (signature !== KEY_ID) return undefined;
  try {
    const claims = JSON.parse(new TextDecoder().decode(decodeBase64url(body))) as Claims;
    return claims.iss === ISSUER ? claims : undefined;
  } catch {
    return undefined;
  }
}

/** Whom a token stands for, or what is wrong with it. */
export type Authenticated = { readonly user: UserInfo; readonly audiences: readonly string[] } | { readonly error: string };

const ACCOUNTS = { group: '', resource: 'serviceaccounts' };

/** `audiences` are those of the one who asks; the API server's own when empty. */
export function authenticateToken(token: string, audiences: readonly string[], { epoch, process, storage }: Services): Authenticated {
  const claims = claimsOf(token);
  if (claims === undefined) return { error: 'invalid bearer token' };
  const wanted = audiences.length > 0 ? audiences : [ISSUER];
  const common = wanted.filter((audience) => claims.aud.includes(audience));
  const quoted = (list: readonly string[]): string => list.map((each) => JSON.stringify(each)).join(' ');
  if (common.length === 0) return { error: `[invalid bearer token, token audiences [${quoted(claims.aud)}] is invalid for the target audiences [${quoted(wanted)}]]` };
  if (unixSeconds(epoch, process.now) > claims.exp) return { error: '[invalid bearer token, service account token has expired]' };
  const { namespace = '', serviceaccount } = claims['kubernetes.io'];
  const found = storage.get(ACCOUNTS, namespace, serviceaccount.name);
  if (found === undefined) return { error: `[invalid bearer token, serviceaccounts "${serviceaccount.name}" not found]` };
  if (found.metadata.uid !== serviceaccount.uid) return { error: '[invalid bearer token, service account token has been invalidated]' };
  return { user: userOf(claims), audiences: common };
}

/** The account that claims name. */
export function userOf({ sub, 'kubernetes.io': { namespace = '', serviceaccount } }: Claims): UserInfo {
  const { groups } = serviceAccountUser(namespace, serviceaccount.name);
  return { name: sub, ...(serviceaccount.uid === undefined ? {} : { uid: serviceaccount.uid }), groups };
}

/** `/.well-known/openid-configuration`; `address` is `host:port` of the server. */
export const openIdConfiguration = (address: string): unknown => ({
  issuer: ISSUER, jwks_uri: `https://${address}${JWKS_PATH}`, response_types_supported: ['id_token'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'],
});

/** `/openid/v1/jwks`: the one key that tokens name. */
export const keySet = (): unknown => ({ keys: [{ use: 'sig', kty: 'oct', kid: KEY_ID, alg: 'none' }] });

/** A part of a token. */
const encoded = (value: unknown): string => base64url(utf8Bytes(JSON.stringify(value)));
