/** `kubetwin diff`: its arguments, options and help. The work is in `src/cli/diff.ts`, for any model. */
import { diffCommand, type Comparable, type DiffCommandOptions } from '../../../../src/cli/diff.ts';
import type { LogReader } from '../../../../src/log/reader.ts';
import { Seeker } from '../../../../src/replay/seek.ts';
import { outcomeDifferences } from '../../explain/outcome.ts';
import type { StoreView } from '../../explain/store-view.ts';
import { loggedCluster } from '../logged-cluster.ts';
import type { Register } from './verb.ts';

/** A cluster's logs are compared by what the store holds. */
async function comparableOf({ header }: LogReader): Promise<Comparable<StoreView> | undefined> {
  const cluster = await loggedCluster(header);
  if (cluster === undefined) return undefined;
  const endOf = (log: LogReader): StoreView => new Seeker(log, cluster.view).at(log.length);
  return { projection: cluster.view, outcome: (left, right) => outcomeDifferences(endOf(left), endOf(right)) };
}

export const registerDiff: Register = (command, exit) => {
  command
    .command('diff')
    .description('what is different first in two logs (choice, record, field of state), and how their outcomes differ')
    .argument('<left>')
    .argument('<right>')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  kubetwin diff seed-1.log seed-2.log\n  kubetwin diff run.log fork.log\n\nIt exits with 0 when both are the same run and with 1 when they differ.')
    .action(async (left: string, right: string, options: DiffCommandOptions) => exit(await diffCommand(left, right, options, comparableOf)));
};
