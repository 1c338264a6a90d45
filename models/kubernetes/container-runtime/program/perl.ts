/** `perl`, for the one line that the Job example of the documentation runs: printing π to 2000 places. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, print } from './applet.ts';

/** What the example takes on an ordinary machine. */
const PI_TAKES_US = 4_000_000;

export function* perl(system: System, argv: readonly string[]): Run {
  const script = argv.at(-1) ?? '';
  const digits = /bpi\((\d+)\)/.exec(script)?.[1];
  if (digits !== undefined) {
    yield* system.sleep(PI_TAKES_US);
    yield* print(system, `${pi(Number(digits))}\n`);
    return 0;
  }
  const text = /^\s*print\s+"([^"]*)"/.exec(script)?.[1];
  if (text === undefined) return complain(system, argv, 'only print and bpi are known here') + 1;
  yield* print(system, text.replaceAll('\\n', '\n'));
  return 0;
}

/** π with `digits` significant digits, by Machin's formula in integers. */
function pi(digits: number): string {
  const guard = 10;
  const unit = 10n ** BigInt(digits + guard);
  const arctan = (inverse: bigint): bigint => {
    let term = unit / inverse;
    let sum = term;
    for (let n = 3n, sign = -1n; term !== 0n; n += 2n, sign = -sign) {
      term /= inverse * inverse;
      sum += (sign * term) / n;
    }
    return sum;
  };
  const value = 4n * (4n * arctan(5n) - arctan(239n));
  const text = ((value + 5n * 10n ** BigInt(guard)) / 10n ** BigInt(guard + 1)).toString();
  return `${text.slice(0, 1)}.${text.slice(1)}`;
}
