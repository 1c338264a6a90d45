/** awk's functions, without the transcendental ones, whose last digits differ from machine to machine. */
import type { Machine } from './interpreter.ts';
import { AwkProblem } from './lexer.ts';
import type { Expression, Target } from './syntax.ts';
import { asNumber, asText, type Value } from './value.ts';

export function callBuiltin(machine: Machine, name: string, given: readonly Expression[]): Value {
  const [first, second, third] = given;
  const value = (expression: Expression | undefined): Value => (expression === undefined ? machine.value({ kind: 'field', index: { kind: 'number', value: 0 } }) : machine.value(expression));
  const text = (expression: Expression | undefined): string => asText(value(expression));
  switch (name) {
    case 'length':
      return first?.kind === 'variable' && machine.array(first.name).size > 0 ? machine.array(first.name).size : text(first).length;
    case 'substr': {
      const start = Math.round(asNumber(value(second)));
      const end = third === undefined ? Infinity : start + Math.round(asNumber(value(third)));
      return text(first).slice(Math.max(start, 1) - 1, Math.max(end - 1, 0));
    }
    case 'index':
      return text(first).indexOf(text(second)) + 1;
    case 'split':
      return split(machine, text(first), second, third === undefined ? asText(machine.get('FS')) : third.kind === 'regex' ? third.source : text(third));
    case 'sub':
    case 'gsub':
      return substitute(machine, name === 'gsub', first, text(second), (third ?? { kind: 'field', index: { kind: 'number', value: 0 } }) as Target);
    case 'match': {
      const found = machine.pattern(second).exec(text(first));
      machine.set('RSTART', found === null ? 0 : found.index + 1);
      machine.set('RLENGTH', found === null ? -1 : found[0].length);
      return machine.get('RSTART');
    }
    case 'sprintf':
      return machine.format(given);
    case 'tolower':
      return text(first).toLowerCase();
    case 'toupper':
      return text(first).toUpperCase();
    case 'int':
      return Math.trunc(asNumber(value(first)));
    case 'sqrt':
      return Math.sqrt(asNumber(value(first)));
    default:
      throw new AwkProblem(`cmd. line:1: Call to undefined function`);
  }
}

function split(machine: Machine, text: string, array: Expression | undefined, separator: string): number {
  if (array?.kind !== 'variable') throw new AwkProblem('cmd. line:1: Not an array');
  const parts = machine.split(text, separator);
  const target = machine.array(array.name);
  target.clear();
  for (const [index, part] of parts.entries()) target.set(String(index + 1), { text: part });
  return parts.length;
}

function substitute(machine: Machine, isGlobal: boolean, pattern: Expression | undefined, replacement: string, target: Target): number {
  const before = asText(machine.value(target));
  const { source } = machine.pattern(pattern);
  let count = 0;
  const after = before.replace(new RegExp(source, isGlobal ? 'g' : ''), (match) => {
    count++;
    return replacement.replace(/\\?&/g, (each) => (each === '&' ? match : '&'));
  });
  if (count > 0) machine.assign(target, after);
  return count;
}
