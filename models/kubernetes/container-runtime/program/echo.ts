/** `echo`, with busybox' options `-n`, `-e`, `-E`. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, errorText } from './applet.ts';
import { unescapeUntil } from './printf.ts';

export function* echo(system: System, argv: readonly string[]): Run {
  let at = 1;
  let newline = true;
  let escapes = false;
  for (; /^-[neE]+$/.test(argv[at] ?? ''); at++) {
    for (const letter of argv[at] ?? '') {
      if (letter === 'n') newline = false;
      if (letter === 'e') escapes = true;
      if (letter === 'E') escapes = false;
    }
  }
  const text = argv.slice(at).join(' ');
  const result = escapes ? unescapeUntil(text) : { text, stops: false };
  const errno = yield* system.write(1, result.text + (newline && !result.stops ? '\n' : ''));
  if (errno === undefined) return 0;
  return complain(system, [system.appletName], `write error: ${errorText(errno)}`);
}
