/** `grep`, `egrep`, `fgrep`: lines that match, as they come. Source of texts and statuses: busybox findutils/grep.c. */
import { Regex, RegexProblem } from '../regex/regex.ts';
import { join } from '../file-system/path.ts';
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { complain, linesOf, options, print } from './applet.ts';
import { closeInput, type Input, LineReader, openInput } from './line-reader.ts';

type Flags = ReadonlyMap<string, string>;

interface Search {
  readonly flags: Flags;
  /** Where the text matches, from a place on. */
  readonly find: (text: string, from: number) => readonly [number, number] | undefined;
  readonly before: number;
  readonly after: number;
  readonly hasNames: boolean;
}

const MISSING = 'no pattern';

export function* grep(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'mABC', 'ef');
  const patterns = patternsOf(system, flags, rest);
  if (patterns === MISSING) return complain(system, argv, "usage: grep [-HhnlLoqvsrRiwFE] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...") + 1;
  if (!Array.isArray(patterns)) return complain(system, argv, patterns) + 1;
  const find = matcher(system, argv, patterns, flags);
  if (find === undefined) return 2;
  const isDeep = flags.has('r') || flags.has('R');
  const names = isDeep ? (rest.length === 0 ? ['.'] : rest).flatMap((name) => filesBelow(system, name)) : rest;
  const context = Number(flags.get('C') ?? 0);
  const search: Search = {
    flags, find, before: Number(flags.get('B') ?? context), after: Number(flags.get('A') ?? context),
    hasNames: !flags.has('h') && (flags.has('H') || names.length > 1 || (isDeep && rest.length > 0)),
  };
  let status = 1;
  let failed = false;
  for (const name of names.length === 0 ? ['-'] : names) {
    const input = flags.has('s') ? quietInput(system, name) : openInput(system, argv, name);
    if (input === undefined) {
      failed = true;
      continue;
    }
    const found = yield* searchIn(system, search, input);
    closeInput(system, input);
    if (found !== flags.has('L') || (found && flags.has('L'))) status = found ? 0 : status;
    if (found && flags.has('q')) return 0;
  }
  return failed ? 2 : status;
}

function quietInput(system: System, name: string): Input | undefined {
  if (name === '-') return { name, fd: 0 };
  const fd = system.open(name, 'read');
  return typeof fd === 'string' ? undefined : { name, fd };
}

/** The patterns, one a line; or what is wrong. */
function patternsOf(system: System, flags: Flags, rest: string[]): string[] | string {
  const given = flags.has('e') || flags.has('f') ? [] : [rest.shift()];
  if (flags.has('e')) given.push(...(flags.get('e') ?? '').split('\0'));
  for (const name of flags.has('f') ? (flags.get('f') ?? '').split('\0') : []) {
    const text = system.files.read(system.path(name), system.credentials);
    if (text === undefined) return `${name}: No such file or directory`;
    given.push(...linesOf(text));
  }
  const patterns = given.flatMap((text) => (text === undefined ? [] : text.split('\n')));
  return given[0] === undefined && given.length === 1 ? MISSING : patterns;
}

function matcher(system: System, argv: readonly string[], patterns: readonly string[], flags: Flags): Search['find'] | undefined {
  const name = (argv[0] ?? '').replace(/^.*\//, '');
  const isFixed = flags.has('F') || name === 'fgrep';
  const extended = flags.has('E') || name === 'egrep';
  const expressions: Regex[] = [];
  for (const pattern of patterns) {
    try {
      expressions.push(new Regex(isFixed ? pattern.replace(/[.*[\]^$\\]/g, '\\$&') : pattern, { extended: extended && !isFixed, ignoreCase: flags.has('i') }));
    } catch (problem) {
      if (!(problem instanceof RegexProblem)) throw problem;
      complain(system, argv, `bad regex '${pattern}': ${problem.message}`);
      return undefined;
    }
  }
  return (text, from) => {
    let best: readonly [number, number] | undefined;
    for (const expression of expressions) {
      const match = firstMatch(expression, text, from, flags);
      if (match !== undefined && (best === undefined || match[0] < best[0] || (match[0] === best[0] && match[1] > best[1]))) best = match;
    }
    return best;
  };
}

const isWord = (character: string | undefined): boolean => character !== undefined && /\w/.test(character);

function firstMatch(expression: Regex, text: string, from: number, flags: Flags): readonly [number, number] | undefined {
  for (let match = expression.exec(text, from); match !== undefined; match = match.index < text.length ? expression.exec(text, match.index + 1) : undefined) {
    const { index, end } = match;
    if (flags.has('x') && (index > 0 || end < text.length)) continue;
    if (flags.has('w') && (isWord(text[index - 1]) || isWord(text[end]))) continue;
    return [index, end];
  }
  return undefined;
}

function* searchIn(system: System, { flags, find, before, after, hasNames }: Search, input: Input): Step<boolean> {
  const reader = new LineReader(system, input.fd, flags.has('z') ? '\0' : '\n');
  const name = input.name === '-' ? '(standard input)' : input.name;
  const max = Number(flags.get('m') ?? Infinity);
  const isSilent = flags.has('q') || flags.has('c') || flags.has('l') || flags.has('L');
  const held: [number, string][] = [];
  let [count, number, toShow, lastShown] = [0, 0, 0, 0];
  const show = (at: number, text: string, mark: string): Step<void> => print(system, `${hasNames ? name + mark : ''}${flags.has('n') ? at + mark : ''}${text}\n`);
  for (let line = count < max ? yield* reader.next() : undefined; line !== undefined; line = yield* reader.next()) {
    number++;
    const isHit = (find(line, 0) !== undefined) !== flags.has('v');
    if (isHit) {
      count++;
      if (flags.has('q') || flags.has('l') || flags.has('L')) break;
      if (!isSilent) {
        if ((before > 0 || after > 0) && lastShown > 0 && number - held.length > lastShown + 1) yield* print(system, '--\n');
        for (const [at, text] of held.splice(0)) yield* show(at, text, '-');
        if (flags.has('o')) yield* showParts(line, find, flags, (part) => show(number, part, ':'));
        else yield* show(number, line, ':');
        lastShown = number;
        toShow = after;
      }
      if (count >= max) break;
    } else if (!isSilent && toShow > 0) {
      toShow--;
      lastShown = number;
      yield* show(number, line, '-');
    } else if (before > 0) {
      held.push([number, line]);
      if (held.length > before) held.shift();
    }
  }
  if (flags.has('c') && !flags.has('q')) yield* print(system, `${hasNames ? `${name}:` : ''}${count}\n`);
  if ((flags.has('l') && count > 0) || (flags.has('L') && count === 0)) yield* print(system, `${name}\n`);
  return count > 0;
}

function* showParts(line: string, find: Search['find'], flags: Flags, show: (part: string) => Step<void>): Step<void> {
  if (flags.has('v')) return;
  for (let match = find(line, 0); match !== undefined; match = match[1] < line.length ? find(line, Math.max(match[1], match[0] + 1)) : undefined) {
    if (match[1] > match[0]) yield* show(line.slice(match[0], match[1]));
  }
}

/** Regular files below a directory, in the order of their names; anything else is itself. */
function filesBelow(system: System, name: string): string[] {
  const inode = system.files.lookup(system.path(name));
  if (typeof inode === 'string' || inode.kind !== 'directory') return [name];
  const names = system.files.list(system.path(name), system.credentials);
  if (typeof names === 'string') return [];
  return names.flatMap((entry) => {
    const path = join(name, entry);
    const found = system.files.lookup(system.path(path), { follow: false });
    return typeof found === 'string' || (found.kind !== 'file' && found.kind !== 'directory') ? [] : filesBelow(system, path);
  });
}
