/** The `getopts` builtin: walks the options of a script or function, one call per option. */
import type { Step } from '../process/wait.ts';
import type { Shell } from './shell.ts';

export function* getopts(shell: Shell, argv: readonly string[]): Step<number> {
  const [, letters = '', name = 'opt', ...given] = argv;
  const words = given.length > 0 ? given : shell.positional;
  const index = Number(shell.get('OPTIND') ?? '1');
  const offset = Number(shell.get('__OPTOFFSET') ?? '1');
  const word = words[index - 1];
  if (word === undefined || !word.startsWith('-') || word === '-') {
    shell.set(name, '?');
    return 1;
  }
  if (word === '--') {
    shell.set('OPTIND', String(index + 1));
    shell.set(name, '?');
    return 1;
  }
  const letter = word[offset] ?? '';
  const known = letters.indexOf(letter);
  const atEnd = offset + 1 >= word.length;
  let next = atEnd ? index + 1 : index;
  let nextOffset = atEnd ? 1 : offset + 1;
  shell.set(name, known < 0 || letter === ':' ? '?' : letter);
  if (known < 0) {
    if (!letters.startsWith(':')) shell.complain(`Illegal option -${letter}`);
  } else if (letters[known + 1] === ':') {
    const argument = atEnd ? words[index] : word.slice(offset + 1);
    next = atEnd ? index + 2 : index + 1;
    nextOffset = 1;
    if (argument === undefined) {
      shell.set(name, letters.startsWith(':') ? ':' : '?');
      if (!letters.startsWith(':')) shell.complain(`No arg for -${letter} option`);
    } else shell.set('OPTARG', argument);
  }
  shell.set('OPTIND', String(next));
  shell.set('__OPTOFFSET', String(nextOffset));
  return 0;
}
