/**
 * Builtin commands of the shell: those that change the shell itself, and the few programs (`echo`, `test`, `printf`,
 * `true`, `false`, `pwd`, `kill`) that ash runs without a process of their own.
 */
import { ERROR_TEXT } from '../file-system/inode.ts';
import { echo } from '../program/echo.ts';
import { kill } from '../program/kill.ts';
import { printf } from '../program/printf.ts';
import { test } from '../program/test.ts';
import type { Step } from '../process/wait.ts';
import { getopts } from './getopts.ts';
import { evaluateText } from './interpreter.ts';
import { interruptedStatus, type Shell, type Unwinding } from './shell.ts';

export type Builtin = (shell: Shell, argv: readonly string[]) => Step<number>;

/** Whose assignments stay and whose failure ends a script (POSIX.1-2017, 2.14). */
export const SPECIAL_BUILTINS: ReadonlySet<string> = new Set([
  ':', '.', 'break', 'continue', 'eval', 'exec', 'exit', 'export', 'readonly', 'return', 'set', 'shift', 'times', 'trap',
  'unset',
]);

const BUILTINS: Readonly<Record<string, Builtin>> = {
  ':': always(0),
  true: always(0),
  false: always(1),
  times: always(0),
  ulimit: always(0),
  hash: always(0),
  umask: always(0),
  exec: always(0),
  '.': source,
  source,
  '[': (shell, argv) => test(shell.system, argv),
  '[[': (shell, argv) => test(shell.system, argv),
  break: leave('break'),
  cd,
  command: commandBuiltin,
  continue: leave('continue'),
  echo: (shell, argv) => echo(shell.system, argv),
  eval: evalBuiltin,
  exit: finishWith('exit'),
  export: declare((variable) => ({ ...variable, exported: true })),
  getopts,
  jobs: always(0),
  kill: (shell, argv) => kill(shell.system, argv),
  let: letBuiltin,
  local,
  printf: (shell, argv) => printf(shell.system, argv),
  pwd: function* (shell) {
    yield* shell.system.write(1, `${shell.system.directory}\n`);
    return 0;
  },
  read,
  readonly: declare((variable) => ({ ...variable, readOnly: true })),
  return: finishWith('return'),
  set,
  shift,
  test: (shell, argv) => test(shell.system, argv),
  trap,
  type: typeBuiltin,
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

function* letBuiltin(shell: Shell, argv: readonly string[]): Step<number> {
  return yield* evaluateText(shell, `[ $((${argv.slice(1).join(',')})) -ne 0 ]`);
}

function* evalBuiltin(shell: Shell, argv: readonly string[]): Step<number> {
  shell.status = 0;
  return yield* evaluateText(shell, argv.slice(1).join(' '));
}

function* source(shell: Shell, argv: readonly string[]): Step<number> {
  const path = argv[1] ?? '';
  const text = shell.system.files.read(shell.system.path(path), shell.system.credentials);
  if (text === undefined) {
    shell.fail(`${argv[0]}: can't open '${path}': No such file or directory`);
    return 2;
  }
  shell.status = 0;
  const status = yield* evaluateText(shell, text);
  if (shell.unwinding?.kind !== 'return' || shell.frames.length > 0) return status;
  const returned = shell.unwinding.status;
  shell.unwinding = undefined;
  return returned;
}

function leave(kind: 'break' | 'continue'): Builtin {
  return function* (shell, argv) {
    const levels = Math.min(Math.max(1, Number(argv[1] ?? 1)), shell.loops);
    if (levels > 0) shell.unwinding = { kind, levels };
    return 0;
  };
}

function finishWith(kind: 'exit' | 'return'): Builtin {
  return function* (shell, argv) {
    const text = argv[1];
    if (text !== undefined && !/^-?[0-9]+$/.test(text)) {
      shell.fail(`${kind}: Illegal number: ${text}`);
      return 2;
    }
    const status = text === undefined ? shell.status : Number(text) & 0xff;
    const unwinding: Unwinding = { kind, status };
    shell.unwinding = unwinding;
    return status;
  };
}

function* cd(shell: Shell, argv: readonly string[]): Step<number> {
  const target = argv[1] === '-' ? (shell.get('OLDPWD') ?? '/') : (argv[1] ?? shell.get('HOME') ?? '/');
  const before = shell.system.directory;
  const errno = shell.system.changeDirectory(target);
  if (errno !== undefined) {
    shell.complain(`cd: can't cd to ${target}: ${ERROR_TEXT[errno]}`);
    return errno === 'EACCES' ? 2 : 2;
  }
  shell.set('OLDPWD', before);
  shell.set('PWD', shell.system.directory);
  if (argv[1] === '-') yield* shell.system.write(1, `${shell.system.directory}\n`);
  return 0;
}

function* commandBuiltin(shell: Shell, argv: readonly string[]): Step<number> {
  if (argv[1] === '-v' || argv[1] === '-V') return yield* typeBuiltin(shell, [argv[1], ...argv.slice(2)]);
  const name = argv[1];
  if (name === undefined) return 0;
  const builtin = findBuiltin(name);
  if (builtin !== undefined) return yield* builtin(shell, argv.slice(1));
  const pid = shell.system.spawn({ argv: argv.slice(1), environment: shell.environment() });
  if (typeof pid === 'string') {
    shell.complain(`${name}: not found`);
    return 127;
  }
  for (;;) {
    const ended = yield* shell.system.waitFor(pid);
    if (typeof ended === 'string') return 127;
    if ('status' in ended) return ended.status;
    shell.note(ended.interrupted);
  }
}

function* typeBuiltin(shell: Shell, argv: readonly string[]): Step<number> {
  let status = 0;
  const brief = argv[0] === '-v';
  for (const name of argv.slice(1)) {
    let text: string | undefined;
    if (shell.functions.has(name)) text = brief ? name : `${name} is a function`;
    else if (findBuiltin(name) !== undefined) text = brief ? name : `${name} is a shell builtin`;
    else {
      const path = (shell.get('PATH') ?? '')
        .split(':')
        .map((prefix) => `${prefix}/${name}`)
        .find((candidate) => typeof shell.system.files.lookup(candidate) !== 'string');
      if (path !== undefined) text = brief ? path : `${name} is ${path}`;
    }
    if (text === undefined) {
      status = 127;
      if (!brief) yield* shell.system.write(1, `${name}: not found\n`);
    } else yield* shell.system.write(1, `${text}\n`);
  }
  return status;
}

function declare(change: (variable: { value: string; exported: boolean; readOnly: boolean }) => typeof variable): Builtin;
function declare(change: (variable: any) => any): Builtin {
  return function* (shell, argv) {
    for (const argument of argv.slice(1)) {
      if (argument === '-p') continue;
      const cut = argument.indexOf('=');
      const name = cut < 0 ? argument : argument.slice(0, cut);
      if (cut >= 0) shell.set(name, argument.slice(cut + 1));
      if (shell.unwinding !== undefined) return 2;
      const variable = shell.variables.get(name) ?? { value: '', exported: false, readOnly: false };
      if (cut >= 0 || shell.variables.has(name)) shell.variables.set(name, change(variable));
    }
    return 0;
  };
}

function* local(shell: Shell, argv: readonly string[]): Step<number> {
  const frame = shell.frames.at(-1);
  if (frame === undefined) {
    shell.fail('local: not in a function');
    return 2;
  }
  for (const argument of argv.slice(1)) {
    const cut = argument.indexOf('=');
    const name = cut < 0 ? argument : argument.slice(0, cut);
    const old = shell.variables.get(name);
    if (!frame.has(name)) frame.set(name, old === undefined ? undefined : { ...old });
    if (cut >= 0) shell.set(name, argument.slice(cut + 1));
  }
  return 0;
}

/** Reads one line, split at IFS into the named variables; without a name into REPLY. */
function* read(shell: Shell, argv: readonly string[]): Step<number> {
  const names = argv.slice(1).filter((argument) => !argument.startsWith('-'));
  const raw = argv.some((argument) => /^-[a-z]*r/.test(argument));
  const timeout = argv.indexOf('-t');
  const atUs = timeout < 0 ? undefined : shell.system.nowUs + Number(argv[timeout + 1] ?? 0) * 1_000_000;
  if (timeout >= 0) names.splice(names.indexOf(argv[timeout + 1] ?? ''), 1);
  let line = '';
  let complete = false;
  for (;;) {
    const text = yield* shell.system.read(0, 1, atUs);
    if (typeof text === 'object') {
      shell.note(text.interrupted);
      return interruptedStatus(text.interrupted);
    }
    if (text === 'timeout' || text === 'EBADF' || text === '') break;
    if (text === '\n') {
      if (raw || !line.endsWith('\\')) {
        complete = true;
        break;
      }
      line = line.slice(0, -1);
    } else line += text;
  }
  assignFields(shell, line, names.length === 0 ? ['REPLY'] : names);
  return complete ? 0 : 1;
}

function assignFields(shell: Shell, line: string, names: readonly string[]): void {
  const separators = shell.get('IFS') ?? ' \t\n';
  const isSeparator = (character: string): boolean => character !== '' && separators.includes(character);
  let at = 0;
  for (const [index, name] of names.entries()) {
    while (isSeparator(line[at] ?? '') && /\s/.test(line[at] ?? '')) at++;
    if (index === names.length - 1) {
      let end = line.length;
      while (end > at && isSeparator(line[end - 1] ?? '') && /\s/.test(line[end - 1] ?? '')) end--;
      shell.set(name, line.slice(at, end));
      return;
    }
    let end = at;
    while (end < line.length && !isSeparator(line[end] ?? '')) end++;
    shell.set(name, line.slice(at, end));
    at = end + 1;
  }
}

const LONG_OPTIONS: Readonly<Record<string, string>> = {
  allexport: 'a', errexit: 'e', noglob: 'f', nounset: 'u', xtrace: 'x', pipefail: 'pipefail', noexec: 'n', verbose: 'v',
};

function* set(shell: Shell, argv: readonly string[]): Step<number> {
  let index = 1;
  for (; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    if (argument === '--') {
      index++;
      break;
    }
    if (!/^[-+][a-z]/.test(argument)) break;
    for (const letter of argument.slice(1)) {
      const option = letter === 'o' ? LONG_OPTIONS[argv[++index] ?? ''] : letter;
      if (option === undefined) continue;
      if (argument.startsWith('-')) shell.options.add(option);
      else shell.options.delete(option);
    }
  }
  if (index < argv.length || argv[index - 1] === '--') shell.positional = argv.slice(index);
  if (argv.length === 1) {
    const names = [...shell.variables.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    for (const name of names) yield* shell.system.write(1, `${name}='${shell.variables.get(name)?.value ?? ''}'\n`);
  }
  return 0;
}

function* shift(shell: Shell, argv: readonly string[]): Step<number> {
  const count = Number(argv[1] ?? 1);
  if (count > shell.positional.length) return 1;
  shell.positional = shell.positional.slice(count);
  return 0;
}

function* trap(shell: Shell, argv: readonly string[]): Step<number> {
  const words = argv.slice(argv[1] === '--' ? 2 : 1);
  if (words.length === 0) {
    for (const [signal, action] of shell.traps) yield* shell.system.write(1, `trap -- '${action}' ${signal}\n`);
    return 0;
  }
  const [first = '', ...rest] = words;
  const resets = rest.length === 0 || first === '-';
  let status = 0;
  for (const condition of rest.length === 0 ? [first] : rest) {
    if (shell.trap(condition.replace(/^SIG(?=EXIT)/, ''), resets ? undefined : first)) continue;
    shell.complain(`trap: ${condition}: invalid signal specification`);
    status = 1;
  }
  return status;
}

function* unset(shell: Shell, argv: readonly string[]): Step<number> {
  const functions = argv[1] === '-f';
  for (const name of argv.slice(1)) {
    if (name.startsWith('-')) continue;
    if (functions) shell.functions.delete(name);
    else if (!shell.variables.delete(name)) shell.functions.delete(name);
  }
  return 0;
}

/** Waits for the given children, or for all; a trapped signal ends the waiting at once. */
function* wait(shell: Shell, argv: readonly string[]): Step<number> {
  const pids = argv.length > 1 ? argv.slice(1).map(Number) : [...shell.jobs];
  let status = 0;
  for (const pid of pids) {
    const ended = yield* shell.system.waitFor(pid);
    if (typeof ended === 'string') {
      if (argv.length > 1) status = 127;
      continue;
    }
    if ('interrupted' in ended) {
      shell.note(ended.interrupted);
      return interruptedStatus(ended.interrupted);
    }
    shell.jobs.splice(shell.jobs.indexOf(pid), 1);
    if (argv.length > 1) status = ended.status;
  }
  return status;
}
