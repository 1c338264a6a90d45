/**
 * Forks on the command line: a log is executed again up to a position and goes on differently; the child's log names its parent.
 */
import { createLog, type LogFile } from '../log/node.ts';
import type { LogReader } from '../log/reader.ts';
import { describeDivergence } from '../replay/divergence.ts';
import { childHeader, fork, type ForkOptions, type ForkResult } from '../replay/fork.ts';
import type { BuildRun } from '../replay/replay.ts';
import { CliError, EXIT, systemReason } from './exit.ts';

/** A run that stands at the position of its fork. */
export type Forked = Extract<ForkResult, { readonly kind: 'fork' }>;

/**
 * Executes a log up to `options.at`.
 *
 * @throws CliError with the code of a divergence when the log does not replay that far or the change reaches further back.
 */
export function forkAt(path: string, log: LogReader, build: BuildRun, options: ForkOptions): Forked {
  const forked = fork(log, build, options);
  if (forked.kind === 'divergence') throw new CliError(`${path}: no fork at #${options.at}: ${describeDivergence(forked.divergence)}`, EXIT.diverged);
  return forked;
}

/** Creates the child's log. @throws CliError when the file cannot be written. */
export function createForkLog(path: string, parent: LogReader, options: ForkOptions): LogFile {
  try {
    return createLog(path, childHeader(parent, options));
  } catch (error) {
    throw new CliError(`cannot write the log ${path}: ${systemReason(error)}`);
  }
}
