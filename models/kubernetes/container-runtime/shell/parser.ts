/**
 * Recursive descent over the shell grammar (POSIX.1-2017, 2.10), a line at a time: what an earlier line does (an alias, an
 * `exit`) comes before a mistake in a later one is seen, as in any shell that reads as it goes.
 */
import { Lexer, type Token } from './lexer.ts';
import { type Aliases, type AndOr, type Assignment, type Case, type Command, type List, type Pipeline, type Redirect, SyntaxProblem, type Word } from './syntax.ts';

const REDIRECTS = ['<', '>', '>>', '>|', '<>', '<<', '<<-', '<&', '>&', '&>'];
const CLOSING = ['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}'];
const RESERVED = [...CLOSING, '!', 'case', 'for', 'function', 'if', 'in', 'until', 'while', '{'];
/** Functions cannot have the names of special builtins (POSIX.1-2017, 2.9.5). */
const SPECIAL = [':', '.', 'break', 'continue', 'eval', 'exec', 'exit', 'export', 'readonly', 'return', 'set', 'shift', 'times', 'trap', 'unset'];
const NO_ALIASES: Aliases = new Map();

/** Parses a whole script; throws `SyntaxProblem`. */
export function parseScript(source: string): List {
  const script = new Script(source, 0);
  const list: AndOr[] = [];
  for (let line = script.next(); line !== undefined; line = script.next()) list.push(...line);
  return list;
}

/** A script that is parsed as it runs. */
export class Script {
  readonly #parser: Parser;

  /** Lines are counted from `line`; `aliases` may change while the script runs. */
  constructor(source: string, line: number, aliases: Aliases = NO_ALIASES) {
    this.#parser = new Parser(source, 0, line, aliases);
  }

  /** The next line that has commands, with the lines that belong to it; undefined at the end. Throws `SyntaxProblem`. */
  next(): List | undefined {
    return this.#parser.line();
  }

  /** Whether nothing follows what `next` gave. */
  get isAtEnd(): boolean {
    return this.#parser.isAtEnd;
  }
}

function parseInner(source: string, position: number, line: number): { list: List; position: number } {
  const parser = new Parser(source, position, line, NO_ALIASES);
  const list = parser.list();
  return { list, position: parser.closeParenthesis() };
}

class Parser {
  readonly #lexer: Lexer;
  readonly #aliases: Aliases;
  /** Undefined until it is wanted, so that no more is read than is needed. */
  #peeked: Token | undefined;
  /** Aliases that are being replaced: none in itself. */
  #replaced: string[] = [];

  constructor(source: string, position: number, line: number, aliases: Aliases) {
    this.#lexer = new Lexer(source, position, parseInner, line);
    this.#aliases = aliases;
  }

  get #token(): Token {
    return (this.#peeked ??= this.#lexer.next());
  }

  #advance(): Token {
    const token = this.#token;
    this.#peeked = undefined;
    return token;
  }

  get isAtEnd(): boolean {
    return this.#peeked === undefined ? this.#lexer.isAtEnd : this.#peeked.kind === 'end';
  }

  line(): List | undefined {
    this.#skipNewlines();
    if (this.#token.kind === 'end') return undefined;
    const items: AndOr[] = [];
    for (;;) {
      const item = this.#andOr();
      const background = this.#isOperator('&');
      items.push({ ...item, background });
      if (background || this.#isOperator(';')) this.#advance();
      else if (!this.#endsLine()) throw this.#unexpected();
      if (this.#endsLine()) {
        if (this.#token.kind === 'newline') this.#advance();
        return items;
      }
    }
  }

  #endsLine(): boolean {
    return this.#token.kind === 'newline' || this.#token.kind === 'end';
  }

  /** Consumes the `)` of a substitution and says where the text goes on. */
  closeParenthesis(): number {
    if (!this.#isOperator(')')) throw this.#unexpected('")"');
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
    if (this.#bare() !== text) throw this.#unexpected(`"${text}"`);
    this.#advance();
  }

  /** The commands inside of something, up to what closes it. */
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
    if (this.#bare() === '!') {
      negated = true;
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

  /** Puts the text of an alias in the place of its name. One that ends with a blank lets the next word be one too. */
  #replaceAliases(): void {
    for (let word = this.#bare(); word !== undefined; word = this.#bare()) {
      const text = this.#aliases.get(word);
      if (text === undefined || this.#replaced.includes(word)) return;
      this.#replaced.push(word);
      this.#peeked = undefined;
      this.#lexer.insert(`${text} `);
    }
  }

  #command(): Command {
    if (this.#aliases.size > 0) {
      this.#replaced = [];
      this.#replaceAliases();
    }
    const token = this.#token;
    const { line } = this.#lexer;
    if (this.#isOperator('(')) {
      this.#advance();
      const body = this.#nonEmpty();
      if (!this.#isOperator(')')) throw this.#unexpected('")"');
      this.#advance();
      return { kind: 'subshell', line, body, redirects: this.#redirects() };
    }
    const bare = this.#bare();
    switch (bare) {
      case '{': {
        this.#advance();
        const body = this.#nonEmpty();
        this.#expectWord('}');
        return { kind: 'group', line, body, redirects: this.#redirects() };
      }
      case 'if':
        return this.#if(line);
      case 'while':
      case 'until':
        return this.#while(line);
      case 'for':
        return this.#for(line);
      case 'case':
        return this.#case(line);
      case 'function': {
        this.#advance();
        const name = this.#bare();
        if (name === undefined) throw this.#unexpected('word');
        this.#advance();
        return this.#function(name, line, false);
      }
      default:
        if (token.kind === 'newline' || token.kind === 'end' || (bare !== undefined && RESERVED.includes(bare))) throw this.#unexpected();
        if (token.kind === 'operator' && !REDIRECTS.includes(token.text)) throw this.#unexpected();
        return this.#simple(line);
    }
  }

  #if(line: number): Command {
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
    return { kind: 'if', line, branches, otherwise, redirects: this.#redirects() };
  }

  /** A list with at least one command, unless the text ends here: then what is missing is what closes it. */
  #nonEmpty(): List {
    const list = this.list();
    if (list.length === 0 && this.#token.kind !== 'end') throw this.#unexpected();
    return list;
  }

  #while(line: number): Command {
    const until = this.#bare() === 'until';
    this.#advance();
    const condition = this.#nonEmpty();
    const body = this.#doGroup();
    return { kind: 'while', line, until, condition, body, redirects: this.#redirects() };
  }

  #doGroup(): List {
    this.#expectWord('do');
    const body = this.#nonEmpty();
    this.#expectWord('done');
    return body;
  }

  #for(line: number): Command {
    this.#advance();
    const name = this.#bare();
    if (name === undefined || !/^[A-Za-z_]\w*$/.test(name)) {
      this.#advance();
      throw this.#problem('bad for loop variable');
    }
    this.#advance();
    this.#skipNewlines();
    let words: Word[] | undefined;
    if (this.#bare() === 'in') {
      this.#advance();
      words = [];
      while (this.#token.kind === 'word') {
        words.push(this.#token.word);
        this.#advance();
      }
      if (this.#token.kind !== 'newline' && !this.#isOperator(';')) throw this.#unexpected();
    }
    if (this.#isOperator(';')) this.#advance();
    const body = this.#doGroup();
    return { kind: 'for', line, name, words, body, redirects: this.#redirects() };
  }

  #case(line: number): Command {
    this.#advance();
    if (this.#token.kind !== 'word') throw this.#unexpected('word');
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
        if (this.#token.kind !== 'word') throw this.#unexpected('")"');
        patterns.push(this.#token.word);
        this.#advance();
        if (!this.#isOperator('|')) break;
        this.#advance();
      }
      if (!this.#isOperator(')')) throw this.#unexpected('")"');
      this.#advance();
      items.push({ patterns, body: this.list() });
      this.#skipNewlines();
      if (this.#isOperator(';;')) this.#advance();
      else if (this.#bare() !== 'esac') throw this.#unexpected('";;"');
    }
    this.#advance();
    return { kind: 'case', line, subject, items, redirects: this.#redirects() };
  }

  #function(name: string, line: number, isPlain: boolean): Command {
    if (this.#isOperator('(')) {
      this.#advance();
      if (!this.#isOperator(')')) throw this.#unexpected('")"');
      this.#advance();
    }
    if (isPlain && (!/^[A-Za-z_]\w*$/.test(name) || SPECIAL.includes(name))) throw this.#problem('bad function name');
    this.#skipNewlines();
    return { kind: 'function', line, name, body: this.#command(), redirects: [] };
  }

  #simple(line: number): Command {
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
        const last = this.#replaced.at(-1);
        if (last !== undefined && words.length === 1 && /\s$/.test(this.#aliases.get(last) ?? '')) this.#replaceAliases();
      } else if (words.length > 1 && this.#isInBrackets(words) && (this.#isOperator('&&') || this.#isOperator('||'))) {
        words.push([{ kind: 'text', text: this.#isOperator('&&') ? '&&' : '||', quoted: false }]);
        this.#advance();
      } else if (this.#isOperator('(') && words.length === 1 && assignments.length === 0) {
        const name = bareText(words[0] as Word);
        if (name === undefined) throw this.#unexpected();
        return this.#function(name, line, true);
      } else break;
    }
    if (words.length + assignments.length + redirects.length === 0) throw this.#unexpected();
    return { kind: 'simple', line, assignments, words, redirects };
  }

  /** Between `[[` and `]]` the operators of lists are words. */
  #isInBrackets(words: readonly Word[]): boolean {
    return bareText(words[0] as Word) === '[[' && !words.some((word) => bareText(word) === ']]');
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
    this.#advance();
    if (this.#token.kind !== 'word') throw this.#unexpected();
    const { word } = this.#token;
    const fd = token.fd ?? (token.text.startsWith('<') ? 0 : 1);
    if (!here) {
      this.#advance();
      return { fd, operator: token.text as Redirect['operator'], target: word };
    }
    const redirect: Redirect & { target: Word } = { fd, operator: '<<', target: [] };
    this.#lexer.expectHere({
      delimiter: word.map((part) => (part.kind === 'text' ? part.text : '')).join(''),
      expand: word.every((part) => part.kind !== 'text' || !part.quoted),
      stripTabs: token.text === '<<-',
      fill: (text) => {
        redirect.target = text;
      },
    });
    this.#advance();
    return redirect;
  }

  #problem(message: string, isIncomplete = false): SyntaxProblem {
    return new SyntaxProblem(message, this.#lexer.line, isIncomplete);
  }

  #unexpected(expected?: string): SyntaxProblem {
    return this.#problem(`unexpected ${nameOf(this.#token)}${expected === undefined ? '' : ` (expecting ${expected})`}`, this.#token.kind === 'end');
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

/** What ash calls a token in its messages. */
function nameOf(token: Token): string {
  if (token.kind === 'end') return 'end of file';
  if (token.kind === 'newline') return 'newline';
  if (token.kind === 'operator') return REDIRECTS.includes(token.text) ? 'redirection' : `"${token.text}"`;
  const text = bareText(token.word);
  return text !== undefined && RESERVED.includes(text) ? `"${text}"` : 'word';
}
