/** `sleep`: waits for the sum of its arguments; `sleep infinity` waits for ever. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, parseDuration } from './applet.ts';

export function* sleep(system: System, argv: readonly string[]): Run {
  let total = 0;
  if (argv.length < 2) return complain(system, argv, 'missing operand');
  for (const argument of argv.slice(1)) {
    if (argument === 'infinity' || argument === 'inf') yield* system.pause();
    const duration = parseDuration(argument);
    if (duration === undefined) return complain(system, argv, `invalid number '${argument}'`);
    total += duration;
  }
  yield* system.sleep(total);
  return 0;
}
