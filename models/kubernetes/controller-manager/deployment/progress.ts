/**
 * How a rollout goes on, as the conditions Progressing and ReplicaFailure tell it, and when to look again.
 *
 * A rollout that made no progress for progressDeadlineSeconds is reported as timed out; nothing is undone, and it goes on when
 * pods become available after all. Source: pkg/controller/deployment/progress.go.
 */
import type { Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import { getCondition } from '../../object/meta.ts';
import type { apps, ReplicaSet } from '../../object/types.ts';
import { writeStatus, type DeploymentSync } from './deployment-sync.ts';
import { deploymentComplete, deploymentProgressing, deploymentTimedOut, hasProgressDeadline, newCondition, withCondition, withoutCondition } from './deployment-util.ts';
import { calculateStatus, type ReplicaSets } from './sync.ts';

const SECOND = 1_000_000;

/** Computes and writes the status of a rollout; looks again later when nothing changed and it is not complete. */
export function* syncRolloutStatus(sync: DeploymentSync, sets: ReplicaSets): Task<Err> {
  let status = calculateStatus(sync, sets);
  if (!hasProgressDeadline(sync.deployment)) status = withoutCondition(status, 'Progressing');
  const current = getCondition(sync.deployment.status?.conditions, 'Progressing');
  const isComplete = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable';
  if (hasProgressDeadline(sync.deployment) && !isComplete) status = withProgress(sync, sets.fresh, status, current);
  const failure = replicaFailure(sets);
  status = failure === undefined ? withoutCondition(status, 'ReplicaFailure') : withCondition(status, failure);
  if (semanticEqual(sync.deployment.status, status)) {
    requeueStuck(sync, status);
    return undefined;
  }
  return yield* writeStatus(sync, status);
}

function withProgress(sync: DeploymentSync, fresh: ReplicaSet | undefined, status: apps.DeploymentStatus, current: apps.DeploymentCondition | undefined): apps.DeploymentStatus {
  const { deployment, clock } = sync;
  const who = fresh === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${fresh.metadata.name}"`;
  if (deploymentComplete(deployment, status)) {
    return withCondition(status, newCondition('Progressing', 'True', 'NewReplicaSetAvailable', `${who} has successfully progressed.`, clock));
  }
  if (deploymentProgressing(deployment, status)) {
    const condition = newCondition('Progressing', 'True', 'ReplicaSetUpdated', `${who} is progressing.`, clock);
    const kept = current?.status === 'True' ? { ...condition, lastTransitionTime: current.lastTransitionTime } : condition;
    return withCondition(withoutCondition(status, 'Progressing'), kept as apps.DeploymentCondition);
  }
  if (deploymentTimedOut(deployment, status, clock)) {
    return withCondition(status, newCondition('Progressing', 'False', 'ProgressDeadlineExceeded', `${who} has timed out progressing.`, clock));
  }
  return status;
}

/** The failure of the new ReplicaSet, or else of any. */
function replicaFailure({ fresh, all }: ReplicaSets): apps.DeploymentCondition | undefined {
  for (const set of [...(fresh === undefined ? [] : [fresh]), ...all]) {
    const failed = getCondition(set.status?.conditions, 'ReplicaFailure');
    if (failed === undefined) continue;
    const { type, status, reason, message, lastTransitionTime } = failed;
    return { type, status, reason, message, lastTransitionTime, lastUpdateTime: lastTransitionTime } as apps.DeploymentCondition;
  }
  return undefined;
}

function requeueStuck(sync: DeploymentSync, status: apps.DeploymentStatus): void {
  const { deployment, clock, queue, key } = sync;
  const current = getCondition(deployment.status?.conditions, 'Progressing');
  if (!hasProgressDeadline(deployment) || current === undefined) return;
  if (deploymentComplete(deployment, status) || current.reason === 'ProgressDeadlineExceeded') return;
  const deadline = clock.parse(current.lastUpdateTime as string | undefined) + (deployment.spec.progressDeadlineSeconds ?? 0) * SECOND;
  const left = deadline - clock.now;
  if (left < SECOND) queue.addRateLimited(key);
  else queue.addAfter(key, left + SECOND);
}
