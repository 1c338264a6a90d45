/**
 * Word expansion: tilde, parameters, commands, arithmetic, field splitting, pathnames, quote removal (POSIX.1-2017, 2.6).
 *
 * While a word is expanded it is a list of fields in pattern form (quoted characters are escaped), so that quoting
 * decides about splitting and pathname expansion as it should, and is undone at the end. Words without any expansion
 * take a short cut.
 */
import type { Step } from '../process/wait.ts';
import { ArithmeticProblem, evaluate } from './arithmetic.ts';
import { isPattern, matchedPrefix, matchedSuffix, matches, quotePattern, unquotePattern } from './pattern.ts';
import { TEXT_MAX } from '../process/system.ts';
import type { Shell } from './shell.ts';
import type { Word, WordPart } from './syntax.ts';

type Parameter = Extract<WordPart, { kind: 'parameter' }>;

/** A field under construction: further text joins `current`. */
interface Fields {
  readonly done: string[];
  current: string | undefined;
  /** A blank has just ended a field: one separator that is none belongs to it. */
  isAfterBlank: boolean;
}

/** What becomes of an expansion that is not quoted: it is split, it is text, or its `*` and the like mean what they do in patterns. */
type Mode = 'split' | 'text' | 'pattern';

const newFields = (): Fields => ({ done: [], current: undefined, isAfterBlank: false });

/** Expands words to the arguments of a command. */
export function* expandWords(shell: Shell, words: readonly Word[]): Step<string[]> {
  const result: string[] = [];
  for (const word of words) {
    const simple = plainText(word);
    if (simple !== undefined) result.push(simple);
    else if (shell.positional.length > 0 || !isOnlyPositional(word)) {
      const fields = newFields();
      yield* expandParts(shell, word, fields, 'split');
      if (fields.current !== undefined) fields.done.push(fields.current);
      for (const field of fields.done) result.push(...expandPath(shell, field));
    }
    if (shell.unwinding !== undefined) return result;
  }
  return result;
}

/** `"$@"`, which is no word at all if there are no parameters. */
function isOnlyPositional(word: Word): boolean {
  return word.every((part) => (part.kind === 'text' ? part.quoted && part.text === '' : part.kind === 'parameter' && part.name === '@' && part.operator === ''));
}

/** Expands a word to one text, without splitting: redirections, `case`. */
export function* expandText(shell: Shell, word: Word): Step<string> {
  return unquotePattern(yield* expandPattern(shell, word, 'text'));
}

/** Expands the value of an assignment (or a whole one): a text in which `~` stands after `=` and `:` too. */
export function* expandAssignment(shell: Shell, word: Word): Step<string> {
  const changed = word.map((part, index): WordPart => {
    if (part.kind !== 'text' || part.quoted || !part.text.includes('~')) return part;
    return { ...part, text: part.text.replace(/(^|[=:])(~[^:/]*)/g, (match, before: string, tilde: string) => (before === '' && index > 0 ? match : before + expandTilde(shell, tilde))) };
  });
  return yield* expandText(shell, changed);
}

/** Expands a word to one pattern, in which what was quoted stays quoted. */
export function* expandPattern(shell: Shell, word: Word, mode: Mode = 'pattern'): Step<string> {
  const fields = newFields();
  yield* expandParts(shell, word, fields, mode);
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

/** `isInner`: the word of a `${x:-word}`, whose plain text is split as what it stands for. */
function* expandParts(shell: Shell, word: Word, fields: Fields, mode: Mode, isInner = false): Step<void> {
  for (const [index, part] of word.entries()) {
    if (part.kind === 'text') {
      const text = index === 0 && !part.quoted ? expandTilde(shell, part.text) : part.text;
      if (isInner && mode === 'split' && !part.quoted) addExpansion(shell, fields, text, 'split');
      else join(fields, part.quoted ? quotePattern(text) : text);
    } else if (part.kind === 'command') {
      const output = yield* shell.substitute(part.list);
      addExpansion(shell, fields, output, part.quoted ? 'text' : mode);
    } else if (part.kind === 'arithmetic') {
      const text = yield* expandText(shell, part.expression);
      addExpansion(shell, fields, evaluateIn(shell, text), part.quoted ? 'text' : mode);
    } else yield* expandParameter(shell, part, fields, mode);
    if (shell.unwinding !== undefined) return;
  }
}

/** Texts end where the memory of a process does. */
function join(fields: Fields, text: string): void {
  if ((fields.current?.length ?? 0) + text.length > TEXT_MAX) throw new RangeError('Invalid string length');
  fields.current = (fields.current ?? '') + text;
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

/** `~` is HOME, `~user` the directory that /etc/passwd says. */
function expandTilde(shell: Shell, text: string): string {
  const match = /^~([^/]*)/.exec(text);
  if (match === null) return text;
  const [tilde, user = ''] = match;
  const entry = user === '' ? undefined : shell.system.files.read('/etc/passwd')?.split('\n').find((line) => line.startsWith(`${user}:`));
  const home = user === '' ? shell.get('HOME') : entry?.split(':')[5];
  return (home ?? tilde) + text.slice(tilde.length);
}

/** Field splitting (POSIX.1-2017, 2.6.5): blanks of IFS separate in runs, its other characters each for itself. */
function addExpansion(shell: Shell, fields: Fields, text: string, mode: Mode): void {
  if (mode !== 'split') return join(fields, mode === 'pattern' ? text : quotePattern(text));
  const separators = shell.get('IFS') ?? ' \t\n';
  let from = 0;
  const take = (to: number): void => {
    if (to > from) join(fields, text.slice(from, to).replaceAll('\\', '\\\\'));
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (!separators.includes(character)) {
      fields.isAfterBlank = false;
      continue;
    }
    take(at);
    from = at + 1;
    const isBlank = character === ' ' || character === '\t' || character === '\n';
    if (fields.current !== undefined || (!isBlank && !fields.isAfterBlank)) {
      fields.done.push(fields.current ?? '');
      fields.current = undefined;
      fields.isAfterBlank = isBlank;
    } else if (!isBlank) fields.isAfterBlank = false;
  }
  take(text.length);
  return undefined;
}

function* expandParameter(shell: Shell, part: Parameter, fields: Fields, mode: Mode): Step<void> {
  if ((part.name === '@' || (part.name === '*' && !part.quoted)) && part.operator === '') {
    return addPositional(shell, part, fields, mode);
  }
  const value = parameterValue(shell, part);
  const { operator } = part;
  if (operator === 'length') return addExpansion(shell, fields, String([...(value ?? '')].length), part.quoted ? 'text' : mode);
  if (/^:?[-+=?]$/.test(operator)) return yield* expandDefault(shell, part, value, fields, mode);
  if (value === undefined && shell.options.has('u') && !'@*'.includes(part.name)) {
    return shell.fail(`${part.name}: parameter not set`);
  }
  const text = operator === '' ? (value ?? '') : yield* transform(shell, part, value ?? '');
  addExpansion(shell, fields, text, part.quoted ? 'text' : mode);
  // An unquoted empty expansion leaves no field behind, which addExpansion sees to; a quoted one leaves an empty field.
}

function addPositional(shell: Shell, part: Parameter, fields: Fields, mode: Mode): void {
  for (const [index, argument] of shell.positional.entries()) {
    if (index > 0) {
      fields.done.push(fields.current ?? '');
      fields.current = undefined;
    }
    addExpansion(shell, fields, argument, part.quoted ? 'text' : mode);
  }
}

function parameterValue(shell: Shell, part: Parameter): string | undefined {
  if (part.operator === 'length' && (part.name === '@' || part.name === '*')) return ' '.repeat(shell.positional.length);
  return shell.get(part.name);
}

function* expandDefault(shell: Shell, part: Parameter, value: string | undefined, fields: Fields, mode: Mode): Step<void> {
  const { operator } = part;
  const isMissing = value === undefined || (operator.startsWith(':') && value === '');
  const word = part.word ?? [];
  switch (operator.at(-1)) {
    case '-':
      if (!isMissing) return addExpansion(shell, fields, value, part.quoted ? 'text' : mode);
      return yield* expandParts(shell, word, fields, part.quoted && mode === 'split' ? 'text' : mode, true);
    case '+':
      if (isMissing) return part.quoted ? addExpansion(shell, fields, '', 'text') : undefined;
      return yield* expandParts(shell, word, fields, part.quoted && mode === 'split' ? 'text' : mode, true);
    case '=': {
      const text = isMissing ? yield* expandText(shell, word) : value;
      if (isMissing && !/^[A-Za-z_]/.test(part.name)) return shell.fail(`${part.name}: bad variable name`);
      if (isMissing) shell.set(part.name, text);
      return addExpansion(shell, fields, text, part.quoted ? 'text' : mode);
    }
    default: {
      if (!isMissing) return addExpansion(shell, fields, value, part.quoted ? 'text' : mode);
      const text = yield* expandText(shell, word);
      const missing = operator.startsWith(':') ? 'parameter not set or null' : 'parameter not set';
      return shell.fail(`${part.name}: ${part.word === undefined || part.word.length === 0 ? missing : text}`);
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
  return value.slice(matchedPrefix(pattern, value, longest) ?? 0);
}

function cutBack(value: string, pattern: string, longest: boolean): string {
  return value.slice(0, value.length - (matchedSuffix(pattern, value, longest) ?? 0));
}

function replaceMatches(value: string, pattern: string, replacement: string, all: boolean): string {
  if (pattern === '') return value;
  let result = '';
  let at = 0;
  while (at < value.length) {
    const length = matchedPrefix(pattern, value.slice(at), true) ?? 0;
    if (length === 0) {
      result += value[at++];
      continue;
    }
    result += replacement;
    at += length;
    if (!all) break;
  }
  return result + value.slice(at);
}

/** Pathname expansion of one field; a pattern that matches nothing stays as it is. */
function expandPath(shell: Shell, field: string): string[] {
  if (!isPattern(field) || shell.options.has('f')) return [unquotePattern(field)];
  const { files } = shell.system;
  const parts = field.split(/\/+/);
  const isFolder = parts.at(-1) === '';
  let found: string[] = [field.startsWith('/') ? '/' : ''];
  for (const [index, part] of parts.entries()) {
    if (part === '') continue;
    const isLast = index === parts.length - (isFolder ? 2 : 1);
    const next: string[] = [];
    for (const prefix of found) {
      const base = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
      if (!isPattern(part)) {
        const path = base + unquotePattern(part);
        if (typeof files.lookup(shell.system.path(path), { follow: !isLast || isFolder }) !== 'string') next.push(path);
        continue;
      }
      const names = files.list(shell.system.path(base === '' ? '.' : base), shell.system.credentials);
      if (typeof names === 'string') continue;
      for (const name of part.startsWith('.') ? ['.', '..', ...names] : names) {
        if (name.startsWith('.') && !part.startsWith('.')) continue;
        if (!matches(part, name)) continue;
        const inode = isLast && !isFolder ? undefined : files.lookup(shell.system.path(base + name));
        if (inode === undefined || (typeof inode !== 'string' && inode.kind === 'directory')) next.push(base + name);
      }
    }
    found = next;
  }
  const paths = isFolder ? found.map((path) => `${path}/`) : found;
  return paths.length === 0 ? [unquotePattern(field)] : paths.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
