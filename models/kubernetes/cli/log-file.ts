/** The log that a new run writes: a file whose header says what the run is made of. */
import { CliError, systemReason } from '../../../src/cli/exit.ts';
import { createLog, type LogFile } from '../../../src/log/node.ts';
import type { Level } from '../../../src/log/record.ts';
import type { ClusterConfig } from '../cluster/config.ts';
import { clusterHeader } from '../cluster/header.ts';
import { oneOf } from './one-of.ts';

/** Reads `--level`. */
export const levelOf = (text: string | undefined): Level => oneOf(text ?? 'facts', ['inputs', 'facts', 'full'], '--level') as Level;

/** Creates the log of a run. @throws CliError when the file cannot be written. */
export function createRunLog(path: string, config: ClusterConfig, { seed, level }: { readonly seed: string; readonly level: Level }): LogFile {
  try {
    return createLog(path, clusterHeader(config, { seed, level, runtime: { node: process.versions.node } }));
  } catch (error) {
    throw new CliError(`cannot write the log ${path}: ${systemReason(error)}`);
  }
}
