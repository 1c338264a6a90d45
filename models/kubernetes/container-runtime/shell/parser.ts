/**
 * Recursive descent over the shell grammar (POSIX.1-2017, 2.10). A script is parsed whole before it runs.
 */
import { Lexer, type Token } from './lexer.ts';
import {
  type AndOr,
  type Assignment,
  type Case,
  type Command,
  type List,
  type Pipeline,
  type Redirect,
  SyntaxProblem,
  type Word,
} from './syntax.ts';

const REDIRECTS = ['<', '>', '>>', '>|', '<>', '<<', '<<-', '<&', '>&', '&>'];
const CLOSING = ['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}'];

/** Parses a whole script; throws `SyntaxProblem`. */
export function parseScript(source: string): List {
  const parser = new Parser(source, 0);
  const list = parser.list();
  parser.expectEnd();
  return list;
}

function parseInner(source: string, position: number): { list: List; position: number } {
  const parser = new Parser(source, position);
  const list = parser.list();
  return { list, position: parser.closeParenthesis() };
}

class Parser {
  readonly #lexer: Lexer;
  #token: Token;

  constructor(source: string, position: number) {
    this.#lexer = new Lexer(source, position, parseInner);
    this.#token = this.#lexer.next();
  }

  #advance(): Token {
    const token = this.#token;
    this.#token = this.#lexer.next();
    return token;
  }

  expectEnd(): void {
    if (this.#token.kind !== 'end') throw unexpected(this.#token);
  }

  /** Consumes the `)` of a substitution and says where the text goes on. */
  closeParenthesis(): number {
    if (!this.#isOperator(')')) throw unexpected(this.#token);
    return this.#lexer.position;
  }

  #isOperator(text: string): boolean {
    return this.#token.kind === 'operator' && this.#token.text === text;
  }

  /** The token as a reserved word or name, if it is written without quotes. */
  #bare(): string | undefined {
    return this.#token.kind === 'word' ? bareText(this.#token.word) : undefined;
  }

  #skipNewlines(): void {
    while (this.#token.kind === 'newline') this.#advance();
  }

  #expectWord(text: string): void {
    this.#skipNewlines();
    if (this.#bare() !== text) throw unexpected(this.#token);
    this.#advance();
  }

  list(): List {
    const items: AndOr[] = [];
    for (;;) {
      this.#skipNewlines();
      if (this.#token.kind === 'end' || this.#isOperator(')') || this.#isOperator(';;')) return items;
      const word = this.#bare();
      if (word !== undefined && CLOSING.includes(word)) return items;
      const item = this.#andOr();
      const background = this.#isOperator('&');
      items.push({ ...item, background });
      if (background || this.#isOperator(';')) this.#advance();
      else if (this.#token.kind !== 'newline') return items;
    }
  }

  #andOr(): Omit<AndOr, 'background'> {
    const first = this.#pipeline();
    const rest: { operator: '&&' | '||'; pipeline: Pipeline }[] = [];
    while (this.#isOperator('&&') || this.#isOperator('||')) {
      const operator = this.#isOperator('&&') ? '&&' : '||';
      this.#advance();
      this.#skipNewlines();
      rest.push({ operator, pipeline: this.#pipeline() });
    }
    return { first, rest };
  }

  #pipeline(): Pipeline {
    let negated = false;
    while (this.#bare() === '!') {
      negated = !negated;
      this.#advance();
    }
    const commands = [this.#command()];
    while (this.#isOperator('|')) {
      this.#advance();
      this.#skipNewlines();
      commands.push(this.#command());
    }
    return { commands, negated };
  }

  #command(): Command {
    if (this.#isOperator('(')) {
      this.#advance();
      const body = this.list();
      if (!this.#isOperator(')')) throw unexpected(this.#token);
      this.#advance();
      return { kind: 'subshell', body, redirects: this.#redirects() };
    }
    switch (this.#bare()) {
      case '{': {
        this.#advance();
        const body = this.list();
        this.#expectWord('}');
        return { kind: 'group', body, redirects: this.#redirects() };
      }
      case 'if':
        return this.#if();
      case 'while':
      case 'until':
        return this.#while();
      case 'for':
        return this.#for();
      case 'case':
        return this.#case();
      case 'function':
        this.#advance();
        return this.#function(this.#name());
      default:
        return this.#simple();
    }
  }

  #if(): Command {
    const branches: { condition: List; body: List }[] = [];
    let otherwise: List | undefined;
    do {
      this.#advance();
      const condition = this.#nonEmpty();
      this.#expectWord('then');
      branches.push({ condition, body: this.#nonEmpty() });
      this.#skipNewlines();
    } while (this.#bare() === 'elif');
    if (this.#bare() === 'else') {
      this.#advance();
      otherwise = this.#nonEmpty();
    }
    this.#expectWord('fi');
    return { kind: 'if', branches, otherwise, redirects: this.#redirects() };
  }

  #nonEmpty(): List {
    const list = this.list();
    if (list.length === 0) throw unexpected(this.#token);
    return list;
  }

  #while(): Command {
    const until = this.#bare() === 'until';
    this.#advance();
    const condition = this.#nonEmpty();
    const body = this.#doGroup();
    return { kind: 'while', until, condition, body, redirects: this.#redirects() };
  }

  #doGroup(): List {
    this.#expectWord('do');
    const body = this.#nonEmpty();
    this.#expectWord('done');
    return body;
  }

  #name(): string {
    const name = this.#bare();
    if (name === undefined) throw unexpected(this.#token);
    this.#advance();
    return name;
  }

  #for(): Command {
    this.#advance();
    const name = this.#name();
    this.#skipNewlines();
    let words: Word[] | undefined;
    if (this.#bare() === 'in') {
      this.#advance();
      words = [];
      while (this.#token.kind === 'word') {
        words.push(this.#token.word);
        this.#advance();
      }
    }
    if (this.#isOperator(';')) this.#advance();
    const body = this.#doGroup();
    return { kind: 'for', name, words, body, redirects: this.#redirects() };
  }

  #case(): Command {
    this.#advance();
    if (this.#token.kind !== 'word') throw unexpected(this.#token);
    const subject = this.#token.word;
    this.#advance();
    this.#expectWord('in');
    const items: Case['items'][number][] = [];
    for (;;) {
      this.#skipNewlines();
      if (this.#bare() === 'esac') break;
      if (this.#isOperator('(')) this.#advance();
      const patterns: Word[] = [];
      for (;;) {
        if (this.#token.kind !== 'word') throw unexpected(this.#token);
        patterns.push(this.#token.word);
        this.#advance();
        if (!this.#isOperator('|')) break;
        this.#advance();
      }
      if (!this.#isOperator(')')) throw unexpected(this.#token);
      this.#advance();
      items.push({ patterns, body: this.list() });
      if (this.#isOperator(';;')) this.#advance();
    }
    this.#advance();
    return { kind: 'case', subject, items, redirects: this.#redirects() };
  }

  #function(name: string): Command {
    if (this.#isOperator('(')) {
      this.#advance();
      if (!this.#isOperator(')')) throw unexpected(this.#token);
      this.#advance();
    }
    this.#skipNewlines();
    return { kind: 'function', name, body: this.#command(), redirects: [] };
  }

  #simple(): Command {
    const assignments: Assignment[] = [];
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    for (;;) {
      const redirect = this.#redirect();
      if (redirect !== undefined) redirects.push(redirect);
      else if (this.#token.kind === 'word') {
        const { word } = this.#token;
        const assignment = words.length === 0 ? asAssignment(word) : undefined;
        if (assignment === undefined) words.push(word);
        else assignments.push(assignment);
        this.#advance();
      } else if (this.#isOperator('(') && words.length === 1 && assignments.length === 0) {
        const name = bareText(words[0] as Word);
        if (name === undefined) throw unexpected(this.#token);
        return this.#function(name);
      } else break;
    }
    if (words.length + assignments.length + redirects.length === 0) throw unexpected(this.#token);
    return { kind: 'simple', assignments, words, redirects };
  }

  #redirects(): Redirect[] {
    const redirects: Redirect[] = [];
    for (let next = this.#redirect(); next !== undefined; next = this.#redirect()) redirects.push(next);
    return redirects;
  }

  #redirect(): Redirect | undefined {
    const token = this.#token;
    if (token.kind !== 'operator' || !REDIRECTS.includes(token.text)) return undefined;
    const here = token.text === '<<' || token.text === '<<-';
    this.#token = this.#lexer.next();
    if (this.#token.kind !== 'word') throw unexpected(this.#token);
    const { word } = this.#token;
    const fd = token.fd ?? (token.text.startsWith('<') ? 0 : 1);
    if (!here) {
      this.#advance();
      return { fd, operator: token.text as Redirect['operator'], target: word };
    }
    const body: { target: Word } = { target: [] };
    this.#lexer.expectHere({
      delimiter: word.map((part) => (part.kind === 'text' ? part.text : '')).join(''),
      expand: word.every((part) => part.kind !== 'text' || !part.quoted),
      stripTabs: token.text === '<<-',
      fill: (text) => {
        body.target = text;
      },
    });
    this.#advance();
    return {
      fd,
      operator: '<<',
      get target() {
        return body.target;
      },
    };
  }
}

function bareText(word: Word): string | undefined {
  const [part] = word;
  return word.length === 1 && part?.kind === 'text' && !part.quoted ? part.text : undefined;
}

function asAssignment(word: Word): Assignment | undefined {
  const [first, ...rest] = word;
  if (first?.kind !== 'text' || first.quoted) return undefined;
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(first.text);
  if (match === null) return undefined;
  const remainder = first.text.slice(match[0].length);
  return { name: match[1] ?? '', value: remainder === '' ? rest : [{ ...first, text: remainder }, ...rest] };
}

function unexpected(token: Token): SyntaxProblem {
  if (token.kind === 'end') return new SyntaxProblem('syntax error: unexpected end of file', true);
  if (token.kind === 'newline') return new SyntaxProblem('syntax error: unexpected newline');
  if (token.kind === 'operator') return new SyntaxProblem(`syntax error: unexpected "${token.text}"`);
  const text = bareText(token.word);
  return new SyntaxProblem(text === undefined ? 'syntax error: unexpected word' : `syntax error: unexpected "${text}"`);
}
