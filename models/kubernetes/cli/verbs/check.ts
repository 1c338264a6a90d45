/** `kubetwin check`: its arguments, options and help. The work is in `src/cli/check.ts`, for any model. */
import { checkCommand, DEFAULT_RUNS, type CheckCommandOptions } from '../../../../src/cli/check.ts';
import { FIRST_MODEL, MODEL_LIST, OUT, SEARCH, more } from './searching.ts';
import type { Register } from './verb.ts';

export const registerCheck: Register = (command, exit) => {
  command
    .command('check')
    .description('search for a run that violates a property, over seeds, schedules and faults; shrink it')
    .option('--model <name>', 'what to run', FIRST_MODEL)
    .option('--set <name=value>', 'a parameter of the model; can be given again', more)
    .option('--plan <file>', 'run exactly this plan, and search nothing')
    .option('--seed <base>', 'names the search: run i has the seed base/i', '1')
    .option('--runs <n>', 'how many runs (without a bound when --for is given)', DEFAULT_RUNS)
    .option('--for <duration>', 'search for this long, in real time')
    .option('--workers <n>', 'how many threads; the result does not depend on it (default: all processors)')
    .option('--shard <i/n>', 'only part i of n of the runs')
    .option('--property <name>', 'judge only this property (a pattern with *)')
    .option('--guided', 'go on with runs that went where none went before')
    .option('--keep-going', 'make all runs, also after a failure; report the first of each property')
    .option('--waive <name>', 'a property or mark that may be vacuous; can be given again', more)
    .option('--no-shrink', 'report a failure as it was found')
    .option('--shrink-for <duration>', 'how long to shrink, in real time', '60s')
    .option('--store <folder>', 'failing plans are kept here and tried first the next time', '.kubetwin')
    .option('--no-store', 'neither read nor keep failing plans')
    .option('--revision <text>', 'written beside what is kept (default: the commit of the working copy)')
    .option('--out <folder>', 'plans and logs of failures go here', OUT)
    .option('--log <file>', 'with --plan: write the log of the run here')
    .option('--emit-test <file>', 'write a vitest file that fails as long as the failure is there')
    .option('--json', 'print one JSON document')
    .addHelpText('after', `${MODEL_LIST}\n\nExamples:\n  kubetwin check --model two-phase-commit-hasty --runs 100\n  kubetwin check --for 10m --seed "$(git rev-parse HEAD)"\n  kubetwin check --plan .kubetwin/found/paxos-forgetful-linearizable.json`)
    .action(async (options: CheckCommandOptions) => exit(await checkCommand(options, SEARCH)));
};
