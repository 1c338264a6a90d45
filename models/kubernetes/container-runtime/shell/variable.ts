/**
 * A shell's variables: what it has at its start, those that compute themselves, and the order in which children see them.
 */
import type { System } from '../process/system.ts';
import type { Shell } from './shell.ts';

export interface Variable {
  /** Undefined for one that is exported or read-only and was never set. */
  value: string | undefined;
  exported: boolean;
  readOnly: boolean;
}

/** What ash has without being told (busybox shell/ash.c, varinit). */
const INITIAL: readonly (readonly [string, string])[] = [
  ['IFS', ' \t\n'], ['PATH', '/sbin:/usr/sbin:/bin:/usr/bin'], ['PS1', '\\w \\$ '], ['PS2', '> '], ['PS4', '+ '], ['OPTIND', '1'],
];

/** The variables of a new shell: its own, those of the environment that have a name that a variable can have, and SHLVL. */
export function firstVariables(system: System): Map<string, Variable> {
  const variables = new Map<string, Variable>();
  for (const [name, value] of INITIAL) variables.set(name, { value, exported: false, readOnly: false });
  for (const [name, value] of system.environment) {
    if (/^[A-Za-z_]\w*$/.test(name)) variables.set(name, { value, exported: true, readOnly: false });
  }
  variables.set('PPID', { value: String(system.parentPid), exported: false, readOnly: false });
  const level = Number.parseInt(variables.get('SHLVL')?.value ?? '0', 10) || 0;
  variables.set('SHLVL', { value: String(level + 1), exported: true, readOnly: false });
  variables.set('PWD', { value: system.directory, exported: true, readOnly: false });
  variables.set('$', { value: String(system.pid), exported: false, readOnly: true });
  return variables;
}

/** ash keeps variables in 39 lists, chosen by a sum of the name's bytes, and gives them to children list by list. */
const LISTS = 39;

function listOf(name: string): number {
  let sum = name.charCodeAt(0) << 4;
  for (let at = 0; at < name.length; at++) sum += name.charCodeAt(at);
  return (sum & 0xffff) % LISTS;
}

export function environmentOf(variables: ReadonlyMap<string, Variable>): Map<string, string> {
  const lists: [string, string][][] = Array.from({ length: LISTS }, () => []);
  for (const [name, { value, exported }] of variables) if (exported && value !== undefined) lists[listOf(name)]?.push([name, value]);
  return new Map(lists.flat());
}

/** Names of the variables that have a value, in the order in which `set` and `export -p` show them. */
export function sortedNames(variables: ReadonlyMap<string, Variable>): string[] {
  return [...variables.keys()].filter((name) => name !== '$').sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Variables whose value is computed when they are asked for. */
export function specialVariable(shell: Shell, name: string): string | undefined {
  const { system } = shell;
  switch (name) {
    case 'LINENO':
      return String(shell.line);
    case 'FUNCNAME':
      return shell.functionNames.at(-1);
    case 'RANDOM': {
      // A linear congruence, begun with what tells one process from another.
      shell.random ??= system.pid * 7919 + Math.floor(system.nowUs / 1_000);
      shell.random = (Math.imul(shell.random, 1_103_515_245) + 12_345) >>> 0;
      return String((shell.random >>> 16) & 0x7fff);
    }
    case 'EPOCHSECONDS':
      return String(Math.floor((system.epochMs * 1000 + system.nowUs) / 1_000_000));
    case 'EPOCHREALTIME': {
      const micros = system.epochMs * 1000 + system.nowUs;
      return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`;
    }
    default:
      return undefined;
  }
}

/** Puts a text between single quotes, each run of such quotes in it between double ones, as ash prints values. */
export function quoted(text: string): string {
  return text
    .split(/('+)/)
    .map((part, index) => (index % 2 === 1 ? `"${part}"` : part === '' && index > 0 ? '' : `'${part}'`))
    .join('');
}

/** The same if the text has anything that a shell would look at. */
export function quotedIfNeeded(text: string): string {
  return /^[+,\-./0-9:@A-Z\]^_a-z]*$/.test(text) ? text : quoted(text);
}
