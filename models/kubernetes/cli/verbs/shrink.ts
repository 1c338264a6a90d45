/** `kubetwin shrink`: its arguments, options and help. The work is in `src/cli/shrink.ts`, for any model. */
import { shrinkCommand, type ShrinkCommandOptions } from '../../../../src/cli/shrink.ts';
import { OUT, SEARCH } from './searching.ts';
import type { Register } from './verb.ts';

export const registerShrink: Register = (command, exit) => {
  command
    .command('shrink')
    .description('make a failing plan small: a plan file, or the log of a failing run of check')
    .argument('<file>')
    .option('--for <duration>', 'how long, in real time', '60s')
    .option('--out <folder>', 'the small plan and its log go here', OUT)
    .option('--emit-test <file>', 'write a vitest file that fails as long as the failure is there')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  kubetwin shrink failing.json --out small')
    .action(async (path: string, options: ShrinkCommandOptions) => exit(await shrinkCommand(path, options, SEARCH)));
};
