/**
 * A pod in the scheduling queue, with the history of its attempts. Source: pkg/scheduler/framework/types.go
 * (QueuedPodInfo).
 */
import { type PodInfo, podInfoOf } from '../framework/pod-info.ts';
import type { Pod } from '../../object/types.ts';

export interface QueuedPod {
  info: PodInfo;
  /** Key in the queue: namespace and name. */
  readonly key: string;
  /** When the pod came, or when its last attempt failed; µs. */
  timestamp: number;
  /** Attempts so far, the running one included. */
  attempts: number;
  /** When the first attempt became possible; undefined before. */
  initialAttempt: number | undefined;
  /** Plugins that rejected the pod in its last attempt, or keep it out of the queue. */
  unschedulablePlugins: Set<string>;
  /** Plugins that made the pod wait in its last attempt. */
  pendingPlugins: Set<string>;
  gated: boolean;
  /** Order of arrival in a heap; breaks ties. */
  sequence: number;
}

export const queuedPodOf = (pod: Pod, now: number): QueuedPod => {
  const info = podInfoOf(pod);
  return {
    info,
    key: info.key,
    timestamp: now,
    attempts: 0,
    initialAttempt: undefined,
    unschedulablePlugins: new Set(),
    pendingPlugins: new Set(),
    gated: false,
    sequence: 0,
  };
};
