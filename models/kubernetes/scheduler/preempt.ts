/**
 * Carrying a preemption out: victims are marked and deleted, and lesser pods lose their claim to the node.
 *
 * Victims are handled side by side; any error ends the attempt without a nomination.
 * Source: pkg/scheduler/framework/preemption/preemption.go (prepareCandidate).
 */
import type { Client } from '../client/client.ts';
import type { Process, Task } from '../client/process.ts';
import { PODS } from '../client/resources.ts';
import { isNotFound } from '../client/result.ts';
import type { Pod } from '../object/types.ts';
import type { Nominations } from './framework/nominations.ts';
import type { Preemption } from './framework/plugin.ts';
import { nominatedNodeOf, type PodInfo } from './framework/pod-info.ts';
import { statusPatch } from './pod-status.ts';
import type { WaitingPods } from './waiting-pods.ts';

export interface Preemptor {
  readonly process: Process;
  readonly client: Client;
  readonly waiting: WaitingPods;
  readonly nominations: Nominations;
  /** RFC 3339 of now. */
  readonly now: () => string;
  readonly event: (victim: Pod, preemptor: Pod, note: string) => void;
}

const PATCH_TYPE = 'application/strategic-merge-patch+json';
const PLUGIN = 'DefaultPreemption';

/** Marks the victim as disrupted and deletes it with its own grace period. The error, if any, in words. */
function* evict(preemptor: Preemptor, pod: PodInfo, victim: PodInfo, node: string): Task<string | undefined> {
  const { client, waiting } = preemptor;
  if (!waiting.reject(victim.uid, PLUGIN, 'preempted')) {
    const scheduler = pod.pod.spec.schedulerName ?? '';
    const message = `${scheduler}: preempting to accommodate a higher priority pod`;
    const change = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message } as const;
    const patch = statusPatch(victim.pod, change, undefined, preemptor.now());
    if (patch !== undefined) {
      const patched = yield* client.patch(PODS, victim.namespace, victim.name, PATCH_TYPE, patch, {
        subresource: 'status',
      });
      if (!patched.ok) return isNotFound(patched) ? undefined : (patched.status.message ?? '');
    }
    const deleted = yield* client.delete(PODS, victim.namespace, victim.name);
    if (!deleted.ok) return isNotFound(deleted) ? undefined : (deleted.status.message ?? '');
  }
  preemptor.event(victim.pod, pod.pod, `Preempted by pod ${pod.uid} on node ${node}`);
  return undefined;
}

/** Does what the plan says; returns the first error. */
export function* preempt(preemptor: Preemptor, pod: PodInfo, { node, victims }: Preemption): Task<string | undefined> {
  const { process, client, nominations } = preemptor;
  const errors = yield* process.join(victims.map((victim) => evict(preemptor, pod, victim, node)));
  const error = errors.find((text) => text !== undefined);
  if (error !== undefined) return error;
  for (const lesser of [...nominations.on(node)]) {
    if (lesser.priority >= pod.priority || nominatedNodeOf(lesser.pod) === '') continue;
    const patch = statusPatch(lesser.pod, undefined, '', preemptor.now());
    if (patch === undefined) continue;
    yield* client.patch(PODS, lesser.namespace, lesser.name, PATCH_TYPE, patch, { subresource: 'status' });
  }
  return undefined;
}
