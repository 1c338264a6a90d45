/** `wc`: lines, words, characters, bytes, and the longest line. */
import { byteLength } from '../file-system/inode.ts';
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { isErrno, options, print } from './applet.ts';
import { closeInput, openInput } from './line-reader.ts';

type Count = 'l' | 'w' | 'm' | 'c' | 'L';
const ORDER: readonly Count[] = ['l', 'w', 'm', 'c', 'L'];

export function* wc(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const chosen = ORDER.filter((letter) => flags.has(letter));
  const shown = chosen.length === 0 ? (['l', 'w', 'c'] as const) : chosen;
  const total: Record<Count, number> = { l: 0, w: 0, m: 0, c: 0, L: 0 };
  // A single number of a single input stands alone, otherwise numbers stand in columns.
  const format = (counts: Record<Count, number>, name: string | undefined): string => {
    const width = shown.length === 1 && rest.length < 2 ? 1 : 9;
    return `${shown.map((letter) => String(counts[letter]).padStart(width)).join(' ')}${name === undefined ? '' : ` ${name}`}\n`;
  };
  let status = 0;
  for (const name of rest.length === 0 ? ['-'] : rest) {
    const input = openInput(system, argv, name);
    if (input === undefined) {
      status = 1;
      continue;
    }
    const counts = yield* countOf(system, input.fd);
    closeInput(system, input);
    for (const letter of ORDER) total[letter] = letter === 'L' ? Math.max(total.L, counts.L) : total[letter] + counts[letter];
    yield* print(system, format(counts, rest.length === 0 ? undefined : name));
  }
  if (rest.length > 1) yield* print(system, format(total, 'total'));
  return status;
}

function* countOf(system: System, fd: number): Step<Record<Count, number>> {
  const counts: Record<Count, number> = { l: 0, w: 0, m: 0, c: 0, L: 0 };
  let isInWord = false;
  let column = 0;
  for (;;) {
    const text = yield* system.read(fd);
    if (typeof text === 'object') continue;
    if (text === '' || isErrno(text)) break;
    counts.c += byteLength(text);
    counts.m += [...text].length;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      const isBlank = code === 32 || (code >= 9 && code <= 13);
      if (code === 10) counts.l++;
      // Bytes that cannot be seen are no part of a word, and end none.
      if (!isBlank && code > 32 && !isInWord) counts.w++;
      if (isBlank || code > 32) isInWord = !isBlank;
      if (code === 10 || code === 12 || code === 13) column = 0;
      else column += code === 9 ? 8 - (column % 8) : code >= 32 ? 1 : 0;
      if (column > counts.L) counts.L = column;
    }
  }
  return counts;
}
