/**
 * POSIX regular expressions, basic and extended (POSIX.1-2017, Base Definitions 9), with the extensions of glibc that scripts use:
 * `\+`, `\?` and `\|` in basic ones, `\w`, `\s`, `\b`, `\<`, `\>`.
 */

export type Node =
  | { readonly kind: 'character'; readonly accepts: (character: string) => boolean; readonly source: string }
  | { readonly kind: 'assertion'; readonly source: string; readonly holds: (text: string, at: number) => boolean }
  | { readonly kind: 'group'; readonly index: number; readonly body: Node }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly branches: readonly Node[] }
  | { readonly kind: 'repeat'; readonly body: Node; readonly from: number; readonly to: number }
  | { readonly kind: 'reference'; readonly index: number };

/** A text that is no expression; the message is what regerror(3) says. */
export class RegexProblem extends Error {}

/** RE_DUP_MAX of glibc is larger; beyond this nobody means it. */
const REPEAT_MAX = 1_000;

const CLASSES: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z', digit: '0-9', alnum: '0-9A-Za-z', upper: 'A-Z', lower: 'a-z', space: ' \\t\\n\\r\\f\\v', blank: ' \\t', punct: '!-\\/:-@\\[-`{-~', print: ' -~',
  graph: '!-~', cntrl: '\\0-\\x1f\\x7f', xdigit: '0-9A-Fa-f',
};
const isWord = (character: string | undefined): boolean => character !== undefined && /\w/.test(character);
const ASSERTIONS: Readonly<Record<string, Extract<Node, { kind: 'assertion' }>>> = {
  '^': { kind: 'assertion', source: '^', holds: (_, at) => at === 0 },
  '$': { kind: 'assertion', source: '$', holds: (text, at) => at === text.length },
  '<': { kind: 'assertion', source: '\\b(?=\\w)', holds: (text, at) => !isWord(text[at - 1]) && isWord(text[at]) },
  '>': { kind: 'assertion', source: '\\b(?<=\\w)', holds: (text, at) => isWord(text[at - 1]) && !isWord(text[at]) },
  b: { kind: 'assertion', source: '\\b', holds: (text, at) => isWord(text[at - 1]) !== isWord(text[at]) },
  B: { kind: 'assertion', source: '\\B', holds: (text, at) => isWord(text[at - 1]) === isWord(text[at]) },
};
const SETS: Readonly<Record<string, string>> = { w: '\\w', W: '\\W', s: '\\s', S: '\\S' };

const set = (source: string, ignoresCase: boolean): Node => {
  const expression = new RegExp(`^${source}$`, ignoresCase ? 'is' : 's');
  return { kind: 'character', accepts: (character) => expression.test(character), source };
};

export interface Parsed {
  readonly node: Node;
  readonly groups: number;
  /** Whether one match can be found in more than one way or length: then the longest counts, and trying all takes long. */
  readonly isAmbiguous: boolean;
  readonly hasReference: boolean;
  readonly loops: number;
}

export function parseRegex(pattern: string, isExtended: boolean, ignoresCase = false): Parsed {
  const parser = new Parser(pattern, isExtended, ignoresCase);
  return parser.whole();
}

class Parser {
  readonly #text: string;
  readonly #isExtended: boolean;
  readonly #ignoresCase: boolean;
  #at = 0;
  #groups = 0;
  #depth = 0;
  #isAmbiguous = false;
  #hasReference = false;
  #loops = 0;

  constructor(text: string, isExtended: boolean, ignoresCase: boolean) {
    this.#text = text;
    this.#isExtended = isExtended;
    this.#ignoresCase = ignoresCase;
  }

  whole(): Parsed {
    const node = this.#choice();
    if (this.#at < this.#text.length) throw new RegexProblem('Unmatched ) or \\)');
    return { node, groups: this.#groups, isAmbiguous: this.#isAmbiguous, hasReference: this.#hasReference, loops: this.#loops };
  }

  /** Whether an operator stands here: plain in extended expressions, after a backslash in basic ones. */
  #isOperator(operator: string): boolean {
    return this.#text.startsWith(this.#isExtended ? operator : `\\${operator}`, this.#at);
  }

  #skipOperator(): void {
    this.#at += this.#isExtended ? 1 : 2;
  }

  #choice(): Node {
    const branches = [this.#sequence()];
    while (this.#isOperator('|')) {
      this.#skipOperator();
      this.#isAmbiguous = true;
      branches.push(this.#sequence());
    }
    return branches.length === 1 ? (branches[0] as Node) : { kind: 'choice', branches };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#text.length && !this.#isOperator('|') && !(this.#isOperator(')') && (this.#depth > 0 || !this.#isExtended))) {
      parts.push(this.#repeated(parts.length === 0));
    }
    return { kind: 'sequence', parts };
  }

  #repeated(isFirst: boolean): Node {
    const loops = this.#loops;
    let node = this.#atom(isFirst);
    for (let bounds = this.#bounds(); bounds !== undefined; bounds = this.#bounds()) {
      if (node.kind === 'assertion' && !this.#isExtended) return { kind: 'sequence', parts: [node, literal('*', this.#ignoresCase)] };
      if (this.#loops > loops && bounds[1] > 1) this.#isAmbiguous = true;
      if (bounds[0] !== bounds[1]) this.#loops++;
      node = { kind: 'repeat', body: node, from: bounds[0], to: bounds[1] };
    }
    return node;
  }

  #bounds(): [number, number] | undefined {
    if (this.#text[this.#at] === '*') {
      this.#at++;
      return [0, Infinity];
    }
    for (const [operator, bounds] of [['+', [1, Infinity]], ['?', [0, 1]]] as const) {
      if (!this.#isOperator(operator)) continue;
      this.#skipOperator();
      return [...bounds];
    }
    if (!this.#isOperator('{')) return undefined;
    const pattern = this.#isExtended ? /^\{(\d*)(,?)(\d*)\}/ : /^\\\{(\d*)(,?)(\d*)\\\}/;
    const found = pattern.exec(this.#text.slice(this.#at));
    if (found === null || (found[1] === '' && found[3] === '')) {
      if (this.#isExtended) return undefined;
      throw new RegexProblem('Invalid preceding regular expression');
    }
    this.#at += found[0].length;
    const from = Number(found[1]);
    const to = found[2] === '' ? from : found[3] === '' ? Infinity : Number(found[3]);
    if (from > to) throw new RegexProblem('Invalid content of \\{\\}');
    if (from > REPEAT_MAX || (to !== Infinity && to > REPEAT_MAX)) throw new RegexProblem('Regular expression too big');
    return [from, to];
  }

  #atom(isFirst: boolean): Node {
    if (this.#isOperator('(')) return this.#group();
    const character = this.#text[this.#at++] ?? '';
    switch (character) {
      case '.':
        return { kind: 'character', accepts: () => true, source: '[^]' };
      case '[':
        return this.#bracket();
      case '\\':
        return this.#escaped();
      case '^':
        return this.#isExtended || isFirst ? (ASSERTIONS['^'] as Node) : literal('^', this.#ignoresCase);
      case '$':
        return this.#isExtended || this.#at >= this.#text.length || this.#isOperator(')') || this.#isOperator('|') ? (ASSERTIONS['$'] as Node) : literal('$', this.#ignoresCase);
      default:
        return literal(character, this.#ignoresCase);
    }
  }

  #group(): Node {
    this.#skipOperator();
    const index = ++this.#groups;
    this.#depth++;
    const body = this.#choice();
    this.#depth--;
    if (!this.#isOperator(')')) throw new RegexProblem('Unmatched ( or \\(');
    this.#skipOperator();
    return { kind: 'group', index, body };
  }

  #escaped(): Node {
    const next = this.#text[this.#at++];
    if (next === undefined) throw new RegexProblem('Trailing backslash');
    if (/[1-9]/.test(next)) {
      if (Number(next) > this.#groups) throw new RegexProblem('Invalid back reference');
      this.#hasReference = true;
      return { kind: 'reference', index: Number(next) };
    }
    const assertion = ASSERTIONS[next];
    if (assertion !== undefined && /[<>bB]/.test(next)) return assertion;
    const named = SETS[next];
    if (named !== undefined) return set(named, false);
    return literal(next === 'n' ? '\n' : next === 't' ? '\t' : next, this.#ignoresCase);
  }

  #bracket(): Node {
    const isNegated = this.#text[this.#at] === '^';
    if (isNegated) this.#at++;
    let source = '';
    for (let isFirst = true; ; isFirst = false) {
      const character = this.#text[this.#at];
      if (character === undefined) throw new RegexProblem('Unmatched [, [^, [:, [., or [=');
      if (character === ']' && !isFirst) break;
      source += this.#member(character);
    }
    this.#at++;
    if (source === '') return set(isNegated ? '[^]' : '[]', false);
    return set(`[${isNegated ? '^' : ''}${source}]`, this.#ignoresCase);
  }

  #member(character: string): string {
    const named = /^\[:([a-z]+):\]/.exec(this.#text.slice(this.#at, this.#at + 12));
    if (named !== null) {
      this.#at += named[0].length;
      const members = CLASSES[named[1] ?? ''];
      if (members === undefined) throw new RegexProblem('Invalid character class name');
      return members;
    }
    const special = /^\[([.=])(.)\1\]/s.exec(this.#text.slice(this.#at, this.#at + 5));
    const first = special?.[2] ?? character;
    this.#at += special?.[0].length ?? 1;
    const last = this.#text[this.#at + 1];
    if (this.#text[this.#at] !== '-' || last === undefined || last === ']') return inSet(first);
    this.#at += 2;
    if (last < first) throw new RegexProblem('Invalid range end');
    return `${inSet(first)}-${inSet(last)}`;
  }
}

const inSet = (character: string): string => (/[\\\]^[-]/.test(character) ? `\\${character}` : character);

function literal(character: string, ignoresCase: boolean): Node {
  const source = character.replace(/[.*+?^${}()|[\]\\/]/, '\\$&');
  const lower = character.toLowerCase();
  return { kind: 'character', accepts: ignoresCase ? (other) => other.toLowerCase() === lower : (other) => other === character, source };
}
