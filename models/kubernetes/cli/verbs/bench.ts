/** `kubetwin bench`: its arguments, options and help. The work is in `../bench.ts`. */
import { bench, type BenchOptions } from '../bench.ts';
import { SCENARIOS } from '../../bench/scenario.ts';
import type { Register } from './verb.ts';

const known = Object.entries(SCENARIOS).map(([name, { description, sizes }]) => `  ${name.padEnd(20)}${description}\n${' '.repeat(22)}sizes: ${Object.entries(sizes).map(([size, value]) => `${size}=${value}`).join(', ')}`);

export const registerBench: Register = (command, exit) => {
  command
    .command('bench')
    .description('the work of reconcile loops (equal on every machine) and their cost (of this one)')
    .argument('<scenario>', `${Object.keys(SCENARIOS).join(', ')}, or manifests: a file or a folder`)
    .argument('[paths...]', 'further manifests')
    .option('--size <name=n...>', 'sizes of the scenario')
    .option('--nodes <n>', 'how many nodes')
    .option('--seed <text>', 'names the run', '1')
    .option('--repeat <n>', 'how often the cost is measured', '5')
    .option('--compare <file>', 'hold against what an earlier `bench --json` printed: work exactly, cost by calibrated medians')
    .option('--threshold <percent>', 'how much slower is worth a word', '5')
    .option('--json', 'print one JSON document')
    .addHelpText('after', `\nScenarios:\n${known.join('\n')}\n\nExit code 1: the work differs from --compare, or the cost is higher.\n\nExamples:\n  kubetwin bench deployments --size deployments=20 replicas=5 --json > before.json\n  kubetwin bench deployments --size deployments=20 replicas=5 --compare before.json\n  kubetwin bench examples/demo --nodes 5`)
    .action(async (scenario: string, paths: string[], options: BenchOptions) => exit(await bench(scenario, paths, options)));
};
