/** `kubetwin view`: its arguments, options and help. The work is in `../view/`. */
import { COMMANDS } from '../../../../src/cli/travel.ts';
import { POSITION_HELP } from '../../../../src/cli/position.ts';
import { view, type ViewOptions } from '../view/view.ts';
import type { Register } from './verb.ts';

export const registerView: Register = (command, exit) => {
  command
    .command('view')
    .description('travel through a run in the terminal: nodes and pods, the records around, the causes of the selected one')
    .argument('<log>')
    .option('--at <position>', `${POSITION_HELP} (default: the end)`)
    .option('--once', 'print one screen and end')
    .addHelpText('after', `\nKeys: ←/→ step, [/] 100 steps, ↑/↓ select a record, ⏎ go to it, / search, n/N again, a show all records, g/G start and end, q quit;\n: takes a position (12.5s, #4711) or a command of \`kubetwin travel\`: ${COMMANDS}.\n\nExamples:\n  kubetwin view run.log --at 12.5s\n  kubetwin view run.log --at '#4711' --once`)
    .action(async (path: string, options: ViewOptions) => exit(await view(path, options)));
};
