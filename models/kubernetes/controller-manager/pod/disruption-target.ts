/**
 * The condition DisruptionTarget: says that a pod is about to be deleted by the system, and by whom.
 *
 * Source: pkg/api/v1/pod/util.go (UpdatePodCondition), pkg/util/pod/pod.go (PatchPodStatus).
 */
import type { WallClock } from '../../client/wall-clock.ts';
import { getCondition } from '../../object/meta.ts';
import type { Pod } from '../../object/types.ts';

const DISRUPTION_TARGET = 'DisruptionTarget';

/** A patch of the pod's status that sets the condition; undefined when the pod has it. */
export function withDisruptionTarget(pod: Pod, reason: string, message: string, clock: WallClock): object | undefined {
  const old = getCondition(pod.status?.conditions, DISRUPTION_TARGET);
  if (old?.status === 'True' && old.reason === reason && old.message === message) return undefined;
  const lastTransitionTime = old?.status === 'True' ? old.lastTransitionTime : clock.text;
  return { metadata: { uid: pod.metadata.uid }, status: { conditions: [{ type: DISRUPTION_TARGET, status: 'True', reason, message, lastTransitionTime }] } };
}

/** A patch that takes the mark back: the pod was not deleted after all. */
export function withoutDisruptionTarget(pod: Pod, clock: WallClock): object {
  const condition = { type: DISRUPTION_TARGET, status: 'False', lastTransitionTime: clock.text };
  return { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
}

export const disruptionTarget = (pod: Pod) => getCondition(pod.status?.conditions, DISRUPTION_TARGET);
