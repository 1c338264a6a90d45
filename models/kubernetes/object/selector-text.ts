/**
 * The text form of label selectors: lexer and recursive descent parser.
 *
 * Kept apart from the meaning of selectors because its only purpose is to accept and refuse exactly what
 * `labels.Parse` accepts and refuses, error texts included. Source: apimachinery/pkg/labels/selector.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import { labelKeyErrors } from './label.ts';
import type { Operator, Requirement } from './selector.ts';

interface Token {
  readonly kind: 'end' | 'word' | 'error' | ')' | ',' | '!' | '==' | '=' | '>' | 'in' | '<' | '!=' | 'notin' | '(';
  readonly text: string;
}

type MakeRequirement = (key: string, operator: Operator, values: readonly string[]) => Either<string, Requirement>;

const isSymbol = (text: string): boolean => text !== '' && '=!(),><'.includes(text);
const isSpace = (text: string): boolean => text === ' ' || text === '\t' || text === '\r' || text === '\n';
const isOperatorText = (text: string): text is ')' | ',' | '!' | '==' | '=' | '>' | '<' | '!=' | '(' =>
  text === '==' || text === '!=' || (text.length === 1 && isSymbol(text));

/** Takes the longest known operator; a run of symbols that never becomes one is an error token. */
const scanSymbols = (text: string, start: number): { token: Token; next: number } => {
  let best: Token | undefined;
  let buffer = '';
  let at = start;
  while (at < text.length && isSymbol(text[at] ?? '')) {
    buffer += text[at] ?? '';
    if (isOperatorText(buffer)) best = { kind: buffer, text: buffer };
    else if (best !== undefined) break;
    at += 1;
  }
  return { token: best ?? { kind: 'error', text: `error expected: keyword found '${buffer}'` }, next: at };
};

const scan = (text: string): Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && isSpace(text[at] ?? '')) at += 1;
    if (at >= text.length) {
      tokens.push({ kind: 'end', text: '' });
      return tokens;
    }
    if (isSymbol(text[at] ?? '')) {
      const { token, next } = scanSymbols(text, at);
      tokens.push(token);
      at = next;
      continue;
    }
    const start = at;
    while (at < text.length && !isSymbol(text[at] ?? '') && !isSpace(text[at] ?? '')) at += 1;
    const word = text.slice(start, at);
    tokens.push({ kind: word === 'in' || word === 'notin' ? word : 'word', text: word });
  }
};

interface Cursor {
  readonly tokens: readonly Token[];
  at: number;
}

const END: Token = { kind: 'end', text: '' };
const peek = (cursor: Cursor): Token => cursor.tokens[cursor.at] ?? END;
const take = (cursor: Cursor): Token => {
  const token = peek(cursor);
  cursor.at += 1;
  return token;
};
/** `in` and `notin` are plain words wherever no operator is expected. */
const isWord = (token: Token): boolean => token.kind === 'word' || token.kind === 'in' || token.kind === 'notin';

const sortedSet = (values: readonly string[]): string[] =>
  [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

const parseIdentifiers = (cursor: Cursor): Either<string, string[]> => {
  const values: string[] = [];
  for (;;) {
    const token = take(cursor);
    if (isWord(token)) {
      values.push(token.text);
      const next = peek(cursor);
      if (next.kind === ',') continue;
      if (next.kind === ')') return right(values);
      return left(`found '${next.text}', expected: ',' or ')'`);
    }
    if (token.kind !== ',') return left(`found '${token.text}', expected: ',', or identifier`);
    if (values.length === 0) values.push('');
    const next = peek(cursor);
    if (next.kind === ')') {
      values.push('');
      return right(values);
    }
    if (next.kind === ',') values.push('');
  }
};

const parseValues = (cursor: Cursor): Either<string, string[]> => {
  const open = take(cursor);
  if (open.kind !== '(') return left(`found '${open.text}' expected: '('`);
  const first = peek(cursor);
  if (isWord(first) || first.kind === ',') {
    const values = parseIdentifiers(cursor);
    if (isLeft(values)) return values;
    if (take(cursor).kind !== ')') return left(`found '${first.text}', expected: ')'`);
    return right(sortedSet(values.right));
  }
  if (first.kind === ')') {
    take(cursor);
    return right(['']);
  }
  return left(`found '${first.text}', expected: ',', ')' or identifier`);
};

const parseExactValue = (cursor: Cursor): Either<string, string[]> => {
  const next = peek(cursor);
  if (next.kind === 'end' || next.kind === ',') return right(['']);
  const token = take(cursor);
  return isWord(token) ? right([token.text]) : left(`found '${token.text}', expected: identifier`);
};

const operatorOf = (token: Token): Operator | undefined => {
  switch (token.kind) {
    case 'in':
    case 'notin':
    case '=':
    case '==':
    case '!=': return token.kind;
    case '>': return 'gt';
    case '<': return 'lt';
    default: return undefined;
  }
};

const parseRequirement = (cursor: Cursor, make: MakeRequirement): Either<string, Requirement> => {
  let token = take(cursor);
  const negated = token.kind === '!';
  if (negated) token = take(cursor);
  if (!isWord(token)) return left(`found '${token.text}', expected: identifier`);
  const key = token.text;
  const keyErrors = labelKeyErrors(key);
  if (keyErrors.length > 0) return left(`<nil>: Invalid value: "${key}": ${keyErrors.join('; ')}`);
  if (negated) return make(key, '!', []);
  const next = peek(cursor);
  if (next.kind === 'end' || next.kind === ',') return make(key, 'exists', []);
  const operatorToken = take(cursor);
  const operator = operatorOf(operatorToken);
  if (operator === undefined) {
    return left(`found '${operatorToken.text}', expected: in, notin, =, ==, !=, gt, lt`);
  }
  const values = operator === 'in' || operator === 'notin' ? parseValues(cursor) : parseExactValue(cursor);
  return isLeft(values) ? values : make(key, operator, values.right);
};

/** The requirements of a selector's text in written order, or the text of upstream's error. */
export const parseLabelSelectorText = (text: string, make: MakeRequirement): Either<string, Requirement[]> => {
  const cursor: Cursor = { tokens: scan(text), at: 0 };
  const requirements: Requirement[] = [];
  for (;;) {
    const token = peek(cursor);
    if (token.kind === 'end') return right(requirements);
    if (!isWord(token) && token.kind !== '!') {
      return left(`found '${token.text}', expected: !, identifier, or 'end of string'`);
    }
    const requirement = parseRequirement(cursor, make);
    if (isLeft(requirement)) return left(`unable to parse requirement: ${requirement.left}`);
    requirements.push(requirement.right);
    const separator = take(cursor);
    if (separator.kind === 'end') return right(requirements);
    if (separator.kind !== ',') return left(`found '${separator.text}', expected: ',' or 'end of string'`);
    const following = peek(cursor);
    if (!isWord(following) && following.kind !== '!') {
      return left(`found '${following.text}', expected: identifier after ','`);
    }
  }
};
