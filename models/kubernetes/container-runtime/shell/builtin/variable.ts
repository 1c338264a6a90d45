/** Builtins about variables, options and positional parameters: `export`, `readonly`, `local`, `unset`, `set`, `shift`. */
import type { Step } from '../../process/wait.ts';
import type { Builtin } from '../builtin.ts';
import type { Shell } from '../shell.ts';
import { quoted, sortedNames } from '../variable.ts';
import { numberOf } from './control.ts';

const isName = (text: string): boolean => /^[A-Za-z_]\w*$/.test(text);

/** `export` and `readonly`. */
export function declare(attribute: 'exported' | 'readOnly'): Builtin {
  return function* (shell, argv) {
    const words = argv.slice(1);
    let value = true;
    for (; words[0]?.startsWith('-') === true; words.shift()) if (words[0].includes('n') && attribute === 'exported') value = false;
    if (words.length === 0) return yield* showVariables(shell, attribute, `${argv[0]} `);
    for (const word of words) {
      const cut = word.indexOf('=');
      const name = cut < 0 ? word : word.slice(0, cut);
      if (!isName(name)) {
        shell.fail(`${name}: bad variable name`);
        return 2;
      }
      if (cut >= 0) shell.set(name, word.slice(cut + 1));
      if (shell.unwinding !== undefined) return 2;
      const variable = shell.variables.get(name) ?? { value: undefined, exported: false, readOnly: false };
      shell.variables.set(name, { ...variable, [attribute]: value });
    }
    return 0;
  };
}

function* showVariables(shell: Shell, attribute: 'exported' | 'readOnly' | undefined, prefix: string): Step<number> {
  for (const name of sortedNames(shell.variables)) {
    const variable = shell.variables.get(name);
    if (variable === undefined || (attribute !== undefined && !variable[attribute])) continue;
    if (variable.value === undefined && attribute === undefined) continue;
    yield* shell.system.write(1, `${prefix}${name}${variable.value === undefined ? '' : `=${quoted(variable.value)}`}\n`);
  }
  return 0;
}

export function* local(shell: Shell, argv: readonly string[]): Step<number> {
  const frame = shell.frames.at(-1);
  if (frame === undefined) {
    shell.fail('not in a function');
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

const LONG_OPTIONS: Readonly<Record<string, string>> = {
  errexit: 'e', noglob: 'f', ignoreeof: 'I', interactive: 'i', monitor: 'm', noexec: 'n', stdin: 's', xtrace: 'x', verbose: 'v', noclobber: 'C',
  allexport: 'a', notify: 'b', nounset: 'u', vi: 'V', pipefail: 'pipefail',
};
const LETTERS = new Set(Object.values(LONG_OPTIONS));

/** Sets an option by its letter or long name; false if there is none. */
export function setOption(options: Set<string>, option: string, on: boolean): boolean {
  const letter = option.length === 1 ? option : LONG_OPTIONS[option];
  if (letter === undefined || !LETTERS.has(letter)) return false;
  if (on) options.add(letter);
  else options.delete(letter);
  return true;
}

export function* set(shell: Shell, argv: readonly string[]): Step<number> {
  if (argv.length === 1) return yield* showVariables(shell, undefined, '');
  let index = 1;
  let isParameters = false;
  for (; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    if (!/^[-+]/.test(argument)) break;
    const on = argument.startsWith('-');
    if (argument === '--' || argument === '-') {
      isParameters = argument === '--';
      if (argument === '-') for (const option of ['x', 'v']) shell.options.delete(option);
      index++;
      break;
    }
    for (const letter of argument.slice(1)) {
      if (letter === 'o') {
        const name = argv[++index];
        if (name === undefined) yield* showOptions(shell, on);
        else if (!setOption(shell.options, name, on)) {
          shell.complain(`illegal option ${on ? '-' : '+'}o ${name}`);
          return 1;
        }
      } else if (!setOption(shell.options, letter, on)) {
        shell.fail(`illegal option ${on ? '-' : '+'}${letter}`);
        return 2;
      }
    }
  }
  if (index < argv.length || isParameters) {
    shell.positional = argv.slice(index);
    shell.optionOffset = 0;
  }
  return 0;
}

function* showOptions(shell: Shell, on: boolean): Step<void> {
  for (const [name, letter] of Object.entries(LONG_OPTIONS)) {
    const isOn = shell.options.has(letter);
    yield* shell.system.write(1, on ? `${name.padEnd(16)}${isOn ? 'on' : 'off'}\n` : `set ${isOn ? '-' : '+'}o ${name}\n`);
  }
}

export function* shift(shell: Shell, argv: readonly string[]): Step<number> {
  const count = argv[1] === undefined ? 1 : numberOf(shell, argv[1]);
  if (count === undefined) return 2;
  if (count > shell.positional.length) return 1;
  shell.positional = shell.positional.slice(count);
  shell.optionOffset = 0;
  return 0;
}

export function* unset(shell: Shell, argv: readonly string[]): Step<number> {
  const words = argv.slice(1);
  let kind = '';
  for (; /^-[fv]$/.test(words[0] ?? ''); words.shift()) kind = words[0]?.[1] ?? '';
  for (const name of words) {
    if (kind !== 'f' && (shell.variables.has(name) || kind === 'v')) {
      if (shell.variables.get(name)?.readOnly === true) {
        shell.fail(`${name}: is read only`);
        return 2;
      }
      shell.memoryBytes -= shell.variables.get(name)?.value?.length ?? 0;
      shell.variables.delete(name);
    } else shell.functions.delete(name);
  }
  return 0;
}
