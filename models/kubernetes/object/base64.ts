/** Base64 (RFC 4648): the standard one with padding, as Secrets carry their data, and the unpadded one for URLs, as tokens are written. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i] as number, bytes[i + 1], bytes[i + 2]];
    const word = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    text += ALPHABET[word >> 18];
    text += ALPHABET[(word >> 12) & 63];
    text += b === undefined ? '=' : ALPHABET[(word >> 6) & 63];
    text += c === undefined ? '=' : ALPHABET[word & 63];
  }
  return text;
}

export const base64url = (bytes: Uint8Array): string => base64(bytes).replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');

export const decodeBase64url = (text: string): Uint8Array => decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/'));

/** The bytes of a base64 text; whatever is not in the alphabet is skipped. */
export function decodeBase64(text: string): Uint8Array {
  const bytes: number[] = [];
  let word = 0;
  let bits = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) continue;
    word = ((word << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((word >> bits) & 0xff);
  }
  return Uint8Array.from(bytes);
}
