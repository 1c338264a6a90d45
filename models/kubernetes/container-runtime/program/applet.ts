/**
 * What a command is, and the few things that all commands do: print, complain, read their input.
 *
 * An applet gets its arguments apart from the process, so that the shell can run `echo` or `test` without making one.
 */
import { type Errno, ERROR_TEXT } from '../file-system/inode.ts';
import type { System } from '../process/system.ts';
import type { Program, Run, Step } from '../process/wait.ts';

export type Applet = (system: System, argv: readonly string[]) => Run;

/** The applet as a program of its own. */
export function asProgram(applet: Applet): Program {
  return (system) => applet(system, system.argv);
}

export function* print(system: System, text: string): Step<void> {
  yield* system.write(1, text);
}

/** `name: what: why` on standard error. Answers 1, the usual status after it. */
export function complain(system: System, argv: readonly string[], message: string): 1 {
  const name = (argv[0] ?? '').replace(/^.*\//, '');
  system.writeNow(2, `${name}: ${message}\n`);
  return 1;
}

export function errorText(errno: Errno): string {
  return ERROR_TEXT[errno];
}

/** Everything from a descriptor to its end; signals that the program catches do not stop it. What it holds is its memory. */
export function* readAll(system: System, fd: number): Step<string> {
  let text = '';
  for (;;) {
    const more = yield* system.read(fd);
    if (typeof more === 'object') continue;
    if (more === '' || isErrno(more)) return text;
    text += more;
    yield* system.holdMemory(text.length);
  }
}

/** Whether a read has failed: what it brings otherwise is text. */
export const isErrno = (text: string): text is Errno => text === 'EBADF' || text === 'EINVAL' || text === 'EISDIR';

/** The text of one named file, or of standard input for `-`; a missing one is complained about. */
export function* readNamed(system: System, argv: readonly string[], name: string): Step<string | undefined> {
  if (name === '-') return yield* readAll(system, 0);
  const fd = system.open(name, 'read');
  if (typeof fd === 'string') {
    complain(system, argv, `can't open '${name}': ${errorText(fd)}`);
    return undefined;
  }
  const text = yield* readAll(system, fd);
  system.close(fd);
  return text;
}

/** The text of the named files, or of standard input for `-` or no name. Missing files are complained about. */
export function* readInputs(system: System, argv: readonly string[], names: readonly string[]): Step<{ texts: string[]; failed: boolean }> {
  const texts: string[] = [];
  let failed = false;
  for (const name of names.length === 0 ? ['-'] : names) {
    if (name === '-') {
      texts.push(yield* readAll(system, 0));
      continue;
    }
    const fd = system.open(name, 'read');
    if (typeof fd === 'string') {
      complain(system, argv, `${name}: ${errorText(fd)}`);
      failed = true;
      continue;
    }
    texts.push(yield* readAll(system, fd));
    system.close(fd);
  }
  return { texts, failed };
}

/** Lines of a text; an end of line at its end opens no further line. */
export function linesOf(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

/**
 * Splits short options (`-la -n 5`) from operands. Letters in `valued` take a value; those in `repeated` take one each time they
 * are given, and the values are put together with NUL between them.
 */
export function options(argv: readonly string[], valued = '', repeated = ''): { flags: Map<string, string>; rest: string[] } {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let index = 1; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    if (argument === '--') {
      rest.push(...argv.slice(index + 1));
      break;
    }
    if (argument.startsWith('--')) {
      const cut = argument.indexOf('=');
      flags.set(argument.slice(2, cut < 0 ? undefined : cut), cut < 0 ? '' : argument.slice(cut + 1));
      continue;
    }
    if (!argument.startsWith('-') || argument === '-') {
      rest.push(argument);
      continue;
    }
    for (let at = 1; at < argument.length; at++) {
      const letter = argument[at] ?? '';
      if (!valued.includes(letter) && !repeated.includes(letter)) flags.set(letter, '');
      else {
        const value = at + 1 < argument.length ? argument.slice(at + 1) : (argv[++index] ?? '');
        const before = repeated.includes(letter) ? flags.get(letter) : undefined;
        flags.set(letter, before === undefined ? value : `${before}\0${value}`);
        break;
      }
    }
  }
  return { flags, rest };
}

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, b: 512, c: 1, w: 2, k: 1024, K: 1024, kD: 1000, KB: 1000, m: 1024 ** 2, M: 1024 ** 2, MD: 1e6, MB: 1e6, g: 1024 ** 3, G: 1024 ** 3, GD: 1e9, GB: 1e9, T: 1024 ** 4 };

/** `12`, `4k`, `1M`; undefined for what is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^([0-9]+)([a-zA-Z]*)$/.exec(text);
  const unit = SIZE_UNITS[(match?.[2] ?? '').replace(/iB$/, '')];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** `5`, `0.2`, `1m`, `2h`, `1d` in microseconds; undefined if it is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^([0-9]*\.?[0-9]+)(s|m|h|d)?$/.exec(text);
  if (match === null) return undefined;
  const unit = { s: 1, m: 60, h: 3600, d: 86_400 }[match[2] ?? 's'] ?? 1;
  return Math.round(Number(match[1]) * unit * 1_000_000);
}
