/** The `trap` builtin. */
import { SIGNAL_NUMBER } from '../../process/signal.ts';
import type { Step } from '../../process/wait.ts';
import type { Condition, Shell } from '../shell.ts';
import { quoted } from '../variable.ts';

const numberOf = (condition: Condition): number => (condition === 'EXIT' ? 0 : SIGNAL_NUMBER[condition]);

/** Without arguments it shows what is set, in a subshell what the parent had set; a lone condition or `-` resets. */
export function* trap(shell: Shell, argv: readonly string[]): Step<number> {
  const words = argv.slice(argv[1] === '--' ? 2 : 1);
  if (words.length === 0) {
    const shown = [...(shell.shownTraps ?? shell.traps)].sort(([a], [b]) => numberOf(a) - numberOf(b));
    for (const [condition, action] of shown) yield* shell.system.write(1, `trap -- ${quoted(action)} ${condition}\n`);
    return 0;
  }
  const [first = '', ...rest] = words;
  const isReset = rest.length === 0 || /^[0-9]+$/.test(first);
  let status = 0;
  for (const condition of isReset ? words : rest) {
    if (shell.trap(condition.replace(/^SIG(?=EXIT)/i, ''), isReset || first === '-' ? undefined : first)) continue;
    shell.complain(`${condition}: invalid signal specification`);
    status = 1;
  }
  return status;
}
