/** `kubetwin get`: its arguments, options and help. The work is in `../get/get.ts`. */
import { POSITION_HELP } from '../../../../src/cli/position.ts';
import { get, type GetOptions } from '../get/get.ts';
import { OUTPUTS } from '../get/output.ts';
import type { Register } from './verb.ts';

export const registerGet: Register = (command, exit) => {
  command
    .command('get')
    .description('what kubectl get would have printed at a moment of a run')
    .argument('<log>')
    .argument('<type...>', 'as kubectl takes it: pods, deploy,svc, pod web-1, pod/web-1, all')
    .option('--at <position>', `${POSITION_HELP}; the objects as they were just after it (default: the end)`)
    .option('-n, --namespace <name>', 'the namespace (default: default)')
    .option('-A, --all-namespaces', 'in all namespaces')
    .option('-l, --selector <labels>', 'only objects with these labels (app=web,tier!=db)')
    .option('--field-selector <fields>', 'only objects with these fields (spec.nodeName=node-1)')
    .option('-o, --output <format>', OUTPUTS)
    .option('--sort-by <path>', 'in the order of a field (.metadata.creationTimestamp)')
    .option('--no-headers', 'without the headings')
    .option('--show-labels', 'with the labels as the last column')
    .option('--show-kind', 'with the resource in front of names')
    .option('--show-managed-fields', 'keep managedFields in YAML and JSON')
    .option('--json', 'the same as -o json')
    .addHelpText('after', "\nExamples:\n  kubetwin get run.log pods -A\n  kubetwin get run.log pods,deployments --at 12.5s -o wide\n  kubetwin get run.log pod/web-1 --at '#4711' -o yaml\n  kubetwin get run.log events --field-selector reason=FailedScheduling\n\nIt exits with 1 when an object asked for by name is not there.")
    .action(async (path: string, types: string[], options: GetOptions) => exit(await get(path, types, options)));
};
