/** Commands about bytes: base64, hexdump. */
import { base64 as encode, decodeBase64 } from '../../object/base64.ts';
import { bytesOfText, textOfBytes } from '../../object/text-bytes.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { options, print, readInputs } from './applet.ts';

const BASE64_WIDTH = 76;

export function* base64(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'w');
  const { texts, failed } = yield* readInputs(system, argv, rest);
  const width = Number(flags.get('w') ?? BASE64_WIDTH);
  for (const text of texts) {
    if (flags.has('d')) yield* print(system, textOfBytes(decodeBase64(text)));
    else yield* print(system, `${folded(encode(bytesOfText(text)), width)}\n`);
  }
  return failed ? 1 : 0;
}

const folded = (text: string, width: number): string => (width > 0 ? text.replace(new RegExp(`.{${width}}(?=.)`, 'g'), '$&\n') : text);

const LINE = 16;

/** `hexdump -C`: offset, sixteen bytes in two groups, and the printable ones; `hexdump` alone: words in the machine's order. */
export function* hexdump(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'ns');
  const { texts, failed } = yield* readInputs(system, argv, rest);
  const bytes = bytesOfText(texts.join('')).subarray(0, flags.has('n') ? Number(flags.get('n')) : undefined);
  const digits = flags.has('C') ? 8 : 7;
  const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');
  let text = '';
  for (let at = 0; at < bytes.length; at += LINE) {
    const line = [...bytes.subarray(at, at + LINE)];
    text += `${hex(at, digits)}${flags.has('C') ? canonical(line.map((byte) => hex(byte, 2)), line) : words(line).map((word) => ` ${hex(word, 4)}`).join('')}\n`;
  }
  if (bytes.length > 0) text += `${hex(bytes.length, digits)}\n`;
  yield* print(system, text);
  return failed ? 1 : 0;
}

function canonical(pairs: readonly string[], line: readonly number[]): string {
  const groups = `  ${pairs.slice(0, 8).join(' ').padEnd(23)}  ${pairs.slice(8).join(' ').padEnd(23)}`;
  return `${groups}  |${line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')}|`;
}

function words(line: readonly number[]): number[] {
  const found: number[] = [];
  for (let at = 0; at < line.length; at += 2) found.push((line[at] ?? 0) | ((line[at + 1] ?? 0) << 8));
  return found;
}
