/** `kubetwin export`: its arguments, options and help. The work is in `src/cli/export.ts`, for any model. */
import { exportCommand, FORMATS, type ExportOptions } from '../../../../src/cli/export.ts';
import { POSITION_HELP } from '../../../../src/cli/position.ts';
import type { Register } from './verb.ts';

const several = (value: string, before: readonly string[] = []): string[] => [...before, ...value.split(',')];

export const registerExport: Register = (command, exit) => {
  command
    .command('export')
    .description('a log for other programs: a sequence diagram, a trace for Perfetto, one JSON object a line')
    .argument('<log>')
    .option('--format <format>', FORMATS.join(', '))
    .option('--from <position>', `${POSITION_HELP}: the first record (default: start)`)
    .option('--to <position>', `${POSITION_HELP}: the last record (default: end)`)
    .option('--actor <names>', 'only records of these actors; kubelet/* takes all of a kind', several)
    .option('--kind <kinds>', 'only records of these kinds of messages', several)
    .option('--causes-of <record>', 'only this record and all that led to it')
    .option('--most <n>', 'diagrams draw at most so many records', '400')
    .option('-o, --output <file>', 'write here instead of to standard output')
    .option('--json', 'the same as --format ndjson')
    .addHelpText('after', "\nExamples:\n  kubetwin export run.log --format mermaid --causes-of '#792'\n  kubetwin export run.log --format svg --from 1s --to 1.2s -o second.svg\n  kubetwin export run.log --format trace -o run.json          # open it at https://ui.perfetto.dev\n  kubetwin export run.log --format ndjson | jq -r 'select(.facts[0].kind == \"scheduler.decision\") | .facts[0].data.node'")
    .action((path: string, options: ExportOptions) => exit(exportCommand(path, options)));
};
