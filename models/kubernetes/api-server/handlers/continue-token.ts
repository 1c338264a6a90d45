/**
 * Continue tokens of paged lists: unpadded base64url JSON of a revision and the key to start after.
 * Source: apiserver/pkg/storage/continue.go.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { goQuote } from '../status/go-format.ts';

export interface ContinueToken {
  /** The revision that all pages show; -1: go on at the newest state. */
  readonly revision: number;
  /** The first key of the next page, relative to the list's prefix. */
  readonly start: string;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Writes the token for the page that begins after `lastKey`. */
export function encodeContinue(lastKey: string, revision: number): string {
  return toBase64(`{"v":"meta.k8s.io/v1","rv":${revision},"start":"${lastKey}\\u0000"}\n`);
}

/** Reads a token; the error is what is wrong with it. */
export function decodeContinue(token: string): Either<string, ContinueToken> {
  const bad = corruptAt(token);
  if (bad !== undefined) return left(`continue key is not valid: illegal base64 data at input byte ${bad}`);
  const read = parse(fromBase64(token));
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
  const odd = [...token].findIndex((letter) => !ALPHABET.includes(letter));
  if (odd >= 0) return odd;
  return token.length % 4 === 1 ? token.length - 1 : undefined;
}

function toBase64(text: string): string {
  let encoded = '';
  for (let i = 0; i < text.length; i += 3) {
    const bits = (text.charCodeAt(i) << 16) | ((text.charCodeAt(i + 1) || 0) << 8) | (text.charCodeAt(i + 2) || 0);
    const digits = Math.min(4, text.length - i + 1);
    for (let digit = 0; digit < digits; digit++) encoded += ALPHABET[(bits >> (18 - 6 * digit)) & 63] as string;
  }
  return encoded;
}

function fromBase64(token: string): string {
  const digits = [...token].map((letter) => ALPHABET.indexOf(letter));
  let text = '';
  for (let i = 0; i < digits.length; i += 4) {
    const group = digits.slice(i, i + 4);
    const bits = group.reduce((sum, digit, at) => sum | (digit << (18 - 6 * at)), 0);
    for (let byte = 0; byte < group.length - 1; byte++) text += String.fromCharCode((bits >> (16 - 8 * byte)) & 255);
  }
  return text;
}
