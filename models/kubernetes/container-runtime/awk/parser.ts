/** From awk's words to its rules; precedence as in the grammar of POSIX. Functions of one's own are left out. */
import { AwkProblem, type Token, tokenize } from './lexer.ts';
import type { Expression, Rule, Statement, Target } from './syntax.ts';

const COMPARISONS: readonly string[] = ['<', '<=', '!=', '==', '>', '>='];
const ASSIGNMENTS: readonly string[] = ['=', '+=', '-=', '*=', '/=', '%=', '^=', '**='];

export function parseAwk(text: string): Rule[] {
  return new Parser(tokenize(text)).rules();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  /** Inside `for ( … in …)` heads and `print` lists, `in` and `>` have other meanings. */
  #isList = false;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  rules(): Rule[] {
    const rules: Rule[] = [];
    for (this.#skipEnds(); this.#at < this.#tokens.length; this.#skipEnds()) {
      let when: Rule['when'];
      if (this.#takes('keyword', 'BEGIN')) when = 'BEGIN';
      else if (this.#takes('keyword', 'END')) when = 'END';
      else if (!this.#is('operator', '{')) {
        const from = this.#expression();
        when = this.#takes('operator', ',') ? { from, to: this.#expression() } : from;
      }
      rules.push({ when, action: this.#is('operator', '{') ? this.#block() : undefined });
    }
    return rules;
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
    for (const kind of ['next', 'break', 'continue'] as const) if (this.#takes('keyword', kind)) return { kind };
    if (this.#takes('keyword', 'exit')) return { kind: 'exit', status: this.#endsHere() ? undefined : this.#expression() };
    return this.#simple();
  }

  #simple(): Statement {
    if (this.#takes('keyword', 'delete')) {
      const name = this.#name();
      return { kind: 'delete', name, subscripts: this.#takes('operator', '[') ? this.#listUntil(']') : undefined };
    }
    for (const kind of ['print', 'printf'] as const) if (this.#takes('keyword', kind)) return { kind, values: this.#printed() };
    return { kind: 'expression', value: this.#expression() };
  }

  #endsHere(): boolean {
    return this.#at >= this.#tokens.length || ['}', ';', '\n'].some((text) => this.#is('operator', text));
  }

  #printed(): Expression[] {
    if (this.#endsHere()) return [];
    const start = this.#at;
    if (this.#takes('operator', '(')) {
      const values = this.#listUntil(')');
      if (this.#endsHere()) return values;
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
    return { kind: 'assign', operator, target: left, value: this.#expression() };
  }

  #ternary(): Expression {
    const test = this.#binary(['||'], () => this.#binary(['&&'], () => this.#membership()));
    if (!this.#takes('operator', '?')) return test;
    const then = this.#ternary();
    this.#need(':');
    return { kind: 'condition', test, then, otherwise: this.#ternary() };
  }

  #binary(operators: readonly string[], operand: () => Expression): Expression {
    let left = operand();
    for (;;) {
      const operator = operators.find((text) => this.#is('operator', text));
      if (operator === undefined) return left;
      this.#at++;
      this.#skipLines();
      left = { kind: 'binary', operator, left, right: operand() };
    }
  }

  #membership(): Expression {
    const value = this.#match();
    if (!this.#takes('keyword', 'in')) return value;
    return { kind: 'member', subscripts: [value], name: this.#name() };
  }

  #match(): Expression {
    return this.#binary(['~', '!~'], () => this.#binary(this.#isList ? COMPARISONS.filter((text) => text !== '>') : COMPARISONS, () => this.#concatenation()));
  }

  #concatenation(): Expression {
    let left = this.#sum();
    while (this.#startsValue()) left = { kind: 'binary', operator: ' ', left, right: this.#sum() };
    return left;
  }

  /** Two values side by side are put together; a sign there would be an operator. */
  #startsValue(): boolean {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.kind === 'keyword' || token.kind === 'regex') return false;
    return token.kind !== 'operator' || ['(', '$', '!', '++', '--'].includes(token.text);
  }

  #sum(): Expression {
    return this.#binary(['+', '-'], () => this.#binary(['*', '/', '%'], () => this.#unary()));
  }

  #unary(): Expression {
    for (const operator of ['!', '-', '+'] as const) if (this.#takes('operator', operator)) return { kind: 'unary', operator, operand: this.#unary() };
    const base = this.#postfix();
    if (!this.#takes('operator', '^') && !this.#takes('operator', '**')) return base;
    return { kind: 'binary', operator: '^', left: base, right: this.#unary() };
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
      return { kind: 'call', name: token.text, arguments: this.#listUntil(')') };
    }
    if (token.kind === 'name') {
      if (token.text === 'length') return { kind: 'call', name: 'length', arguments: [] };
      return this.#takes('operator', '[') ? { kind: 'element', name: token.text, subscripts: this.#listUntil(']') } : { kind: 'variable', name: token.text };
    }
    if (token.text === '$') return { kind: 'field', index: this.#postfix() };
    if (token.text !== '(') throw new AwkProblem('cmd. line:1: Unexpected token');
    const values = this.#listUntil(')');
    if (this.#takes('keyword', 'in')) return { kind: 'member', subscripts: values, name: this.#name() };
    const [value] = values;
    if (value === undefined || values.length > 1) throw new AwkProblem('cmd. line:1: Unexpected token');
    return value;
  }
}

const isTarget = (value: Expression): value is Target => value.kind === 'variable' || value.kind === 'field' || value.kind === 'element';
