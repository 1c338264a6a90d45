/**
 * What controllers ask about a pod's life.
 *
 * Source: pkg/api/v1/pod/util.go, pkg/controller/controller_utils.go (IsPodActive).
 */
import type { WallClock } from '../../client/wall-clock.ts';
import { getCondition, isTerminating } from '../../object/meta.ts';
import type { core, Pod } from '../../object/types.ts';

/** Whether all containers have ended for good. */
export const isPodTerminal = (pod: Pod): boolean => pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';

/** Neither finished nor being deleted. */
export const isPodActive = (pod: Pod): boolean => !isPodTerminal(pod) && !isTerminating(pod);

export const readyCondition = (pod: Pod): core.PodCondition | undefined => getCondition(pod.status?.conditions, 'Ready');

export const isPodReady = (pod: Pod): boolean => readyCondition(pod)?.status === 'True';

/** Ready for at least `minReadySeconds`; with 0, ready is enough. The end of the period must lie in the past. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, clock: WallClock): boolean {
  const condition = readyCondition(pod);
  if (condition?.status !== 'True') return false;
  if (minReadySeconds === 0) return true;
  const since = clock.parse(condition.lastTransitionTime as string | undefined);
  return since !== 0 && since + minReadySeconds * 1_000_000 < clock.now;
}

/** The condition list with this condition put in, as `UpdatePodCondition`: transition time kept while the status stays. */
export function withPodCondition(pod: Pod, condition: core.PodCondition): readonly core.PodCondition[] {
  const conditions = pod.status?.conditions ?? [];
  const old = getCondition(conditions, condition.type);
  if (old === undefined) return [...conditions, condition];
  const merged = old.status === condition.status ? { ...condition, lastTransitionTime: old.lastTransitionTime } : condition;
  return conditions.map((entry) => (entry === old ? (merged as core.PodCondition) : entry));
}
