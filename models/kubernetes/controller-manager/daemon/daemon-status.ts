/**
 * The status of a DaemonSet: how many nodes should have, and how many have, a pod that is ready, available, up to date.
 *
 * Source: pkg/controller/daemon/daemon_controller.go (updateDaemonSetStatus, storeDaemonSetStatus).
 */
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { DAEMON_SETS } from '../../client/resources.ts';
import type { apps, DaemonSet, Pod } from '../../object/types.ts';
import { isPodAvailable, isPodReady } from '../pod/pod-state.ts';
import { byCreationAndPhase, isUpdated, type DaemonSync } from './daemon-sync.ts';

/** Counts, in the order of the status fields. */
interface Counts {
  readonly currentNumberScheduled: number;
  readonly numberMisscheduled: number;
  readonly desiredNumberScheduled: number;
  readonly numberReady: number;
  readonly updatedNumberScheduled: number;
  readonly numberAvailable: number;
  readonly numberUnavailable: number;
}

/** Writes the status if a count changed; `observes` says whether this generation was acted on. */
export function* updateDaemonSetStatus(sync: DaemonSync, observes: boolean): Task<Err> {
  const { daemonSet, queue, key } = sync;
  const counts = count(sync);
  const error = yield* store(sync, counts, observes);
  const { minReadySeconds = 0 } = daemonSet.spec;
  if (error === undefined && minReadySeconds > 0 && counts.numberReady !== counts.numberAvailable) queue.addAfter(key, minReadySeconds * 1_000_000);
  return error;
}

function count({ daemonSet, nodes, podsByNode, hash, clock, eligibility }: DaemonSync): Counts {
  let [current, misscheduled, desired, ready, updated, available] = [0, 0, 0, 0, 0, 0];
  for (const node of nodes) {
    const pods = podsByNode.get(node.metadata.name) ?? [];
    if (!eligibility(node).shouldRun) {
      if (pods.length > 0) misscheduled += 1;
      continue;
    }
    desired += 1;
    if (pods.length === 0) continue;
    current += 1;
    const pod = [...pods].sort(byCreationAndPhase)[0] as Pod;
    if (isPodReady(pod)) ready += 1;
    if (isPodAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, clock)) available += 1;
    if (isUpdated(pod, hash, daemonSet)) updated += 1;
  }
  return {
    currentNumberScheduled: current, numberMisscheduled: misscheduled, desiredNumberScheduled: desired, numberReady: ready,
    updatedNumberScheduled: updated, numberAvailable: available, numberUnavailable: desired - available,
  };
}

function* store({ client, daemonSet }: DaemonSync, counts: Counts, observes: boolean): Task<Err> {
  const generation = daemonSet.metadata.generation ?? 0;
  const old = (daemonSet.status ?? {}) as unknown as Record<string, number | undefined>;
  const isSame = Object.entries(counts).every(([field, value]) => (old[field] ?? 0) === value);
  if (isSame && (old['observedGeneration'] ?? 0) >= generation) return undefined;
  let base = daemonSet;
  for (let attempt = 0; ; attempt++) {
    const status = statusOf(base, counts, observes ? generation : base.status?.observedGeneration);
    const result = yield* client.updateStatus<DaemonSet>(DAEMON_SETS, { ...base, status });
    if (result.ok) return undefined;
    if (attempt >= 1) return failureOf(result);
    const fresh = yield* client.get<DaemonSet>(DAEMON_SETS, base.metadata.namespace, base.metadata.name);
    if (!fresh.ok) return failureOf(fresh);
    base = fresh.object;
  }
}

function statusOf({ status }: DaemonSet, counts: Counts, observedGeneration: number | undefined): apps.DaemonSetStatus {
  const { updatedNumberScheduled, numberAvailable, numberUnavailable, ...required } = counts;
  const optional = Object.entries({ updatedNumberScheduled, numberAvailable, numberUnavailable }).filter(([, value]) => value !== 0);
  return {
    ...required,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    ...Object.fromEntries(optional),
    ...(status?.collisionCount === undefined ? {} : { collisionCount: status.collisionCount }),
    ...(status?.conditions === undefined ? {} : { conditions: status.conditions }),
  };
}
