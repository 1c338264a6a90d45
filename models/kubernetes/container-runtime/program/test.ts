/** `test`, `[` and `[[`: conditions on files, texts and numbers. */
import type { Inode } from '../file-system/inode.ts';
import { permits, sizeOf } from '../file-system/inode.ts';
import { matches } from '../shell/pattern.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain } from './applet.ts';

const BINARY = ['=', '==', '!=', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '<', '>', '-nt', '-ot', '-ef', '=~'];

/** Status 0 if the condition holds, 1 if not, 2 if it makes no sense. */
export function* test(system: System, argv: readonly string[]): Run {
  const name = argv[0] ?? 'test';
  const closing = name.endsWith('[[') ? ']]' : name.endsWith('[') ? ']' : undefined;
  const words = argv.slice(1);
  if (closing !== undefined && words.pop() !== closing) {
    complain(system, ['sh'], `missing ${closing}`);
    return 2;
  }
  const condition = new Condition(system, words, closing === ']]');
  const holds = condition.disjunction();
  if (condition.problem === undefined && !condition.isDone) condition.problem = `${words.at(-1) ?? ''}: unknown operand`;
  if (condition.problem !== undefined) {
    complain(system, ['sh'], condition.problem);
    return 2;
  }
  return holds ? 0 : 1;
}

class Condition {
  problem: string | undefined;
  readonly #system: System;
  readonly #words: readonly string[];
  readonly #patterns: boolean;
  #at = 0;

  constructor(system: System, words: readonly string[], patterns: boolean) {
    this.#system = system;
    this.#words = words;
    this.#patterns = patterns;
  }

  get isDone(): boolean {
    return this.#at >= this.#words.length;
  }

  disjunction(): boolean {
    let value = this.#conjunction();
    while (this.#words[this.#at] === '-o' || this.#words[this.#at] === '||') {
      this.#at++;
      const right = this.#conjunction();
      value ||= right;
    }
    return value;
  }

  #conjunction(): boolean {
    let value = this.#negation();
    while (this.#words[this.#at] === '-a' || this.#words[this.#at] === '&&') {
      this.#at++;
      const right = this.#negation();
      value &&= right;
    }
    return value;
  }

  #negation(): boolean {
    if (this.#words[this.#at] === '!' && this.#words.length - this.#at > 1) {
      this.#at++;
      return !this.#negation();
    }
    return this.#primary();
  }

  #primary(): boolean {
    const left = this.#words[this.#at];
    if (left === undefined) return false;
    const operator = this.#words[this.#at + 1];
    const right = this.#words[this.#at + 2];
    if (operator !== undefined && right !== undefined && BINARY.includes(operator)) {
      this.#at += 3;
      return this.#compare(left, operator, right);
    }
    if (left === '(') {
      this.#at++;
      const value = this.disjunction();
      this.#at++;
      return value;
    }
    if (/^-[a-zA-Z]$/.test(left) && operator !== undefined) {
      this.#at += 2;
      return this.#unary(left, operator);
    }
    this.#at++;
    return left !== '';
  }

  #compare(left: string, operator: string, right: string): boolean {
    switch (operator) {
      case '=':
      case '==':
        return this.#patterns ? matches(right, left) : left === right;
      case '!=':
        return this.#patterns ? !matches(right, left) : left !== right;
      case '=~':
        return new RegExp(right).test(left);
      case '<':
        return left < right;
      case '>':
        return left > right;
      case '-nt':
      case '-ot':
      case '-ef':
        return this.#compareFiles(left, operator, right);
      default:
        return this.#compareNumbers(left, operator, right);
    }
  }

  #compareFiles(left: string, operator: string, right: string): boolean {
    const a = this.#find(left);
    const b = this.#find(right);
    if (operator === '-ef') return a !== undefined && a === b;
    if (a === undefined || b === undefined) return operator === '-nt' ? a !== undefined : b !== undefined;
    return operator === '-nt' ? a.modifiedUs > b.modifiedUs : a.modifiedUs < b.modifiedUs;
  }

  #compareNumbers(left: string, operator: string, right: string): boolean {
    for (const text of [left, right]) {
      if (!/^\s*[-+]?[0-9]+\s*$/.test(text)) this.problem ??= `${text}: bad number`;
    }
    const a = Number(left);
    const b = Number(right);
    switch (operator) {
      case '-eq':
        return a === b;
      case '-ne':
        return a !== b;
      case '-lt':
        return a < b;
      case '-le':
        return a <= b;
      case '-gt':
        return a > b;
      default:
        return a >= b;
    }
  }

  #find(path: string, follow = true): Inode | undefined {
    const inode = this.#system.files.lookup(this.#system.path(path), { follow });
    return typeof inode === 'string' ? undefined : inode;
  }

  #unary(operator: string, operand: string): boolean {
    if (operator === '-n') return operand !== '';
    if (operator === '-z') return operand === '';
    if (operator === '-t') return false;
    if (operator === '-h' || operator === '-L') return this.#find(operand, false)?.kind === 'link';
    const inode = this.#find(operand);
    if (inode === undefined) return false;
    switch (operator) {
      case '-f':
        return inode.kind === 'file';
      case '-d':
        return inode.kind === 'directory';
      case '-c':
        return inode.kind === 'device';
      case '-s':
        return sizeOf(inode) > 0;
      case '-r':
        return permits(inode, this.#system.credentials, 4);
      case '-w':
        return permits(inode, this.#system.credentials, 2);
      case '-x':
        return permits(inode, this.#system.credentials, 1);
      case '-e':
        return true;
      default:
        this.problem ??= `${operator}: unknown operand`;
        return false;
    }
  }
}
