/** `kubetwin logs`: its arguments, options and help. The work is in `../logs.ts`. */
import { POSITION_HELP } from '../../../../src/cli/position.ts';
import { logs, type LogsOptions } from '../logs.ts';
import type { Register } from './verb.ts';

export const registerLogs: Register = (command, exit) => {
  command
    .command('logs')
    .description('what the containers of a pod had printed at a moment of a run')
    .argument('<log>')
    .argument('<pod>', 'web-1 or pod/web-1')
    .option('-c, --container <name>', 'which container (default: the first)')
    .option('--all-containers', 'all of them, each line with its container in front')
    .option('-p, --previous', 'the instance before the last restart')
    .option('--at <position>', `${POSITION_HELP} (default: the end)`)
    .option('-n, --namespace <name>', 'the namespace (default: default)')
    .option('--tail <n>', 'only the last n lines')
    .option('--since <duration>', 'only what is not older than this (30s, 5m)')
    .option('--timestamps', 'with the time in front of each line')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  kubetwin run examples/pods/counter.yaml --for 20s --log run.log\n  kubetwin logs run.log counter -c count-log-1 --at 15s --tail 3\n  kubetwin logs run.log pod/web-1 --previous\n\nIt exits with 1 when there is no such pod or container.')
    .action(async (path: string, pod: string, options: LogsOptions) => exit(await logs(path, pod, options)));
};
