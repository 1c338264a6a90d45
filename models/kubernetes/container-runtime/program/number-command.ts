/** Commands that compute or repeat: seq, expr, yes, dd, basename, dirname. */
import { byteLength } from '../file-system/inode.ts';
import { nameOf, parentOf } from '../file-system/path.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, errorText, options, print } from './applet.ts';

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
