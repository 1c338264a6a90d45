/**
 * The state of one shell: variables, functions, options, traps, positional parameters, and where control is going.
 *
 * A subshell is a new process with a copy of this state. `break`, `return`, `exit` and errors are not exceptions but an
 * `unwinding` that every construct looks at, so that a script can be stopped and looked at between any two steps.
 */
import { parseSignal, SIGNAL_NUMBER, type Signal } from '../process/signal.ts';
import type { System } from '../process/system.ts';
import type { Step } from '../process/wait.ts';
import type { Command, List } from './syntax.ts';

export interface Variable {
  value: string;
  exported: boolean;
  readOnly: boolean;
}

export type Unwinding =
  | { readonly kind: 'break' | 'continue'; levels: number }
  | { readonly kind: 'return' | 'exit'; readonly status: number };

/** Runs a list in a subshell with its output in a pipe. Given by the interpreter; here to keep the imports acyclic. */
export type Substitute = (shell: Shell, list: List) => Step<string>;

export class Shell {
  readonly system: System;
  readonly name: string;
  positional: string[] = [];
  readonly variables = new Map<string, Variable>();
  readonly functions = new Map<string, Command>();
  readonly options = new Set<string>();
  readonly traps = new Map<Signal | 'EXIT', string>();
  readonly pending: Signal[] = [];
  /** Values to bring back when the function returns, innermost last. */
  readonly frames: Map<string, Variable | undefined>[] = [];
  readonly jobs: number[] = [];
  status = 0;
  lastBackground = 0;
  unwinding: Unwinding | undefined;
  /** Above zero where `set -e` does not apply: conditions, `!`, the left of `&&`. */
  tested = 0;
  loops = 0;
  /** Commands since the last wait; see `interpreter.ts`. */
  commands = 0;
  isSubshell = false;
  readonly #substitute: Substitute;

  constructor(system: System, name: string, substitute: Substitute) {
    this.system = system;
    this.name = name;
    this.#substitute = substitute;
    for (const [key, value] of system.environment) this.variables.set(key, { value, exported: true, readOnly: false });
    this.variables.set('PWD', { value: system.directory, exported: true, readOnly: false });
  }

  /** The shell of a subshell: same state, other process. Caught traps do not carry over, ignored ones do. */
  fork(system: System): Shell {
    const child = new Shell(system, this.name, this.#substitute);
    child.variables.clear();
    for (const [key, variable] of this.variables) child.variables.set(key, { ...variable });
    for (const [key, body] of this.functions) child.functions.set(key, body);
    for (const option of this.options) child.options.add(option);
    for (const [signal, action] of this.traps) if (action === '') child.traps.set(signal, action);
    child.positional = [...this.positional];
    child.status = this.status;
    child.lastBackground = this.lastBackground;
    child.tested = this.tested;
    child.loops = this.loops;
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
        return String(this.system.pid);
      case '!':
        return this.lastBackground === 0 ? '' : String(this.lastBackground);
      case '#':
        return String(this.positional.length);
      case '0':
        return this.name;
      case '-':
        return [...this.options].join('');
      case '*':
      case '@':
        return this.positional.join((this.get('IFS') ?? ' ')[0] ?? '');
      default:
        if (/^[0-9]/.test(name)) return this.positional[Number(name) - 1];
        return this.variables.get(name)?.value;
    }
  }

  set(name: string, value: string): void {
    const variable = this.variables.get(name);
    if (variable?.readOnly === true) return this.fail(`${name}: is read only`);
    if (variable === undefined) this.variables.set(name, { value, exported: this.options.has('a'), readOnly: false });
    else variable.value = value;
  }

  /** What children get as environment. */
  environment(): Map<string, string> {
    const environment = new Map<string, string>();
    for (const [name, variable] of this.variables) if (variable.exported) environment.set(name, variable.value);
    return environment;
  }

  /** Prints an error as the shell does. */
  complain(message: string): void {
    this.system.writeNow(2, `${this.name}: ${message}\n`);
  }

  /** An error that ends a script that is not interactive. */
  fail(message: string, status = 2): void {
    this.complain(message);
    this.status = status;
    this.unwinding = { kind: 'exit', status };
  }

  /** Sets or clears a trap; false if there is no such signal. */
  trap(condition: string, action: string | undefined): boolean {
    const signal = condition === '0' || condition === 'EXIT' ? 'EXIT' : parseSignal(condition);
    if (signal === undefined) return false;
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
