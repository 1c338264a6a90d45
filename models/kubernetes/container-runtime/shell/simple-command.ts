/**
 * Simple commands (POSIX.1-2017, 2.9.1): expansions, redirections and assignments, and then a function, a builtin or a program.
 */
import { ERROR_TEXT } from '../file-system/inode.ts';
import type { Step } from '../process/wait.ts';
import { ASSIGNING_BUILTINS, type Builtin, findBuiltin, SPECIAL_BUILTINS } from './builtin.ts';
import { expandAssignment, expandWords } from './expand.ts';
import { NO_UNDO, runCommand } from './interpreter.ts';
import { waitForeground } from './job.ts';
import { redirectCopy, redirectShell } from './redirect.ts';
import { COMMANDS_PER_PROCESS, type Shell } from './shell.ts';
import type { Command, Simple } from './syntax.ts';
import { quotedIfNeeded, type Variable } from './variable.ts';

/** Nesting of functions: beyond it the stack of a shell is used up, and it dies of that (a fault in ash, a bound here). */
const FRAMES_MAX = 400;

/** Words that `set -x` always quotes. */
const KEYWORDS = ['!', 'case', 'do', 'done', 'elif', 'else', 'esac', 'fi', 'for', 'function', 'if', 'in', 'then', 'until', 'while', '{', '}'];

type Values = readonly (readonly [string, string])[];

export function* runSimple(shell: Shell, command: Simple, last: boolean): Step<void> {
  shell.line = command.line;
  shell.substituted = 0;
  const [first] = command.words;
  const name0 = first?.length === 1 && first[0]?.kind === 'text' ? first[0].text : '';
  const argv = ASSIGNING_BUILTINS.has(name0) ? yield* expandAssigning(shell, command.words) : yield* expandWords(shell, command.words);
  if (shell.unwinding !== undefined) return;
  if (argv[0] === undefined) return yield* runAssignments(shell, command);
  yield* runNamed(shell, command, argv, last);
  if (shell.memoryBytes > 0) yield* shell.system.holdMemory(shell.memoryBytes);
}

/** `export x=$y`: what looks like an assignment is expanded as one, into one word. */
function* expandAssigning(shell: Shell, words: Simple['words']): Step<string[]> {
  const result: string[] = [];
  for (const word of words) {
    const isAssignment = word[0]?.kind === 'text' && !word[0].quoted && /^[A-Za-z_]\w*=/.test(word[0].text);
    if (isAssignment) result.push(yield* expandAssignment(shell, word));
    else result.push(...(yield* expandWords(shell, [word])));
    if (shell.unwinding !== undefined) break;
  }
  return result;
}

function* runNamed(shell: Shell, command: Simple, argv: readonly string[], last: boolean): Step<void> {
  const name = argv[0] ?? '';
  const body = shell.functions.get(name);
  const builtin = body === undefined ? findBuiltin(name) : undefined;
  if (body === undefined && builtin === undefined) return yield* runExternal(shell, command, argv, last);
  const isSpecial = body === undefined && SPECIAL_BUILTINS.has(name);
  if (name === 'exec' && builtin !== undefined) return yield* runExec(shell, command, argv);
  const undo = yield* redirectShell(shell, command.redirects);
  if (undo === undefined) {
    shell.status = 1;
    if (isSpecial) shell.unwinding = { kind: 'exit', status: 1 };
    return;
  }
  const values = yield* assignedValues(shell, command);
  if (shell.unwinding !== undefined) return undo();
  trace(shell, values, argv);
  const restore = assignFor(shell, values, isSpecial);
  if (body !== undefined) yield* runFunction(shell, body, argv);
  else if (builtin !== undefined && shell.unwinding === undefined) yield* runBuiltin(shell, builtin, argv);
  restore();
  undo();
}

/** While a builtin runs its name stands in the messages. */
export function* runBuiltin(shell: Shell, builtin: Builtin, argv: readonly string[]): Step<void> {
  const { commandName } = shell;
  shell.commandName = argv[0];
  shell.status = yield* builtin(shell, argv);
  shell.commandName = commandName;
  if (!SPECIAL_BUILTINS.has(argv[0] ?? '') && shell.unwinding?.kind === 'exit' && shell.unwinding.isError === true) {
    shell.status = shell.unwinding.status;
    shell.unwinding = undefined;
  }
}

function* assignedValues(shell: Shell, command: Simple): Step<Values> {
  const values: [string, string][] = [];
  for (const { name, value } of command.assignments) {
    values.push([name, yield* expandAssignment(shell, value)]);
    if (shell.unwinding !== undefined) break;
  }
  return values;
}

/** `set -x`: what stands in PS4, then the assignments and words. */
function trace(shell: Shell, values: Values, argv: readonly string[]): void {
  if (!shell.options.has('x')) return;
  const shown = argv.map((word) => (KEYWORDS.includes(word) ? `'${word}'` : quotedIfNeeded(word)));
  const words = [...values.map(([name, value]) => `${name}=${quotedIfNeeded(value)}`), ...shown];
  shell.system.writeNow(2, `${shell.get('PS4') ?? ''}${words.join(' ')}\n`);
}

/** A command without a name: its redirections happen, its assignments stay. Its status is that of the last substitution. */
function* runAssignments(shell: Shell, command: Simple): Step<void> {
  const undo = yield* redirectShell(shell, command.redirects);
  if (undo === undefined) {
    shell.status = 1;
    return;
  }
  undo();
  const values: [string, string][] = [];
  for (const { name, value } of command.assignments) {
    const text = yield* expandAssignment(shell, value);
    if (shell.unwinding !== undefined) return;
    values.push([name, text]);
    shell.set(name, text);
    if (shell.unwinding !== undefined) return;
  }
  trace(shell, values, []);
  shell.status = shell.substituted;
  if (shell.memoryBytes > 0) yield* shell.system.holdMemory(shell.memoryBytes);
}

/** Assignments in front of a command hold for the command only (for special builtins they stay). */
function assignFor(shell: Shell, values: Values, stay: boolean): () => void {
  if (values.length === 0) return NO_UNDO;
  const saved = values.map(([name]) => [name, shell.variables.get(name)] as const);
  for (const [name, value] of values) {
    const old = shell.variables.get(name);
    if (old?.readOnly === true) shell.fail(`${name}: is read only`);
    else shell.variables.set(name, { value, exported: stay ? (old?.exported ?? false) : true, readOnly: false });
  }
  return () => {
    if (stay) return;
    for (const [name, variable] of saved) restoreVariable(shell, name, variable);
  };
}

function restoreVariable(shell: Shell, name: string, variable: Variable | undefined): void {
  if (variable === undefined) shell.variables.delete(name);
  else shell.variables.set(name, variable);
  if (name === 'OPTIND') shell.optionOffset = 0;
}

function* runFunction(shell: Shell, body: Command, argv: readonly string[]): Step<void> {
  if (shell.frames.length >= FRAMES_MAX) return yield* shell.system.crash('SEGV');
  const { positional, loops } = shell;
  const frame = new Map<string, Variable | undefined>();
  shell.positional = argv.slice(1);
  shell.loops = 0;
  shell.frames.push(frame);
  shell.functionNames.push(argv[0] ?? '');
  yield* runCommand(shell, body, false);
  shell.frames.pop();
  shell.functionNames.pop();
  for (const [name, variable] of frame) restoreVariable(shell, name, variable);
  shell.positional = positional;
  shell.loops = loops;
  if (shell.unwinding?.kind === 'return') {
    shell.status = shell.unwinding.status;
    shell.unwinding = undefined;
  }
}

function* runExternal(shell: Shell, command: Simple, argv: readonly string[], last: boolean): Step<void> {
  if (last && shell.traps.size === 0) return yield* runExec(shell, command, ['exec', ...argv]);
  const descriptors = yield* redirectCopy(shell, command.redirects);
  if (descriptors === undefined) {
    shell.status = 1;
    return;
  }
  const values = yield* assignedValues(shell, command);
  if (shell.unwinding !== undefined) return;
  trace(shell, values, argv);
  const restore = assignFor(shell, values, false);
  const environment = shell.environment();
  searchPath(shell, environment);
  const pid = shell.unwinding === undefined ? yield* spawn(shell, argv, environment, descriptors) : undefined;
  restore();
  if (pid === undefined) return;
  if (typeof pid === 'string') shell.status = reportMissing(shell, argv[0] ?? '', pid, descriptors);
  else shell.status = yield* waitForeground(shell, pid);
}

function* spawn(shell: Shell, argv: readonly string[], environment: Map<string, string>, descriptors: Shell['system']['descriptors']): Step<number | undefined | keyof typeof ERROR_TEXT> {
  shell.commands += COMMANDS_PER_PROCESS;
  const path = shell.get('PATH');
  const found = shell.system.findProgram(argv, new Map(path === undefined ? [] : [['PATH', path]]));
  if (found === 'ENOEXEC') {
    const script = executableScript(shell, argv);
    if (script !== undefined) return shell.system.spawn({ argv: script, environment, descriptors });
  }
  if (typeof found === 'string') return found;
  const pid = shell.system.spawn({ argv: found.argv, program: found.program, environment, descriptors });
  if (pid !== 'EAGAIN') return pid;
  shell.fail("can't fork: Resource temporarily unavailable");
  return undefined;
}

/** A file without `#!` that can be executed is a script of the shell's own kind. */
function executableScript(shell: Shell, argv: readonly string[]): string[] | undefined {
  const [name = ''] = argv;
  const directories = name.includes('/') ? [''] : (shell.get('PATH') ?? '').split(':').map((prefix) => `${prefix}/`);
  const path = directories.map((prefix) => prefix + name).find((candidate) => typeof shell.system.files.lookup(shell.system.path(candidate)) !== 'string');
  return path === undefined ? undefined : ['/bin/sh', path, ...argv.slice(1)];
}

/** A PATH that is not exported is looked through even so. */
function searchPath(shell: Shell, environment: Map<string, string>): void {
  const path = shell.get('PATH');
  if (path === undefined) environment.delete('PATH');
}

/** Says why a command cannot be executed, and with which status (POSIX: 127 not found, 126 not executable). */
function reportMissing(shell: Shell, name: string, errno: keyof typeof ERROR_TEXT, descriptors = shell.system.descriptors): number {
  const notFound = errno === 'ENOENT' || errno === 'ENOTDIR';
  const own = shell.system.descriptors.get(2);
  const heard = descriptors.get(2);
  if (heard !== undefined && heard !== own) shell.system.place(2, heard);
  shell.complain(`${name}: ${notFound ? 'not found' : ERROR_TEXT[errno]}`);
  if (heard !== own && own !== undefined) shell.system.place(2, own);
  return notFound || name === '' ? 127 : 126;
}

/** `exec`: with a command it replaces the shell, without one its redirections stay. */
function* runExec(shell: Shell, command: Simple, argv: readonly string[]): Step<void> {
  const isPlain = argv.length === 1;
  const undo = yield* redirectShell(shell, command.redirects);
  if (undo === undefined) {
    shell.status = 1;
    if (command.words[0]?.[0]?.kind === 'text' && command.words[0][0].text === 'exec') shell.unwinding = { kind: 'exit', status: 1 };
    return;
  }
  const values = yield* assignedValues(shell, command);
  if (shell.unwinding !== undefined) return undo();
  const isWritten = command.words.length === argv.length;
  trace(shell, values, isWritten ? argv : argv.slice(1));
  if (isPlain) {
    for (const [name, value] of values) shell.set(name, value);
    shell.status = 0;
    undo(true);
    return;
  }
  const at = argv[1] === '-a' ? 3 : argv[1] === '--' ? 2 : 1;
  const target = argv.slice(at);
  const restore = assignFor(shell, values, false);
  const environment = shell.environment();
  restore();
  const errno = execute(shell, target, environment);
  if (errno !== undefined) {
    const { commandName } = shell;
    if (isWritten) shell.commandName = 'exec';
    shell.status = reportMissing(shell, target[0] ?? '', errno);
    shell.commandName = commandName;
    undo();
  } else {
    undo(true);
    shell.traps.clear();
  }
  shell.unwinding = { kind: 'exit', status: shell.status };
}

function execute(shell: Shell, argv: readonly string[], environment: Map<string, string>): keyof typeof ERROR_TEXT | undefined {
  const path = shell.get('PATH');
  const isExported = environment.has('PATH') || path === undefined;
  if (!isExported) environment.set('PATH', path);
  let errno = shell.system.exec(argv, environment, isExported ? [] : ['PATH']);
  const script = errno === 'ENOEXEC' ? executableScript(shell, argv) : undefined;
  if (script !== undefined) errno = shell.system.exec(script, environment);
  return errno;
}
