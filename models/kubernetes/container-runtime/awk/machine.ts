/**
 * The state of a running awk program: variables, arrays, fields; and the expressions that need no waiting.
 */
import { formatOnce } from '../program/format.ts';
import { Regex } from '../regex/regex.ts';
import { AwkArray } from './array.ts';
import { callBuiltin } from './builtin.ts';
import { AwkProblem } from './lexer.ts';
import { Random } from './math.ts';
import type { Expression, Target } from './syntax.ts';
import { asNumber, asText, compare, isTrue, UNSET, type Value } from './value.ts';

const SUBSCRIPT_SEPARATOR = '\x1c';
const FIELDS_MAX = 100_000;
/** An entry of an array without its key. */
const ENTRY_BYTES = 64;

/** What a name stands for: a value, or an array once it is used as one. `origin` is the caller's name for a parameter. */
export interface Cell {
  value: Value;
  array: AwkArray | undefined;
  origin: Cell | undefined;
}

export const newCell = (value: Value = UNSET): Cell => ({ value, array: undefined, origin: undefined });

export class Machine {
  readonly #globals = new Map<string, Cell>();
  /** Parameters and local names of the functions that run, innermost last. */
  readonly frames: Map<string, Cell>[] = [];
  readonly #regexes = new Map<string, Regex>();
  #fields: string[] = [];
  #record = '';
  readonly epochSeconds: () => number;
  /** What has been put into arrays, roughly. */
  bytes = 0;
  random = new Random(1);
  seed = 1;

  constructor(variables: Readonly<Record<string, string>>, environment: ReadonlyMap<string, string>, epochSeconds: () => number) {
    this.epochSeconds = epochSeconds;
    const initial: Readonly<Record<string, Value>> = { FS: ' ', OFS: ' ', ORS: '\n', RS: '\n', NR: 0, FNR: 0, NF: 0, SUBSEP: SUBSCRIPT_SEPARATOR, CONVFMT: '%.6g', OFMT: '%.6g', RSTART: 0, RLENGTH: -1, FILENAME: '' };
    for (const [name, value] of Object.entries(initial)) this.set(name, value);
    for (const [name, value] of Object.entries(variables)) this.set(name, { text: value });
    for (const [name, text] of environment) this.array('ENVIRON').set(name, { text });
  }

  cell(name: string): Cell {
    const local = this.frames.at(-1)?.get(name);
    if (local !== undefined) return local;
    let found = this.#globals.get(name);
    if (found === undefined) this.#globals.set(name, (found = newCell()));
    return found;
  }

  get(name: string): Value {
    return this.cell(name).value;
  }

  set(name: string, value: Value): void {
    this.cell(name).value = value;
    if (name !== 'NF') return;
    const count = asNumber(value);
    if (count < 0 || count > FIELDS_MAX) throw new AwkProblem('cmd. line:1: Access to negative field');
    this.#fields = Array.from({ length: count }, (_, index) => this.#fields[index] ?? '');
    this.#join();
  }

  array(name: string): AwkArray {
    return arrayOf(this.cell(name));
  }

  setRecord(text: string): void {
    this.#record = text;
    this.#fields = this.split(text, asText(this.get('FS')));
    this.cell('NF').value = this.#fields.length;
  }

  #join(): void {
    this.#record = this.#fields.join(asText(this.get('OFS')));
  }

  get record(): string {
    return this.#record;
  }

  /** A single space separates at runs of blanks; other single characters are literal, the rest is an expression. */
  split(text: string, separator: string): string[] {
    if (separator === ' ') return text.split(/[ \t\n]+/).filter((part) => part !== '');
    if (text === '') return [];
    if (separator === '') return [...text];
    const isParagraph = asText(this.get('RS')) === '';
    if (separator.length === 1 && separator !== '\\') return isParagraph ? text.split(new RegExp(`[${separator.replace(/[\\\]^-]/, '\\$&')}\n]`)) : text.split(separator);
    const regex = this.regex(separator);
    const parts: string[] = [];
    let at = 0;
    for (let match = regex.exec(text, 0); match !== undefined; match = regex.exec(text, Math.max(at, match.index + 1))) {
      if (match.end === match.index) {
        if (match.index >= text.length) break;
        continue;
      }
      parts.push(text.slice(at, match.index));
      at = match.end;
    }
    return [...parts, text.slice(at)];
  }

  regex(source: string): Regex {
    let found = this.#regexes.get(source);
    if (found === undefined) this.#regexes.set(source, (found = new Regex(source, { extended: true })));
    return found;
  }

  /** An expression on its own is compared with the record; elsewhere it is the text of one. */
  pattern(expression: Expression | undefined): Regex {
    if (expression?.kind === 'regex') return this.regex(expression.source);
    return this.regex(expression === undefined ? '' : this.text(this.value(expression)));
  }

  /** A number that is not whole is written as CONVFMT says. */
  text(value: Value): string {
    return typeof value === 'number' ? this.#numberText(value, 'CONVFMT') : asText(value);
  }

  /** The same with OFMT: what `print` shows. */
  shown(value: Value): string {
    return typeof value === 'number' ? this.#numberText(value, 'OFMT') : asText(value);
  }

  #numberText(value: number, format: 'CONVFMT' | 'OFMT'): string {
    const given = this.cell(format).value;
    if (given === '%.6g' || Number.isInteger(value)) return asText(value);
    return formatOnce(asText(given), [String(value)], { number: Number });
  }

  key(subscripts: readonly Expression[]): string {
    return subscripts.map((each) => this.text(this.value(each))).join(subscripts.length > 1 ? asText(this.get('SUBSEP')) : '');
  }

  #fieldIndex(expression: Expression): number {
    const index = Math.trunc(asNumber(this.value(expression)));
    if (index < 0 || index > FIELDS_MAX) throw new AwkProblem('cmd. line:1: Access to negative field');
    return index;
  }

  assign(target: Target, value: Value): void {
    if (target.kind === 'variable') return this.set(target.name, value);
    if (target.kind === 'element') {
      const array = this.array(target.name);
      const key = this.key(target.subscripts);
      if (!array.has(key)) this.bytes += key.length + ENTRY_BYTES;
      return void array.set(key, value);
    }
    const index = this.#fieldIndex(target.index);
    if (index === 0) return this.setRecord(this.text(value));
    while (this.#fields.length < index) this.#fields.push('');
    this.#fields[index - 1] = this.text(value);
    this.cell('NF').value = this.#fields.length;
    this.#join();
    return undefined;
  }

  /** The value of an expression in which nothing waits. */
  value(expression: Expression): Value {
    switch (expression.kind) {
      case 'number':
      case 'string':
      case 'constant':
        return expression.value;
      case 'regex':
        return this.regex(expression.source).test(this.#record) ? 1 : 0;
      case 'variable':
        return this.get(expression.name);
      case 'field': {
        const index = this.#fieldIndex(expression.index);
        if (index > this.#fields.length) return UNSET;
        return { text: index === 0 ? this.#record : (this.#fields[index - 1] ?? '') };
      }
      case 'element': {
        const array = this.array(expression.name);
        const key = this.key(expression.subscripts);
        const found = array.get(key);
        // To look at an element is to make it.
        if (found === undefined) array.set(key, UNSET);
        return found ?? UNSET;
      }
      case 'member':
        return this.array(expression.name).has(this.key(expression.subscripts)) ? 1 : 0;
      case 'unary':
        return expression.operator === '!' ? Number(!isTrue(this.value(expression.operand))) : asNumber(this.value(expression.operand)) * (expression.operator === '-' ? -1 : 1);
      case 'binary':
        return this.#binary(expression.operator, expression.left, expression.right);
      case 'condition':
        return this.value(isTrue(this.value(expression.test)) ? expression.then : expression.otherwise);
      case 'assign': {
        const right = this.value(expression.value);
        const value = expression.operator === '=' ? right : arithmetic(expression.operator.replace(/=$/, '').replace('**', '^'), asNumber(this.value(expression.target)), asNumber(right));
        this.assign(expression.target, value);
        return value;
      }
      case 'step': {
        const before = asNumber(this.value(expression.target));
        this.assign(expression.target, before + expression.by);
        return expression.isPrefix ? before + expression.by : before;
      }
      case 'call':
        return callBuiltin(this, expression.name, expression.arguments);
      case 'getline':
        throw new AwkProblem('cmd. line:1: Unexpected token');
    }
  }

  #binary(operator: string, left: Expression, right: Expression): Value {
    switch (operator) {
      case '&&':
        return Number(isTrue(this.value(left)) && isTrue(this.value(right)));
      case '||':
        return Number(isTrue(this.value(left)) || isTrue(this.value(right)));
      case '~':
      case '!~': {
        const text = this.text(this.value(left));
        return Number(this.pattern(right).test(text) === (operator === '~'));
      }
      case ' ': {
        const text = this.text(this.value(left));
        return text + this.text(this.value(right));
      }
      case '<':
        return Number(this.#order(left, right) < 0);
      case '<=':
        return Number(this.#order(left, right) <= 0);
      case '>':
        return Number(this.#order(left, right) > 0);
      case '>=':
        return Number(this.#order(left, right) >= 0);
      case '==':
        return Number(this.#order(left, right) === 0);
      case '!=':
        return Number(this.#order(left, right) !== 0);
      default: {
        const first = asNumber(this.value(left));
        return arithmetic(operator, first, asNumber(this.value(right)));
      }
    }
  }

  #order(left: Expression, right: Expression): number {
    const first = this.value(left);
    return compare(first, this.value(right));
  }

  /** `sprintf`. */
  format(given: readonly Expression[]): string {
    return this.formatted(given.map((each) => this.value(each)));
  }

  formatted([format = '', ...values]: readonly Value[]): string {
    const rest = values.map((value) => (typeof value === 'number' ? `\0${value}` : asText(value)));
    const plain = (text: string): string => (text.startsWith('\0') ? this.text(Number(text.slice(1))) : text);
    return formatOnce(this.text(format).replace(/%([-+ 0#*0-9.]*)s/g, '%$1b'), rest, {
      number: (text) => asNumber(text.startsWith('\0') ? Number(text.slice(1)) : text),
      character: (text) => (text.startsWith('\0') ? String.fromCharCode(Math.trunc(Number(text.slice(1))) & 0xff) : text.slice(0, 1)),
      escaped: plain,
    });
  }
}

export function arrayOf(cell: Cell): AwkArray {
  if (cell.array === undefined) {
    cell.array = cell.origin === undefined ? new AwkArray() : arrayOf(cell.origin);
  }
  return cell.array;
}

function arithmetic(operator: string, left: number, right: number): number {
  if ((operator === '/' || operator === '%') && right === 0) throw new AwkProblem('cmd. line:1: Division by zero');
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    default:
      return left ** right;
  }
}
