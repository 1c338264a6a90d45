/** Commands that count or repeat: seq, yes, factor, shuf; and the parts of paths: basename, dirname. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, linesOf, options, print, readInputs } from './applet.ts';

/** Lines that are put together before they are written. */
const BLOCK = 1_000;

export function* seq(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv.map((word) => (/^-[0-9.]/.test(word) ? `\0${word}` : word)), 's');
  const texts = rest.map((word) => word.replace('\0', ''));
  if (texts.length === 0 || texts.length > 3) return complain(system, argv, 'usage: seq [-w] [-s SEP] [FIRST [INC]] LAST');
  const bad = texts.find((text) => !/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text));
  if (bad !== undefined) return complain(system, argv, `invalid number '${bad}'`);
  const numbers = texts.map(Number);
  const [first = 1, step = 1, last = 0] = numbers.length === 1 ? [1, 1, numbers[0]] : numbers.length === 2 ? [numbers[0], 1, numbers[1]] : numbers;
  if (step === 0) return complain(system, argv, "invalid number '0'");
  const places = (text: string): number => (text.split('.')[1] ?? '').length;
  const precision = Math.max(0, ...texts.slice(0, -1).map(places));
  const widths = texts.filter((_, index) => index !== 1 || texts.length !== 3).map((text) => text.replace(/\..*$/, '').length);
  const width = flags.has('w') ? Math.max(...widths, 1) + (precision > 0 ? precision + 1 : 0) : 0;
  const shown = (value: number): string => {
    const text = value.toFixed(precision);
    return text.startsWith('-') ? `-${text.slice(1).padStart(width - 1, '0')}` : text.padStart(width, '0');
  };
  const separator = flags.get('s') ?? '\n';
  let output = '';
  for (let index = 0; ; index++) {
    const value = first + index * step;
    if (step > 0 ? value > last + 1e-12 : value < last - 1e-12) break;
    output += (index === 0 ? '' : separator) + shown(value);
    if (index % BLOCK !== BLOCK - 1) continue;
    if ((yield* system.write(1, output)) !== undefined) return 1;
    output = '';
  }
  const isEmpty = step > 0 ? first > last : first < last;
  if (!isEmpty) yield* print(system, `${output}\n`);
  return 0;
}

/** What stdio writes at once. */
const YES_BYTES = 4_096;

/** Prints for ever, or until nobody reads. */
export function* yes(system: System, argv: readonly string[]): Run {
  const line = `${argv.length > 1 ? argv.slice(1).join(' ') : 'y'}\n`;
  const block = line.repeat(Math.max(1, Math.floor(YES_BYTES / line.length)));
  for (;;) if ((yield* system.write(1, block)) !== undefined) return 1;
}

export function* factor(system: System, argv: readonly string[]): Run {
  const words = argv.length > 1 ? argv.slice(1) : (yield* readInputs(system, argv, [])).texts.join('').split(/\s+/).filter((word) => word !== '');
  for (const word of words) {
    if (!/^\d+$/.test(word)) return complain(system, argv, `invalid number '${word}'`);
    let rest = BigInt(word);
    const factors: bigint[] = [];
    let tried = 0;
    for (let divisor = 2n; divisor * divisor <= rest; divisor += divisor === 2n ? 1n : 2n) {
      if (++tried % 100_000 === 0) yield { wait: 'turn' };
      while (rest % divisor === 0n) {
        factors.push(divisor);
        rest /= divisor;
      }
    }
    if (rest > 1n) factors.push(rest);
    yield* print(system, `${word}:${factors.map((each) => ` ${each}`).join('')}\n`);
  }
  return 0;
}

/** Lines, arguments or numbers in an order that comes from the system's randomness. */
export function* shuf(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'ino');
  const range = /^(\d+)-(\d+)$/.exec(flags.get('i') ?? '');
  if (flags.has('i') && range === null) return complain(system, argv, `bad range '${flags.get('i')}'`);
  const lines = range !== null ? Array.from({ length: Math.max(0, Number(range[2]) - Number(range[1]) + 1) }, (_, index) => String(Number(range[1]) + index)) : flags.has('e') ? rest : (yield* readInputs(system, argv, rest)).texts.flatMap(linesOf);
  for (let at = lines.length - 1; at > 0; at--) {
    const other = Math.floor(system.random() * (at + 1));
    [lines[at], lines[other]] = [lines[other] as string, lines[at] as string];
  }
  const shown = lines.slice(0, flags.has('n') ? Number(flags.get('n')) : undefined);
  const output = shown.map((line) => line + (flags.has('z') ? '\0' : '\n')).join('');
  if (flags.has('o')) system.files.write(system.path(flags.get('o') ?? ''), output, system.nowUs, system.credentials);
  else yield* print(system, output);
  return 0;
}

const withoutSlashes = (path: string): string => path.replace(/(.)\/+$/, '$1');

export function* basename(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 's');
  const isMany = flags.has('a') || flags.has('s');
  if (rest.length === 0 || (!isMany && rest.length > 2)) return complain(system, argv, 'usage: basename FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE...');
  const suffix = flags.get('s') ?? (isMany ? '' : (rest[1] ?? ''));
  for (const word of isMany ? rest : rest.slice(0, 1)) {
    const path = withoutSlashes(word);
    const name = path === '/' ? '/' : path.slice(path.lastIndexOf('/') + 1);
    yield* print(system, `${suffix !== '' && name.endsWith(suffix) && name !== suffix ? name.slice(0, -suffix.length) : name}\n`);
  }
  return 0;
}

export function* dirname(system: System, argv: readonly string[]): Run {
  const [word] = options(argv).rest;
  if (word === undefined) return complain(system, argv, 'usage: dirname FILENAME');
  const path = withoutSlashes(word);
  const cut = path.lastIndexOf('/');
  yield* print(system, `${cut < 0 ? '.' : withoutSlashes(path.slice(0, cut + 1))}\n`);
  return 0;
}
