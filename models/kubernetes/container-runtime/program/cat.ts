/** `cat`: copies files, or standard input, to standard output as they come. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, errorText, isErrno, options } from './applet.ts';

export function* cat(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const numbers = flags.has('n') ? 'all' : flags.has('b') ? 'full' : undefined;
  const isPlain = numbers === undefined && !['A', 'e', 'E', 't', 'T', 'v'].some((letter) => flags.has(letter));
  const state = { line: 0, isAtStart: true };
  let status = 0;
  for (const name of rest.length === 0 ? ['-'] : rest) {
    const fd = name === '-' ? 0 : system.open(name, 'read');
    if (typeof fd === 'string') {
      status = complain(system, argv, `can't open '${name}': ${errorText(fd)}`);
      continue;
    }
    for (;;) {
      const text = yield* system.read(fd);
      if (typeof text === 'object') continue;
      if (isErrno(text)) status = complain(system, argv, `read error: ${errorText(text)}`);
      if (text === '' || isErrno(text)) break;
      const errno = yield* system.write(1, isPlain ? text : decorated(text, flags, numbers, state));
      if (errno !== undefined) return complain(system, argv, `write error: ${errorText(errno)}`);
    }
    if (fd !== 0) system.close(fd);
  }
  return status;
}

function decorated(text: string, flags: ReadonlyMap<string, string>, numbers: 'all' | 'full' | undefined, state: { line: number; isAtStart: boolean }): string {
  let result = '';
  for (const character of text) {
    if (state.isAtStart && numbers !== undefined && (numbers === 'all' || character !== '\n')) result += `${String(++state.line).padStart(6)}\t`;
    state.isAtStart = character === '\n';
    if (character === '\n') result += flags.has('e') || flags.has('E') || flags.has('A') ? '$\n' : '\n';
    else if (character === '\t') result += flags.has('t') || flags.has('T') || flags.has('A') ? '^I' : '\t';
    else result += ['A', 'e', 't', 'v'].some((letter) => flags.has(letter)) ? visible(character) : character;
  }
  return result;
}

function visible(character: string): string {
  const code = character.charCodeAt(0);
  return code < 32 ? `^${String.fromCharCode(code + 64)}` : code === 127 ? '^?' : character;
}
