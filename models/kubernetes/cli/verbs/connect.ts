/** `kubetwin connect`: its arguments, options and help. The work is in `../network/connect.ts`. */
import { connect, type ConnectOptions } from '../network/connect.ts';
import type { Register } from './verb.ts';

export const registerConnect: Register = (command, exit) => {
  command
    .command('connect')
    .description('show, hop by hop, which rule on which node sends a connection where')
    .argument('[log]', 'a log; its run is executed again up to --at')
    .requiredOption('--from <source>', 'pod/NAME, node/NAME, or an address outside of the cluster')
    .requiredOption('--to <target>', 'SERVICE[.NAMESPACE]:PORT, pod/NAME:PORT or ADDRESS:PORT')
    .option('-n, --namespace <name>', 'the namespace of the names', 'default')
    .option('--protocol <name>', 'TCP, UDP or SCTP', 'TCP')
    .option('--count <n>', 'so many connections, with their distribution', '1')
    .option('--at <position>', 'a moment of the run: 12.5s or #4711 (default: its end)')
    .option('--server <url>', 'ask a running `kubetwin serve` instead of a log')
    .option('--seed <text>', 'names the draws of the question; they are no draws of the run', '1')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  kubetwin connect demo.log --from pod/client --to my-service:80\n  kubetwin connect demo.log --from pod/client --to my-service:80 --count 1000\n  kubetwin connect --server http://127.0.0.1:8001 --from 203.0.113.9 --to 192.168.77.1:30080')
    .action(async (path: string | undefined, options: ConnectOptions) => exit(await connect(path, options)));
};
