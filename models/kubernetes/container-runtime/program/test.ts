/** `test`, `[` and `[[`: conditions on files, texts and numbers. */
import type { Inode } from '../file-system/inode.ts';
import { permits, sizeOf } from '../file-system/inode.ts';
import { Regex, RegexProblem } from '../regex/regex.ts';
import { matches } from '../shell/pattern.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain } from './applet.ts';

const BINARY = ['=', '==', '!=', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '<', '>', '-nt', '-ot', '-ef', '=~'];
const UNARY = /^-[bcdefghkLnprsStuwxzGO]$/;

/** Status 0 if the condition holds, 1 if not, 2 if it makes no sense. `called` stands in the messages. */
export function* test(system: System, argv: readonly string[], called?: string): Run {
  const name = (argv[0] ?? 'test').replace(/^.*\//, '');
  const closing = name === '[[' ? ']]' : name === '[' ? ']' : undefined;
  const words = argv.slice(1);
  if (closing !== undefined && words.pop() !== closing) {
    complain(system, [called ?? name], `missing ${closing}`);
    return 2;
  }
  const condition = new Condition(system, words, closing === ']]');
  const holds = condition.whole();
  if (condition.problem !== undefined) {
    complain(system, [called ?? name], condition.problem);
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

  /** Up to four words are understood by their number (POSIX, test). */
  whole(): boolean {
    const words = this.#words;
    if (words.length === 0) return false;
    if (words.length === 1) return words[0] !== '';
    const isNegated = words[0] === '!' && words.length > 2 && words.length < 5 && !(words.length === 3 && BINARY.includes(words[1] ?? ''));
    if (isNegated) {
      const inner = new Condition(this.#system, words.slice(1), this.#patterns);
      const holds = !inner.whole();
      this.problem = inner.problem;
      return holds;
    }
    const holds = this.#disjunction();
    if (this.#at < words.length) this.problem ??= `${words[this.#at] ?? ''}: unknown operand`;
    return holds;
  }

  #disjunction(): boolean {
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
    if (left === undefined) {
      this.problem ??= 'argument expected';
      return false;
    }
    const operator = this.#words[this.#at + 1];
    const right = this.#words[this.#at + 2];
    if (operator !== undefined && right !== undefined && BINARY.includes(operator)) {
      this.#at += 3;
      return this.#compare(left, operator, right);
    }
    if (operator !== undefined && BINARY.includes(operator) && !UNARY.test(left)) this.problem ??= `${operator}: argument expected`;
    if (left === '(' && operator !== undefined) {
      this.#at++;
      const value = this.#disjunction();
      if (this.#words[this.#at] !== ')') this.problem ??= 'closing paren expected';
      this.#at++;
      return value;
    }
    if (UNARY.test(left) && operator !== undefined) {
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
        return this.#matches(left, right);
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

  #matches(text: string, pattern: string): boolean {
    try {
      return new Regex(pattern, { extended: true }).test(text);
    } catch (problem) {
      if (!(problem instanceof RegexProblem)) throw problem;
      return false;
    }
  }

  #compareFiles(left: string, operator: string, right: string): boolean {
    const a = this.#find(left);
    const b = this.#find(right);
    if (operator === '-ef') return a !== undefined && a === b;
    if (a === undefined || b === undefined) return false;
    const second = ({ modifiedUs }: Inode): number => Math.floor((this.#system.epochMs * 1000 + modifiedUs) / 1_000_000);
    return operator === '-nt' ? second(a) > second(b) : second(a) < second(b);
  }

  #compareNumbers(left: string, operator: string, right: string): boolean {
    for (const text of [left, right]) {
      if (!/^\s*[-+]?[0-9]+\s*$/.test(text)) this.problem ??= text === '' ? 'bad number' : `${text}: bad number`;
    }
    const [a, b] = this.problem === undefined ? [BigInt(left), BigInt(right)] : [0n, 0n];
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
    if (operator === '-t') return this.#system.isTerminal(Number(operand));
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
      case '-p':
        return inode.kind === 'fifo';
      case '-u':
        return (inode.mode & 0o4000) !== 0;
      case '-g':
        return (inode.mode & 0o2000) !== 0;
      case '-k':
        return (inode.mode & 0o1000) !== 0;
      case '-O':
        return inode.uid === this.#system.credentials.uid;
      case '-G':
        return inode.gid === this.#system.credentials.gid;
      case '-b':
      case '-S':
        return false;
      case '-e':
        return true;
      default:
        this.problem ??= `${operator}: unknown operand`;
        return false;
    }
  }
}
