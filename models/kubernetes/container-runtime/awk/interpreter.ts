/** Runs an awk program over a text: what it prints, and its exit status. */
import { translate } from '../program/grep.ts';
import { formatOnce } from '../program/printf.ts';
import { callBuiltin } from './builtin.ts';
import { AwkProblem } from './lexer.ts';
import type { Expression, Rule, Statement, Target } from './syntax.ts';
import { asNumber, asText, compare, isTrue, UNSET, type Value } from './value.ts';

/** A program that does not come to an end is stopped. */
const STEPS_MAX = 5_000_000;
const SUBSCRIPT_SEPARATOR = '\x1c';

/** How a statement ended, when not by going on. */
type Leave = 'next' | 'break' | 'continue' | 'exit' | undefined;

export interface AwkInput {
  readonly variables: Readonly<Record<string, string>>;
  readonly environment: ReadonlyMap<string, string>;
  readonly text: string;
}

export function runAwk(rules: readonly Rule[], input: AwkInput): { readonly output: string; readonly status: number } {
  const machine = new Machine(input);
  const status = machine.run(rules, input.text);
  return { output: machine.output, status };
}

export class Machine {
  output = '';
  readonly #variables = new Map<string, Value>([['FS', ' '], ['OFS', ' '], ['ORS', '\n'], ['RS', '\n'], ['NR', 0], ['NF', 0], ['SUBSEP', SUBSCRIPT_SEPARATOR]]);
  readonly #arrays = new Map<string, Map<string, Value>>();
  readonly #active = new Set<Rule>();
  #fields: string[] = [];
  #record = '';
  #status = 0;
  #steps = 0;

  constructor({ variables, environment }: AwkInput) {
    for (const [name, value] of Object.entries(variables)) this.set(name, { text: value });
    this.#arrays.set('ENVIRON', new Map([...environment].map(([name, text]) => [name, { text }])));
  }

  run(rules: readonly Rule[], text: string): number {
    let leave: Leave;
    for (const { when, action } of rules) if (when === 'BEGIN' && action !== undefined && leave !== 'exit') leave = this.#execute(action);
    const reads = rules.some(({ when }) => when !== 'BEGIN');
    for (const record of reads && leave !== 'exit' ? this.#records(text) : []) {
      this.setRecord(record);
      this.set('NR', asNumber(this.get('NR')) + 1);
      this.set('FNR', this.get('NR'));
      leave = this.#match(rules);
      if (leave === 'exit') break;
    }
    for (const { when, action } of rules) if (when === 'END' && action !== undefined) leave = this.#execute(action);
    return this.#status;
  }

  #records(text: string): string[] {
    const separator = asText(this.get('RS'));
    const split = separator === '' ? text.replace(/^\n+/, '').split(/\n\n+/) : text.split(separator);
    if (split.at(-1) === '' || (separator === '' && split.at(-1) === '\n')) split.pop();
    return split;
  }

  #match(rules: readonly Rule[]): Leave {
    for (const rule of rules) {
      if (rule.when === 'BEGIN' || rule.when === 'END' || !this.#applies(rule)) continue;
      const leave = rule.action === undefined ? this.#print([]) : this.#execute(rule.action);
      if (leave === 'next' || leave === 'exit') return leave;
    }
    return undefined;
  }

  #applies(rule: Rule): boolean {
    const { when } = rule;
    if (when === undefined || typeof when === 'string') return when === undefined;
    if (!('from' in when)) return isTrue(this.value(when));
    if (!this.#active.has(rule) && !isTrue(this.value(when.from))) return false;
    this.#active.add(rule);
    if (isTrue(this.value(when.to))) this.#active.delete(rule);
    return true;
  }

  setRecord(text: string): void {
    this.#record = text;
    this.#fields = this.split(text, asText(this.get('FS')));
    this.#variables.set('NF', this.#fields.length);
  }

  /** A single space separates at runs of blanks; other single characters are literal, the rest is an expression. */
  split(text: string, separator: string): string[] {
    if (separator === ' ') return text.trim() === '' ? [] : text.trim().split(/[ \t\n]+/);
    if (text === '') return [];
    return text.split(separator.length === 1 ? separator : new RegExp(translate(separator, true)));
  }

  get(name: string): Value {
    return this.#variables.get(name) ?? UNSET;
  }

  set(name: string, value: Value): void {
    this.#variables.set(name, value);
    if (name !== 'NF') return;
    this.#fields = Array.from({ length: asNumber(value) }, (_, index) => this.#fields[index] ?? '');
    this.#record = this.#fields.join(asText(this.get('OFS')));
  }

  array(name: string): Map<string, Value> {
    let found = this.#arrays.get(name);
    if (found === undefined) this.#arrays.set(name, (found = new Map()));
    return found;
  }

  #key(subscripts: readonly Expression[]): string {
    return subscripts.map((each) => asText(this.value(each))).join(asText(this.get('SUBSEP')));
  }

  #field(index: number): Value {
    return { text: index === 0 ? this.#record : (this.#fields[index - 1] ?? '') };
  }

  assign(target: Target, value: Value): void {
    if (target.kind === 'variable') return this.set(target.name, value);
    if (target.kind === 'element') return void this.array(target.name).set(this.#key(target.subscripts), value);
    const index = asNumber(this.value(target.index));
    if (index === 0) return this.setRecord(asText(value));
    while (this.#fields.length < index) this.#fields.push('');
    this.#fields[index - 1] = asText(value);
    this.#variables.set('NF', this.#fields.length);
    this.#record = this.#fields.join(asText(this.get('OFS')));
    return undefined;
  }

  /** An expression on its own is compared with the record; elsewhere it is the text of one. */
  pattern(expression: Expression | undefined): RegExp {
    if (expression?.kind === 'regex') return new RegExp(translate(expression.source, true));
    return new RegExp(translate(expression === undefined ? '' : asText(this.value(expression)), true));
  }

  value(expression: Expression): Value {
    if (++this.#steps > STEPS_MAX) throw new AwkProblem('stopped after too many steps');
    switch (expression.kind) {
      case 'number':
      case 'string':
        return expression.value;
      case 'regex':
        return this.pattern(expression).test(this.#record) ? 1 : 0;
      case 'variable':
        return this.get(expression.name);
      case 'field':
        return this.#field(asNumber(this.value(expression.index)));
      case 'element':
        return this.array(expression.name).get(this.#key(expression.subscripts)) ?? UNSET;
      case 'member':
        return this.array(expression.name).has(this.#key(expression.subscripts)) ? 1 : 0;
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
    }
  }

  #binary(operator: string, left: Expression, right: Expression): Value {
    switch (operator) {
      case '&&':
        return Number(isTrue(this.value(left)) && isTrue(this.value(right)));
      case '||':
        return Number(isTrue(this.value(left)) || isTrue(this.value(right)));
      case '~':
      case '!~':
        return Number(this.pattern(right).test(asText(this.value(left))) === (operator === '~'));
      case ' ':
        return asText(this.value(left)) + asText(this.value(right));
      case '<':
        return Number(compare(this.value(left), this.value(right)) < 0);
      case '<=':
        return Number(compare(this.value(left), this.value(right)) <= 0);
      case '>':
        return Number(compare(this.value(left), this.value(right)) > 0);
      case '>=':
        return Number(compare(this.value(left), this.value(right)) >= 0);
      case '==':
        return Number(compare(this.value(left), this.value(right)) === 0);
      case '!=':
        return Number(compare(this.value(left), this.value(right)) !== 0);
      default:
        return arithmetic(operator, asNumber(this.value(left)), asNumber(this.value(right)));
    }
  }

  #print(values: readonly Expression[]): undefined {
    const texts = values.map((each) => asText(this.value(each)));
    this.output += (values.length === 0 ? this.#record : texts.join(asText(this.get('OFS')))) + asText(this.get('ORS'));
  }

  /** `sprintf`. */
  format(values: readonly Expression[]): string {
    const [format = '', ...rest] = values.map((each) => asText(this.value(each)));
    return formatOnce(format, rest);
  }

  #execute(statement: Statement): Leave {
    switch (statement.kind) {
      case 'expression':
        this.value(statement.value);
        return undefined;
      case 'print':
        return this.#print(statement.values);
      case 'printf':
        this.output += this.format(statement.values);
        return undefined;
      case 'if':
        if (isTrue(this.value(statement.test))) return this.#execute(statement.then);
        return statement.otherwise === undefined ? undefined : this.#execute(statement.otherwise);
      case 'block':
        for (const each of statement.body) {
          const leave = this.#execute(each);
          if (leave !== undefined) return leave;
        }
        return undefined;
      case 'loop':
        return this.#loop(statement);
      case 'each':
        for (const key of [...this.array(statement.array).keys()]) {
          this.set(statement.name, { text: key });
          const leave = this.#execute(statement.body);
          if (leave === 'break') break;
          if (leave === 'next' || leave === 'exit') return leave;
        }
        return undefined;
      case 'delete':
        if (statement.subscripts === undefined) this.array(statement.name).clear();
        else this.array(statement.name).delete(this.#key(statement.subscripts));
        return undefined;
      case 'exit':
        if (statement.status !== undefined) this.#status = asNumber(this.value(statement.status));
        return 'exit';
      default:
        return statement.kind;
    }
  }

  #loop({ first, test, after, body, runsOnce }: Extract<Statement, { kind: 'loop' }>): Leave {
    if (first !== undefined) this.#execute(first);
    for (let isFirst = true; (isFirst && runsOnce) || test === undefined || isTrue(this.value(test)); isFirst = false) {
      const leave = this.#execute(body);
      if (leave === 'break') break;
      if (leave === 'next' || leave === 'exit') return leave;
      if (after !== undefined) this.#execute(after);
      if (++this.#steps > STEPS_MAX) throw new AwkProblem('stopped after too many steps');
    }
    return undefined;
  }
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
