/**
 * The `sleep` builtin: ash has one since 1.36, so that a trap runs as soon as its signal comes, and no process is made for it.
 */
import { parseDuration } from '../../program/applet.ts';
import type { Step } from '../../process/wait.ts';
import type { Shell } from '../shell.ts';

export function* sleep(shell: Shell, argv: readonly string[]): Step<number> {
  const { system } = shell;
  const words = argv.slice(1);
  if (words.length === 0) {
    system.writeNow(2, `${system.appletName}: sleep: missing operand\n`);
    return 1;
  }
  let totalUs = 0;
  for (const word of words) {
    const durationUs = /^inf/i.test(word) ? Infinity : parseDuration(word);
    if (durationUs === undefined) {
      // A fault of ash: what is no number ends the shell, and without its EXIT trap.
      system.writeNow(2, `${system.appletName}: invalid number '${word}'\n`);
      shell.traps.delete('EXIT');
      shell.unwinding = { kind: 'exit', status: 1 };
      return 1;
    }
    totalUs += durationUs;
  }
  const early = system.takeSignal();
  const interrupted = early === undefined ? (totalUs === Infinity ? { interrupted: yield* system.pause() } : yield* system.sleep(totalUs)) : { interrupted: early };
  if (interrupted !== undefined) shell.note(interrupted.interrupted);
  return 0;
}
