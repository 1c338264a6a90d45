/** Builtins that say where the script goes on: `eval`, `.`, `break`, `continue`, `exit`, `return`; and `cd`, `pwd`, `let`. */
import { ERROR_TEXT } from '../../file-system/inode.ts';
import type { Step } from '../../process/wait.ts';
import type { Builtin } from '../builtin.ts';
import { evaluateIn } from '../expand.ts';
import { evaluateText } from '../interpreter.ts';
import type { Shell, Unwinding } from '../shell.ts';

/** Each argument is an expression; status 1 if the last is zero. */
export function* letBuiltin(shell: Shell, argv: readonly string[]): Step<number> {
  let value = '0';
  for (const expression of argv.slice(1)) value = evaluateIn(shell, expression);
  if (argv.length < 2) shell.fail('expression expected');
  return shell.unwinding === undefined ? Number(value === '0') : 2;
}

export function* evalBuiltin(shell: Shell, argv: readonly string[]): Step<number> {
  const text = argv.slice(argv[1] === '--' ? 2 : 1).join(' ');
  shell.status = 0;
  return yield* evaluateText(shell, text);
}

/** `. FILE [ARGUMENT]…`: without a slash the file is looked for along PATH. */
export function* source(shell: Shell, argv: readonly string[]): Step<number> {
  const [name, ...rest] = argv.slice(argv[1] === '--' ? 2 : 1);
  if (name === undefined) return 2;
  const { system } = shell;
  const places = name.includes('/') ? [name] : (shell.get('PATH') ?? '').split(':').map((prefix) => `${prefix}/${name}`);
  const path = name.includes('/') ? name : places.find((place) => typeof system.files.lookup(system.path(place)) !== 'string');
  if (path === undefined) {
    shell.fail(`${name}: not found`);
    return 2;
  }
  const inode = system.files.openRead(system.path(path), system.credentials);
  if (typeof inode === 'string') {
    shell.fail(`can't open '${name}': ${ERROR_TEXT[inode]}`);
    return 2;
  }
  const { commandName, positional, line } = shell;
  shell.commandName = path;
  if (rest.length > 0) shell.positional = rest;
  shell.status = 0;
  shell.sourced++;
  const tested = shell.tested;
  shell.tested = 0;
  let status = yield* evaluateText(shell, inode.kind === 'file' ? inode.content : '', 1);
  shell.tested = tested;
  shell.sourced--;
  if (rest.length > 0) shell.positional = positional;
  shell.commandName = commandName;
  shell.line = line;
  if (shell.unwinding?.kind === 'return') {
    ({ status } = shell.unwinding);
    shell.unwinding = undefined;
  }
  return status;
}

/** A number as builtins want it; undefined (and the end of the script) for what is none. */
export function numberOf(shell: Shell, text: string): number | undefined {
  if (/^[0-9]+$/.test(text)) return Number(text);
  shell.fail(`Illegal number: ${text}`);
  return undefined;
}

export function breakOut(kind: 'break' | 'continue'): Builtin {
  return function* (shell, argv) {
    const wanted = argv[1] === undefined ? 1 : numberOf(shell, argv[1]);
    if (wanted === 0) shell.fail('Illegal number: 0');
    if (wanted === undefined || wanted === 0) return 2;
    const levels = Math.min(wanted, shell.loops);
    if (levels > 0) shell.unwinding = { kind, levels };
    return 0;
  };
}

/** Without a status: that of the last command, in a trap of the one before it. */
export function returnWith(kind: 'exit' | 'return'): Builtin {
  return function* (shell, argv) {
    const given = argv[1] === undefined ? undefined : numberOf(shell, argv[1]);
    if (argv[1] !== undefined && given === undefined) return 2;
    const status = (given ?? (kind === 'exit' ? shell.savedStatus : undefined) ?? shell.status) & 0xff;
    const unwinding: Unwinding = { kind, status };
    shell.unwinding = unwinding;
    return status;
  };
}

export function* cd(shell: Shell, argv: readonly string[]): Step<number> {
  const words = argv.slice(1).filter((word, index) => index > 0 || !/^-[LP]+$|^--$/.test(word));
  const isBack = words[0] === '-';
  const target = (isBack ? shell.get('OLDPWD') : (words[0] ?? shell.get('HOME'))) ?? '';
  const before = shell.system.directory;
  const errno = shell.system.changeDirectory(argv[1] === '-P' ? (shell.system.files.realPath(shell.system.path(target)) ?? target) : target);
  if (errno !== undefined) {
    shell.complain(`can't cd to ${target}: ${ERROR_TEXT[errno]}`);
    return 2;
  }
  for (const [name, value] of [['OLDPWD', before], ['PWD', shell.system.directory]] as const) {
    shell.set(name, value);
    const variable = shell.variables.get(name);
    if (variable !== undefined) variable.exported = true;
  }
  if (isBack) yield* shell.system.write(1, `${shell.system.directory}\n`);
  return 0;
}

export function* pwd(shell: Shell, argv: readonly string[]): Step<number> {
  const { system } = shell;
  yield* system.write(1, `${argv[1] === '-P' ? (system.files.realPath(system.directory) ?? system.directory) : system.directory}\n`);
  return 0;
}
