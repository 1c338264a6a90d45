import { createHash } from 'node:crypto';
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from './crc32.ts';
import { Chain, hexOf } from './hash.ts';
import { sha256 } from './sha256.ts';

describe('hashes', () => {
  it('agree with the platform on SHA-256, in any pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }), (pieces) => {
        const running = sha256();
        const expected = createHash('sha256');
        for (const piece of pieces) {
          running.update(piece);
          expected.update(piece);
        }
        expect(hexOf(running.digest())).toBe(expected.digest('hex'));
      }),
    );
  });

  it('agree with the platform on CRC-32', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(20), (bytes, start) => {
        const from = Math.min(start, bytes.length);
        expect(crc32(bytes, from)).toBe(zlibCrc32(bytes.subarray(from)));
      }),
    );
  });

  it('move both lanes of the chain with every bit', () => {
    const bytes = new Uint8Array(37);
    const hash = (): string => {
      const chain = new Chain();
      chain.bytes(new DataView(bytes.buffer), 0, bytes.length);
      chain.finish();
      return chain.hex();
    };
    const seen = new Set([hash()]);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3] = 1 << (bit & 7);
      seen.add(hash());
      bytes[bit >> 3] = 0;
    }
    expect(seen.size).toBe(bytes.length * 8 + 1);
    expect(new Set([...seen].map((hex) => hex.slice(0, 8))).size).toBe(seen.size);
    expect(new Set([...seen].map((hex) => hex.slice(8))).size).toBe(seen.size);
  });

  it('read a chain back from its digits', () => {
    const chain = new Chain();
    chain.number(2 ** 52 + 3);
    chain.finish();
    expect(Chain.parse(chain.hex()).hex()).toBe(chain.hex());
  });
});
