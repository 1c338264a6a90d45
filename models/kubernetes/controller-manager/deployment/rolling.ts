/**
 * RollingUpdate: the new ReplicaSet grows within the surge, the old ones shrink within what may be unavailable.
 *
 * Each step changes one side and returns; the sum of sizes never rises above replicas + surge here, and old pods that are not
 * available go first because removing them costs no availability. Source: pkg/controller/deployment/rolling.go.
 */
import type { Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import type { ReplicaSet } from '../../object/types.ts';
import { done, scaleAndRecord, type DeploymentSync, type Outcome } from './deployment-sync.ts';
import { availableReplicas, byCreation, deploymentComplete, isActive, maxUnavailable, newReplicaSetReplicas, replicasOf, sumReplicas } from './deployment-util.ts';
import { syncRolloutStatus } from './progress.ts';
import { cleanupDeployment, replicaSetsAndRevision, type ReplicaSets } from './sync.ts';

export function* rolloutRolling(sync: DeploymentSync): Task<Err> {
  const found = yield* replicaSetsAndRevision(sync, true);
  if (found.error !== undefined) return found.error;
  const sets = found.value;
  const up = yield* reconcileNewReplicaSet(sync, sets);
  if (up.error !== undefined) return up.error;
  if (up.value) return yield* syncRolloutStatus(sync, sets);
  if (yield* reconcileOldReplicaSets(sync, sets)) return yield* syncRolloutStatus(sync, sets);
  if (deploymentComplete(sync.deployment, sync.deployment.status ?? {})) {
    const error = yield* cleanupDeployment(sync, sets.old);
    if (error !== undefined) return error;
  }
  return yield* syncRolloutStatus(sync, sets);
}

function* reconcileNewReplicaSet(sync: DeploymentSync, { fresh, all }: ReplicaSets): Task<Outcome<boolean>> {
  const set = fresh as ReplicaSet;
  const desired = replicasOf(sync.deployment);
  if (replicasOf(set) === desired) return done(false);
  const size = replicasOf(set) > desired ? desired : newReplicaSetReplicas(sync.deployment, all, replicasOf(set));
  const result = yield* scaleAndRecord(sync, set, size);
  return result.error === undefined ? done(result.value.scaled) : result;
}

/** Whether an old ReplicaSet was scaled down. Errors are not reported: the next sync finds the same situation. */
function* reconcileOldReplicaSets(sync: DeploymentSync, { fresh, old, all }: ReplicaSets): Task<boolean> {
  const active = old.filter(isActive).sort(byCreation);
  if (sumReplicas(active) === 0) return false;
  const minAvailable = replicasOf(sync.deployment) - maxUnavailable(sync.deployment);
  const newUnavailable = fresh === undefined ? 0 : replicasOf(fresh) - (fresh.status?.availableReplicas ?? 0);
  const most = sumReplicas(all) - minAvailable - newUnavailable;
  if (most <= 0) return false;
  const cleaned = yield* cleanupUnhealthyReplicas(sync, active, most);
  if (cleaned === undefined) return false;
  const scaled = yield* scaleDownOld(sync, active, availableReplicas(all) - minAvailable);
  return scaled !== undefined && cleaned + scaled > 0;
}

/** Takes away pods that are not available, oldest ReplicaSet first; `active` gets the new versions. Undefined on an error. */
function* cleanupUnhealthyReplicas(sync: DeploymentSync, active: ReplicaSet[], most: number): Task<number | undefined> {
  let total = 0;
  for (const [index, set] of active.entries()) {
    if (total >= most) break;
    const unavailable = replicasOf(set) - (set.status?.availableReplicas ?? 0);
    if (replicasOf(set) === 0 || unavailable === 0) continue;
    const count = Math.min(most - total, unavailable);
    if (count < 0) return undefined;
    const result = yield* scaleAndRecord(sync, set, replicasOf(set) - count);
    if (result.error !== undefined) return undefined;
    active[index] = result.value.set;
    total += count;
  }
  return total;
}

function* scaleDownOld(sync: DeploymentSync, active: readonly ReplicaSet[], most: number): Task<number | undefined> {
  let total = 0;
  for (const set of active) {
    if (total >= most) break;
    if (replicasOf(set) === 0) continue;
    const count = Math.min(replicasOf(set), most - total);
    const result = yield* scaleAndRecord(sync, set, replicasOf(set) - count);
    if (result.error !== undefined) return undefined;
    total += count;
  }
  return total;
}
