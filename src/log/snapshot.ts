/**
 * The body of a snapshot, one line of JSON (name and state), and of the texts that snapshots speak of: their lengths in bytes as one
 * line of JSON, then the texts, one after the other.
 *
 * Texts are numbered through the log, so that a snapshot can speak of those that one before it has written, and a reader reads those
 * that somebody looks at.
 */
import { canonical } from './canonical.ts';
import type { Json } from './record.ts';

const NEWLINE = 10;
const DECODER = new TextDecoder();

/** A snapshot that was read. */
export interface Snapshot {
  readonly name: string;
  readonly state: Json;
}

export function encodeSnapshot(name: string, state: Json): Uint8Array {
  return new TextEncoder().encode(canonical([name, state]));
}

/** Throws SyntaxError for a body that is none. */
export function decodeSnapshot(body: Uint8Array): Snapshot {
  const [name, state] = JSON.parse(DECODER.decode(body.subarray(0, endOfLine(body)))) as [string, Json];
  return { name, state };
}

export function encodeTexts(texts: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  const bytes = texts.map((text) => encoder.encode(text));
  const head = encoder.encode(`${JSON.stringify(bytes.map((each) => each.length))}\n`);
  const body = new Uint8Array(bytes.reduce((sum, each) => sum + each.length, head.length));
  body.set(head);
  let at = head.length;
  for (const each of bytes) {
    body.set(each, at);
    at += each.length;
  }
  return body;
}

/** Texts of which each is decoded when it is asked for. */
export class Texts {
  private readonly body: Uint8Array;
  private readonly starts: Float64Array;

  /** Throws SyntaxError or RangeError for a body that is none. */
  constructor(body: Uint8Array) {
    const end = endOfLine(body);
    const lengths = JSON.parse(DECODER.decode(body.subarray(0, end))) as readonly number[];
    this.body = body;
    this.starts = new Float64Array(lengths.length + 1);
    this.starts[0] = end + 1;
    for (let i = 0; i < lengths.length; i++) this.starts[i + 1] = (this.starts[i] as number) + (lengths[i] as number);
    if (this.starts[lengths.length] !== body.length) throw new RangeError(`the texts end at ${this.starts[lengths.length]} and their body at ${body.length}`);
  }

  /** How much memory they take. */
  get bytes(): number {
    return this.body.length;
  }

  at(index: number): string {
    return DECODER.decode(this.body.subarray(this.starts[index], this.starts[index + 1]));
  }
}

function endOfLine(body: Uint8Array): number {
  const newline = body.indexOf(NEWLINE);
  return newline < 0 ? body.length : newline;
}
