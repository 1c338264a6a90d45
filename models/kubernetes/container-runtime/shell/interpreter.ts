/**
 * Runs a parsed script (POSIX.1-2017, chapter 2), with the visible habits of busybox ash.
 *
 * Everything is a generator, so a script stands still wherever it waits. External commands, pipelines, `( )`, `&` and
 * `$( )` are real processes with pids and signals. The last command of a script replaces the shell, as in ash, if no trap is
 * set. A script that computes without waiting gives up its turn now and then (`COMMANDS_PER_TURN`).
 */
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { expandPattern, expandText, expandWords } from './expand.ts';
import { fork, runInBackground, runPipes, subshell, waitForeground } from './job.ts';
import { Script } from './parser.ts';
import { matches } from './pattern.ts';
import { redirectShell } from './redirect.ts';
import { Shell } from './shell.ts';
import { runSimple } from './simple-command.ts';
import { type AndOr, type Command, type List, type Pipeline, type Simple, SyntaxProblem } from './syntax.ts';

/** How many commands a script runs before it lets the others run and is charged some time. */
const COMMANDS_PER_TURN = 512;

/** A new shell of this process. */
export function newShell(system: System, name: string, positional: string[], options: Iterable<string>): Shell {
  const shell = new Shell(system, name, substitute);
  for (const option of options) shell.options.add(option);
  shell.positional = positional;
  return shell;
}

/** Runs a text in a new shell of this process; the answer is its exit status. `file` says that it is one, with lines that count. */
export function* runScript(system: System, name: string, text: string, positional: string[], options: Iterable<string>, file = false): Run {
  const shell = newShell(system, name, positional, options);
  if (file) shell.commandName = name;
  yield* runLines(shell, text, file ? 1 : 0, true);
  return yield* finish(shell);
}

/** Parses and runs a text line by line; a mistake in one ends the shell. */
function* runLines(shell: Shell, text: string, line: number, last: boolean): Step<void> {
  const script = new Script(text, line, shell.aliases);
  for (;;) {
    let list: List | undefined;
    try {
      list = script.next();
    } catch (problem) {
      if (!(problem instanceof SyntaxProblem)) throw problem;
      return shell.fail(problem.message, 2, problem.line);
    }
    if (list === undefined) return;
    yield* runList(shell, list, last && script.isAtEnd);
    if (shell.unwinding !== undefined) return;
  }
}

/** Runs the text of `eval`, `.` or a trap in the present shell. */
export function* evaluateText(shell: Shell, text: string, line = shell.line): Step<number> {
  yield* runLines(shell, text, line, false);
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
  shell.tested = 0;
  shell.savedStatus = status;
  yield* evaluateText(shell, action);
  const after = shell.unwinding as Shell['unwinding'];
  return after?.kind === 'exit' ? after.status : status;
}

/** `last` says that nothing follows the list, so that its last command may replace the shell. */
export function* runList(shell: Shell, list: List, last: boolean): Step<void> {
  for (const [index, item] of list.entries()) {
    yield* runAndOr(shell, item, last && index === list.length - 1);
    for (let signal = shell.system.takeSignal(); signal !== undefined; signal = shell.system.takeSignal()) shell.note(signal);
    if (shell.pending.length > 0) yield* runTraps(shell);
    if (shell.unwinding !== undefined) return;
    // What had to wait has had its turn.
    if (shell.commandsAtUs !== shell.system.nowUs) shell.commands = 0;
    shell.commandsAtUs = shell.system.nowUs;
    if (++shell.commands >= COMMANDS_PER_TURN) {
      shell.commands = 0;
      yield { wait: 'turn' };
    }
  }
}

/** Runs the traps of signals that arrived. The status of the script is not touched. */
function* runTraps(shell: Shell): Step<void> {
  if (shell.unwinding !== undefined) return;
  for (let signal = shell.pending.shift(); signal !== undefined; signal = shell.pending.shift()) {
    const action = shell.traps.get(signal);
    if (action === undefined || action === '') continue;
    const { status, tested, savedStatus } = shell;
    shell.tested = 0;
    shell.savedStatus ??= status;
    yield* evaluateText(shell, action);
    shell.tested = tested;
    shell.savedStatus = savedStatus;
    if (shell.unwinding !== undefined) return;
    shell.status = status;
  }
}

export function* runAndOr(shell: Shell, item: AndOr, last: boolean): Step<void> {
  if (item.background) return runInBackground(shell, item);
  if (item.rest.length === 0) return yield* runPipeline(shell, item.first, last);
  shell.tested++;
  yield* runPipeline(shell, item.first, false);
  for (const [index, { operator, pipeline }] of item.rest.entries()) {
    const isLast = index === item.rest.length - 1;
    if (isLast) shell.tested--;
    const wanted = (shell.status === 0) === (operator === '&&');
    if (wanted && shell.unwinding === undefined) yield* runPipeline(shell, pipeline, last && isLast);
  }
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

function exitOnError(shell: Shell): void {
  if (shell.options.has('e') && shell.tested === 0 && shell.unwinding === undefined) {
    shell.unwinding = { kind: 'exit', status: shell.status };
  }
}

export function* runCommand(shell: Shell, command: Command, last: boolean): Step<void> {
  if (shell.options.has('n')) return;
  if (command.kind === 'simple') {
    yield* runSimple(shell, command, last);
    if (shell.status !== 0) exitOnError(shell);
    return;
  }
  if (command.redirects.length > 0) shell.line = command.line;
  const undo = command.redirects.length === 0 ? NO_UNDO : yield* redirectShell(shell, command.redirects);
  if (undo === undefined) shell.status = 1;
  else {
    yield* runCompound(shell, command, last);
    undo();
  }
  if (shell.status !== 0 && command.kind === 'subshell') exitOnError(shell);
}

/** Nothing was redirected. */
export const NO_UNDO = (): void => {};

function* runCompound(shell: Shell, command: Exclude<Command, Simple>, last: boolean): Step<void> {
  switch (command.kind) {
    case 'if':
      return yield* runIf(shell, command, last);
    case 'while':
      return yield* runWhile(shell, command);
    case 'for':
      return yield* runFor(shell, command);
    case 'case':
      return yield* runCase(shell, command, last);
    case 'group':
      return yield* runList(shell, command.body, last);
    case 'subshell':
      return yield* runSubshell(shell, command.body, last);
    case 'function':
      shell.functions.set(command.name, command.body);
      shell.status = 0;
  }
}

/** `( )`: a child, or the shell itself if nothing follows that could see what it changes. */
function* runSubshell(shell: Shell, body: List, last: boolean): Step<void> {
  if (last && shell.traps.size === 0) {
    yield* runList(shell, body, true);
    shell.unwinding ??= { kind: 'exit', status: shell.status };
    return;
  }
  const pid = fork(shell, subshell(shell, (forked) => runList(forked, body, true)));
  if (pid !== undefined) shell.status = yield* waitForeground(shell, pid);
}

function* runCondition(shell: Shell, list: List): Step<boolean> {
  shell.tested++;
  yield* runList(shell, list, false);
  shell.tested--;
  return shell.status === 0;
}

function* runIf(shell: Shell, command: Extract<Command, { kind: 'if' }>, last: boolean): Step<void> {
  for (const { condition, body } of command.branches) {
    const holds = yield* runCondition(shell, condition);
    if (shell.unwinding !== undefined) return;
    if (holds) return yield* runList(shell, body, last);
  }
  if (command.otherwise !== undefined) return yield* runList(shell, command.otherwise, last);
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
  shell.line = command.line;
  const words = command.words === undefined ? [...shell.positional] : yield* expandWords(shell, command.words);
  if (shell.unwinding !== undefined) return;
  shell.status = 0;
  shell.loops++;
  for (const word of words) {
    shell.set(command.name, word);
    if (shell.unwinding !== undefined) break;
    yield* runList(shell, command.body, false);
    if (leavesLoop(shell)) break;
  }
  shell.loops--;
}

function* runCase(shell: Shell, command: Extract<Command, { kind: 'case' }>, last: boolean): Step<void> {
  shell.line = command.line;
  const subject = yield* expandText(shell, command.subject);
  for (const item of command.items) {
    for (const word of item.patterns) {
      const pattern = yield* expandPattern(shell, word);
      if (shell.unwinding !== undefined) return;
      if (!matches(pattern, subject)) continue;
      if (item.body.length === 0) shell.status = 0;
      return yield* runList(shell, item.body, last);
    }
  }
  shell.status = 0;
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
  const program = subshell(shell, function* (forked) {
    forked.tested = 0;
    yield* runList(forked, list, true);
  });
  const pid = fork(shell, program, descriptors);
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
    yield* system.holdMemory(shell.memoryBytes + output.length);
  }
  system.close(read);
  if (pid !== undefined) shell.substituted = yield* waitForeground(shell, pid);
  let end = output.length;
  while (output[end - 1] === '\n') end--;
  return output.slice(0, end).replaceAll('\0', '');
}
