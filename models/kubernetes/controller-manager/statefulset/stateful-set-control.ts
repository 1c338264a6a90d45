/**
 * What one sync does to a StatefulSet's pods, in order of their ordinals.
 *
 * OrderedReady makes and deletes one pod at a time and waits for it; Parallel does not wait, except in a rolling update, which takes
 * the highest outdated pod first and never more than one that is unhealthy. Source: pkg/controller/statefulset/stateful_set_control.go.
 */
import { aggregate, type Err } from '../../client/failure.ts';
import type { Process, Task } from '../../client/process.ts';
import { slowStartBatch } from '../../client/slow-start.ts';
import type { WallClock } from '../../client/wall-clock.ts';
import { isTerminating } from '../../object/meta.ts';
import type { apps, ControllerRevision, Pod, StatefulSet } from '../../object/types.ts';
import type { StatefulPodControl } from './stateful-pod-control.ts';
import { allowsBurst, applyRevision, draftVersioned, identityMatches, isHealthy, isInRange, isRunningAndAvailable, isRunningAndReady, ordinalOf, partitionOf, replicaCount, revisionOf, startOrdinal, storageMatches, type Replica } from './stateful-set-util.ts';

export interface StatefulSync {
  readonly process: Process;
  readonly clock: WallClock;
  readonly control: StatefulPodControl;
  readonly set: StatefulSet;
  readonly currentRevision: ControllerRevision;
  readonly updateRevision: ControllerRevision;
  readonly collisionCount: number;
  readonly pods: readonly Pod[];
}

export type StatefulStatus = apps.StatefulSetStatus & { availableReplicas: number };

/** Whether to stop this sync, and what went wrong. */
interface Step {
  readonly stop: boolean;
  readonly error: Err;
}

const GO_ON: Step = Object.freeze({ stop: false, error: undefined });
const STOP: Step = Object.freeze({ stop: true, error: undefined });

/** Does what is due now; returns the status to write. */
export function* updateStatefulSet(sync: StatefulSync): Task<{ status: StatefulStatus; error: Err }> {
  const { set } = sync;
  const updateSet = applyRevision(set, sync.updateRevision);
  const { replicas, condemned } = partition(sync, updateSet);
  const existing = (): Pod[] => [...replicas.flatMap(({ pod }) => (pod === undefined ? [] : [pod])), ...condemned];
  if (isTerminating(set)) return { status: count(sync, sync.pods), error: undefined };
  const inOrder = !allowsBurst(set);
  const firstUnhealthy = replicas.find(({ pod }) => !isHealthy(pod))?.ordinal ?? [...condemned].reverse().map((pod) => (isHealthy(pod) ? undefined : ordinalOf(set, pod))).find((ordinal) => ordinal !== undefined);
  const living = yield* runForAll(sync, replicas, inOrder, (replica) => processReplica(sync, updateSet, replica, inOrder));
  if (living.stop || living.error !== undefined) return { status: count(sync, existing()), error: living.error };
  const retention = yield* fixClaims(sync, condemned);
  if (retention !== undefined) return { status: count(sync, existing()), error: retention };
  const leaving = yield* runForAll(sync, condemned, inOrder, (pod) => processCondemned(sync, pod, firstUnhealthy, inOrder));
  const status = count(sync, existing());
  if (leaving.stop || leaving.error !== undefined || set.spec.updateStrategy?.type === 'OnDelete') return { status, error: leaving.error };
  return yield* rollOut(sync, replicas, status);
}

/** Pods by place; gaps are filled with drafts. The condemned ones highest ordinal first. */
function partition(sync: StatefulSync, updateSet: StatefulSet): { replicas: Replica[]; condemned: Pod[] } {
  const { set, currentRevision, updateRevision } = sync;
  const currentSet = applyRevision(set, currentRevision);
  const byOrdinal = new Map<number, Pod>();
  const condemned: Pod[] = [];
  for (const pod of sync.pods) {
    const ordinal = ordinalOf(set, pod);
    if (isInRange(set, ordinal)) byOrdinal.set(ordinal, pod);
    else if (ordinal >= 0) condemned.push(pod);
  }
  const replicas = Array.from({ length: replicaCount(set) }, (_, at): Replica => {
    const ordinal = startOrdinal(set) + at;
    const pod = byOrdinal.get(ordinal);
    if (pod !== undefined) return { ordinal, pod };
    return { ordinal, draft: draftVersioned(currentSet, updateSet, currentRevision.metadata.name, updateRevision.metadata.name, ordinal) };
  });
  return { replicas, condemned: condemned.sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a)) };
}

/** One after another until one says stop; or all, in growing batches. */
function* runForAll<P>(sync: StatefulSync, pieces: readonly P[], inOrder: boolean, work: (piece: P) => Task<Step>): Task<Step> {
  if (inOrder) {
    for (const piece of pieces) {
      const step = yield* work(piece);
      if (step.stop || step.error !== undefined) return step;
    }
    return GO_ON;
  }
  const errors: Err[] = [];
  yield* slowStartBatch(sync.process, pieces.length, 1, function* (at): Task<Err> {
    const { error } = yield* work(pieces[at] as P);
    errors.push(error);
    return error;
  });
  const error = aggregate(errors);
  return error === undefined ? GO_ON : { stop: true, error };
}

function* processReplica(sync: StatefulSync, updateSet: StatefulSet, replica: Replica, inOrder: boolean): Task<Step> {
  const { set, control, clock } = sync;
  const { pod } = replica;
  if (pod === undefined) {
    if (control.hasStaleClaim(set, replica.ordinal)) return STOP;
    const error = yield* control.create(set, replica.draft, replica.ordinal);
    return error !== undefined ? { stop: true, error } : inOrder ? STOP : GO_ON;
  }
  const phase = pod.status?.phase;
  if (phase === 'Failed' || phase === 'Succeeded') return yield* removeEnded(sync, pod);
  if (phase === 'Pending') {
    const error = yield* control.createClaims(set, pod.metadata.name, replica.ordinal);
    if (error !== undefined) return { stop: true, error };
  }
  const mustWait = isTerminating(pod) || !isRunningAndReady(pod) || !isRunningAndAvailable(pod, set, clock);
  if (inOrder && mustWait) return STOP;
  if (identityMatches(set, pod) && storageMatches(set, pod) && control.claimsMatchRetention(updateSet, pod)) return GO_ON;
  const error = yield* control.update(updateSet, pod);
  return error === undefined ? GO_ON : { stop: true, error };
}

/** A pod that has ended is deleted; its successor comes when it is gone. No event says so but that of the deletion. */
function* removeEnded({ set, control }: StatefulSync, pod: Pod): Task<Step> {
  return isTerminating(pod) ? STOP : { stop: true, error: yield* control.delete(set, pod) };
}

function* fixClaims({ control, set }: StatefulSync, condemned: readonly Pod[]): Task<Err> {
  for (const pod of condemned) {
    if (control.claimsMatchRetention(set, pod)) continue;
    const error = yield* control.applyRetention(set, pod);
    if (error !== undefined) return error;
  }
  return undefined;
}

function* processCondemned(sync: StatefulSync, pod: Pod, firstUnhealthy: number | undefined, inOrder: boolean): Task<Step> {
  const { set, control, clock } = sync;
  if (isTerminating(pod)) return inOrder ? STOP : GO_ON;
  const isFirstUnhealthy = ordinalOf(set, pod) === firstUnhealthy;
  if (inOrder && !isFirstUnhealthy && (!isRunningAndReady(pod) || !isRunningAndAvailable(pod, set, clock))) return STOP;
  return { stop: true, error: yield* control.delete(set, pod) };
}

/** Deletes the highest pod that is outdated, unless a higher one is not healthy yet. */
function* rollOut({ set, control, updateRevision }: StatefulSync, replicas: readonly Replica[], status: StatefulStatus): Task<{ status: StatefulStatus; error: Err }> {
  for (let target = replicas.length - 1; target >= partitionOf(set); target--) {
    const { pod } = replicas[target] as Replica;
    if (pod !== undefined && revisionOf(pod) !== updateRevision.metadata.name && !isTerminating(pod)) {
      const error = yield* control.delete(set, pod);
      if (error !== undefined && error.status?.reason !== 'NotFound') return { status, error };
      return { status: { ...status, currentReplicas: (status.currentReplicas ?? 0) - 1 }, error: undefined };
    }
    if (!isHealthy(pod)) return { status, error: undefined };
  }
  return { status, error: undefined };
}

/** The status that follows from these pods. */
export function count({ set, clock, currentRevision, updateRevision, collisionCount }: StatefulSync, pods: readonly Pod[]): StatefulStatus {
  let [replicas, ready, available, current, updated] = [0, 0, 0, 0, 0];
  for (const pod of pods) {
    if (!pod.status?.phase) continue;
    replicas += 1;
    if (isRunningAndReady(pod)) {
      ready += 1;
      if (isRunningAndAvailable(pod, set, clock)) available += 1;
    }
    if (isTerminating(pod)) continue;
    if (revisionOf(pod) === currentRevision.metadata.name) current += 1;
    if (revisionOf(pod) === updateRevision.metadata.name) updated += 1;
  }
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas, readyReplicas: ready, currentReplicas: current, updatedReplicas: updated, availableReplicas: available,
    currentRevision: currentRevision.metadata.name, updateRevision: updateRevision.metadata.name, collisionCount,
  };
}
