/**
 * `sh` (also `ash`, `bash`): runs `-c TEXT`, a script file, or what comes on standard input.
 *
 * A container without a terminal has an empty standard input, so `sh` without arguments ends at once with status 0, as it
 * does in a cluster. At a terminal, or from a pipe, commands run as they come.
 */
import { runScript } from '../shell/interpreter.ts';
import { runSession } from '../shell/session.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';

export function* sh(system: System, argv: readonly string[]): Run {
  const name = argv[0] ?? 'sh';
  let flags = '';
  let at = 1;
  for (; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    if (!/^[-+][a-z]+$/.test(argument)) break;
    for (const letter of argument.slice(1)) {
      if (letter === 'o') flags += argv[++at] === 'pipefail' ? '' : '';
      else flags += letter;
    }
    if (flags.includes('c')) {
      at++;
      break;
    }
  }
  const shown = name.replace(/^-/, '');
  const options = [...flags].filter((letter) => 'aefunvx'.includes(letter)).join('');
  if (flags.includes('c')) {
    const [text = '', title = shown, ...positional] = argv.slice(at);
    return yield* runScript(system, title, text, positional, options);
  }
  const path = argv[at];
  if (path === undefined || flags.includes('s')) {
    return yield* runSession(system, shown, argv.slice(at), options, flags.includes('i') || system.isTerminal(0));
  }
  const text = system.files.read(system.path(path), system.credentials);
  if (text === undefined) {
    system.writeNow(2, `${shown}: can't open '${path}': No such file or directory\n`);
    return 2;
  }
  return yield* runScript(system, path, text, argv.slice(at + 1), options);
}
