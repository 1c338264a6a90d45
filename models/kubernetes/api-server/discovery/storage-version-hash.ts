/**
 * `storageVersionHash` of a resource: eight bytes that tell clients whether the stored version changed.
 * Upstream: apiserver/pkg/endpoints/discovery/storageversionhash.go.
 */
import { sha256 } from '../../object/hash.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Standard base64 with padding. */
function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    text += ALPHABET.charAt(bits >> 18) + ALPHABET.charAt((bits >> 12) & 63);
    text += b === undefined ? '=' : ALPHABET.charAt((bits >> 6) & 63);
    text += c === undefined ? '=' : ALPHABET.charAt(bits & 63);
  }
  return text;
}

/** The hash of `group/version/kind`. */
export const hash64 = (groupVersionKind: string): string => base64(sha256(groupVersionKind).slice(0, 8));
