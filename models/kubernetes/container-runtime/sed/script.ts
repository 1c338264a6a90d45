/** The commands of a sed script (POSIX.1-2017, sed; texts of the messages: busybox editors/sed.c). */
import { Regex, RegexProblem } from '../regex/regex.ts';

export type Address = { readonly line: number } | { readonly last: true } | { readonly pattern: Regex | undefined } | { readonly first: number; readonly step: number } | { readonly count: number } | { readonly multiple: number };

export interface Substitution {
  /** Undefined for the expression that was used last. */
  readonly pattern: Regex | undefined;
  readonly replacement: string;
  readonly isGlobal: boolean;
  readonly from: number;
  readonly prints: boolean;
  readonly file: string | undefined;
}

export interface SedCommand {
  readonly from: Address | undefined;
  readonly to: Address | undefined;
  readonly negated: boolean;
  readonly name: string;
  /** Text of `a`, `i`, `c`; label; file; status of `q`; both sides of `y`. */
  readonly argument: string;
  readonly substitution: Substitution | undefined;
  /** Of `{`: where its `}` is. */
  end: number;
}

/** The script is none. */
export class SedProblem extends Error {}

export function parseSed(script: string, extended: boolean): SedCommand[] {
  return new Parser(script, extended).commands();
}

class Parser {
  readonly #text: string;
  readonly #extended: boolean;
  #at = 0;

  constructor(text: string, extended: boolean) {
    this.#text = text;
    this.#extended = extended;
  }

  commands(): SedCommand[] {
    const commands: SedCommand[] = [];
    const open: number[] = [];
    for (this.#skip(/[\s;]*/y); this.#at < this.#text.length; this.#skip(/[\s;]*/y)) {
      if (this.#text[this.#at] === '#') {
        this.#skip(/[^\n]*/y);
        continue;
      }
      const command = this.#command();
      if (command.name === '{') open.push(commands.length);
      if (command.name === '}') {
        const start = commands[open.pop() ?? -1];
        if (start === undefined) throw new SedProblem('unexpected }');
        start.end = commands.length;
      }
      commands.push(command);
    }
    if (open.length > 0) throw new SedProblem('unmatched {');
    return commands;
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #command(): SedCommand {
    const from = this.#address();
    this.#skip(/[ \t]*/y);
    let to: Address | undefined;
    if (from !== undefined && this.#text[this.#at] === ',') {
      this.#at++;
      this.#skip(/[ \t]*/y);
      to = this.#address(true);
      if (to === undefined) throw new SedProblem('no address after comma');
    }
    this.#skip(/[ \t]*/y);
    const negated = this.#skip(/!+\s*/y) !== '';
    const name = this.#text[this.#at++];
    if (name === undefined) throw new SedProblem('missing command');
    const parts = { from, to, negated, name, argument: '', substitution: undefined, end: 0 };
    if (name === 's') return { ...parts, substitution: this.#substitution() };
    return { ...parts, argument: this.#argument(name) };
  }

  #argument(name: string): string {
    switch (name) {
      case 'a':
      case 'i':
      case 'c':
        return this.#lines();
      case ':':
        return this.#skip(/[^\n;]*/y).trim();
      case 'b':
      case 't':
      case 'T':
        return this.#skip(/[^\n;}]*/y).trim();
      case 'r':
      case 'w':
        return this.#skip(/[^\n]*/y).trim();
      case 'y':
        return this.#translation();
      default:
        if (!'{}=dDgGhHlnNpPqxz'.includes(name)) throw new SedProblem(`unsupported command ${name}`);
        return '';
    }
  }

  /** Text up to an end of line without a backslash before it. */
  #lines(): string {
    this.#skip(/[ \t]*(?:\\[ \t]*\n)?[ \t]*/y);
    const text = this.#skip(/(?:\\[^]|[^\\\n])*/y);
    if (text === '' && this.#at >= this.#text.length) throw new SedProblem('expected \\ after `a\', `c\' or `i\'');
    return text.replace(/\\([^])/g, (_, next: string) => (next === 't' ? '\t' : next));
  }

  #address(isSecond = false): Address | undefined {
    const number = this.#skip(/\d+/y);
    if (number !== '') {
      const step = this.#skip(/~\d+/y);
      return step === '' ? { line: Number(number) } : { first: Number(number), step: Number(step.slice(1)) };
    }
    const relative = isSecond ? this.#skip(/[+~]\d+/y) : '';
    if (relative !== '') return relative.startsWith('+') ? { count: Number(relative.slice(1)) } : { multiple: Number(relative.slice(1)) };
    const character = this.#text[this.#at];
    if (character === '$') {
      this.#at++;
      return { last: true };
    }
    if (character !== '/' && character !== '\\') return undefined;
    this.#at += character === '/' ? 1 : 2;
    const source = this.#delimited(this.#text[this.#at - 1] ?? '/', true);
    const ignoreCase = this.#skip(/I/y) !== '';
    return { pattern: source === '' ? undefined : this.#regex(source, ignoreCase) };
  }

  #regex(source: string, ignoreCase: boolean): Regex {
    try {
      return new Regex(source, { extended: this.#extended, ignoreCase });
    } catch (problem) {
      if (!(problem instanceof RegexProblem)) throw problem;
      throw new SedProblem(`bad regex '${source}': ${problem.message}`);
    }
  }

  /** Up to the next mark that is not escaped; in brackets of an expression it is one of their characters. */
  #delimited(mark: string, isPattern: boolean): string {
    let text = '';
    let isInBrackets = false;
    for (;;) {
      const character = this.#text[this.#at++];
      if (character === undefined) throw new SedProblem(`unmatched '${mark}'`);
      if (character === '\\' && !isInBrackets) {
        const next = this.#text[this.#at++] ?? '';
        if (next === mark) text += isPattern && /[.*+?^$|(){}[\]]/.test(mark) ? `\\${mark}` : mark;
        else text += `\\${next}`;
      } else if (character === mark && !isInBrackets) return text;
      else {
        if (isPattern && character === '[' && !isInBrackets && this.#closes()) isInBrackets = true;
        else if (character === ']' && isInBrackets && !/\[\^?$/.test(text)) isInBrackets = false;
        text += character;
      }
    }
  }

  #closes(): boolean {
    return this.#text.indexOf(']', this.#at + 1) > 0;
  }

  #substitution(): Substitution {
    const mark = this.#text[this.#at++];
    if (mark === undefined || mark === '\n') throw new SedProblem('bad substitution expression');
    const source = this.#delimited(mark, true);
    const replacement = this.#delimited(mark, false);
    let [isGlobal, prints, ignoreCase, from] = [false, false, false, 1];
    let file: string | undefined;
    for (;;) {
      const flag = this.#text[this.#at];
      const number = this.#skip(/\d+/y);
      if (number !== '') from = Number(number);
      else if (flag === 'g') isGlobal = true;
      else if (flag === 'p') prints = true;
      else if (flag === 'i' || flag === 'I') ignoreCase = true;
      else if (flag === 'w') {
        this.#at++;
        file = this.#skip(/[^\n]*/y).trim();
        break;
      } else if (flag === undefined || /[\s;}#]/.test(flag)) break;
      else throw new SedProblem('bad option in substitution expression');
      if (number === '') this.#at++;
    }
    return { pattern: source === '' ? undefined : this.#regex(source, ignoreCase), replacement, isGlobal, from, prints, file };
  }

  #translation(): string {
    const mark = this.#text[this.#at++] ?? '/';
    const plain = (text: string): string => text.replace(/\\(.)/gs, (_, next: string) => ({ n: '\n', t: '\t' })[next] ?? next);
    const from = plain(this.#delimited(mark, false));
    const to = plain(this.#delimited(mark, false));
    if (from.length !== to.length) throw new SedProblem('y/x/y/: strings have different lengths');
    return `${from}\0${to}`;
  }
}
