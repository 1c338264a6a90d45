import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOfText, TextReader, textOfBytes } from './text-bytes.ts';

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

  it('is the same in pieces', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.uint8Array(), fc.array(fc.nat({ max: 5 })), (text, more, cuts) => {
      const bytes = [...new TextEncoder().encode(text), ...more];
      const reader = new TextReader();
      let [read, at] = ['', 0];
      for (const cut of cuts) {
        read += reader.read(bytes.slice(at, at + cut));
        at += cut;
      }
      read += reader.read(bytes.slice(at)) + reader.end();
      expect([...bytesOfText(read)]).toEqual(bytes);
      if (more.length === 0) expect(read).toBe(text);
    }));
  });
});
