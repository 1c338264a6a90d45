/**
 * Runs a parsed script (POSIX.1-2017, chapter 2), with the visible habits of busybox ash.
 *
 * Everything is a generator, so a script stands still wherever it waits. External commands, pipelines, `( )`, `&` and
 * `$( )` are real processes with pids and signals. The last simple command of a script replaces the shell, as in ash, if
 * no trap is set. A script that computes without waiting gives up its turn now and then (`COMMANDS_PER_TURN`).
 */
import { ERROR_TEXT } from '../file-system/inode.ts';
import { hold, pipeEnd, createPipe } from '../process/stream.ts';
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { type Builtin, findBuiltin, SPECIAL_BUILTINS } from './builtin.ts';
import { expandPattern, expandText, expandWords } from './expand.ts';
import { parseScript } from './parser.ts';
import { matches } from './pattern.ts';
import { redirectCopy, redirectShell } from './redirect.ts';
import { Shell } from './shell.ts';
import { type AndOr, type Command, type List, type Pipeline, type Simple, SyntaxProblem } from './syntax.ts';

/** How many commands a script runs before it lets the others run and is charged some time. */
const COMMANDS_PER_TURN = 512;

/** Nesting of functions and substitutions, as a bound for runaway recursion. */
const FRAMES_MAX = 200;

/** A new shell of this process. */
export function newShell(system: System, name: string, positional: string[], options: string): Shell {
  const shell = new Shell(system, name, substitute);
  for (const option of options) shell.options.add(option);
  shell.positional = positional;
  return shell;
}

/** Runs a text in a new shell of this process; the answer is its exit status. */
export function* runScript(system: System, name: string, text: string, positional: string[], options: string): Run {
  return yield* runText(newShell(system, name, positional, options), text);
}

function* runText(shell: Shell, text: string): Run {
  const list = parse(shell, text);
  if (list === undefined) return 2;
  yield* runList(shell, list, true);
  return yield* finish(shell);
}

function parse(shell: Shell, text: string): List | undefined {
  try {
    return parseScript(text);
  } catch (problem) {
    if (!(problem instanceof SyntaxProblem)) throw problem;
    shell.complain(problem.message);
    return undefined;
  }
}

/** Runs the text of `eval`, `.` or a trap in the present shell. */
export function* evaluateText(shell: Shell, text: string): Step<number> {
  const list = parse(shell, text);
  if (list === undefined) {
    shell.unwinding = { kind: 'exit', status: 2 };
    return 2;
  }
  yield* runList(shell, list, false);
  return shell.status;
}

/** The EXIT trap and the exit status. */
export function* finish(shell: Shell): Step<number> {
  if (shell.unwinding?.kind === 'exit' || shell.unwinding?.kind === 'return') shell.status = shell.unwinding.status;
  const action = shell.traps.get('EXIT');
  const status = shell.status;
  if (action === undefined || action === '') return status;
  shell.traps.delete('EXIT');
  shell.unwinding = undefined;
  yield* evaluateText(shell, action);
  const after = shell.unwinding as Shell['unwinding'];
  return after?.kind === 'exit' ? after.status : status;
}

/** `last` says that nothing follows the list, so that its last command may replace the shell. */
export function* runList(shell: Shell, list: List, last: boolean): Step<void> {
  for (const [index, item] of list.entries()) {
    yield* runAndOr(shell, item, last && index === list.length - 1);
    if (shell.pending.length > 0) yield* runTraps(shell);
    if (shell.unwinding !== undefined) return;
    if (++shell.commands >= COMMANDS_PER_TURN) {
      shell.commands = 0;
      const wake = yield { wait: 'turn' };
      if (wake.kind === 'signal') shell.note(wake.signal);
    }
  }
}

/** Runs the traps of signals that arrived. The status of the script is not touched. */
function* runTraps(shell: Shell): Step<void> {
  for (let signal = shell.pending.shift(); signal !== undefined; signal = shell.pending.shift()) {
    const action = shell.traps.get(signal);
    if (action === undefined || action === '') continue;
    const { status } = shell;
    yield* evaluateText(shell, action);
    if (shell.unwinding !== undefined) return;
    shell.status = status;
  }
}

function* runAndOr(shell: Shell, item: AndOr, last: boolean): Step<void> {
  if (item.background) return runInBackground(shell, item);
  if (item.rest.length === 0) return yield* runPipeline(shell, item.first, last);
  shell.tested++;
  yield* runPipeline(shell, item.first, false);
  for (const [index, { operator, pipeline }] of item.rest.entries()) {
    const isLast = index === item.rest.length - 1;
    if (isLast) shell.tested--;
    const wanted = (shell.status === 0) === (operator === '&&');
    if (wanted && shell.unwinding === undefined) {
      yield* runPipeline(shell, pipeline, false);
    }
  }
}

/** `command &`: a child with standard input from nowhere; the shell goes on at once. */
function runInBackground(shell: Shell, item: AndOr): void {
  const { system } = shell;
  const program = function* (child: System): Run {
    const forked = shell.fork(child);
    yield* runAndOr(forked, { ...item, background: false }, true);
    return yield* finish(forked);
  };
  const silent = system.openFile('/dev/null', 'read');
  const descriptors = new Map(system.descriptors);
  if (typeof silent !== 'string') descriptors.set(0, silent);
  const pid = system.spawn({ argv: [shell.name], program, descriptors, environment: shell.environment() });
  if (typeof pid === 'string') return;
  shell.jobs.push(pid);
  shell.lastBackground = pid;
  shell.status = 0;
}

function* runPipeline(shell: Shell, pipeline: Pipeline, last: boolean): Step<void> {
  if (pipeline.negated) shell.tested++;
  const [only] = pipeline.commands;
  if (pipeline.commands.length === 1 && only !== undefined) yield* runCommand(shell, only, last && !pipeline.negated);
  else yield* runPipes(shell, pipeline.commands);
  if (pipeline.negated) {
    shell.tested--;
    if (shell.unwinding === undefined) shell.status = shell.status === 0 ? 1 : 0;
  } else if (shell.status !== 0 && pipeline.commands.length > 1) exitOnError(shell);
}

/** All commands of a pipeline are children; the status is the last one's (or the last failure's, with pipefail). */
function* runPipes(shell: Shell, commands: readonly Command[]): Step<void> {
  const { system } = shell;
  const pids: number[] = [];
  let input = system.descriptors.get(0);
  for (const [index, command] of commands.entries()) {
    const descriptors = new Map(system.descriptors);
    if (input !== undefined) descriptors.set(0, input);
    const pipe = index === commands.length - 1 ? undefined : createPipe();
    if (pipe !== undefined) descriptors.set(1, pipeEnd(pipe, 'write'));
    const reader = pipe === undefined ? undefined : hold(pipeEnd(pipe, 'read'));
    const program = subshellProgram(shell, command);
    const pid = system.spawn({ argv: [shell.name], program, descriptors, environment: shell.environment() });
    if (typeof pid !== 'string') pids.push(pid);
    if (index > 0 && input !== undefined) system.release(input);
    input = reader;
  }
  let failed = 0;
  for (const pid of pids) {
    shell.status = yield* waitForeground(shell, pid);
    if (shell.status !== 0) failed = shell.status;
  }
  if (shell.options.has('pipefail')) shell.status = failed;
}

function subshellProgram(shell: Shell, command: Command): (child: System) => Run {
  return function* (child) {
    const forked = shell.fork(child);
    yield* runCommand(forked, command, true);
    return yield* finish(forked);
  };
}

/** Waits for a foreground child. Signals with a trap are noted and handled when the child has ended. */
function* waitForeground(shell: Shell, pid: number): Step<number> {
  for (;;) {
    const ended = yield* shell.system.waitFor(pid);
    if (typeof ended === 'string') return 127;
    if ('status' in ended) return ended.status;
    shell.note(ended.interrupted);
  }
}

function exitOnError(shell: Shell): void {
  if (shell.options.has('e') && shell.tested === 0 && shell.unwinding === undefined) {
    shell.unwinding = { kind: 'exit', status: shell.status };
  }
}

function* runCommand(shell: Shell, command: Command, last: boolean): Step<void> {
  if (command.kind === 'simple') {
    yield* runSimple(shell, command, last);
    if (shell.status !== 0) exitOnError(shell);
    return;
  }
  const undo = command.redirects.length === 0 ? NO_UNDO : yield* redirectShell(shell, command.redirects);
  if (undo === undefined) shell.status = 1;
  else {
    yield* runCompound(shell, command);
    undo();
  }
  if (shell.status !== 0 && command.kind === 'subshell') exitOnError(shell);
}

const NO_UNDO = (): void => {};

function* runCompound(shell: Shell, command: Exclude<Command, Simple>): Step<void> {
  switch (command.kind) {
    case 'if':
      return yield* runIf(shell, command);
    case 'while':
      return yield* runWhile(shell, command);
    case 'for':
      return yield* runFor(shell, command);
    case 'case':
      return yield* runCase(shell, command);
    case 'group':
      return yield* runList(shell, command.body, false);
    case 'subshell': {
      const program = subshellProgram(shell, { ...command, kind: 'group', redirects: [] });
      const pid = shell.system.spawn({ argv: [shell.name], program, environment: shell.environment() });
      if (typeof pid !== 'string') shell.status = yield* waitForeground(shell, pid);
      return;
    }
    case 'function':
      shell.functions.set(command.name, command.body);
      shell.status = 0;
  }
}

function* runCondition(shell: Shell, list: List): Step<boolean> {
  shell.tested++;
  yield* runList(shell, list, false);
  shell.tested--;
  return shell.status === 0;
}

function* runIf(shell: Shell, command: Extract<Command, { kind: 'if' }>): Step<void> {
  for (const { condition, body } of command.branches) {
    const holds = yield* runCondition(shell, condition);
    if (shell.unwinding !== undefined) return;
    if (holds) return yield* runList(shell, body, false);
  }
  if (command.otherwise !== undefined) return yield* runList(shell, command.otherwise, false);
  shell.status = 0;
}

function* runWhile(shell: Shell, command: Extract<Command, { kind: 'while' }>): Step<void> {
  let status = 0;
  shell.loops++;
  for (;;) {
    const holds = yield* runCondition(shell, command.condition);
    if (shell.unwinding === undefined) {
      if (holds === command.until) break;
      yield* runList(shell, command.body, false);
      status = shell.status;
    }
    if (leavesLoop(shell)) break;
  }
  shell.loops--;
  if (shell.unwinding === undefined) shell.status = status;
}

/** Handles `break` and `continue` at the end of a turn of a loop. */
function leavesLoop(shell: Shell): boolean {
  const { unwinding } = shell;
  if (unwinding === undefined) return false;
  if (unwinding.kind !== 'break' && unwinding.kind !== 'continue') return true;
  if (unwinding.levels > 1) {
    unwinding.levels--;
    return true;
  }
  shell.unwinding = undefined;
  return unwinding.kind === 'break';
}

function* runFor(shell: Shell, command: Extract<Command, { kind: 'for' }>): Step<void> {
  const words = command.words === undefined ? [...shell.positional] : yield* expandWords(shell, command.words);
  shell.status = 0;
  shell.loops++;
  for (const word of words) {
    if (shell.unwinding !== undefined) break;
    shell.set(command.name, word);
    yield* runList(shell, command.body, false);
    if (leavesLoop(shell)) break;
  }
  shell.loops--;
}

function* runCase(shell: Shell, command: Extract<Command, { kind: 'case' }>): Step<void> {
  const subject = yield* expandText(shell, command.subject);
  for (const item of command.items) {
    for (const word of item.patterns) {
      const pattern = yield* expandPattern(shell, word);
      if (shell.unwinding !== undefined) return;
      if (!matches(pattern, subject)) continue;
      shell.status = 0;
      return yield* runList(shell, item.body, false);
    }
  }
  shell.status = 0;
}

function* runSimple(shell: Shell, command: Simple, last: boolean): Step<void> {
  const before = shell.status;
  shell.status = 0;
  const argv = yield* withStatus(shell, before, command);
  if (argv === undefined) return;
  const values: [string, string][] = [];
  for (const { name, value } of command.assignments) {
    values.push([name, yield* expandText(shell, value)]);
    if (shell.unwinding !== undefined) return;
  }
  trace(shell, values, argv);
  const name = argv[0];
  if (name === undefined) return yield* runAssignments(shell, command, values);
  const body = shell.functions.get(name);
  const builtin = body === undefined ? findBuiltin(name) : undefined;
  if (body === undefined && builtin === undefined) return yield* runExternal(shell, command, argv, values, last);
  if (name === 'exec') return yield* runExec(shell, command, argv, values);
  const undo = yield* redirectShell(shell, command.redirects);
  if (undo === undefined) {
    shell.status = 1;
    if (SPECIAL_BUILTINS.has(name)) shell.unwinding = { kind: 'exit', status: 2 };
    return;
  }
  const restore = assignFor(shell, values, SPECIAL_BUILTINS.has(name));
  if (body !== undefined) yield* runFunction(shell, body, argv);
  else if (builtin !== undefined) shell.status = yield* (builtin as Builtin)(shell, argv);
  restore();
  undo();
}

/** Expands the words; `$?` in them is the status before the command. */
function* withStatus(shell: Shell, before: number, command: Simple): Step<string[] | undefined> {
  shell.status = before;
  const argv = yield* expandWords(shell, command.words);
  if (shell.unwinding !== undefined) return undefined;
  return argv;
}

function trace(shell: Shell, values: readonly [string, string][], argv: readonly string[]): void {
  if (!shell.options.has('x')) return;
  const words = [...values.map(([name, value]) => `${name}=${quoteWord(value)}`), ...argv.map(quoteWord)];
  shell.system.writeNow(2, `+ ${words.join(' ')}\n`);
}

function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command without a name: its redirections happen, its assignments stay. */
function* runAssignments(shell: Shell, command: Simple, values: readonly [string, string][]): Step<void> {
  const undo = yield* redirectShell(shell, command.redirects);
  if (undo === undefined) {
    shell.status = 1;
    return;
  }
  undo();
  const substituted = command.assignments.some(({ value }) => value.some((part) => part.kind === 'command'));
  if (!substituted) shell.status = 0;
  for (const [name, value] of values) shell.set(name, value);
}

/** Assignments in front of a command hold for the command only (for special builtins they stay). */
function assignFor(shell: Shell, values: readonly [string, string][], stay: boolean): () => void {
  if (values.length === 0) return NO_UNDO;
  const saved = values.map(([name]) => [name, shell.variables.get(name)] as const);
  for (const [name, value] of values) {
    const exported = stay ? (shell.variables.get(name)?.exported ?? false) : true;
    shell.variables.set(name, { value, exported, readOnly: false });
  }
  return () => {
    if (stay) return;
    for (const [name, variable] of saved) {
      if (variable === undefined) shell.variables.delete(name);
      else shell.variables.set(name, variable);
    }
  };
}

function* runFunction(shell: Shell, body: Command, argv: readonly string[]): Step<void> {
  if (shell.frames.length >= FRAMES_MAX) return shell.fail('maximum function nesting level exceeded');
  const { positional, loops } = shell;
  const frame = new Map<string, NonNullable<ReturnType<typeof shell.variables.get>> | undefined>();
  shell.positional = argv.slice(1);
  shell.loops = 0;
  shell.frames.push(frame);
  yield* runCommand(shell, body, false);
  shell.frames.pop();
  for (const [name, variable] of frame) {
    if (variable === undefined) shell.variables.delete(name);
    else shell.variables.set(name, variable);
  }
  shell.positional = positional;
  shell.loops = loops;
  if (shell.unwinding?.kind === 'return') {
    shell.status = shell.unwinding.status;
    shell.unwinding = undefined;
  }
}

function* runExternal(
  shell: Shell,
  command: Simple,
  argv: readonly string[],
  values: readonly [string, string][],
  last: boolean,
): Step<void> {
  if (last && shell.traps.size === 0) return yield* runExec(shell, command, ['exec', ...argv], values);
  const descriptors = yield* redirectCopy(shell, command.redirects);
  if (descriptors === undefined) {
    shell.status = 1;
    return;
  }
  const environment = shell.environment();
  for (const [name, value] of values) environment.set(name, value);
  const pid = shell.system.spawn({ argv, environment, descriptors });
  if (typeof pid === 'string') {
    shell.status = reportMissing(shell, argv[0] ?? '', pid, descriptors.get(2) === shell.system.descriptors.get(2));
    return;
  }
  shell.status = yield* waitForeground(shell, pid);
}

/** Says why a command cannot be executed, and with which status (POSIX: 127 not found, 126 not executable). */
function reportMissing(shell: Shell, name: string, errno: keyof typeof ERROR_TEXT, heard: boolean): number {
  const notFound = errno === 'ENOENT' || errno === 'ENOTDIR';
  if (heard) shell.complain(`${name}: ${notFound ? 'not found' : ERROR_TEXT[errno]}`);
  return notFound ? 127 : 126;
}

/** `exec`: with a command it replaces the shell, without one its redirections stay. */
function* runExec(shell: Shell, command: Simple, argv: readonly string[], values: readonly [string, string][]): Step<void> {
  const undo = yield* redirectShell(shell, command.redirects);
  if (undo === undefined) {
    shell.status = 1;
    return;
  }
  const target = argv.slice(1);
  if (target.length === 0) {
    shell.status = 0;
    return;
  }
  const environment = shell.environment();
  for (const [name, value] of values) environment.set(name, value);
  const errno = shell.system.exec(target, environment);
  if (errno !== undefined) {
    shell.status = reportMissing(shell, target[0] ?? '', errno, true);
    undo();
  }
  shell.traps.clear();
  shell.unwinding = { kind: 'exit', status: shell.status };
}

/** `$( )`: a subshell whose output is collected; newlines at its end are dropped. */
function* substitute(shell: Shell, list: List): Step<string> {
  const { system } = shell;
  const [read, write] = system.pipe();
  const descriptors = new Map(system.descriptors);
  const writer = descriptors.get(write);
  descriptors.delete(read);
  descriptors.delete(write);
  if (writer !== undefined) descriptors.set(1, writer);
  const program = function* (child: System): Run {
    const forked = shell.fork(child);
    yield* runList(forked, list, true);
    return yield* finish(forked);
  };
  const pid = system.spawn({ argv: [shell.name], program, descriptors, environment: shell.environment() });
  system.close(write);
  let output = '';
  for (;;) {
    const text = yield* system.read(read);
    if (typeof text === 'object') {
      shell.note(text.interrupted);
      continue;
    }
    if (text === '') break;
    output += text;
  }
  system.close(read);
  if (typeof pid !== 'string') shell.status = yield* waitForeground(shell, pid);
  return output.replace(/\n+$/, '');
}
