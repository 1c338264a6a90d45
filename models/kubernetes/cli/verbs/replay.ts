/** `kubetwin replay`: its arguments, options and help. The work is in `src/cli/replay.ts`, for any model. */
import { replayCommand, type ReplayCommandOptions } from '../../../../src/cli/replay.ts';
import { modelOf } from '../../cluster/model.ts';
import type { Register } from './verb.ts';

export const registerReplay: Register = (command, exit) => {
  command
    .command('replay')
    .description('execute a log again and verify every record')
    .argument('<log>')
    .option('--to <position>', 'only the records before this one (#4711)')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  kubetwin replay demo.log')
    .action((path: string, options: ReplayCommandOptions) => exit(replayCommand(path, options, modelOf)));
};
