/**
 * Splits shell text into operators, newlines and words.
 *
 * Words are parsed completely, with their quotes and expansions; `$( )` calls back into the parser, because only the
 * grammar knows where the inner script ends. Here-document bodies are read when the newline after them is reached.
 */
import { type List, SyntaxProblem, type Word, type WordPart } from './syntax.ts';

export type Token =
  | { readonly kind: 'word'; readonly word: Word }
  | { readonly kind: 'operator'; readonly text: string; readonly fd: number | undefined }
  | { readonly kind: 'newline' }
  | { readonly kind: 'end' };

const OPERATORS = ['<<-', '&&', '||', ';;', '<<', '>>', '<&', '>&', '<>', '>|', '&>', '<', '>', '&', '|', ';', '(', ')'];

/** A here-document that was announced and whose body comes after the line. */
interface PendingHere {
  readonly delimiter: string;
  readonly expand: boolean;
  readonly stripTabs: boolean;
  readonly fill: (body: Word) => void;
}

export type ParseInner = (source: string, position: number, line: number) => { list: List; position: number };

/** What `\` and a letter are between `$'` and `'`. */
const DOLLAR_ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', b: '\b', t: '\t', f: '\f', a: '\x07', v: '\v', '\\': '\\', "'": "'", '"': '"' };

export class Lexer {
  source: string;
  position: number;
  /** Line of the last position that was asked for. */
  #line: number;
  #counted: number;
  readonly #parseInner: ParseInner;
  readonly #pending: PendingHere[] = [];

  constructor(source: string, position: number, parseInner: ParseInner, line = 0) {
    this.source = source;
    this.position = position;
    this.#line = line;
    this.#counted = position;
    this.#parseInner = parseInner;
  }

  /** The line of the present position. */
  get line(): number {
    for (let at = this.source.indexOf('\n', this.#counted); at >= 0 && at < this.position; at = this.source.indexOf('\n', at + 1)) {
      this.#line++;
      this.#counted = at + 1;
    }
    return this.#line;
  }

  /** Puts the text of an alias where the reading goes on. */
  insert(text: string): void {
    const { line } = this;
    this.source = text + this.source.slice(this.position);
    this.position = 0;
    this.#counted = 0;
    this.#line = line;
  }

  /** Whether only blanks, comments and newlines follow. */
  get isAtEnd(): boolean {
    return /^(?:\s|#[^\n]*|\\\n)*$/.test(this.source.slice(this.position, this.position + 4_096)) && this.source.length - this.position < 4_096;
  }

  #problem(message: string, isIncomplete = false): SyntaxProblem {
    return new SyntaxProblem(message, this.line, isIncomplete);
  }

  /** Registers a here-document; `fill` gets its body when it has been read. */
  expectHere(here: PendingHere): void {
    this.#pending.push(here);
  }

  next(): Token {
    this.#skipBlanks();
    const character = this.source[this.position];
    if (character === undefined) return { kind: 'end' };
    if (character === '\n') {
      this.position++;
      this.#readHereDocuments();
      return { kind: 'newline' };
    }
    const number = /^[0-9](?=[<>])/.exec(this.source.slice(this.position, this.position + 2));
    if (number !== null) this.position++;
    for (const operator of OPERATORS) {
      if (!this.source.startsWith(operator, this.position)) continue;
      this.position += operator.length;
      return { kind: 'operator', text: operator, fd: number === null ? undefined : Number(number[0]) };
    }
    return { kind: 'word', word: this.#word() };
  }

  #skipBlanks(): void {
    for (;;) {
      const character = this.source[this.position];
      if (character === ' ' || character === '\t') this.position++;
      else if (character === '\\' && this.source[this.position + 1] === '\n') this.position += 2;
      else if (character === '#') {
        while (this.position < this.source.length && this.source[this.position] !== '\n') this.position++;
      } else return;
    }
  }

  #readHereDocuments(): void {
    for (const here of this.#pending.splice(0)) {
      let body = '';
      for (;;) {
        if (this.position >= this.source.length) break;
        const end = this.source.indexOf('\n', this.position);
        const stop = end < 0 ? this.source.length : end;
        let line = this.source.slice(this.position, stop);
        this.position = Math.min(stop + 1, this.source.length);
        if (here.stripTabs) line = line.replace(/^\t+/, '');
        if (line === here.delimiter) break;
        body += `${line}\n`;
      }
      here.fill(here.expand ? parseQuotedText(body, this.#parseInner) : [{ kind: 'text', text: body, quoted: true }]);
    }
  }

  /** An unquoted word up to a blank or an operator. */
  #word(): Word {
    const parts: WordPart[] = [];
    const add = (text: string, quoted: boolean): void => appendText(parts, text, quoted);
    for (;;) {
      const character = this.source[this.position];
      if (character === undefined || ' \t\n;&|<>()'.includes(character)) break;
      if (character === "'") {
        const end = this.source.indexOf("'", this.position + 1);
        if (end < 0) throw this.#problem('unterminated quoted string', true);
        add(this.source.slice(this.position + 1, end), true);
        this.position = end + 1;
      } else if (character === '"') {
        this.position++;
        parts.push({ kind: 'text', text: '', quoted: true });
        this.#quoted(parts, '"');
      } else if (character === '\\') {
        const next = this.source[this.position + 1];
        this.position += 2;
        if (next !== '\n') add(next ?? '\\', true);
      } else if (character === '$' || character === '`') this.#expansion(parts, false);
      else {
        add(character, false);
        this.position++;
      }
    }
    return parts;
  }

  /** The inside of double quotes (or of a here-document, where `end` is undefined). */
  #quoted(parts: WordPart[], end: '"' | undefined): void {
    for (;;) {
      const character = this.source[this.position];
      if (character === undefined) {
        if (end === undefined) return;
        throw this.#problem('unterminated quoted string', true);
      }
      if (character === end) {
        this.position++;
        return;
      }
      if (character === '\\') {
        const next = this.source[this.position + 1] ?? '';
        this.position += 2;
        if (next === '\n') continue;
        const special = '$`\\'.includes(next) || (next === '"' && end === '"');
        appendText(parts, special && next !== '' ? next : `\\${next}`, true);
      } else if (character === '$' || character === '`') this.#expansion(parts, true);
      else {
        appendText(parts, character, true);
        this.position++;
      }
    }
  }

  /** Text with expansions and no quotes: the body of a here-document. */
  text(): Word {
    const parts: WordPart[] = [];
    this.#quoted(parts, undefined);
    return parts;
  }

  /** `$'…'`: C escapes (ISO C 5.2.2 and bash). */
  #dollarQuoted(parts: WordPart[]): void {
    let text = '';
    for (let at = this.position + 2; ; ) {
      const character = this.source[at];
      if (character === undefined) throw this.#problem('unterminated quoted string', true);
      if (character === "'") {
        appendText(parts, text, true);
        this.position = at + 1;
        return;
      }
      const escape = /^\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))/s.exec(this.source.slice(at, at + 5));
      if (escape === null) text += character;
      else if (escape[3] !== undefined) text += DOLLAR_ESCAPES[escape[3]] ?? escape[0];
      else text += String.fromCharCode(Number.parseInt(escape[1] ?? escape[2] ?? '0', escape[1] === undefined ? 8 : 16));
      at += escape === null ? 1 : escape[0].length;
    }
  }

  #expansion(parts: WordPart[], quoted: boolean): void {
    if (this.source[this.position] === '`') return this.#backquoted(parts, quoted);
    if (!quoted && this.source[this.position + 1] === "'") return this.#dollarQuoted(parts);
    const rest = this.source.slice(this.position + 1, this.position + 3);
    if (rest.startsWith('((')) {
      const end = endOfArithmetic(this.source, this.position + 3);
      if (end !== undefined) {
        const expression = parseQuotedText(this.source.slice(this.position + 3, end), this.#parseInner);
        parts.push({ kind: 'arithmetic', expression, quoted });
        this.position = end + 2;
        return;
      }
    }
    if (rest.startsWith('(')) {
      const inner = this.#parseInner(this.source, this.position + 2, this.line);
      parts.push({ kind: 'command', list: inner.list, quoted });
      this.position = inner.position;
      return;
    }
    if (rest.startsWith('{')) return this.#braced(parts, quoted);
    const name = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/.exec(this.source.slice(this.position + 1, this.position + 257));
    if (name === null) {
      appendText(parts, '$', quoted);
      this.position++;
      return;
    }
    parts.push({ kind: 'parameter', name: name[0], operator: '', word: undefined, second: undefined, quoted });
    this.position += 1 + name[0].length;
  }

  #backquoted(parts: WordPart[], quoted: boolean): void {
    let script = '';
    let at = this.position + 1;
    for (; this.source[at] !== '`'; at++) {
      if (at >= this.source.length) throw this.#problem('EOF in backquote substitution', true);
      const next = this.source[at + 1] ?? '';
      if (this.source[at] === '\\' && ('$`\\'.includes(next) || (quoted && next === '"'))) at++;
      script += this.source[at];
    }
    const inner = this.#parseInner(`${script}\n)`, 0, this.line);
    parts.push({ kind: 'command', list: inner.list, quoted });
    this.position = at + 1;
  }

  #braced(parts: WordPart[], quoted: boolean): void {
    this.position += 2;
    const pattern = /^(#(?=[A-Za-z0-9_@*]))?([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])/;
    const head = pattern.exec(this.source.slice(this.position, this.position + 257));
    if (head === null) throw this.#problem('bad substitution');
    const name = head[2] ?? '';
    this.position += head[0].length;
    if (head[1] !== undefined) {
      this.#expectBrace();
      parts.push({ kind: 'parameter', name, operator: 'length', word: undefined, second: undefined, quoted });
      return;
    }
    const operator = /^(?::?[-=?+]|##?|%%?|\/\/?|:)/.exec(this.source.slice(this.position, this.position + 2))?.[0] ?? '';
    this.position += operator.length;
    const [word, second] = operator === '' ? [undefined, undefined] : this.#braceWords(operator, quoted);
    this.#expectBrace();
    parts.push({ kind: 'parameter', name, operator, word, second, quoted });
  }

  #braceWords(operator: string, quoted: boolean): [Word, Word | undefined] {
    const separator = operator.startsWith('/') ? '/' : operator === ':' ? ':' : undefined;
    const first = this.#braceWord(separator, quoted, /[/#%]/.test(operator));
    if (separator === undefined || this.source[this.position] !== separator) return [first, undefined];
    this.position++;
    return [first, this.#braceWord(undefined, quoted, separator === '/')];
  }

  /** A word inside `${ }`: up to the brace that closes it, or to `separator`. */
  #braceWord(separator: string | undefined, quoted: boolean, isPattern = false): Word {
    const parts: WordPart[] = [];
    for (;;) {
      const character = this.source[this.position];
      if (character === undefined) throw this.#problem("missing '}'", true);
      if (character === '}' || character === separator) return parts;
      if (character === '"') {
        this.position++;
        parts.push({ kind: 'text', text: '', quoted: true });
        this.#quoted(parts, '"');
      } else if (character === "'" && !quoted) {
        const end = this.source.indexOf("'", this.position + 1);
        if (end < 0) throw this.#problem('unterminated quoted string', true);
        appendText(parts, this.source.slice(this.position + 1, end), true);
        this.position = end + 1;
      } else if (character === '\\') {
        const next = this.source[this.position + 1] ?? '';
        if (next !== '\n') appendText(parts, quoted && !isPattern && !'$`"\\}'.includes(next) ? `\\${next}` : next, true);
        this.position += 2;
      } else if (character === '$' || character === '`') this.#expansion(parts, quoted);
      else {
        appendText(parts, character, quoted && separator === undefined && !'*?['.includes(character));
        this.position++;
      }
    }
  }

  #expectBrace(): void {
    if (this.source[this.position] !== '}') throw this.#problem("missing '}'", true);
    this.position++;
  }
}

function appendText(parts: WordPart[], text: string, quoted: boolean): void {
  const last = parts.at(-1);
  if (last?.kind === 'text' && last.quoted === quoted) {
    parts[parts.length - 1] = { kind: 'text', text: last.text + text, quoted };
  } else parts.push({ kind: 'text', text, quoted });
}

/** Text in which only expansions are special. */
export function parseQuotedText(text: string, parseInner: ParseInner): Word {
  return new Lexer(text, 0, parseInner).text();
}

/** Where the `))` of an arithmetic expansion is, if it is one at all. */
function endOfArithmetic(source: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < source.length; at++) {
    const character = source[at];
    if (character === '(') depth++;
    else if (character === ')') {
      if (depth === 0) return source[at + 1] === ')' ? at : undefined;
      depth--;
    }
  }
  return undefined;
}
