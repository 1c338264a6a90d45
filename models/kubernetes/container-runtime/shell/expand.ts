/**
 * Word expansion: tilde, parameters, commands, arithmetic, field splitting, pathnames, quote removal (POSIX.1-2017, 2.6).
 *
 * While a word is expanded it is a list of fields in pattern form (quoted characters are escaped), so that quoting
 * decides about splitting and pathname expansion as it should, and is undone at the end. Words without any expansion
 * take a short cut.
 */
import type { Step } from '../process/wait.ts';
import { ArithmeticProblem, evaluate } from './arithmetic.ts';
import { isPattern, matches, quotePattern, unquotePattern } from './pattern.ts';
import type { Shell } from './shell.ts';
import type { Word, WordPart } from './syntax.ts';

type Parameter = Extract<WordPart, { kind: 'parameter' }>;

/** A field under construction; `open` says that further text joins it. */
interface Fields {
  readonly done: string[];
  current: string | undefined;
}

/** Expands words to the arguments of a command. */
export function* expandWords(shell: Shell, words: readonly Word[]): Step<string[]> {
  const result: string[] = [];
  for (const word of words) {
    const simple = plainText(word);
    if (simple !== undefined) result.push(simple);
    else {
      const fields: Fields = { done: [], current: undefined };
      yield* expandParts(shell, word, fields, true);
      if (fields.current !== undefined) fields.done.push(fields.current);
      for (const field of fields.done) result.push(...expandPath(shell, field));
    }
    if (shell.unwinding !== undefined) return result;
  }
  return result;
}

/** Expands a word to one text, without splitting: assignments, redirections, `case`. */
export function* expandText(shell: Shell, word: Word): Step<string> {
  return unquotePattern(yield* expandPattern(shell, word));
}

/** Expands a word to one pattern, in which what was quoted stays quoted. */
export function* expandPattern(shell: Shell, word: Word): Step<string> {
  const fields: Fields = { done: [], current: undefined };
  yield* expandParts(shell, word, fields, false);
  return [...fields.done, fields.current ?? ''].join(' ');
}

function plainText(word: Word): string | undefined {
  let text = '';
  for (const part of word) {
    if (part.kind !== 'text') return undefined;
    if (!part.quoted && (isPattern(part.text) || part.text.startsWith('~'))) return undefined;
    text += part.text;
  }
  return text;
}

function* expandParts(shell: Shell, word: Word, fields: Fields, split: boolean): Step<void> {
  for (const [index, part] of word.entries()) {
    if (part.kind === 'text') {
      const text = index === 0 && !part.quoted ? expandTilde(shell, part.text) : part.text;
      fields.current = (fields.current ?? '') + (part.quoted ? quotePattern(text) : text);
    } else if (part.kind === 'command') {
      const output = yield* shell.substitute(part.list);
      addExpansion(shell, fields, output, part.quoted || !split);
    } else if (part.kind === 'arithmetic') {
      const text = yield* expandText(shell, part.expression);
      addExpansion(shell, fields, evaluateIn(shell, text), part.quoted || !split);
    } else yield* expandParameter(shell, part, fields, split);
    if (shell.unwinding !== undefined) return;
  }
}

/** Evaluates `$(( ))`; a mistake ends the shell. */
export function evaluateIn(shell: Shell, text: string): string {
  try {
    return String(evaluate(text, { get: (name) => shell.get(name), set: (name, value) => shell.set(name, value) }));
  } catch (problem) {
    if (!(problem instanceof ArithmeticProblem)) throw problem;
    shell.fail(problem.message);
    return '';
  }
}

function expandTilde(shell: Shell, text: string): string {
  return text === '~' || text.startsWith('~/') ? (shell.get('HOME') ?? '~') + text.slice(1) : text;
}

function addExpansion(shell: Shell, fields: Fields, text: string, whole: boolean): void {
  if (whole) {
    fields.current = (fields.current ?? '') + quotePattern(text);
    return;
  }
  const separators = shell.get('IFS') ?? ' \t\n';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (!separators.includes(character)) {
      fields.current = (fields.current ?? '') + (character === '\\' ? '\\\\' : character);
    } else if (fields.current !== undefined || !/\s/.test(character)) {
      fields.done.push(fields.current ?? '');
      fields.current = undefined;
    }
  }
}

function* expandParameter(shell: Shell, part: Parameter, fields: Fields, split: boolean): Step<void> {
  if ((part.name === '@' || (part.name === '*' && !part.quoted)) && part.operator === '') {
    return addPositional(shell, part, fields, split);
  }
  const value = parameterValue(shell, part);
  const { operator } = part;
  if (operator === 'length') return addExpansion(shell, fields, String((value ?? '').length), part.quoted || !split);
  if (/^:?[-+=?]$/.test(operator)) return yield* expandDefault(shell, part, value, fields, split);
  if (value === undefined && shell.options.has('u') && !'@*'.includes(part.name)) {
    return shell.fail(`${part.name}: parameter not set`);
  }
  const text = operator === '' ? (value ?? '') : yield* transform(shell, part, value ?? '');
  addExpansion(shell, fields, text, part.quoted || !split);
  // An unquoted empty expansion leaves no field behind, which addExpansion sees to; a quoted one leaves an empty field.
}

function addPositional(shell: Shell, part: Parameter, fields: Fields, split: boolean): void {
  for (const [index, argument] of shell.positional.entries()) {
    if (index > 0) {
      fields.done.push(fields.current ?? '');
      fields.current = undefined;
    }
    addExpansion(shell, fields, argument, part.quoted || !split);
  }
}

function parameterValue(shell: Shell, part: Parameter): string | undefined {
  if (part.operator === 'length' && (part.name === '@' || part.name === '*')) return ' '.repeat(shell.positional.length);
  return shell.get(part.name);
}

function* expandDefault(shell: Shell, part: Parameter, value: string | undefined, fields: Fields, split: boolean): Step<void> {
  const { operator } = part;
  const isMissing = value === undefined || (operator.startsWith(':') && value === '');
  const word = part.word ?? [];
  switch (operator.at(-1)) {
    case '-':
      if (!isMissing) return addExpansion(shell, fields, value, part.quoted || !split);
      return yield* expandParts(shell, word, fields, split && !part.quoted);
    case '+':
      if (isMissing) return part.quoted ? addExpansion(shell, fields, '', true) : undefined;
      return yield* expandParts(shell, word, fields, split && !part.quoted);
    case '=': {
      const text = isMissing ? yield* expandText(shell, word) : value;
      if (isMissing) shell.set(part.name, text);
      return addExpansion(shell, fields, text, part.quoted || !split);
    }
    default: {
      if (!isMissing) return addExpansion(shell, fields, value, part.quoted || !split);
      const text = yield* expandText(shell, word);
      return shell.fail(`${part.name}: ${text === '' ? 'parameter not set or null' : text}`);
    }
  }
}

/** `${x#p}`, `${x%p}`, `${x/p/r}`, `${x:1:2}`. */
function* transform(shell: Shell, part: Parameter, value: string): Step<string> {
  const { operator } = part;
  if (operator === ':') {
    const from = Number(evaluateIn(shell, yield* expandText(shell, part.word ?? [])));
    const start = from < 0 ? Math.max(0, value.length + from) : from;
    if (part.second === undefined) return value.slice(start);
    const length = Number(evaluateIn(shell, yield* expandText(shell, part.second)));
    return length < 0 ? value.slice(start, length) : value.slice(start, start + length);
  }
  const pattern = yield* expandPattern(shell, part.word ?? []);
  if (operator.startsWith('#')) return cutFront(value, pattern, operator === '##');
  if (operator.startsWith('%')) return cutBack(value, pattern, operator === '%%');
  const replacement = yield* expandText(shell, part.second ?? []);
  return replaceMatches(value, pattern, replacement, operator === '//');
}

function cutFront(value: string, pattern: string, longest: boolean): string {
  for (let step = 0; step <= value.length; step++) {
    const length = longest ? value.length - step : step;
    if (matches(pattern, value.slice(0, length))) return value.slice(length);
  }
  return value;
}

function cutBack(value: string, pattern: string, longest: boolean): string {
  for (let step = 0; step <= value.length; step++) {
    const start = longest ? step : value.length - step;
    if (matches(pattern, value.slice(start))) return value.slice(0, start);
  }
  return value;
}

function replaceMatches(value: string, pattern: string, replacement: string, all: boolean): string {
  let result = '';
  let at = 0;
  while (at < value.length) {
    let end = value.length;
    while (end > at && !matches(pattern, value.slice(at, end))) end--;
    if (end === at) {
      result += value[at++];
      continue;
    }
    result += replacement;
    at = end;
    if (!all) break;
  }
  return result + value.slice(at);
}

/** Pathname expansion of one field; a pattern that matches nothing stays as it is. */
function expandPath(shell: Shell, field: string): string[] {
  if (!isPattern(field) || shell.options.has('f')) return [unquotePattern(field)];
  const isAbsolute = field.startsWith('/');
  let found: string[] = [isAbsolute ? '/' : ''];
  for (const part of field.split('/').filter((piece) => piece !== '')) {
    const next: string[] = [];
    for (const prefix of found) {
      const base = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
      if (!isPattern(part)) {
        const path = base + unquotePattern(part);
        if (typeof shell.system.files.lookup(shell.system.path(path)) !== 'string') next.push(path);
        continue;
      }
      const names = shell.system.files.list(shell.system.path(base === '' ? '.' : base));
      if (typeof names === 'string') continue;
      for (const name of names) {
        if (name.startsWith('.') && !part.startsWith('.')) continue;
        if (matches(part, name)) next.push(base + name);
      }
    }
    found = next;
  }
  return found.length === 0 ? [unquotePattern(field)] : found;
}
