/**
 * Continue tokens of paged lists: unpadded base64url JSON of a revision and the key to start after.
 * Source: apiserver/pkg/storage/continue.go.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { base64url, decodeBase64url } from '../../object/base64.ts';
import { goQuote } from '../status/go-format.ts';

export interface ContinueToken {
  /** The revision that all pages show; -1: go on at the newest state. */
  readonly revision: number;
  /** The first key of the next page, relative to the list's prefix. */
  readonly start: string;
}

/** Bytes are letters of the same number here: keys and Go's complaints about them are shown byte by byte. */
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const textOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

/** Writes the token for the page that begins after `lastKey`. */
export function encodeContinue(lastKey: string, revision: number): string {
  return base64url(bytesOf(`{"v":"meta.k8s.io/v1","rv":${revision},"start":"${lastKey}\\u0000"}\n`));
}

/** Reads a token; the error is what is wrong with it. */
export function decodeContinue(token: string): Either<string, ContinueToken> {
  const bad = corruptAt(token);
  if (bad !== undefined) return left(`continue key is not valid: illegal base64 data at input byte ${bad}`);
  const read = parse(textOf(decodeBase64url(token)));
  if (typeof read === 'string') return left(`continue key is not valid: ${read}`);
  const { v: version, rv: revision, start } = read;
  if (version !== 'meta.k8s.io/v1') return left(`continue key is not valid: server does not recognize this encoded version ${goQuote(version)}`);
  if (revision === 0) return left('continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (start === '') return left('continue key is not valid: encoded start key empty (version meta.k8s.io/v1)');
  if (start.startsWith('/') || start.split('/').includes('..')) return left(`continue key is not valid: ${start}`);
  return right({ revision, start });
}

/** The token's fields, or Go's complaint about the JSON. */
function parse(text: string): { readonly v: string; readonly rv: number; readonly start: string } | string {
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'json: cannot unmarshal into Go value of type storage.continueToken';
    const { v = '', rv = 0, start = '' } = value;
    if (typeof v !== 'string' || typeof start !== 'string') return 'json: cannot unmarshal number into Go struct field continueToken of type string';
    return Number.isSafeInteger(rv) ? { v, rv: rv as number, start } : 'json: cannot unmarshal into Go struct field continueToken.rv of type int64';
  } catch {
    const first = text.trimStart()[0];
    if (first === undefined) return 'unexpected end of JSON input';
    return first === '{' ? 'unexpected end of JSON input' : `invalid character ${first === "'" ? `'\\''` : `'${first}'`} looking for beginning of value`;
  }
}

/** The first byte that is no base64, or the last one when it stands alone. */
function corruptAt(token: string): number | undefined {
  const odd = token.search(/[^A-Za-z0-9_-]/);
  if (odd >= 0) return odd;
  return token.length % 4 === 1 ? token.length - 1 : undefined;
}
