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
import { allowsBurst, applyRevision, draftVersioned, identityMatches, isHealthy, isInRange, isRunningAndAvailable, isRunningAndReady, ordinalOf, partitionOf, replicaCount, revisionOf, startOrdinal, storageMatches } from './stateful-set-util.ts';

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
  const { replicas, condemned } = partition(sync);
  const existing = (): Pod[] => [...replicas.values(), ...condemned];
  if (isTerminating(set)) return { status: count(sync, sync.pods), error: undefined };
  const inOrder = !allowsBurst(set);
  const firstUnhealthy = firstUnhealthyOf(set, replicas, condemned);
  const start = startOrdinal(set);
  const living = yield* runForAll(sync, replicaCount(set), inOrder, (at) => processReplica(sync, updateSet, start + at, replicas.get(start + at), inOrder));
  if (living.stop || living.error !== undefined) return { status: count(sync, existing()), error: living.error };
  const retention = yield* fixClaims(sync, condemned);
  if (retention !== undefined) return { status: count(sync, existing()), error: retention };
  const leaving = yield* runForAll(sync, condemned.length, inOrder, (at) => processCondemned(sync, condemned[at] as Pod, firstUnhealthy, inOrder));
  const status = count(sync, existing());
  if (leaving.stop || leaving.error !== undefined || set.spec.updateStrategy?.type === 'OnDelete') return { status, error: leaving.error };
  return yield* rollOut(sync, replicas, status);
}

/** The pods that are to be there, by ordinal in order, and the condemned ones, highest ordinal first. What is missing is drafted when its turn comes. */
function partition({ set, pods }: StatefulSync): { replicas: ReadonlyMap<number, Pod>; condemned: Pod[] } {
  const byOrdinal = new Map<number, Pod>();
  const condemned: Pod[] = [];
  for (const pod of pods.toSorted((a, b) => ordinalOf(set, a) - ordinalOf(set, b))) {
    const ordinal = ordinalOf(set, pod);
    if (isInRange(set, ordinal)) byOrdinal.set(ordinal, pod);
    else if (ordinal >= 0) condemned.unshift(pod);
  }
  return { replicas: byOrdinal, condemned };
}

/** The lowest ordinal whose pod is not healthy or not there; without one, the lowest of the condemned. */
function firstUnhealthyOf(set: StatefulSet, replicas: ReadonlyMap<number, Pod>, condemned: readonly Pod[]): number | undefined {
  const [start, end] = [startOrdinal(set), startOrdinal(set) + replicaCount(set)];
  for (let ordinal = start; ordinal < end; ordinal++) if (!isHealthy(replicas.get(ordinal))) return ordinal;
  const pod = condemned.findLast((each) => !isHealthy(each));
  return pod === undefined ? undefined : ordinalOf(set, pod);
}

/** One after another until one says stop; or all, in growing batches. */
function* runForAll(sync: StatefulSync, count: number, inOrder: boolean, work: (at: number) => Task<Step>): Task<Step> {
  if (inOrder) {
    for (let at = 0; at < count; at++) {
      const step = yield* work(at);
      if (step.stop || step.error !== undefined) return step;
    }
    return GO_ON;
  }
  const errors: Err[] = [];
  yield* slowStartBatch(sync.process, count, 1, (at) => noteError(work(at), errors));
  const error = aggregate(errors);
  return error === undefined ? GO_ON : { stop: true, error };
}

function* noteError(work: Task<Step>, errors: Err[]): Task<Err> {
  const { error } = yield* work;
  errors.push(error);
  return error;
}

function* processReplica(sync: StatefulSync, updateSet: StatefulSet, ordinal: number, pod: Pod | undefined, inOrder: boolean): Task<Step> {
  const { set, control, clock, currentRevision, updateRevision } = sync;
  if (pod === undefined) {
    if (control.hasStaleClaim(set, ordinal)) return STOP;
    const draft = draftVersioned(applyRevision(set, currentRevision), updateSet, currentRevision.metadata.name, updateRevision.metadata.name, ordinal);
    const error = yield* control.create(set, draft, ordinal);
    return error !== undefined ? { stop: true, error } : inOrder ? STOP : GO_ON;
  }
  const phase = pod.status?.phase;
  if (phase === 'Failed' || phase === 'Succeeded') return yield* removeEnded(sync, pod);
  if (phase === 'Pending') {
    const error = yield* control.createClaims(set, pod.metadata.name, ordinal);
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
function* rollOut({ set, control, updateRevision }: StatefulSync, replicas: ReadonlyMap<number, Pod>, status: StatefulStatus): Task<{ status: StatefulStatus; error: Err }> {
  for (let target = replicaCount(set) - 1; target >= partitionOf(set); target--) {
    const pod = replicas.get(startOrdinal(set) + target);
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
