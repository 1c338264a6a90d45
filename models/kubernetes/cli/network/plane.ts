/**
 * The network of a run at a moment: a log is executed again up to there, since rules and connection tracking are no facts of the log.
 */
import { CliError, EXIT } from '../../../../src/cli/exit.ts';
import { Progress } from '../../../../src/cli/progress.ts';
import { describeDivergence } from '../../../../src/replay/divergence.ts';
import { fork } from '../../../../src/replay/fork.ts';
import { buildRun } from '../../cluster/model.ts';
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
export function withNetwork<T>(path: string, at: string | undefined, ask: (moment: NetworkMoment) => T): T {
  return withClusterLog(path, (cluster) => {
    const position = cluster.position(at);
    const progress = new Progress(process.stderr, true);
    progress.show(`executing ${path} again, up to #${position}`);
    const forked = fork(cluster.log, buildRun, { at: position });
    progress.clear();
    if (forked.kind === 'divergence') throw new CliError(`${path}: this version executes the log differently\n${describeDivergence(forked.divergence)}`, EXIT.diverged);
    const plane = networkPlane(forked.kernel.state('network'));
    if (plane === undefined) throw new CliError(`${path}: the run has no network at #${position}`);
    const { objects } = cluster.place(position).view;
    const find = (key: string): unknown => objects.get(`/registry/${key}`)?.object;
    return ask({
      plane,
      now: forked.kernel.now,
      objects: {
        pod: (namespace, name) => find(`pods/${namespace}/${name}`) as Pod | undefined,
        service: (namespace, name) => find(`services/specs/${namespace}/${name}`) as Service | undefined,
      },
    });
  });
}

