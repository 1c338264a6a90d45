/** From awk's words to its rules and functions; precedence as in the grammar of POSIX. */
import { AwkProblem, type Token, tokenize } from './lexer.ts';
import type { AwkProgram, Destination, Expression, FunctionDefinition, Rule, Statement, Target } from './syntax.ts';

const COMPARISONS: readonly string[] = ['<', '<=', '!=', '==', '>', '>='];
/** Functions that awk has. */
export const BUILTIN_NAMES: readonly string[] = [
  'and', 'atan2', 'close', 'compl', 'cos', 'exp', 'fflush', 'gsub', 'index', 'int', 'length', 'log', 'lshift', 'match', 'mktime', 'or', 'rand', 'rshift', 'sin', 'split', 'sprintf',
  'sqrt', 'srand', 'strftime', 'sub', 'substr', 'system', 'systime', 'tolower', 'toupper', 'xor',
];
const ASSIGNMENTS: readonly string[] = ['=', '+=', '-=', '*=', '/=', '%=', '^=', '**='];

export function parseAwk(text: string): AwkProgram {
  return new Parser(tokenize(text)).program();
}

/** Functions that make the program wait. */
const WAITING: readonly string[] = ['system', 'close', 'fflush'];

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  /** Inside `for ( … in …)` heads and `print` lists, `in` and `>` have other meanings. */
  #isList = false;
  readonly #functions = new Map<string, FunctionDefinition>();

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  program(): AwkProgram {
    const rules: Rule[] = [];
    for (this.#skipEnds(); this.#at < this.#tokens.length; this.#skipEnds()) {
      if (this.#takes('keyword', 'function') || this.#takes('keyword', 'func')) {
        this.#function();
        continue;
      }
      let when: Rule['when'];
      if (this.#takes('keyword', 'BEGIN')) when = 'BEGIN';
      else if (this.#takes('keyword', 'END')) when = 'END';
      else if (!this.#is('operator', '{')) {
        const from = this.#expression();
        when = this.#takes('operator', ',') ? { from, to: this.#expression() } : from;
      }
      rules.push({ when, action: this.#is('operator', '{') ? this.#block() : undefined });
    }
    return { rules, functions: this.#functions };
  }

  #function(): void {
    const token = this.#tokens[this.#at++];
    if (token?.kind !== 'function' && token?.kind !== 'name') throw new AwkProblem('cmd. line:1: Unexpected token');
    this.#need('(');
    const parameters: string[] = [];
    while (!this.#takes('operator', ')')) {
      parameters.push(this.#name());
      if (!this.#is('operator', ')')) this.#need(',');
    }
    this.#skipLines();
    this.#functions.set(token.text, { parameters, body: this.#block() });
  }

  #is(kind: Token['kind'], text: string): boolean {
    const token = this.#tokens[this.#at];
    return token !== undefined && token.kind === kind && token.kind !== 'number' && token.text === text;
  }

  #takes(kind: Token['kind'], text: string): boolean {
    if (!this.#is(kind, text)) return false;
    this.#at++;
    return true;
  }

  #need(text: string): void {
    if (!this.#takes('operator', text)) throw new AwkProblem('cmd. line:1: Unexpected token');
  }

  #skipEnds(): void {
    while (this.#takes('operator', ';') || this.#takes('operator', '\n'));
  }

  #skipLines(): void {
    while (this.#takes('operator', '\n'));
  }

  #block(): Statement {
    this.#need('{');
    const body: Statement[] = [];
    for (this.#skipEnds(); !this.#takes('operator', '}'); this.#skipEnds()) {
      if (this.#at >= this.#tokens.length) throw new AwkProblem('cmd. line:1: Unexpected token');
      body.push(this.#statement());
    }
    return { kind: 'block', body };
  }

  #body(): Statement {
    this.#skipLines();
    return this.#takes('operator', ';') ? { kind: 'block', body: [] } : this.#statement();
  }

  #statement(): Statement {
    if (this.#is('operator', '{')) return this.#block();
    if (this.#takes('keyword', 'if')) return this.#if();
    if (this.#takes('keyword', 'while')) return { kind: 'loop', first: undefined, test: this.#parenthesized(), after: undefined, body: this.#body(), runsOnce: false };
    if (this.#takes('keyword', 'do')) {
      const body = this.#body();
      this.#skipEnds();
      if (!this.#takes('keyword', 'while')) throw new AwkProblem('cmd. line:1: Unexpected token');
      return { kind: 'loop', first: undefined, test: this.#parenthesized(), after: undefined, body, runsOnce: true };
    }
    if (this.#takes('keyword', 'for')) return this.#for();
    for (const kind of ['next', 'nextfile', 'break', 'continue'] as const) if (this.#takes('keyword', kind)) return { kind };
    if (this.#takes('keyword', 'exit')) return { kind: 'exit', status: this.#endsHere() ? undefined : this.#expression() };
    if (this.#takes('keyword', 'return')) return { kind: 'return', value: this.#endsHere() ? undefined : this.#expression() };
    return this.#simple();
  }

  #simple(): Statement {
    if (this.#takes('keyword', 'delete')) {
      const name = this.#name();
      return { kind: 'delete', name, subscripts: this.#takes('operator', '[') ? this.#listUntil(']') : undefined };
    }
    for (const kind of ['print', 'printf'] as const) if (this.#takes('keyword', kind)) return this.#print(kind);
    return { kind: 'expression', value: this.#expression() };
  }

  #print(kind: 'print' | 'printf'): Statement {
    const values = this.#printed();
    for (const operator of ['>>', '>', '|'] as const) {
      if (!this.#takes('operator', operator)) continue;
      const to: Destination = { operator, target: this.#concatenation(true) };
      return { kind, values, to };
    }
    return { kind, values, to: undefined };
  }

  #endsHere(): boolean {
    return this.#at >= this.#tokens.length || ['}', ';', '\n'].some((text) => this.#is('operator', text));
  }

  #printed(): Expression[] {
    const isOver = (): boolean => this.#endsHere() || ['>', '>>', '|'].some((text) => this.#is('operator', text));
    if (isOver()) return [];
    const start = this.#at;
    if (this.#takes('operator', '(')) {
      const values = this.#listUntil(')');
      if (isOver()) return values;
      this.#at = start;
    }
    this.#isList = true;
    const values = [this.#expression()];
    while (this.#takes('operator', ',')) values.push(this.#expression());
    this.#isList = false;
    return values;
  }

  #parenthesized(): Expression {
    this.#need('(');
    const value = this.#expression();
    this.#need(')');
    return value;
  }

  #if(): Statement {
    const test = this.#parenthesized();
    const then = this.#body();
    const start = this.#at;
    this.#skipEnds();
    if (this.#takes('keyword', 'else')) return { kind: 'if', test, then, otherwise: this.#body() };
    this.#at = start;
    return { kind: 'if', test, then, otherwise: undefined };
  }

  #for(): Statement {
    this.#need('(');
    const start = this.#at;
    const token = this.#tokens[this.#at];
    if (token?.kind === 'name') {
      this.#at++;
      if (this.#takes('keyword', 'in')) {
        const array = this.#name();
        if (this.#takes('operator', ')')) return { kind: 'each', name: token.text, array, body: this.#body() };
      }
      this.#at = start;
    }
    const first = this.#is('operator', ';') ? undefined : this.#simple();
    this.#need(';');
    const test = this.#is('operator', ';') ? undefined : this.#expression();
    this.#need(';');
    const after = this.#is('operator', ')') ? undefined : this.#simple();
    this.#need(')');
    return { kind: 'loop', first, test, after, body: this.#body(), runsOnce: false };
  }

  #name(): string {
    const token = this.#tokens[this.#at++];
    if (token?.kind !== 'name') throw new AwkProblem('cmd. line:1: Unexpected token');
    return token.text;
  }

  #listUntil(end: string): Expression[] {
    const values: Expression[] = [];
    const outer = this.#isList;
    this.#isList = false;
    while (!this.#takes('operator', end)) {
      values.push(this.#expression());
      if (!this.#is('operator', end)) this.#need(',');
    }
    this.#isList = outer;
    return values;
  }

  #expression(): Expression {
    const left = this.#ternary();
    const operator = ASSIGNMENTS.find((text) => this.#is('operator', text));
    if (operator === undefined || !isTarget(left)) return left;
    this.#at++;
    this.#skipLines();
    const value = this.#expression();
    return marked({ kind: 'assign', operator, target: left, value }, left, value);
  }

  #ternary(): Expression {
    const test = this.#binary(['||'], () => this.#binary(['&&'], () => this.#membership()));
    if (!this.#takes('operator', '?')) return test;
    const then = this.#conditional();
    this.#need(':');
    const otherwise = this.#conditional();
    return marked({ kind: 'condition', test, then, otherwise }, test, then, otherwise);
  }

  /** A branch may be an assignment. */
  #conditional(): Expression {
    this.#skipLines();
    const value = this.#expression();
    this.#skipLines();
    return value;
  }

  #binary(operators: readonly string[], operand: () => Expression): Expression {
    let left = operand();
    for (;;) {
      const operator = operators.find((text) => this.#is('operator', text));
      if (operator === undefined) return left;
      this.#at++;
      this.#skipLines();
      const right = operand();
      left = marked({ kind: 'binary', operator, left, right }, left, right);
    }
  }

  #membership(): Expression {
    let value = this.#match();
    while (this.#takes('keyword', 'in')) value = marked({ kind: 'member', subscripts: [value], name: this.#name() }, value);
    return value;
  }

  #match(): Expression {
    return this.#binary(['~', '!~'], () => this.#binary(this.#isList ? COMPARISONS.filter((text) => text !== '>') : COMPARISONS, () => this.#piped()));
  }

  /** `command | getline` binds less than what the command is put together from. */
  #piped(): Expression {
    let left = this.#concatenation();
    while (this.#is('operator', '|') && this.#isGetline(this.#at + 1)) {
      this.#at += 2;
      left = { kind: 'getline', target: this.#getlineTarget(), from: 'command', source: left, waits: true };
    }
    return left;
  }

  #isGetline(at: number): boolean {
    const token = this.#tokens[at];
    return token?.kind === 'keyword' && token.text === 'getline';
  }

  #getlineTarget(): Target | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'name' && !(token?.kind === 'operator' && token.text === '$')) return undefined;
    const target = this.#primary();
    return isTarget(target) ? target : undefined;
  }

  #concatenation(isDestination = false): Expression {
    let left = this.#sum();
    while (!isDestination && this.#startsValue()) {
      const right = this.#sum();
      left = marked({ kind: 'binary', operator: ' ', left, right }, left, right);
    }
    return left;
  }

  /** Two values side by side are put together; a sign there would be an operator. */
  #startsValue(): boolean {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.kind === 'keyword' || token.kind === 'regex') return false;
    if (token.kind === 'operator' && token.text === '!' && this.#isMatchAfter()) return false;
    return token.kind !== 'operator' || ['(', '$', '!', '++', '--'].includes(token.text);
  }

  /** `a !~ b` is one word; `a ! b` is none that anybody writes. */
  #isMatchAfter(): boolean {
    return this.#is('operator', '!~');
  }

  #sum(): Expression {
    return this.#binary(['+', '-'], () => this.#binary(['*', '/', '%'], () => this.#unary()));
  }

  #unary(): Expression {
    for (const operator of ['!', '-', '+'] as const) {
      if (!this.#takes('operator', operator)) continue;
      const operand = this.#unary();
      return marked({ kind: 'unary', operator, operand }, operand);
    }
    const base = this.#postfix();
    if (!this.#takes('operator', '^') && !this.#takes('operator', '**')) return base;
    const right = this.#unary();
    return marked({ kind: 'binary', operator: '^', left: base, right }, base, right);
  }

  #postfix(): Expression {
    for (const [text, by] of [['++', 1], ['--', -1]] as const) {
      if (!this.#takes('operator', text)) continue;
      const target = this.#primary();
      if (!isTarget(target)) throw new AwkProblem('cmd. line:1: Unexpected token');
      return { kind: 'step', by, target, isPrefix: true };
    }
    const value = this.#primary();
    if (!isTarget(value)) return value;
    if (this.#takes('operator', '++')) return { kind: 'step', by: 1, target: value, isPrefix: false };
    if (this.#takes('operator', '--')) return { kind: 'step', by: -1, target: value, isPrefix: false };
    return value;
  }

  #primary(): Expression {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new AwkProblem('cmd. line:1: Unexpected token');
    if (token.kind === 'number') return token;
    if (token.kind === 'string') return { kind: 'string', value: token.text };
    if (token.kind === 'regex') return { kind: 'regex', source: token.text };
    if (token.kind === 'function') {
      this.#need('(');
      const given = this.#listUntil(')');
      const call: Expression = { kind: 'call', name: token.text, arguments: given };
      return WAITING.includes(token.text) || !BUILTIN_NAMES.includes(token.text) ? { ...call, waits: true } : marked(call, ...given);
    }
    if (token.kind === 'keyword' && token.text === 'getline') {
      const target = this.#getlineTarget();
      if (!this.#takes('operator', '<')) return { kind: 'getline', target, from: 'input', source: undefined, waits: true };
      return { kind: 'getline', target, from: 'file', source: this.#postfix(), waits: true };
    }
    if (token.kind === 'name') {
      if (token.text === 'length') return { kind: 'call', name: 'length', arguments: [] };
      if (!this.#takes('operator', '[')) return { kind: 'variable', name: token.text };
      const subscripts = this.#listUntil(']');
      return marked({ kind: 'element', name: token.text, subscripts }, ...subscripts);
    }
    if (token.text === '$') return this.#field();
    if (token.text !== '(') throw new AwkProblem('cmd. line:1: Unexpected token');
    const values = this.#listUntil(')');
    if (this.#takes('keyword', 'in')) return { kind: 'member', subscripts: values, name: this.#name() };
    const [value] = values;
    if (value === undefined || values.length > 1) throw new AwkProblem('cmd. line:1: Unexpected token');
    // In parentheses it is no target any more, and no part of a comparison chain.
    return isTarget(value) ? value : { ...value };
  }

  /** `$NF--` counts the field, `$++i` the index. */
  #field(): Expression {
    for (const [text, by] of [['++', 1], ['--', -1]] as const) {
      if (!this.#takes('operator', text)) continue;
      const target = this.#primary();
      if (!isTarget(target)) throw new AwkProblem('cmd. line:1: Unexpected token');
      return { kind: 'field', index: { kind: 'step', by, target, isPrefix: true } };
    }
    if (this.#takes('operator', '-')) return { kind: 'field', index: { kind: 'unary', operator: '-', operand: this.#primary() } };
    const index = this.#primary();
    return marked({ kind: 'field', index }, index);
  }
}

/** An expression waits if one of its parts does. */
function marked<T extends Expression>(expression: T, ...parts: readonly Expression[]): T {
  return parts.some(({ waits }) => waits === true) ? { ...expression, waits: true } : expression;
}

const isTarget = (value: Expression): value is Target => value.kind === 'variable' || value.kind === 'field' || value.kind === 'element';
