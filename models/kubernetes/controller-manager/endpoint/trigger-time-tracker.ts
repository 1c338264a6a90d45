/**
 * When the change happened that an Endpoints or EndpointSlice write reports: the oldest change not reported before.
 *
 * Changes are a pod's Ready transition and the Service's creation. Source: staging/src/k8s.io/endpointslice/util/trigger_time_tracker.go.
 */
import type { WallClock } from '../../client/wall-clock.ts';
import { namespacedName } from '../../object/meta.ts';
import { formatSeconds } from '../../object/time.ts';
import type { Pod, Service } from '../../object/types.ts';
import { readyCondition } from '../pod/pod-state.ts';

/** core/v1: EndpointsLastChangeTriggerTime. */
export const LAST_CHANGE_TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

interface ServiceState {
  readonly service: number;
  readonly pods: ReadonlyMap<string, number>;
}

export class TriggerTimeTracker {
  private readonly clock: WallClock;
  private readonly states = new Map<string, ServiceState>();

  constructor(clock: WallClock) {
    this.clock = clock;
  }

  /** The time to write, undefined when nothing is new. Remembers what was seen. */
  compute(service: Service, pods: readonly Pod[]): string | undefined {
    const key = namespacedName(service);
    const known = this.states.get(key);
    let oldest = Infinity;
    const podTimes = new Map<string, number>();
    for (const pod of pods) {
      const time = this.clock.parse(readyCondition(pod)?.lastTransitionTime as string | undefined);
      if (time === 0) continue;
      if (time > (known?.pods.get(pod.metadata.name) ?? 0)) oldest = Math.min(oldest, time);
      podTimes.set(pod.metadata.name, time);
    }
    const created = this.clock.parse(service.metadata.creationTimestamp);
    if (created > (known?.service ?? 0)) oldest = Math.min(oldest, created);
    this.states.set(key, { service: created, pods: podTimes });
    return oldest === Infinity ? undefined : formatSeconds(Math.floor(oldest / 1_000_000));
  }

  delete(key: string): void {
    this.states.delete(key);
  }
}
