/**
 * A shell that reads its commands as they come: from a person at a terminal, or from a pipe.
 *
 * Each command runs when its last line has come, so `read` and other programs get the lines after it. At a terminal there
 * is a prompt, Ctrl-C starts the line anew, and a mistake ends nothing.
 */
import type { Run, Step } from '../process/wait.ts';
import type { System } from '../process/system.ts';
import { finish, newShell, runList } from './interpreter.ts';
import { parseScript } from './parser.ts';
import type { Shell } from './shell.ts';
import { type List, SyntaxProblem } from './syntax.ts';

/** More lines are wanted. */
const MORE = Symbol('more');

export function* runSession(system: System, name: string, positional: string[], options: Iterable<string>, isInteractive: boolean): Run {
  const shell = newShell(system, name, positional, options);
  if (isInteractive) {
    system.onSignal('INT', 'catch');
    system.onSignal('TERM', 'ignore');
  }
  let text = '';
  for (;;) {
    if (isInteractive) system.writeNow(2, text === '' ? promptOf(system) : '> ');
    const line = yield* readLine(system);
    if (line === 'interrupted') {
      system.writeNow(2, '\n');
      text = '';
      continue;
    }
    text += line ?? '';
    const list = parsed(shell, text, line === undefined);
    if (list === MORE) continue;
    text = '';
    if (list !== undefined) yield* runList(shell, list, false);
    else shell.status = 2;
    const unwinding = shell.unwinding as Shell['unwinding'];
    if (line === undefined || unwinding?.kind === 'exit' || (list === undefined && !isInteractive)) break;
    shell.unwinding = undefined;
    if (isInteractive) shell.pending.length = 0;
  }
  if (isInteractive && shell.unwinding === undefined) system.writeNow(2, '\n');
  return yield* finish(shell);
}

/** busybox: the folder, and whether it is root who types. */
const promptOf = (system: System): string => `${system.directory} ${system.credentials.uid === 0 ? '#' : '$'} `;

/** One line with its end; what is left at the end of the input; undefined after it. */
function* readLine(system: System): Step<string | undefined | 'interrupted'> {
  let line = '';
  for (;;) {
    const text = yield* system.read(0, 1);
    if (typeof text === 'object') {
      if (text.interrupted === 'INT') return 'interrupted';
      continue;
    }
    if (text === '' || text === 'EBADF' || text === 'EINVAL' || text === 'timeout') return line === '' ? undefined : line;
    line += text;
    if (text === '\n') return line;
  }
}

function parsed(shell: Shell, text: string, isLast: boolean): List | undefined | typeof MORE {
  const isContinued = /(?:^|[^\\])(?:\\\\)*\\\n$/.test(text);
  const delimiter = /<<-?\s*['"\\]?(\w+)/.exec(text)?.[1];
  const isHereDocument = delimiter !== undefined && !new RegExp(`\\n\\t*${delimiter}\\n`).test(text);
  if (!isLast && (isContinued || isHereDocument)) return MORE;
  try {
    return parseScript(text);
  } catch (problem) {
    if (!(problem instanceof SyntaxProblem)) throw problem;
    if (problem.isIncomplete && !isLast) return MORE;
    shell.complain(problem.message);
    return undefined;
  }
}
