/** The `read` builtin: a line, split at IFS into variables. */
import { parseDuration } from '../../program/applet.ts';
import type { Step } from '../../process/wait.ts';
import { interruptedStatus, type Shell } from '../shell.ts';

interface Wanted {
  readonly names: readonly string[];
  readonly raw: boolean;
  readonly fd: number;
  readonly count: number;
  readonly end: string;
  readonly atUs: number | undefined;
}

function parseRead(shell: Shell, argv: readonly string[]): Wanted | undefined {
  const values = new Map<string, string>();
  const words = argv.slice(1);
  for (let word = words[0]; word?.startsWith('-') === true && word.length > 1; word = words[0]) {
    words.shift();
    if (word === '--') break;
    for (let at = 1; at < word.length; at++) {
      const letter = word[at] ?? '';
      if (!'rspntud'.includes(letter)) {
        shell.fail(`illegal option -${letter}`);
        return undefined;
      }
      if ('rs'.includes(letter)) values.set(letter, '');
      else {
        values.set(letter, at + 1 < word.length ? word.slice(at + 1) : (words.shift() ?? ''));
        break;
      }
    }
  }
  const timeout = values.get('t');
  const durationUs = timeout === undefined ? undefined : parseDuration(timeout);
  return {
    names: words,
    raw: values.has('r'),
    fd: Number(values.get('u') ?? 0),
    count: Number(values.get('n') ?? 0),
    end: values.has('d') ? (values.get('d')?.[0] ?? '\0') : '\n',
    atUs: durationUs === undefined ? undefined : shell.system.nowUs + durationUs,
  };
}

export function* read(shell: Shell, argv: readonly string[]): Step<number> {
  const wanted = parseRead(shell, argv);
  if (wanted === undefined) return 2;
  const bad = wanted.names.find((name) => !/^[A-Za-z_]\w*$/.test(name));
  if (bad !== undefined) {
    shell.system.writeNow(2, `${shell.system.appletName}: read: '${bad}': bad variable name\n`);
    return 1;
  }
  const { text, status } = yield* readText(shell, wanted);
  if (wanted.names.length === 0) shell.set('REPLY', text.map(({ character }) => character).join(''));
  else assignFields(shell, text, wanted.names);
  return status;
}

/** A character, and whether a backslash before it keeps it from separating. */
interface Piece {
  readonly character: string;
  readonly isQuoted: boolean;
}

function* readText(shell: Shell, { raw, fd, count, end, atUs }: Wanted): Step<{ text: Piece[]; status: number }> {
  const text: Piece[] = [];
  let isQuoted = false;
  for (;;) {
    const character = yield* shell.system.read(fd, 1, atUs);
    if (typeof character === 'object') {
      shell.note(character.interrupted);
      return { text, status: interruptedStatus(character.interrupted) };
    }
    const isLate = atUs !== undefined && shell.system.nowUs >= atUs;
    if (isLate || character === 'timeout' || character.length !== 1) return { text, status: 1 };
    if (isQuoted) {
      isQuoted = false;
      if (character === '\n') continue;
      text.push({ character, isQuoted: true });
    } else if (character === '\\' && !raw) {
      isQuoted = true;
      continue;
    } else if (character === end) return { text, status: 0 };
    else if (character === '\0') continue;
    else text.push({ character, isQuoted: false });
    if (text.length === count) return { text, status: 0 };
  }
}

/** The last name gets all that is left, without the blanks at its end. */
function assignFields(shell: Shell, text: readonly Piece[], names: readonly string[]): void {
  const separators = shell.get('IFS') ?? ' \t\n';
  const separates = (piece: Piece | undefined): boolean => piece !== undefined && !piece.isQuoted && separators.includes(piece.character);
  const isBlank = (piece: Piece | undefined): boolean => separates(piece) && /\s/.test(piece?.character ?? '');
  const joined = (from: number, to: number): string => text.slice(from, to).map(({ character }) => character).join('');
  let at = 0;
  while (isBlank(text[at])) at++;
  for (const [index, name] of names.entries()) {
    if (index === names.length - 1) return shell.set(name, lastField(text, at, separates, isBlank, joined));
    let end = at;
    while (end < text.length && !separates(text[end])) end++;
    shell.set(name, joined(at, end));
    at = end;
    while (isBlank(text[at])) at++;
    if (separates(text[at])) {
      if (!isBlank(text[end]) || end < at) at++;
      while (isBlank(text[at])) at++;
    }
  }
}

function lastField(text: readonly Piece[], from: number, separates: (piece: Piece | undefined) => boolean, isBlank: (piece: Piece | undefined) => boolean, joined: (from: number, to: number) => string): string {
  let end = text.length;
  while (end > from && isBlank(text[end - 1])) end--;
  // A single separator at the very end ends the field and is no part of it.
  const isOnlyOne = end > from && separates(text[end - 1]) && !text.slice(from, end - 1).some(separates);
  return joined(from, isOnlyOne ? end - 1 : end);
}
