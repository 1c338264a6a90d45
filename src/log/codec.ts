/**
 * Codecs: how the bodies of frames are stored. The engine knows only the raw one; the edge injects compression
 * (`node.ts`: brotli at quality 1, 64 bytes for a record of 400), a browser reads and writes raw.
 */
import { CorruptLog } from './frame.ts';

export interface Codec {
  /** Stands in each frame's head: 0 raw, 1 brotli. */
  readonly id: number;
  readonly name: string;
  encode(raw: Uint8Array): Uint8Array;
  /** `rawLength` is what the frame's head promises. */
  decode(stored: Uint8Array, rawLength: number): Uint8Array;
}

/** Stores bodies as they are. */
export const RAW: Codec = { id: 0, name: 'raw', encode: (raw) => raw, decode: (stored) => stored };

/** The codec with this id; frames may always be raw. Throws when the reader has none: that is the reader's lack. */
export function codecOf(id: number, codecs: readonly Codec[], offset: number): Codec {
  if (id === RAW.id) return RAW;
  const codec = codecs.find((candidate) => candidate.id === id);
  if (codec === undefined) throw new CorruptLog(`a frame is stored with codec ${id}, which this reader was not given`, offset);
  return codec;
}
