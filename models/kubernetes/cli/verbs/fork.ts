/** `kubetwin fork`: its arguments, options and help. The work is in `../fork.ts`. */
import { withCampaigns } from '../../../../src/cli/models.ts';
import { POSITION_HELP } from '../../../../src/cli/position.ts';
import { CATALOGUE } from '../../../catalogue.ts';
import { modelOf } from '../../cluster/model.ts';
import { forkCommand, type ForkCommandOptions } from '../fork.ts';
import type { Register } from './verb.ts';

export const registerFork: Register = (command, exit) => {
  command
    .command('fork')
    .description('the same run up to a position, and from there on with something changed')
    .argument('<log>')
    .requiredOption('--at <position>', `${POSITION_HELP}: the first record that may differ`)
    .option('--seed <text>', 'draw from this seed from there on')
    .option('--choice <choice...>', 'another outcome of a choice: 4711.0=3')
    .option('--apply <paths...>', 'apply these manifests there')
    .option('--delete <objects...>', 'delete these objects there: deploy/web')
    .option('-n, --namespace <name>', 'where --delete looks (default: default)')
    .option('--fault <faults...>', "'crash kubelet/node-2 for 30s', 'pause etcd at 5s', 'slow kube-apiserver by 200ms'")
    .option('--restart <components...>', 'restart these components there, with what --set says')
    .option('--set <values...>', 'other values of the configuration (KEY=VALUE): for --restart from there on, else for the whole run')
    .option('--plan <file>', 'another plan; it must not act before the position')
    .option('--code <module>', 'build the run with this module, which exports build(header, options)')
    .option('--inputs <what>', "the parent's later inputs: keep or drop")
    .option('--for <duration>', "run so long after the position (default: to the parent's end)")
    .option('--level <level>', 'what the child keeps: inputs, facts or full')
    .option('--log <file>', "write the child's log here; its header names the parent")
    .option('--json', 'print one JSON document')
    .addHelpText('after', "\nExamples:\n  kubetwin fork run.log --at '#4711' --log same.log             # the same hash\n  kubetwin fork run.log --at 10s --seed 7 --log other.log\n  kubetwin fork run.log --at 10s --fault 'crash kubelet/node-2 for 60s' --for 5m\n  kubetwin fork run.log --at 10s --apply fixed.yaml --for 2m\n  kubetwin fork run.log --at 10s --restart kube-scheduler --set explainScheduling=true\n\nIt exits with 3 when the change reaches further back than the position.")
    .action(async (path: string, options: ForkCommandOptions) => exit(await forkCommand(path, options, withCampaigns(modelOf, CATALOGUE))));
};
