/**
 * Builtin commands of the shell: those that change the shell itself, and the few programs (`echo`, `test`, `printf`,
 * `true`, `false`, `pwd`, `kill`) that ash runs without a process of their own.
 */
import { echo } from '../program/echo.ts';
import { printf } from '../program/printf.ts';
import { test } from '../program/test.ts';
import type { Step } from '../process/wait.ts';
import { alias, commandBuiltin, hash, typeBuiltin, unalias } from './builtin/command.ts';
import { breakOut, cd, evalBuiltin, letBuiltin, pwd, returnWith, source } from './builtin/control.ts';
import { currentJob, jobs, killBuiltin, wait } from './builtin/job.ts';
import { times, ulimit, umask } from './builtin/limit.ts';
import { read } from './builtin/read.ts';
import { sleep } from './builtin/sleep.ts';
import { trap } from './builtin/trap.ts';
import { declare, local, set, shift, unset } from './builtin/variable.ts';
import { getopts } from './getopts.ts';
import type { Shell } from './shell.ts';

export type Builtin = (shell: Shell, argv: readonly string[]) => Step<number>;

/** Whose assignments stay and whose failure ends a script (POSIX.1-2017, 2.14). */
export const SPECIAL_BUILTINS: ReadonlySet<string> = new Set([
  ':', '.', 'break', 'continue', 'eval', 'exec', 'exit', 'export', 'local', 'readonly', 'return', 'set', 'shift', 'source', 'times', 'trap',
  'unset',
]);

/** Whose arguments may be assignments. */
export const ASSIGNING_BUILTINS: ReadonlySet<string> = new Set(['alias', 'export', 'local', 'readonly']);

const BUILTINS: Readonly<Record<string, Builtin>> = {
  ':': always(0),
  true: always(0),
  false: always(1),
  times,
  ulimit,
  hash,
  umask,
  exec: always(0),
  '.': source,
  source,
  '[': (shell, argv) => test(shell.system, argv, shell.system.appletName),
  '[[': (shell, argv) => test(shell.system, argv, shell.system.appletName),
  alias,
  bg: currentJob,
  break: breakOut('break'),
  cd,
  chdir: cd,
  command: commandBuiltin,
  continue: breakOut('continue'),
  echo: (shell, argv) => echo(shell.system, argv),
  eval: evalBuiltin,
  exit: returnWith('exit'),
  export: declare('exported'),
  fg: currentJob,
  getopts,
  jobs,
  kill: killBuiltin,
  let: letBuiltin,
  local,
  printf: (shell, argv) => printf(shell.system, argv, shell.system.appletName),
  pwd,
  read,
  readonly: declare('readOnly'),
  return: returnWith('return'),
  set,
  shift,
  sleep,
  test: (shell, argv) => test(shell.system, argv, shell.system.appletName),
  trap,
  type: typeBuiltin,
  unalias,
  unset,
  wait,
};

export function findBuiltin(name: string): Builtin | undefined {
  return Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined;
}

function always(status: number): Builtin {
  return function* () {
    return status;
  };
}
