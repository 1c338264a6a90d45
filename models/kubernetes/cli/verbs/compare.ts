/** `kubetwin compare`: its arguments, options and help. The work is in `../recording/compare.ts`. */
import { compare, type CompareOptions } from '../recording/compare.ts';
import type { Register } from './verb.ts';

export const registerCompare: Register = (command, exit) => {
  command
    .command('compare')
    .description('how true the simulation is to a recording of a real cluster')
    .argument('<real>', 'a recording (docs/recordings.md describes the format; `kubetwin record` writes one)')
    .argument('[simulated]', 'another recording; without it, the requests of the first are played to a simulation with the same nodes')
    .option('--seed <text>', 'the seed of the simulation', '1')
    .option('--differences <n>', 'how many differences to show of each aspect', '5')
    .option('--out <file>', "write the simulation's recording here (gzipped when it ends in .gz)")
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  kubetwin compare recording.ndjson.gz\n  kubetwin compare monday.ndjson.gz tuesday.ndjson.gz   # two runs of the real cluster')
    .action((real: string, simulated: string | undefined, options: CompareOptions) => exit(compare(real, simulated, options)));
};
