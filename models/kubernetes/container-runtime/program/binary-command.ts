/** `base64`, `base32`: bytes as text and back. */
import { base64 as encode, decodeBase64 } from '../../object/base64.ts';
import { base32 as encode32 } from '../../object/hash.ts';
import { bytesOfText, textOfBytes } from '../../object/text-bytes.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, options, print, readInputs } from './applet.ts';

const WIDTH = 76;

export function* base64(system: System, argv: readonly string[]): Run {
  return yield* convert(system, argv, encode, (text) => {
    const good = /^[A-Za-z0-9+/\s]*={0,2}/.exec(text)?.[0] ?? '';
    const digits = good.replace(/[\s=]/g, '');
    const whole = good.length === text.trimEnd().length || good.trimEnd().length === text.trimEnd().length;
    return whole && digits.length % 4 === 1 ? undefined : decodeBase64(whole ? good : digits.slice(0, digits.length - (digits.length % 4)));
  });
}

export function* base32(system: System, argv: readonly string[]): Run {
  return yield* convert(system, argv, (bytes) => encode32(bytes), decodeBase32);
}

function* convert(system: System, argv: readonly string[], encoded: (bytes: Uint8Array) => string, decoded: (text: string) => Uint8Array | undefined): Run {
  const { flags, rest } = options(argv.map((word) => (word === '--decode' ? '-d' : word.replace(/^--wrap=/, '-w'))), 'w');
  const { texts, failed } = yield* readInputs(system, argv, rest);
  const width = Number(flags.get('w') ?? WIDTH);
  for (const text of texts) {
    if (flags.has('d')) {
      const bytes = decoded(text);
      if (bytes === undefined) return complain(system, argv, 'truncated input');
      yield* print(system, textOfBytes(bytes));
    } else yield* print(system, folded(encoded(bytesOfText(text)), width) + (width > 0 && text !== '' ? '\n' : ''));
  }
  return failed ? 1 : 0;
}

const folded = (text: string, width: number): string => (width > 0 ? text.replace(new RegExp(`.{${width}}(?=.)`, 'g'), '$&\n') : text);

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function decodeBase32(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  let [word, bits] = [0, 0];
  for (const character of text.replace(/[\s=]/g, '')) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return undefined;
    word = ((word << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((word >> bits) & 0xff);
  }
  return Uint8Array.from(bytes);
}
