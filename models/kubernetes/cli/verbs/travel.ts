/** `kubetwin travel`: its arguments, options and help. The work is in `src/cli/travel.ts`, for any model. */
import { COMMANDS, travel, type TravelOptions } from '../../../../src/cli/travel.ts';
import { POSITION_HELP } from '../../../../src/cli/position.ts';
import { Cursor } from '../../../../src/replay/travel.ts';
import { withClusterLog } from '../cluster-log.ts';
import { CLUSTER_TRAVEL } from '../cluster-travel.ts';
import type { Register } from './verb.ts';

export const registerTravel: Register = (command, exit) => {
  command
    .command('travel')
    .description('step, step back, run until a claim holds, break on actor, kind or fact: where each stops')
    .argument('<log>')
    .argument('<commands...>', `each one argument: ${COMMANDS}`)
    .option('--at <position>', `${POSITION_HELP}: where to start, just after it`, 'start')
    .option('-q, --quiet', 'print only the address where it ended (#4711), for another verb')
    .option('--json', 'print one JSON document')
    .addHelpText('after', "\nExamples:\n  kubetwin travel run.log 'until pod/web-1 Ready' back 'step 3'\n  kubetwin travel run.log 'until deploy/web status.readyReplicas=3'\n  kubetwin travel run.log --at end 'watch-back pod/web-1 spec.nodeName'\n  kubetwin travel run.log 'continue actor=kubelet/* fact=container' 'continue fact=scheduler.decision'\n  kubetwin travel run.log --at end 'reverse kind=crash'\n  kubetwin why run.log $(kubetwin travel run.log 'until pod/web-1 gone' --quiet)\n\nIt exits with 1 when a command comes to the end of the log without finding what it looked for.")
    .action(async (path: string, commands: string[], options: TravelOptions) => exit(await withClusterLog(path, ({ seeker }) => travel(new Cursor(seeker), commands, options, CLUSTER_TRAVEL))));
};
