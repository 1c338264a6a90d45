/**
 * The status of a ReplicaSet: counts of its active pods and the condition ReplicaFailure.
 *
 * Nothing is written when counts and conditions are as they were and the generation has been observed.
 * Source: pkg/controller/replicaset/replica_set_utils.go.
 */
import type { GroupVersionResource } from '../../api/message.ts';
import type { Client } from '../../client/client.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { WallClock } from '../../client/wall-clock.ts';
import { getCondition } from '../../object/meta.ts';
import type { apps, Pod, ReplicaSet } from '../../object/types.ts';
import { isPodAvailable, isPodReady } from '../pod/pod-state.ts';

const REPLICA_FAILURE = 'ReplicaFailure';

/** The status that follows from these active pods and from how managing them went. */
export function calculateStatus(object: ReplicaSet, active: readonly Pod[], manageError: Err, clock: WallClock): apps.ReplicaSetStatus {
  const templateLabels = Object.entries(object.spec.template?.metadata?.labels ?? {});
  const { minReadySeconds = 0, replicas = 0 } = object.spec;
  let [fullyLabeled, ready, available] = [0, 0, 0];
  for (const pod of active) {
    if (templateLabels.every(([name, value]) => pod.metadata.labels?.[name] === value)) fullyLabeled += 1;
    if (!isPodReady(pod)) continue;
    ready += 1;
    if (isPodAvailable(pod, minReadySeconds, clock)) available += 1;
  }
  const conditions = failureConditions(object, manageError, active.length < replicas, clock);
  return {
    replicas: active.length,
    ...(fullyLabeled > 0 ? { fullyLabeledReplicas: fullyLabeled } : {}),
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(available > 0 ? { availableReplicas: available } : {}),
    ...(object.status?.observedGeneration === undefined ? {} : { observedGeneration: object.status.observedGeneration }),
    ...(conditions.length > 0 ? { conditions: conditions as apps.ReplicaSetCondition[] } : {}),
  };
}

function failureConditions(object: ReplicaSet, error: Err, tooFew: boolean, clock: WallClock): readonly apps.ReplicaSetCondition[] {
  const conditions = object.status?.conditions ?? [];
  const failure = getCondition(conditions, REPLICA_FAILURE);
  if (error === undefined) return failure === undefined ? conditions : conditions.filter((entry) => entry !== failure);
  if (failure !== undefined) return conditions;
  const reason = tooFew ? 'FailedCreate' : 'FailedDelete';
  return [...conditions, { type: REPLICA_FAILURE, status: 'True', reason, message: error.message, lastTransitionTime: clock.text as never }];
}

/** Writes the status if it says something new; on an error once more over the live object. */
export function* updateReplicaSetStatus(
  client: Client,
  resource: GroupVersionResource,
  object: ReplicaSet,
  status: apps.ReplicaSetStatus,
): Task<{ error: Err; updated: ReplicaSet }> {
  const generation = object.metadata.generation ?? 0;
  if (semanticEqual(withoutZeros(object.status), withoutZeros(status)) && (object.status?.observedGeneration ?? 0) === generation) {
    return { error: undefined, updated: object };
  }
  const body = { ...status, observedGeneration: generation };
  let base = object;
  for (let attempt = 0; ; attempt++) {
    const result = yield* client.updateStatus<ReplicaSet>(resource, { ...base, status: body });
    if (result.ok) return { error: undefined, updated: result.object };
    if (attempt >= 1) return { error: failureOf(result), updated: object };
    const fresh = yield* client.get<ReplicaSet>(resource, base.metadata.namespace, base.metadata.name);
    if (!fresh.ok) return { error: failureOf(fresh), updated: object };
    base = fresh.object;
  }
}

/** Counts of zero may be absent. */
function withoutZeros(status: apps.ReplicaSetStatus | undefined): unknown {
  const { replicas = 0, fullyLabeledReplicas = 0, readyReplicas = 0, availableReplicas = 0, conditions } = status ?? { replicas: 0 };
  return { replicas, fullyLabeledReplicas, readyReplicas, availableReplicas, conditions };
}
