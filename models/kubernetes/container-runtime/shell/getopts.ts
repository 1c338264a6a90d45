/** The `getopts` builtin: walks the options of a script or function, one call per option. */
import type { Step } from '../process/wait.ts';
import type { Shell } from './shell.ts';

export function* getopts(shell: Shell, argv: readonly string[]): Step<number> {
  const [, letters, name, ...given] = argv;
  if (letters === undefined || name === undefined) {
    shell.fail('usage: getopts optstring var [arg]');
    return 2;
  }
  const words = given.length > 0 ? given : shell.positional;
  const index = Number(shell.get('OPTIND') ?? '1') || 1;
  const isInside = shell.optionOffset > 0 && shell.optionOffset < (words[index - 2]?.length ?? 0);
  const word = isInside ? (words[index - 2] ?? '') : words[index - 1];
  if (word === undefined || !word.startsWith('-') || word === '-' || (word === '--' && !isInside)) {
    shell.variables.delete('OPTARG');
    return finish(shell, name, '?', word === '--' ? index + 1 : index, 0, 1);
  }
  const offset = isInside ? shell.optionOffset : 1;
  const next = isInside ? index : index + 1;
  const letter = word[offset] ?? '';
  const known = letter === ':' ? -1 : letters.indexOf(letter, letters.startsWith(':') ? 1 : 0);
  const isSilent = letters.startsWith(':') || shell.get('OPTERR') === '0';
  const rest = offset + 1 < word.length ? offset + 1 : 0;
  if (known < 0) {
    if (isSilent) shell.set('OPTARG', letter);
    else {
      shell.system.writeNow(2, `Illegal option -${letter}\n`);
      shell.variables.delete('OPTARG');
    }
    return finish(shell, name, '?', next, rest);
  }
  if (letters[known + 1] !== ':') {
    shell.set('OPTARG', '');
    return finish(shell, name, letter, next, rest);
  }
  const argument = rest > 0 ? word.slice(rest) : words[next - 1];
  if (argument !== undefined) {
    shell.set('OPTARG', argument);
    return finish(shell, name, letter, rest > 0 ? next : next + 1, 0);
  }
  if (isSilent) shell.set('OPTARG', letter);
  else {
    shell.system.writeNow(2, `No arg for -${letter} option\n`);
    shell.variables.delete('OPTARG');
  }
  return finish(shell, name, isSilent ? ':' : '?', next, 0);
}

function finish(shell: Shell, name: string, value: string, index: number, offset: number, status = 0): number {
  shell.set('OPTIND', String(index));
  shell.set(name, value);
  shell.optionOffset = offset;
  return status;
}
