/** Builtins about what the process may do: `umask`, `ulimit`, `times`. */
import type { Step } from '../../process/wait.ts';
import type { Shell } from '../shell.ts';

const CLASSES = ['u', 'g', 'o'] as const;

/** A number is taken as it is; `u=rwx,g=rx` says what is allowed, so its opposite is the mask. */
export function* umask(shell: Shell, argv: readonly string[]): Step<number> {
  const { system } = shell;
  const mask = system.credentials.umask ?? 0o022;
  const words = argv.slice(1);
  const isSymbolic = words[0] === '-S';
  if (isSymbolic) words.shift();
  const [mode] = words;
  if (mode === undefined) {
    const classes = CLASSES.map((name, index) => {
      const bits = ~mask >> (6 - 3 * index);
      return `${name}=${(bits & 4) === 0 ? '' : 'r'}${(bits & 2) === 0 ? '' : 'w'}${(bits & 1) === 0 ? '' : 'x'}`;
    });
    yield* system.write(1, isSymbolic ? `${classes.join(',')}\n` : `${mask.toString(8).padStart(4, '0')}\n`);
    return 0;
  }
  const next = /^[0-7]+$/.test(mode) ? Number.parseInt(mode, 8) & 0o777 : symbolic(mask, mode);
  if (next === undefined) {
    shell.fail(`illegal mode: ${mode}`);
    return 2;
  }
  system.umask = next;
  return 0;
}

function symbolic(mask: number, text: string): number | undefined {
  let allowed = ~mask & 0o777;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwx]*)$/.exec(clause);
    if (match === null) return undefined;
    const [, who = '', operator, letters = ''] = match;
    const bits = [...letters].reduce((sum, letter) => sum | ({ r: 4, w: 2, x: 1 }[letter] ?? 0), 0);
    for (const [index, name] of CLASSES.entries()) {
      if (who !== '' && !who.includes(name) && !who.includes('a')) continue;
      const shift = 6 - 3 * index;
      if (operator === '+') allowed |= bits << shift;
      else if (operator === '-') allowed &= ~(bits << shift);
      else allowed = (allowed & ~(7 << shift)) | (bits << shift);
    }
  }
  return ~allowed & 0o777;
}

interface Limit {
  readonly letter: string;
  readonly title: string;
  /** What containerd and the kernel give a container. */
  readonly value: string;
}

const LIMITS: readonly Limit[] = [
  { letter: 'c', title: 'core file size (blocks)', value: 'unlimited' },
  { letter: 'd', title: 'data seg size (kb)', value: 'unlimited' },
  { letter: 'e', title: 'scheduling priority', value: '0' },
  { letter: 'f', title: 'file size (blocks)', value: 'unlimited' },
  { letter: 'i', title: 'pending signals', value: '63458' },
  { letter: 'l', title: 'max locked memory (kb)', value: '8192' },
  { letter: 'm', title: 'max memory size (kb)', value: 'unlimited' },
  { letter: 'n', title: 'open files', value: '1048576' },
  { letter: 'q', title: 'POSIX message queues (bytes)', value: '819200' },
  { letter: 'r', title: 'real-time priority', value: '0' },
  { letter: 's', title: 'stack size (kb)', value: '8192' },
  { letter: 't', title: 'cpu time (seconds)', value: 'unlimited' },
  { letter: 'u', title: 'max user processes', value: 'unlimited' },
  { letter: 'v', title: 'virtual memory (kb)', value: 'unlimited' },
  { letter: 'x', title: 'file locks', value: 'unlimited' },
];

/** Shows limits; what is set is not enforced. */
export function* ulimit(shell: Shell, argv: readonly string[]): Step<number> {
  const letters = argv.slice(1).filter((word) => word.startsWith('-')).join('').replace(/[-HS]/g, '');
  const isSet = argv.slice(1).some((word) => !word.startsWith('-'));
  if (isSet) return 0;
  const shown = letters.includes('a') ? LIMITS : LIMITS.filter(({ letter }) => (letters === '' ? letter === 'f' : letters.includes(letter)));
  for (const { letter, title, value } of shown) {
    const head = letters.includes('a') || shown.length > 1 ? `${title.padEnd(32)}(-${letter}) ` : '';
    yield* shell.system.write(1, `${head}${value}\n`);
  }
  return 0;
}

/** Processor time is not counted. */
export function* times(shell: Shell): Step<number> {
  yield* shell.system.write(1, '0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n');
  return 0;
}
