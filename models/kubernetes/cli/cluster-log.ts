/**
 * A cluster's log, open for looking: its configuration, the objects at any position, and the API at any moment.
 */
import type { LogReader } from '../../../src/log/reader.ts';
import { CliError, logError } from '../../../src/cli/exit.ts';
import { openForReading } from '../../../src/cli/replay.ts';
import { parsePosition } from '../../../src/cli/position.ts';
import { Seeker } from '../../../src/replay/seek.ts';
import type { ClusterConfig } from '../cluster/config.ts';
import { MODEL } from '../cluster/header.ts';
import { Moment } from '../cluster/moment.ts';
import type { Place } from '../explain/argument.ts';
import { STORE_VIEW, type StoreView } from '../explain/store-view.ts';

export class ClusterLog {
  readonly path: string;
  readonly log: LogReader;
  readonly config: ClusterConfig;
  readonly seeker: Seeker<StoreView>;

  constructor(path: string, log: LogReader) {
    const { name } = log.header.model;
    if (name !== MODEL) throw new CliError(`${path}: the log is of the model "${name}", and this verb speaks of ${MODEL}`);
    if (log.header.level === 'inputs') {
      throw new CliError(`${path}: the log keeps inputs only, so there is nothing to look at; \`kubetwin fork ${path} --at start --level facts --log NEW\` makes one that keeps facts`);
    }
    this.path = path;
    this.log = log;
    this.config = log.header.config as unknown as ClusterConfig;
    this.seeker = new Seeker(log, STORE_VIEW);
  }

  /** The position that `--at` names; without it the end. */
  position(at: string | undefined): number {
    return at === undefined ? this.log.length : parsePosition(this.log, at);
  }

  /** Where questions are answered. */
  place(position: number): Place {
    return { log: this.log, position, view: this.seeker.at(position), seeker: this.seeker };
  }

  /** The Kubernetes API as it was at a position. */
  moment(position: number): Moment {
    return new Moment(this.seeker.at(position), this.log.timeOf(position), this.config);
  }
}

/** Opens a cluster's log, lets `work` use it, and closes it. Damage becomes an error with its own exit code. */
export function withClusterLog<T>(path: string, work: (log: ClusterLog) => T): T {
  const open = openForReading(path);
  try {
    return work(new ClusterLog(path, open.reader));
  } catch (error) {
    throw logError(path, error);
  } finally {
    open.close();
  }
}
