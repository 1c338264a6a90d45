import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOfText, textOfBytes } from './text-bytes.ts';

describe('bytes as text', () => {
  it('keeps all bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void expect([...bytesOfText(textOfBytes(bytes))]).toEqual([...bytes])));
  });

  it('is UTF-8 for valid text', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const bytes = new TextEncoder().encode(text);
      expect([...bytesOfText(text)]).toEqual([...bytes]);
      expect(textOfBytes(bytes)).toBe(text);
    }));
  });
});
