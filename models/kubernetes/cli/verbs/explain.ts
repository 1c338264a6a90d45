/** `kubetwin explain point-of-no-return`: its arguments, options and help. The work is in `../point-of-no-return.ts`. */
import { POSITION_HELP } from '../../../../src/cli/position.ts';
import { explainPoint, type PointOptions } from '../point-of-no-return.ts';
import type { Register } from './verb.ts';

export const registerExplain: Register = (command, exit) => {
  const explain = command.command('explain').description('explanations that run the log again and again');
  explain
    .command('point-of-no-return')
    .description('from which record on a run was going to end in a failure: rewinds and random continuations')
    .argument('<log>')
    .option('--failure <claim>', "what is so at the end of a failed run ('pod/db status.phase=Failed'); with ! in front, what is not ('! deploy/web Available'); for a log of check, what it violates")
    .option('--from <position>', `${POSITION_HELP}: rewind no further (default: start)`)
    .option('--to <position>', 'and no less far (default: end)')
    .option('--rewinds <n>', 'positions to look at in each round', '6')
    .option('--continuations <n>', 'continuations from each position', '12')
    .option('--rounds <n>', 'rounds of looking closer', '3')
    .option('--seed <text>', "names the continuations' seeds")
    .option('--json', 'print one JSON document')
    .addHelpText('after', "\nExample:\n  kubetwin explain point-of-no-return run.log --failure 'pod/web-1 spec.nodeName=node-2' --from 0.4s --to 2s\n  kubetwin explain point-of-no-return .kubetwin/found/counter-racy-no-increment-is-lost.log\n\nIt exits with 1 when no position decides.")
    .action(async (path: string, options: PointOptions) => exit(await explainPoint(path, options)));
};
