/**
 * `kubetwin serve LOG --at POSITION`: the Kubernetes API over a moment of a run, read-only; with `--continue` the run goes on living
 * from there, as a fork whose log names its parent.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { seconds } from '../../../src/explain/why.ts';
import { CliError, EXIT } from '../../../src/cli/exit.ts';
import { openForReading } from '../../../src/cli/replay.ts';
import { createForkLog, forkAt } from '../../../src/cli/fork.ts';
import { MAGIC } from '../../../src/log/frame.ts';
import { snapshotting } from '../../../src/replay/snapshot.ts';
import type { ClusterConfig } from '../cluster/config.ts';
import { Simulation } from '../cluster/simulation.ts';
import { ClusterLog } from './cluster-log.ts';
import { listen, serveSimulation, type ListenOptions } from './listen.ts';
import { MomentSeam } from './moment-seam.ts';

export interface ServeLogOptions extends ListenOptions {
  readonly at?: string;
  readonly continue?: boolean;
  readonly log?: string;
}

/** True when the file is a log: it begins as one. */
export function isLog(path: string): boolean {
  try {
    const file = openSync(path, 'r');
    try {
      const head = new Uint8Array(MAGIC.length);
      return readSync(file, head, 0, head.length, 0) === head.length && head.every((byte, i) => byte === MAGIC[i]);
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

/** Serves a log's moment until it is interrupted. */
export async function serveLog(path: string, options: ServeLogOptions): Promise<number> {
  const { reader, close } = openForReading(path);
  try {
    const cluster = await ClusterLog.of(path, reader);
    const position = cluster.position(options.at);
    const where = `${position === 0 ? 'the start' : `#${position - 1} (${seconds(reader.timeOf(position))})`} of ${path}`;
    if (options.continue === true) return await continueFrom(cluster, position, where, options);
    const advice = `\`kubetwin serve ${path} --at ${position === 0 ? 'start' : `'#${position - 1}'`} --continue\` goes on from there`;
    return await listen(new MomentSeam(cluster.moment(options.at), where, advice), options, `serving ${where}, read-only,`);
  } finally {
    close();
  }
}

async function continueFrom({ log, config, path, view, build }: ClusterLog, position: number, where: string, options: ServeLogOptions): Promise<number> {
  if (!(config as Partial<ClusterConfig>).gateway) throw new CliError(`${path}: the run was made without a gateway, so requests cannot enter it; make it again with this version`);
  const file = options.log === undefined ? undefined : createForkLog(options.log, log, { at: position, inputs: 'drop' });
  const { kernel } = forkAt(path, log, await build(), { at: position, inputs: 'drop', ...(file === undefined ? {} : { sink: snapshotting(file.writer, view) }) });
  process.stdout.write(`going on from ${where}\n`);
  const code = await serveSimulation(new Simulation(config, kernel), options);
  file?.writer.close({ kind: 'served' });
  file?.end();
  return code === EXIT.ok ? EXIT.ok : code;
}
