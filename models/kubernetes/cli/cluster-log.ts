/**
 * A cluster's log, open for looking: its configuration, the objects at any position, and the API at any moment.
 */
import type { LogReader } from '../../../src/log/reader.ts';
import { CliError, logError } from '../../../src/cli/exit.ts';
import { openForReading } from '../../../src/cli/replay.ts';
import { parseDuration } from '../../../src/cli/duration.ts';
import { parsePosition } from '../../../src/cli/position.ts';
import type { Projection } from '../../../src/replay/projection.ts';
import { Seeker } from '../../../src/replay/seek.ts';
import type { ClusterConfig } from '../cluster/config.ts';
import { MODEL } from '../cluster/header.ts';
import { Moment } from '../cluster/moment.ts';
import type { Place } from '../explain/argument.ts';
import type { StoreView } from '../explain/store-view.ts';
import { loggedCluster, type LoggedCluster } from './logged-cluster.ts';

export class ClusterLog {
  readonly path: string;
  readonly log: LogReader;
  readonly config: ClusterConfig;
  readonly seeker: Seeker<StoreView>;

  /** How the run is made again, if wanted with another configuration. */
  readonly build: LoggedCluster['build'];
  readonly view: Projection<StoreView>;

  constructor(path: string, log: LogReader, cluster: LoggedCluster) {
    if (log.header.level === 'inputs') {
      throw new CliError(`${path}: the log keeps inputs only, so there is nothing to look at; \`kubetwin fork ${path} --at start --level facts --log NEW\` makes one that keeps facts`);
    }
    this.path = path;
    this.log = log;
    this.config = cluster.config;
    this.view = cluster.view;
    this.build = (changes) => cluster.build(changes);
    this.seeker = new Seeker(log, cluster.view);
  }

  /** @throws CliError when the log is of something else than a cluster. */
  static async of(path: string, log: LogReader): Promise<ClusterLog> {
    const cluster = await loggedCluster(log.header);
    if (cluster === undefined) throw new CliError(`${path}: the log is of the model "${log.header.model.name}", and this verb speaks of ${MODEL}`);
    return new ClusterLog(path, log, cluster);
  }

  /** The position that `--at` names; without it the end. */
  position(at: string | undefined): number {
    return at === undefined ? this.log.length : parsePosition(this.log, at);
  }

  /** Where questions are answered. */
  place(position: number): Place {
    return { log: this.log, position, view: this.seeker.at(position), seeker: this.seeker };
  }

  /** The Kubernetes API as it was at the position that `--at` names; a time between two records is itself, not that of the record before. */
  moment(at: string | undefined): Moment {
    const position = this.position(at);
    const time = this.log.timeOf(position);
    const asked = position < this.log.length ? parseDuration(at ?? '') : undefined;
    return new Moment(this.seeker.at(position), Math.max(time, asked ?? 0), this.config);
  }
}

/** Opens a cluster's log, lets `work` use it, and closes it. Damage becomes an error with its own exit code. */
export const withClusterLog = <T>(path: string, work: (log: ClusterLog) => T | Promise<T>): Promise<T> => withLog(path, async (reader) => work(await ClusterLog.of(path, reader)));

/** The same with any log. */
export async function withLog<T>(path: string, work: (log: LogReader) => T | Promise<T>): Promise<T> {
  const open = openForReading(path);
  try {
    return await work(open.reader);
  } catch (error) {
    throw logError(path, error);
  } finally {
    open.close();
  }
}
