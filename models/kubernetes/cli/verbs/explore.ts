/** `kubetwin explore`: its arguments, options and help. The work is in `src/cli/explore.ts`, for any model. */
import { exploreCommand, type ExploreCommandOptions } from '../../../../src/cli/explore.ts';
import { FIRST_MODEL, MODEL_LIST, OUT, SEARCH, more } from './searching.ts';
import type { Register } from './verb.ts';

export const registerExplore: Register = (command, exit) => {
  command
    .command('explore')
    .description('search all states of a small model, or all runs with few deviations, within bounds')
    .option('--model <name>', 'what to search', FIRST_MODEL)
    .option('--set <name=value>', 'a parameter of the model; can be given again', more)
    .option('--order <order>', 'breadth (shortest paths) or depth (less memory)', 'breadth')
    .option('--symmetry', 'count states that differ by a renaming once')
    .option('--reduction', 'walk one of each set of executions that differ in the order of independent steps')
    .option('--compact', 'remember states by a 53-bit hash')
    .option('--states <n>', 'at most so many states (with --reduction: deliveries)')
    .option('--depth <n>', 'at most so many steps (with --runs: choice points)')
    .option('--for <duration>', 'at most this long, in real time')
    .option('--runs [n]', 'run the model\'s campaign again and again, in all orders with few deviations; at most n runs')
    .option('--deviations <n>', 'with --runs: how many choices may differ from the plain run', '2')
    .option('--stream <pattern>', 'with --runs: draws to vary besides the order of events (*:latency); can be given again', more)
    .option('--window <duration>', 'with --runs: events so far apart may change places')
    .option('--seed <text>', 'with --runs: whose workload is run', '1')
    .option('--property <name>', 'judge only this property')
    .option('--keep-going', 'go on after a violation')
    .option('--out <folder>', 'plans and logs of failures go here', OUT)
    .option('--json', 'print one JSON document')
    .addHelpText('after', `${MODEL_LIST}\n\nExamples:\n  kubetwin explore --model two-phase-commit --set managers=5 --symmetry --order depth\n  kubetwin explore --model counter-racy --reduction\n  kubetwin explore --model counter-racy --runs --deviations 3`)
    .action(async (options: ExploreCommandOptions) => exit(await exploreCommand(options, SEARCH.catalogue)));
};
