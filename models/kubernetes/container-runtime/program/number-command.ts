/** Commands that compute or repeat: seq, expr, yes, dd, basename, dirname, base64, md5sum-free. */
import { byteLength } from '../file-system/inode.ts';
import { nameOf, parentOf } from '../file-system/path.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, errorText, options, print, readInputs } from './applet.ts';
import { utf8Bytes } from '../../object/hash.ts';

const SEQ_MAX = 1_000_000;

export function* seq(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv.map((word) => (/^-[0-9]/.test(word) ? `\0${word}` : word)), 's');
  const numbers = rest.map((word) => Number(word.replace('\0', '')));
  const [first, step, last] = numbers.length === 1 ? [1, 1, numbers[0]] : numbers.length === 2 ? [numbers[0], 1, numbers[1]] : numbers;
  if (first === undefined || step === undefined || last === undefined || step === 0) return complain(system, argv, 'invalid number');
  const values: string[] = [];
  const width = flags.has('w') ? String(last).length : 0;
  for (let index = 0; index < SEQ_MAX; index++) {
    const value = first + index * step;
    if (step > 0 ? value > last : value < last) break;
    values.push(String(value).padStart(width, '0'));
  }
  if (values.length > 0) yield* print(system, `${values.join(flags.get('s') ?? '\n')}\n`);
  return 0;
}

export function* expr(system: System, argv: readonly string[]): Run {
  const [left = '', operator, right = ''] = argv.slice(1);
  const [a, b] = [Number(left), Number(right)];
  let value: string;
  switch (operator) {
    case '+':
      value = String(a + b);
      break;
    case '-':
      value = String(a - b);
      break;
    case '*':
      value = String(a * b);
      break;
    case '/':
    case '%':
      if (b === 0) return complain(system, argv, 'division by zero') + 1;
      value = String(operator === '/' ? Math.trunc(a / b) : a % b);
      break;
    case '=':
      value = left === right ? '1' : '0';
      break;
    case '!=':
      value = left === right ? '0' : '1';
      break;
    case '<':
      value = a < b ? '1' : '0';
      break;
    case '>':
      value = a > b ? '1' : '0';
      break;
    default:
      value = left;
  }
  yield* print(system, `${value}\n`);
  return value === '' || value === '0' ? 1 : 0;
}

/** Prints for ever; gives up its turn after each block so that time can pass. */
export function* yes(system: System, argv: readonly string[]): Run {
  const line = `${argv.length > 1 ? argv.slice(1).join(' ') : 'y'}\n`;
  for (;;) {
    if ((yield* system.write(1, line.repeat(64))) !== undefined) return 1;
    yield { wait: 'turn' };
  }
}

/** Reading `/dev/zero` or `/dev/random` makes a file whose bytes are only counted. */
export function* dd(system: System, argv: readonly string[]): Run {
  const value = (name: string): string | undefined => argv.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const from = value('if');
  const to = value('of');
  const size = parseSize(value('bs') ?? '512') * Number(value('count') ?? 1);
  const source = from === undefined ? undefined : system.files.lookup(system.path(from));
  if (typeof source === 'string') return complain(system, argv, `can't open '${from ?? ''}': ${errorText(source)}`);
  const content = source?.kind === 'file' ? source.content.slice(0, size) : '';
  if (to === undefined) {
    yield* print(system, content);
    return 0;
  }
  const path = system.path(to);
  const target = system.files.openWrite(path, true, system.nowUs, system.credentials);
  if (typeof target === 'string') return complain(system, argv, `can't open '${to}': ${errorText(target)}`);
  if (target.kind !== 'file') return 0;
  const padding = source?.kind === 'device' ? size : 0;
  if (!system.files.hasRoom(path, padding + byteLength(content))) return complain(system, argv, 'error writing: No space left on device');
  target.content = content;
  target.padding = padding;
  return 0;
}

function parseSize(text: string): number {
  const match = /^([0-9]+)([cwbkKMG]?)/.exec(text);
  const unit = { c: 1, w: 2, b: 512, k: 1024, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[match?.[2] ?? ''] ?? 1;
  return Number(match?.[1] ?? 0) * unit;
}

export function* fallocate(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'lo');
  const path = system.path(rest[0] ?? '');
  const target = system.files.openWrite(path, false, system.nowUs, system.credentials);
  if (typeof target === 'string') return complain(system, argv, `${rest[0] ?? ''}: ${errorText(target)}`);
  const size = parseSize(flags.get('l') ?? '0');
  if (!system.files.hasRoom(path, size)) return complain(system, argv, 'fallocate failed: No space left on device');
  if (target.kind === 'file') target.padding = Math.max(0, size - byteLength(target.content));
  return 0;
}

export function* basename(system: System, argv: readonly string[]): Run {
  const name = nameOf(argv[1] ?? '');
  const suffix = argv[2] ?? '';
  yield* print(system, `${suffix !== '' && name.endsWith(suffix) && name !== suffix ? name.slice(0, -suffix.length) : name}\n`);
  return 0;
}

export function* dirname(system: System, argv: readonly string[]): Run {
  const path = argv[1] ?? '';
  yield* print(system, `${path.includes('/') ? parentOf(path) : '.'}\n`);
  return 0;
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function* base64(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'w');
  const { texts, failed } = yield* readInputs(system, argv, rest);
  for (const text of texts) yield* print(system, flags.has('d') ? decodeBase64(text) : `${encodeBase64(text)}\n`);
  return failed ? 1 : 0;
}

export function encodeBase64(text: string): string {
  const bytes = utf8Bytes(text);
  let result = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    result += (BASE64[bits >> 18] ?? '') + (BASE64[(bits >> 12) & 63] ?? '');
    result += b === undefined ? '=' : (BASE64[(bits >> 6) & 63] ?? '');
    result += c === undefined ? '=' : (BASE64[bits & 63] ?? '');
  }
  return result;
}

export function decodeBase64(text: string): string {
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const character of text) {
    const value = BASE64.indexOf(character);
    if (value < 0) continue;
    bits = ((bits << 6) | value) & 0xff_ffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push((bits >> count) & 0xff);
    }
  }
  return decodeUtf8(bytes);
}

/** UTF-8 to text; bytes that are no UTF-8 become U+FFFD. */
export function decodeUtf8(bytes: readonly number[]): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at++] ?? 0;
    const length = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : -1;
    let code = length <= 0 ? first : first & (0x3f >> length);
    let valid = length >= 0;
    for (let index = 0; index < length; index++) {
      const next = bytes[at];
      if (next === undefined || (next & 0xc0) !== 0x80) {
        valid = false;
        break;
      }
      code = (code << 6) | (next & 0x3f);
      at++;
    }
    text += valid ? String.fromCodePoint(code) : '\ufffd';
  }
  return text;
}
