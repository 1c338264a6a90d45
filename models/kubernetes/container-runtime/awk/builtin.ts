/** awk's functions on values; those that read, run or print are the interpreter's. */
import { formatDate } from '../program/date.ts';
import { AwkProblem } from './lexer.ts';
import type { Machine } from './machine.ts';
import { atan2, cos, exp, log, Random, sin } from './math.ts';
import type { Expression, Target } from './syntax.ts';
import { asNumber, asText, type Value } from './value.ts';

export function callBuiltin(machine: Machine, name: string, given: readonly Expression[]): Value {
  const [first, second, third] = given;
  const value = (expression: Expression | undefined): Value => (expression === undefined ? machine.value({ kind: 'field', index: { kind: 'number', value: 0 } }) : machine.value(expression));
  const text = (expression: Expression | undefined): string => machine.text(value(expression));
  const number = (expression: Expression | undefined): number => asNumber(value(expression));
  switch (name) {
    case 'length':
      return first?.kind === 'variable' && machine.cell(first.name).array !== undefined ? machine.array(first.name).size : text(first).length;
    case 'substr': {
      const whole = text(first);
      const start = rounded(number(second));
      const from = Math.max(start, 1) - 1;
      return whole.slice(from, third === undefined ? undefined : from + Math.max(0, rounded(number(third))));
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
      machine.set('RSTART', found === undefined ? 0 : found.index + 1);
      machine.set('RLENGTH', found === undefined ? -1 : found.end - found.index);
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
      return Math.sqrt(number(first));
    case 'exp':
      return exp(number(first));
    case 'log':
      return log(number(first));
    case 'sin':
      return sin(number(first));
    case 'cos':
      return cos(number(first));
    case 'atan2':
      return atan2(number(first), number(second));
    case 'rand':
      return machine.random.next();
    case 'srand': {
      const before = machine.seed;
      machine.seed = first === undefined ? machine.epochSeconds() : number(first);
      machine.random = new Random(machine.seed);
      return before;
    }
    case 'systime':
      return machine.epochSeconds();
    case 'strftime':
      return formatDate(first === undefined ? '%a %b %e %H:%M:%S %Z %Y' : text(first), (second === undefined ? machine.epochSeconds() : number(second)) * 1_000_000);
    case 'and':
    case 'or':
    case 'xor':
    case 'lshift':
    case 'rshift':
    case 'compl':
      return bitwise(name, number(first), second === undefined ? 0 : number(second));
    default:
      throw new AwkProblem(`cmd. line:1: Call to undefined function`);
  }
}

const rounded = (value: number): number => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));

function bitwise(name: string, left: number, right: number): number {
  const [a, b] = [BigInt.asUintN(64, BigInt(Math.trunc(left))), BigInt(Math.trunc(right))];
  const results: Readonly<Record<string, bigint>> = { and: a & b, or: a | b, xor: a ^ b, lshift: a << b, rshift: a >> b, compl: ~a };
  return Number(BigInt.asUintN(64, results[name] ?? 0n));
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
  const before = machine.text(machine.value(target));
  let count = 0;
  const after = machine.pattern(pattern).replace(
    before,
    ({ groups }) => {
      count++;
      return replacement.replace(/\\([\\&])|&/g, (each, escaped: string | undefined) => (escaped === undefined ? (groups[0] ?? '') : escaped === '&' ? '&' : each.slice(1)));
    },
    isGlobal,
  );
  if (count > 0) machine.assign(target, after);
  return count;
}
