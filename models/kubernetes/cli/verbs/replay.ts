/** `kubetwin replay`: its arguments, options and help. The work is in `src/cli/replay.ts`, for any model. */
import { withCampaigns } from '../../../../src/cli/models.ts';
import { replayCommand, type ReplayCommandOptions } from '../../../../src/cli/replay.ts';
import { CATALOGUE } from '../../../catalogue.ts';
import { modelOf } from '../../cluster/model.ts';
import type { Register } from './verb.ts';

export const registerReplay: Register = (command, exit) => {
  command
    .command('replay')
    .description('execute a log again and verify every record')
    .argument('<log>')
    .option('--to <position>', 'only the records before this one (#4711)')
    .option('--actor <id>', 'only this actor (kubelet/node-2), by itself: it gets what the log has for it; for logs of level full')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  kubetwin replay demo.log\n  kubetwin replay full.log --actor kube-scheduler')
    .action(async (path: string, options: ReplayCommandOptions) => exit(await replayCommand(path, options, withCampaigns(modelOf, CATALOGUE))));
};
