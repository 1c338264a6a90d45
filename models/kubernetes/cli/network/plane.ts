/**
 * The network of a run at a moment: a log is executed again up to there, since rules and connection tracking are no facts of the log.
 */
import { CliError } from '../../../../src/cli/exit.ts';
import { forkAt } from '../../../../src/cli/fork.ts';
import { Progress } from '../../../../src/cli/progress.ts';
import type { DataPlane } from '../../network/data-plane.ts';
import type { Objects } from '../../network/inspect.ts';
import { networkPlane } from '../../network/network.ts';
import type { Pod, Service } from '../../object/types.ts';
import { withClusterLog } from '../cluster-log.ts';

/** What questions are asked of. */
export interface NetworkMoment {
  readonly plane: DataPlane;
  readonly objects: Objects;
  /** Virtual µs. */
  readonly now: number;
}

/** Opens the network of a log's run at `at` (default: the end) and lets `ask` use it. */
export function withNetwork<T>(path: string, at: string | undefined, ask: (moment: NetworkMoment) => T): Promise<T> {
  return withClusterLog(path, async (cluster) => {
    const position = cluster.position(at);
    const progress = new Progress(process.stderr, true);
    progress.show(`executing ${path} again, up to #${position}`);
    const { kernel } = forkAt(path, cluster.log, await cluster.build(), { at: position });
    progress.clear();
    const plane = networkPlane(kernel.state('network'));
    if (plane === undefined) throw new CliError(`${path}: the run has no network at #${position}`);
    const { objects } = cluster.place(position).view;
    const find = (key: string): unknown => objects.get(`/registry/${key}`)?.object;
    return ask({
      plane,
      now: kernel.now,
      objects: {
        pod: (namespace, name) => find(`pods/${namespace}/${name}`) as Pod | undefined,
        service: (namespace, name) => find(`services/specs/${namespace}/${name}`) as Service | undefined,
      },
    });
  });
}

