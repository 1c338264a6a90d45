/**
 * Bytes as text and back, without loss: files and secrets hold text here, and some hold bytes that are no UTF-8.
 *
 * A byte that is no part of valid UTF-8 becomes the lone surrogate U+DC80–U+DCFF, which no valid text has (Python's
 * `surrogateescape`, PEP 383).
 */
const ESCAPE = 0xdc00;

/** How many bytes follow a first byte; -1 if it is none. */
const following = (first: number): number => (first < 0x80 ? 0 : first < 0xc2 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : -1);

export function textOfBytes(bytes: ArrayLike<number>): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] as number;
    const length = following(first);
    let code = length <= 0 ? first : first & (0x3f >> length);
    let isValid = length >= 0 && at + length < bytes.length;
    for (let index = 1; isValid && index <= length; index++) {
      const next = bytes[at + index] as number;
      isValid = (next & 0xc0) === 0x80;
      code = (code << 6) | (next & 0x3f);
    }
    isValid &&= !(length === 2 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) && !(length === 3 && (code < 0x1_0000 || code > 0x10_ffff));
    text += isValid ? String.fromCodePoint(code) : String.fromCharCode(ESCAPE + first);
    at += isValid ? length + 1 : 1;
  }
  return text;
}

export function bytesOfText(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff) bytes.push(code - ESCAPE);
    else if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x1_0000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return Uint8Array.from(bytes);
}

/** Text of bytes that come in pieces: a character that is cut in two waits for its other half. */
export class TextReader {
  private rest: readonly number[] = [];

  /** The text of what has come, but for a character at the end that is not complete. */
  read(bytes: ArrayLike<number>): string {
    const all = [...this.rest, ...Array.from(bytes)];
    const end = all.length - unfinished(all);
    this.rest = all.slice(end);
    return textOfBytes(all.slice(0, end));
  }

  /** The text of what is left when nothing more comes. */
  end(): string {
    const text = textOfBytes(this.rest);
    this.rest = [];
    return text;
  }
}

/** How many bytes at the end begin a character that needs more than there are. */
function unfinished(bytes: readonly number[]): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) !== 0x80) return following(byte) >= back ? back : 0;
  }
  return 0;
}

/** One array of all the bytes. */
export function joinedBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
