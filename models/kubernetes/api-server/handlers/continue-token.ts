/**
 * Continue tokens of paged lists: unpadded base64url JSON of a revision and the key to start after.
 * Source: apiserver/pkg/storage/continue.go.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';

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
  const text = fromBase64(token);
  const match = /^\{"v":"([^"]*)","rv":(-?\d+),"start":"([^"]*)"\}\s*$/.exec(text ?? '');
  if (match === null) return left('continue key is not valid: illegal base64 data or JSON');
  if (match[1] !== 'meta.k8s.io/v1') return left(`continue key is not valid: server does not recognize this encoded version "${match[1]}"`);
  const revision = Number(match[2]);
  if (revision === 0) return left('continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  const start = (match[3] as string).replaceAll('\\u0000', '\u0000');
  if (start === '' || start.startsWith('/') || start.includes('../')) return left(`continue key is not valid: ${start}`);
  return right({ revision, start });
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

function fromBase64(token: string): string | undefined {
  const digits = [...token.replace(/=+$/, '')].map((letter) => ALPHABET.indexOf(letter));
  if (digits.includes(-1) || digits.length % 4 === 1) return undefined;
  let text = '';
  for (let i = 0; i < digits.length; i += 4) {
    const group = digits.slice(i, i + 4);
    const bits = group.reduce((sum, digit, at) => sum | (digit << (18 - 6 * at)), 0);
    for (let byte = 0; byte < group.length - 1; byte++) text += String.fromCharCode((bits >> (16 - 8 * byte)) & 255);
  }
  return text;
}
