/** `echo`, with busybox' options `-n`, `-e`, `-E`. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { print } from './applet.ts';
import { unescape } from './printf.ts';

export function* echo(system: System, argv: readonly string[]): Run {
  let at = 1;
  let newline = true;
  let escapes = false;
  for (; /^-[neE]+$/.test(argv[at] ?? ''); at++) {
    if (argv[at]?.includes('n') === true) newline = false;
    if (argv[at]?.includes('e') === true) escapes = true;
  }
  const text = argv.slice(at).join(' ');
  yield* print(system, (escapes ? unescape(text) : text) + (newline ? '\n' : ''));
  return 0;
}
