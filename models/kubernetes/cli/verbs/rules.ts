/** `kubetwin rules`: its arguments, options and help. The work is in `../network/rules.ts`. */
import { rules, type RulesOptions } from '../network/rules.ts';
import type { Register } from './verb.ts';

export const registerRules: Register = (command, exit) => {
  command
    .command('rules')
    .description("print a node's rules as iptables-save, nft or ipvsadm would")
    .argument('<args...>', 'LOG node/NAME, or node/NAME with --server')
    .option('--at <position>', 'a moment of the run: 12.5s or #4711 (default: its end)')
    .option('--server <url>', 'ask a running `kubetwin serve` instead of a log')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  kubetwin rules demo.log node/node-1\n  kubetwin rules --server http://127.0.0.1:8001 node/node-1')
    .action(async (args: string[], options: RulesOptions) => exit(await rules(args, options)));
};
