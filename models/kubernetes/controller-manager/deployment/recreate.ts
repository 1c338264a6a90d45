/**
 * Recreate: all old pods go, and only when none of them is left are new ones made.
 *
 * "None left" means: every old ReplicaSet reports 0 replicas, and no pod of an old ReplicaSet in the cache is without a terminal
 * phase (pods that are being deleted still run). Source: pkg/controller/deployment/recreate.go.
 */
import type { Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import type { ReplicaSet } from '../../object/types.ts';
import { isPodTerminal } from '../pod/pod-state.ts';
import { scaleAndRecord, type DeploymentSync } from './deployment-sync.ts';
import { actualReplicas, deploymentComplete, isActive, replicasOf } from './deployment-util.ts';
import { syncRolloutStatus } from './progress.ts';
import { cleanupDeployment, replicaSetsAndRevision, type ReplicaSets } from './sync.ts';

export function* rolloutRecreate(sync: DeploymentSync): Task<Err> {
  const found = yield* replicaSetsAndRevision(sync, false);
  if (found.error !== undefined) return found.error;
  let sets = found.value;
  let hasScaledDown = false;
  for (const set of sets.old.filter(isActive)) {
    const result = yield* scaleAndRecord(sync, set, 0);
    if (result.error !== undefined) return result.error;
    hasScaledDown ||= result.value.scaled;
  }
  if (hasScaledDown || areOldPodsRunning(sync, sets)) return yield* syncRolloutStatus(sync, sets);
  if (sets.fresh === undefined) {
    const made = yield* replicaSetsAndRevision(sync, true);
    if (made.error !== undefined) return made.error;
    sets = made.value;
  }
  const scaled = yield* scaleAndRecord(sync, sets.fresh as ReplicaSet, replicasOf(sync.deployment));
  if (scaled.error !== undefined) return scaled.error;
  if (deploymentComplete(sync.deployment, sync.deployment.status ?? {})) {
    const error = yield* cleanupDeployment(sync, sets.old);
    if (error !== undefined) return error;
  }
  return yield* syncRolloutStatus(sync, sets);
}

function areOldPodsRunning(sync: DeploymentSync, { fresh, old }: ReplicaSets): boolean {
  if (actualReplicas(old) > 0) return true;
  return sync.replicaSets.some((set) => set.metadata.uid !== fresh?.metadata.uid && sync.podsOf(set).some((pod) => !isPodTerminal(pod)));
}
