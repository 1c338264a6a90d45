/**
 * The body of a snapshot: one line of JSON (name, state, the lengths of the texts in bytes), then the texts, one after the other.
 *
 * A state of ten thousand objects is parsed as an index in a few milliseconds; an object is parsed when it is looked at.
 */
import { canonical } from './canonical.ts';
import type { Json } from './record.ts';

const NEWLINE = 10;

/** A snapshot that was read. */
export interface Snapshot {
  readonly name: string;
  readonly state: Json;
  /** One of the texts. */
  text(index: number): string;
}

export function encodeSnapshot(name: string, state: Json, texts: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  if (texts.length === 0) return encoder.encode(canonical([name, state]));
  const bytes = texts.map((text) => encoder.encode(text));
  const head = encoder.encode(`${canonical([name, state, bytes.map((each) => each.length)])}\n`);
  const body = new Uint8Array(bytes.reduce((sum, each) => sum + each.length, head.length));
  body.set(head);
  let at = head.length;
  for (const each of bytes) {
    body.set(each, at);
    at += each.length;
  }
  return body;
}

/** Throws SyntaxError or RangeError for a body that is none. */
export function decodeSnapshot(body: Uint8Array): Snapshot {
  const decoder = new TextDecoder();
  const newline = body.indexOf(NEWLINE);
  const end = newline < 0 ? body.length : newline;
  const [name, state, lengths = []] = JSON.parse(decoder.decode(body.subarray(0, end))) as [string, Json, (readonly number[])?];
  const starts = new Float64Array(lengths.length + 1);
  starts[0] = end + 1;
  for (let i = 0; i < lengths.length; i++) starts[i + 1] = (starts[i] as number) + (lengths[i] as number);
  if (lengths.length > 0 && starts[lengths.length] !== body.length) throw new RangeError(`the texts of a snapshot end at ${starts[lengths.length]} and its body at ${body.length}`);
  return { name, state, text: (index) => decoder.decode(body.subarray(starts[index], starts[index + 1])) };
}
