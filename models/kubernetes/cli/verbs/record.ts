/** `kubetwin record`: its arguments, options and help. The work is in `../recording/record.ts`. */
import { record, type RecordOptions } from '../recording/record.ts';
import type { Register } from './verb.ts';

export const registerRecord: Register = (command, exit) => {
  command
    .command('record')
    .description('write a recording of a real cluster: it lists and watches, and changes nothing')
    .option('--kubeconfig <file>', 'which cluster (default: as kubectl finds it)')
    .option('--context <name>', 'a context of the kubeconfig')
    .requiredOption('--out <file>', 'the recording (gzipped when it ends in .gz)')
    .option('--for <duration>', 'record for this long (default: until Ctrl-C)')
    .option('--proxy <port>', 'open a door on the loopback address: what kubectl changes through it is in the recording')
    .option('--scenario <name>', 'the name in the header (default: the file\'s)')
    .option('--json', 'print one JSON document at the end')
    .addHelpText('after', '\nExamples:\n  kubetwin record --out rollout.ndjson.gz --proxy 8009 &\n  kubectl --server http://127.0.0.1:8009 apply -f deployment.yaml\n  kubetwin compare rollout.ndjson.gz\n\ndocs/recordings.md describes the format.')
    .action(async (options: RecordOptions) => exit(await record(options)));
};
