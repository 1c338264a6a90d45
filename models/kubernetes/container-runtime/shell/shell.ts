/**
 * The state of one shell: variables, functions, options, traps, positional parameters, and where control is going.
 *
 * A subshell is a new process with a copy of this state. `break`, `return`, `exit` and errors are not exceptions but an
 * `unwinding` that every construct looks at, so that a script can be stopped and looked at between any two steps.
 */
import { parseSignal, SIGNAL_NUMBER, type Signal } from '../process/signal.ts';
import type { System } from '../process/system.ts';
import type { Step } from '../process/wait.ts';
import type { Job } from './job.ts';
import type { Command, List } from './syntax.ts';
import { environmentOf, firstVariables, specialVariable, type Variable } from './variable.ts';

export type Unwinding =
  | { readonly kind: 'break' | 'continue'; levels: number }
  /** `isError`: a builtin that is not special only fails of it. */
  | { readonly kind: 'return' | 'exit'; readonly status: number; readonly isError?: boolean };

/** Runs a list in a subshell with its output in a pipe. Given by the interpreter; here to keep the imports acyclic. */
export type Substitute = (shell: Shell, list: List) => Step<string>;

/** To make a process takes as long as so many commands of the shell's own. */
export const COMMANDS_PER_PROCESS = 32;

/** The order of `$-`: that of ash's table, from its end. */
const OPTION_ORDER = 'VubaCvxcsnmiIfe';

export type Condition = Signal | 'EXIT';

export class Shell {
  readonly system: System;
  readonly name: string;
  positional: string[] = [];
  readonly variables: Map<string, Variable>;
  readonly functions = new Map<string, Command>();
  readonly aliases = new Map<string, string>();
  readonly options = new Set<string>();
  readonly traps = new Map<Condition, string>();
  /** What `trap` shows in a subshell that has set none of its own: the parent's. */
  shownTraps: ReadonlyMap<Condition, string> | undefined;
  readonly pending: Signal[] = [];
  /** Values to bring back when the function returns, innermost last. */
  readonly frames: Map<string, Variable | undefined>[] = [];
  /** Files of `.` that are being read. */
  sourced = 0;
  readonly jobs: Job[] = [];
  /** Jobs of the parent, which a subshell can show and not wait for. */
  inheritedJobs = 0;
  /** Names of the functions that run, innermost last. */
  readonly functionNames: string[] = [];
  /** Status of the latest substitution in a command: it counts if there is nothing else to run. */
  substituted = 0;
  status = 0;
  lastBackground = 0;
  /** In a trap: the status that `exit` without one ends with. */
  savedStatus: number | undefined;
  unwinding: Unwinding | undefined;
  /** Above zero where `set -e` does not apply: conditions, `!`, the left of `&&`. */
  tested = 0;
  loops = 0;
  /** Commands since the last turn, processes among them for more than one; see `interpreter.ts`. */
  commands = 0;
  commandsAtUs = -1;
  isSubshell = false;
  /** The builtin or script that is running, and the line: they stand in the messages. */
  commandName: string | undefined;
  line = 0;
  /** Where `getopts` is inside of a word. */
  optionOffset = 0;
  /** The state of RANDOM; made when it is first asked for. */
  random: number | undefined;
  /** Bytes that the variables hold. */
  memoryBytes = 0;
  readonly #substitute: Substitute;

  constructor(system: System, name: string, substitute: Substitute, parent?: Shell) {
    this.system = system;
    this.name = name;
    this.#substitute = substitute;
    this.variables = parent === undefined ? firstVariables(system) : new Map([...parent.variables].map(([key, variable]) => [key, { ...variable }]));
  }

  /** The shell of a subshell: same state, other process. Caught traps do not carry over, ignored ones do. */
  fork(system: System): Shell {
    const child = new Shell(system, this.name, this.#substitute, this);
    for (const [key, body] of this.functions) child.functions.set(key, body);
    for (const [key, text] of this.aliases) child.aliases.set(key, text);
    for (const option of this.options) child.options.add(option);
    for (const [signal, action] of this.traps) if (action === '') child.traps.set(signal, action);
    child.shownTraps = this.shownTraps ?? new Map(this.traps);
    child.positional = [...this.positional];
    for (const frame of this.frames) child.frames.push(new Map(frame));
    for (const field of ['status', 'lastBackground', 'tested', 'loops', 'line', 'optionOffset', 'sourced', 'memoryBytes'] as const) child[field] = this[field];
    child.commandName = this.commandName;
    child.jobs.push(...this.jobs);
    child.inheritedJobs = child.jobs.length;
    child.functionNames.push(...this.functionNames);
    child.random = this.random;
    child.isSubshell = true;
    return child;
  }

  substitute(list: List): Step<string> {
    return this.#substitute(this, list);
  }

  /** Value of a parameter, special ones included. */
  get(name: string): string | undefined {
    switch (name) {
      case '?':
        return String(this.status);
      case '$':
        return this.variables.get('$')?.value ?? String(this.system.pid);
      case '!':
        return this.lastBackground === 0 ? undefined : String(this.lastBackground);
      case '#':
        return String(this.positional.length);
      case '0':
        return this.name;
      case '-':
        return [...OPTION_ORDER].filter((option) => this.options.has(option)).join('');
      case '*':
      case '@':
        return this.positional.join(this.get('IFS') === undefined ? ' ' : (this.get('IFS') ?? '')[0] ?? '');
      default:
        if (/^[0-9]/.test(name)) return this.positional[Number(name) - 1];
        return specialVariable(this, name) ?? this.variables.get(name)?.value;
    }
  }

  set(name: string, value: string): void {
    const variable = this.variables.get(name);
    if (variable?.readOnly === true) return this.fail(`${name}: is read only`);
    this.memoryBytes += value.length - (variable?.value?.length ?? 0);
    if (variable === undefined) this.variables.set(name, { value, exported: this.options.has('a'), readOnly: false });
    else {
      variable.value = value;
      if (this.options.has('a')) variable.exported = true;
    }
    if (name === 'OPTIND') this.optionOffset = 0;
    if (name === 'RANDOM') this.random = Number(value) || 0;
  }

  /** What children get as environment. */
  environment(): Map<string, string> {
    return environmentOf(this.variables);
  }

  /** Prints an error as the shell does: its name, and while a builtin or a script file runs that one's name and the line. */
  complain(message: string, line = this.line): void {
    const { commandName } = this;
    const command = commandName === undefined ? '' : `${commandName === this.name ? '' : `${commandName}: `}line ${line}: `;
    this.system.writeNow(2, `${this.name}: ${command}${message}\n`);
  }

  /** An error that ends a script that is not interactive. */
  fail(message: string, status = 2, line = this.line): void {
    this.complain(message, line);
    this.status = status;
    this.unwinding = { kind: 'exit', status, isError: true };
  }

  /** Sets or clears a trap; false if there is no such signal. */
  trap(condition: string, action: string | undefined): boolean {
    const signal = condition === '0' || condition.toUpperCase() === 'EXIT' ? 'EXIT' : parseSignal(condition);
    if (signal === undefined) return false;
    this.shownTraps = undefined;
    if (action === undefined) this.traps.delete(signal);
    else this.traps.set(signal, action);
    if (signal !== 'EXIT') {
      this.system.onSignal(signal, action === undefined ? 'default' : action === '' ? 'ignore' : 'catch');
    }
    return true;
  }

  /** Notes a signal that was delivered; its trap runs between commands. */
  note(signal: Signal): void {
    this.pending.push(signal);
  }
}

/** Exit status that `wait` answers when a signal interrupts it. */
export function interruptedStatus(signal: Signal): number {
  return 128 + SIGNAL_NUMBER[signal];
}
