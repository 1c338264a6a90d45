/**
 * Which pods go first when there are too many (ActivePodsWithRanks, ActivePods).
 *
 * The order is total: where upstream's sort leaves equal pods in any order, the UID decides.
 * Source: pkg/controller/controller_utils.go.
 */
import type { WallClock } from '../../client/wall-clock.ts';
import type { core, Pod } from '../../object/types.ts';
import { isPodReady, readyCondition } from './pod-state.ts';

/** pkg/apis/core/types.go: PodDeletionCost. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

const PHASE_ORDER: Readonly<Record<string, number>> = Object.freeze({ Pending: 0, Unknown: 1, Running: 2 });

/** A pod with the number of related pods on its node. */
export interface RankedPod {
  readonly pod: Pod;
  readonly rank: number;
}

type Compare = number;

/** Sorted so that the pods to delete first come first. */
export function sortActivePodsWithRanks(pods: readonly RankedPod[], clock: WallClock): RankedPod[] {
  return [...pods].sort((a, b) => compareStates(a.pod, b.pod) || compareCosts(a.pod, b.pod) || b.rank - a.rank || compareAges(a.pod, b.pod, clock) || compareUids(a.pod, b.pod));
}

/** The order without ranks, costs and logarithmic ages (`ActivePods`), for Jobs. */
export function sortActivePods(pods: readonly Pod[], clock: WallClock): Pod[] {
  return [...pods].sort((a, b) => compareStates(a, b) || comparePlainAges(a, b, clock) || compareUids(a, b));
}

function compareStates(a: Pod, b: Pod): Compare {
  const assigned = Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName));
  if (assigned !== 0) return assigned;
  const phase = (PHASE_ORDER[a.status?.phase ?? ''] ?? 0) - (PHASE_ORDER[b.status?.phase ?? ''] ?? 0);
  if (phase !== 0) return phase;
  return Number(isPodReady(a)) - Number(isPodReady(b));
}

function compareCosts(a: Pod, b: Pod): Compare {
  return deletionCost(a) - deletionCost(b);
}

/** The pod's deletion cost; 0 when there is none or it is no int32. Zeros may lead only behind a minus sign. */
export function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST];
  if (text === undefined || !/^(0|[1-9][0-9]*|-[0-9]+)$/.test(text)) return 0;
  const value = Number(text);
  return value >= -2_147_483_648 && value <= 2_147_483_647 ? value : 0;
}

function compareAges(a: Pod, b: Pod, clock: WallClock): Compare {
  if (isPodReady(a) && isPodReady(b)) {
    const ready = compareBuckets(a, b, readyTime(a, clock), readyTime(b, clock), clock);
    if (ready !== 0) return ready;
  }
  return compareRestarts(a, b) || compareBuckets(a, b, clock.parse(a.metadata.creationTimestamp), clock.parse(b.metadata.creationTimestamp), clock);
}

function comparePlainAges(a: Pod, b: Pod, clock: WallClock): Compare {
  if (isPodReady(a) && isPodReady(b)) {
    const ready = newerFirst(readyTime(a, clock), readyTime(b, clock));
    if (ready !== 0) return ready;
  }
  return compareRestarts(a, b) || newerFirst(clock.parse(a.metadata.creationTimestamp), clock.parse(b.metadata.creationTimestamp));
}

/** Times within the same power of two count as equal age, and then the UID decides. */
function compareBuckets(a: Pod, b: Pod, timeA: number, timeB: number, clock: WallClock): Compare {
  if (timeA === timeB) return 0;
  if (timeA === 0 || timeB === 0) return newerFirst(timeA, timeB);
  const rankDifference = logarithmicAge(timeA, clock) - logarithmicAge(timeB, clock);
  return rankDifference !== 0 ? rankDifference : compareUids(a, b);
}

/** A missing time first, then the later time. */
function newerFirst(a: number, b: number): Compare {
  if (a === b) return 0;
  if (a === 0) return -1;
  if (b === 0) return 1;
  return b - a;
}

/** ⌊log2(age in ns)⌋; -1 for what is not in the past. */
function logarithmicAge(time: number, clock: WallClock): number {
  let age = (clock.now - time) * 1000;
  let bits = -1;
  while (age >= 1) {
    age /= 2;
    bits += 1;
  }
  return bits;
}

function compareRestarts(a: Pod, b: Pod): Compare {
  return maxRestarts(b, false) - maxRestarts(a, false) || maxRestarts(b, true) - maxRestarts(a, true);
}

/** The highest restart count of the regular containers, or of the sidecars. */
function maxRestarts(pod: Pod, sidecars: boolean): number {
  let most = 0;
  if (!sidecars) {
    for (const status of pod.status?.containerStatuses ?? []) most = Math.max(most, status.restartCount);
    return most;
  }
  const restartable = (name: string): boolean =>
    (pod.spec.initContainers ?? []).some((container: core.Container) => container.name === name && container.restartPolicy === 'Always');
  for (const status of pod.status?.initContainerStatuses ?? []) if (restartable(status.name)) most = Math.max(most, status.restartCount);
  return most;
}

function readyTime(pod: Pod, clock: WallClock): number {
  return clock.parse(readyCondition(pod)?.lastTransitionTime as string | undefined);
}

function compareUids(a: Pod, b: Pod): Compare {
  return a.metadata.uid < b.metadata.uid ? -1 : a.metadata.uid > b.metadata.uid ? 1 : 0;
}
