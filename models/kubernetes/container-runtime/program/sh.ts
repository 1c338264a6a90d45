/**
 * `sh` (also `ash`, `bash`): runs `-c TEXT`, a script file, or what comes on standard input.
 *
 * A container without a terminal has an empty standard input, so `sh` without arguments ends at once with status 0, as it
 * does in a cluster. At a terminal, or from a pipe, commands run as they come.
 */
import { ERROR_TEXT } from '../file-system/inode.ts';
import { setOption } from '../shell/builtin/variable.ts';
import { runScript } from '../shell/interpreter.ts';
import { runSession } from '../shell/session.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';

export function* sh(system: System, argv: readonly string[]): Run {
  const name = argv[0] ?? 'sh';
  const options = new Set<string>();
  const modes = new Set<string>();
  let at = 1;
  for (; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    if (!/^[-+]/.test(argument)) break;
    const on = argument.startsWith('-');
    if (argument === '-' || argument === '--') {
      at++;
      break;
    }
    if (argument === '--login') continue;
    for (const letter of argument.slice(1)) {
      if ('csil'.includes(letter)) modes.add(letter);
      else {
        const option = letter === 'o' ? (argv[++at] ?? '') : letter;
        if (setOption(options, option, on)) continue;
        system.writeNow(2, `${name}: illegal option ${on ? '-' : '+'}${letter === 'o' ? `o ${option}` : letter}\n`);
        return 2;
      }
    }
  }
  const shown = name.replace(/^-/, '');
  if (modes.has('c')) {
    options.add('c');
    if (argv[at] === undefined) {
      system.writeNow(2, `${shown}: -c requires an argument\n`);
      return 2;
    }
    const [text = '', title = shown, ...positional] = argv.slice(at);
    return yield* runScript(system, title, text, positional, options);
  }
  const path = argv[at];
  if (path === undefined || modes.has('s')) {
    return yield* runSession(system, shown, argv.slice(at), options, modes.has('i') || system.isTerminal(0));
  }
  const inode = system.files.openRead(system.path(path), system.credentials);
  if (typeof inode === 'string') {
    system.writeNow(2, `${shown}: can't open '${path}': ${ERROR_TEXT[inode]}\n`);
    return 2;
  }
  return yield* runScript(system, path, inode.kind === 'file' ? inode.content : '', argv.slice(at + 1), options, true);
}
